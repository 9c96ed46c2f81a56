// What a decision costs, by the size of the catalog: for one request over and over, and for 256
// different ones in turn, of which some get no bid; the latter also by the number of segments that are
// known of the user. Reports too how many campaigns were looked at and how many bids there were for
// each request.
#include <benchmark/benchmark.h>

#include <deque>

#include "workload.h"

namespace bidwell::bench {
namespace {

template <typename Requests>
void decide_on(benchmark::State& state, const Requests& requests, const profile::Profile& profile = {}) {
  Workload workload(static_cast<std::size_t>(state.range(0)));
  std::uint64_t bids = 0;
  auto next = requests.begin();
  for (auto _ : state) {
    const bidding::Decision decision = workload.decide(next->get(), profile);
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
  decide_on(state, varied(), *profile::Profile::parse(bytes));
}

BENCHMARK(decide_same)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(decide_varied)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(decide_known_user)->ArgsProduct({{10'000, 100'000}, {10, 100, 1'000}});

}  // namespace
}  // namespace bidwell::bench
