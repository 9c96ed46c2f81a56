// See workload.h.
#include "workload.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <tuple>

#include "bidwell/catalog/load.h"
#include "catalog_generator.h"
#include "population.h"
#include "request_generator.h"

namespace bidwell::bench {
namespace {

constexpr std::uint64_t seed = 1;
constexpr char kNoticeUrl[] = "https://bid.example.com", kMarkupUrl[] = "https://px.example.com";

// A Wednesday noon. The steady clock stays real: reading it is part of handling a request.
std::chrono::system_clock::time_point fixed_time() {
  return std::chrono::system_clock::time_point(std::chrono::seconds(1'767'787'200));
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

std::shared_ptr<const catalog::Snapshot> compile(std::size_t campaigns, bool notices, bool limited) {
  const CurrencyTable currencies;
  catalog::Loaded loaded = catalog::load_campaigns(make_catalog(campaigns, seed, limited), currencies);
  if (!loaded.faults.empty()) {
    throw std::runtime_error(fmt::format("the generated catalog has {} faults, the first: {}: {}", loaded.faults.size(),
                                         loaded.faults[0].where, loaded.faults[0].what));
  }
  return catalog::Snapshot::compile(std::move(loaded.campaigns), currencies,
                                    {.account =
                                         [next = 0u](const catalog::Campaign& campaign) mutable {
                                           return campaign.budget ? next++ : catalog::kNoAccount;
                                         },
                                     .notices = notices});
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

std::shared_ptr<const catalog::Snapshot> snapshot_of(std::size_t campaigns, bool notices, bool limited) {
  static std::map<std::tuple<std::size_t, bool, bool>, std::shared_ptr<const catalog::Snapshot>> made;
  auto& snapshot = made[{campaigns, notices, limited}];
  if (!snapshot) snapshot = compile(campaigns, notices, limited);
  return snapshot;
}

Journaling::Journaling() : folder_((std::filesystem::temp_directory_path() / "bidwell-bench-XXXXXX").string()) {
  if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("cannot make " + folder_);
  events::JournalOptions options;
  options.directory = folder_;
  options.fsync = events::Fsync::never;
  journal_ = &journals_.emplace(std::move(options)).add_worker();
  journals_->start();
}

Journaling::~Journaling() {
  journals_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
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

exchange::BidHandler::Options Workload::handler_options() {
  exchange::BidHandler::Options options;
  options.clock.wall = fixed_time;
  if (recording_ == Recording::none) return options;
  options.keys = &keys_;
  options.notice_url = kNoticeUrl;
  options.markup_url = kMarkupUrl;
  if (recording_ == Recording::journal) options.journal = &journaling_.emplace().journal();
  return options;
}

Workload::Workload(std::size_t campaigns, Recording recording, bool limited)
    : snapshot_(snapshot_of(campaigns, recording != Recording::none, limited)),
      output_(1 << 20),
      recording_(recording),
      keys_({{1, "a secret for benchmarks"}}),
      handler_(exchanges_, snapshot_, handler_options()) {
  exchanges_.emplace_back(exchange_options(), currencies_);
  for (const catalog::CompiledCampaign& campaign : snapshot_->campaigns()) {
    if (campaign.account == catalog::kNoAccount) continue;
    wallet_.make_room(campaign.account);
    wallet_.purse(campaign.account).fill(Nanos{1} << 60, budget::Steady::max());
  }
}

bidding::Decision Workload::decide(const openrtb::BidRequest& request, const bidding::User& user) {
  return bidding::decide(request, user, exchanges_.front().terms(), *snapshot_, &wallet_,
                         {fixed_time().time_since_epoch() / std::chrono::seconds(1), {}, seed}, workspace_, counters_);
}

std::size_t Workload::write(const openrtb::BidRequest& request, const bidding::Decision& decision) {
  bids_.clear();
  static const std::string token(100, 'T');  // as long as those of these bids with a user
  const exchange::Exchange& exchange = exchanges_.front();
  const openrtb::Notices notices{kNoticeUrl,
                                 kMarkupUrl,
                                 token,
                                 "exchangesMAC",
                                 "browsers-MAC",
                                 exchange.win_query(),
                                 exchange.bill_query(),
                                 exchange.loss_query()};
  for (const bidding::Choice& choice : decision.choices) {
    openrtb::Bid bid;
    bid.id = "0123456789abcdef01234567";
    bid.impid = choice.imp->id;
    bid.price = choice.price;
    bid.seat = choice.seat;
    bid.fixed = choice.creative->fixed;
    bid.adm = choice.creative->adm;
    if (recording_ != Recording::none) bid.notices = &notices;
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
