// What a decision costs, by the size of the catalog: for one request over and over, and for 256
// different ones in turn, of which some get no bid; the latter also by the number of segments that are
// known of the user, and where every campaign has a budget and caps, by the number of showings that are
// known. Reports too how many campaigns were looked at and how many bids there were for
// each request.
#include <benchmark/benchmark.h>

#include <deque>

#include "workload.h"

namespace bidwell::bench {
namespace {

template <typename Requests>
void decide_on(benchmark::State& state, const Requests& requests, const bidding::User& user = {}, bool limited = false,
               bool broke = false) {
  Workload workload(static_cast<std::size_t>(state.range(0)), Recording::none, limited);
  if (broke) {
    for (const auto& campaign : workload.snapshot().campaigns()) workload.wallet().purse(campaign.account).shut();
  }
  std::uint64_t bids = 0;
  auto next = requests.begin();
  for (auto _ : state) {
    const bidding::Decision decision = workload.decide(next->get(), user);
    bids += decision.choices.size();
    if (++next == requests.end()) next = requests.begin();
  }
  const auto per_request = [](std::uint64_t count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kAvgIterations);
  };
  state.counters["looked_at"] = per_request(looked_at(workload.counters(), bids));
  state.counters["bids"] = per_request(bids);
}

void decide_same(benchmark::State& state) {
  std::deque<ParsedRequest> requests;
  requests.emplace_back(loopback_request());
  decide_on(state, requests);
}

const std::deque<ParsedRequest>& varied() {
  static const std::deque<ParsedRequest> requests = [] {
    std::deque<ParsedRequest> parsed;
    for (Body& body : varied_requests(256)) parsed.emplace_back(std::move(body));
    return parsed;
  }();
  return requests;
}

void decide_varied(benchmark::State& state) {
  decide_on(state, varied());
}

void decide_known_user(benchmark::State& state) {
  const std::string bytes = make_profile(static_cast<std::size_t>(state.range(1)));
  decide_on(state, varied(), {*profile::Profile::parse(bytes), {}});
}

// So many showings, of campaigns that the catalog has, each in the cap's time.
std::string make_history(std::size_t shows) {
  std::string bytes(shows * profile::kShowBytes, '\0');
  for (std::size_t i = 0; i < shows; ++i) {
    const auto subject = [&](const char* what) { return catalog::subject_of(what + std::to_string(i * 37 % 1000)); };
    profile::encode({static_cast<std::uint32_t>(i), subject("campaign:campaign-"), subject("creative:"),
                     subject("advertiser:brand-"), 1'767'787'200 - static_cast<std::int64_t>(i)},
                    bytes.data() + i * profile::kShowBytes);
  }
  return bytes;
}

void decide_limited(benchmark::State& state) {
  const std::string bytes = make_history(static_cast<std::size_t>(state.range(1)));
  decide_on(state, varied(), {{}, profile::History::of(bytes)}, true);
}

// Nobody has money: the worst case of a day's end.
void decide_broke(benchmark::State& state) {
  decide_on(state, varied(), {{}, profile::History::of({})}, true, true);
}

BENCHMARK(decide_same)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(decide_varied)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(decide_known_user)->ArgsProduct({{10'000, 100'000}, {10, 100, 1'000}});
BENCHMARK(decide_limited)->ArgsProduct({{10'000, 100'000}, {0, 8, 128}});
BENCHMARK(decide_broke)->Arg(10'000);

}  // namespace
}  // namespace bidwell::bench
