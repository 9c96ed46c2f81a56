// See workload.h.
#include "workload.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>

#include "bidwell/catalog/load.h"
#include "catalog_generator.h"
#include "population.h"
#include "request_generator.h"

namespace bidwell::bench {
namespace {

constexpr std::uint64_t seed = 1;

// A Wednesday noon. The steady clock stays real: reading it is part of handling a request.
std::chrono::system_clock::time_point fixed_time() {
  return std::chrono::system_clock::time_point(std::chrono::seconds(1'767'787'200));
}

exchange::BidHandler::Options handler_options() {
  exchange::BidHandler::Options options;
  options.clock.wall = fixed_time;
  return options;
}

exchange::ExchangeOptions exchange_options() {
  exchange::ExchangeOptions options;
  options.name = "demo";
  return options;
}

// Small, as hundreds of requests are kept parsed at a time.
openrtb::ParserLimits small_limits() {
  openrtb::ParserLimits limits;
  limits.body_bytes_max = 16 * 1024;
  limits.imps_max = 8;
  limits.deals_max = limits.formats_max = limits.assets_max = 32;
  limits.strings_max = 256;
  limits.integers_max = limits.identifiers_max = 64;
  return limits;
}

std::shared_ptr<const catalog::Snapshot> compile(std::size_t campaigns) {
  const CurrencyTable currencies;
  catalog::Loaded loaded = catalog::load_campaigns(make_catalog(campaigns, seed), currencies);
  if (!loaded.faults.empty()) {
    throw std::runtime_error(fmt::format("the generated catalog has {} faults, the first: {}: {}", loaded.faults.size(),
                                         loaded.faults[0].where, loaded.faults[0].what));
  }
  return catalog::Snapshot::compile(std::move(loaded.campaigns), currencies);
}

}  // namespace

Body::Body(std::string_view text) : bytes_(text.begin(), text.end()), size_(text.size()) {
  bytes_.resize(size_ + openrtb::Parser::kPadding);
}

Body loopback_request() {
  std::ifstream file(BIDWELL_SOURCE_DIR "/bench/loopback/request.json", std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) throw std::runtime_error("cannot read bench/loopback/request.json");
  return Body(text);
}

Body small_request() {
  return Body(R"json({"id":"5f0c1a7e","imp":[{"id":"1","banner":{"w":320,"h":50,"pos":1},"bidfloor":0.1}],)json"
              R"json("app":{"id":"77","bundle":"com.example.game","cat":["IAB9"],"publisher":{"id":"31"}},)json"
              R"json("device":{"ua":"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)",)json"
              R"json("ip":"203.0.113.9","devicetype":4,"os":"iOS","osv":"17.4","geo":{"country":"USA"}},)json"
              R"json("user":{"id":"9a7c"},"at":1,"tmax":100,"bcat":["IAB25"]})json");
}

std::vector<Body> varied_requests(std::size_t count) {
  std::vector<Body> bodies;
  for (std::size_t i = 0; i < count; ++i) bodies.emplace_back(make_request(i, seed));
  return bodies;
}

std::string make_profile(std::size_t wanted) {
  Draw draw(seed);
  std::set<std::uint32_t> ids;
  while (ids.size() < wanted / 2) ids.insert(static_cast<std::uint32_t>(std::stoul(segments.draw(draw))));
  while (ids.size() < wanted) ids.insert(static_cast<std::uint32_t>(10'000'000 + draw.below(1'000'000)));
  return profile::encode({{ids.begin(), ids.end()}, {"income=high", "device=new"}, {}});
}

std::shared_ptr<const catalog::Snapshot> snapshot_of(std::size_t campaigns) {
  static std::map<std::size_t, std::shared_ptr<const catalog::Snapshot>> made;
  auto& snapshot = made[campaigns];
  if (!snapshot) snapshot = compile(campaigns);
  return snapshot;
}

ParsedRequest::ParsedRequest(Body body) : body_(std::move(body)), parser_(small_limits()) {
  const openrtb::ParseError error = parser_.parse(body_.view(), request_);
  if (error != openrtb::ParseError::none) {
    throw std::runtime_error(fmt::format("{}: {}", openrtb::describe(error), body_.view()));
  }
  openrtb::scrub(request_);
}

std::uint64_t looked_at(const bidding::ReasonCounters& counters, std::uint64_t choices) noexcept {
  std::uint64_t refused = 0;
  for (const Counter& counter : counters.refused) refused += counter.value();
  const auto below_floor = static_cast<std::size_t>(bidding::Reason::below_floor);
  return refused - counters.refused[below_floor].value() + choices;
}

Workload::Workload(std::size_t campaigns)
    : snapshot_(snapshot_of(campaigns)), output_(1 << 20), handler_(exchanges_, snapshot_, handler_options()) {
  exchanges_.emplace_back(exchange_options(), currencies_);
}

bidding::Decision Workload::decide(const openrtb::BidRequest& request, const profile::Profile& profile) {
  return bidding::decide(request, profile, exchanges_.front().terms(), *snapshot_,
                         {fixed_time().time_since_epoch() / std::chrono::seconds(1), seed}, workspace_, counters_);
}

std::size_t Workload::write(const openrtb::BidRequest& request, const bidding::Decision& decision) {
  bids_.clear();
  for (const bidding::Choice& choice : decision.choices) {
    openrtb::Bid bid;
    bid.id = "0123456789abcdef01234567";
    bid.impid = choice.imp->id;
    bid.price = choice.price;
    bid.seat = choice.seat;
    bid.fixed = choice.creative->fixed;
    bid.adm = choice.creative->adm;
    bids_.push_back(bid);
  }
  openrtb::BidResponse answer;
  answer.id = request.id;
  answer.cur = decision.currency;
  answer.bids = bids_;
  answer.timestamp_ms = 1'767'787'200'000;
  answer.random = 0x9e3779b97f4a7c15;
  output_.truncate(0);
  openrtb::write(answer, output_);
  return output_.size();
}

unsigned Workload::handle(std::string_view body) {
  output_.truncate(0);
  http::Response response(output_);
  http::Request request;
  request.method = http::Method::post;
  request.path = "/bid/demo";
  request.first_segment = "bid";
  request.rest = "demo";
  request.body = body;
  request.received = std::chrono::steady_clock::now();
  handler_.handle(request, response);
  return response.status();
}

}  // namespace bidwell::bench
