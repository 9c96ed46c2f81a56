#include "bidwell/exchange/bid_handler.h"

#include <algorithm>

#include "bidwell/bidding/native.h"
#include "bidwell/core/hash.h"

namespace bidwell::exchange {
namespace {

using bidding::Reason;

// OpenRTB 2.6, list 5.24 of no-bid reason codes.
int nbr_of(Reason reason) {
  switch (reason) {
    case Reason::invalid_request: return 2;
    case Reason::too_little_time: return 15;
    default: return 0;
  }
}

void write_hex(char* out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

std::int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

BidHandler::BidHandler(const std::deque<Exchange>& exchanges, std::shared_ptr<const catalog::Snapshot> snapshot,
                       const Options& options)
    : exchanges_(exchanges),
      options_(options),
      snapshot_(std::move(snapshot)),
      parser_(options.limits),
      // Counting on from the time keeps ids apart from those of an earlier run.
      next_bid_(static_cast<std::uint64_t>(options.clock.wall().time_since_epoch().count()) / 1000) {
  bids_.reserve(options.limits.imps_max);
  bid_ids_.reserve(options.limits.imps_max);
  assets_.reserve(options.limits.assets_max);
}

void BidHandler::handle(const http::Request& request, http::Response& response) {
  const Exchange* exchange = find(request.rest);
  if (exchange == nullptr) {
    counters_.unknown_exchange.add();
    return http::answer_error(response, 404, "no such exchange is configured");
  }
  if (!request.resumed) counters_.requests.add();
  response.set_extra_header(exchange->version_header());

  const openrtb::ParseError error = parser_.parse(request.body, bid_request_);
  if (error != openrtb::ParseError::none) {
    counters_.refused[static_cast<std::size_t>(error)].add();
    counters_.reasons.no_bid[static_cast<std::size_t>(Reason::invalid_request)].add();
    return http::answer_error(response, 400, openrtb::describe(error));
  }
  const openrtb::PrivacyBasis privacy = openrtb::scrub(bid_request_);
  if (!request.resumed) counters_.scrubbed[static_cast<std::size_t>(privacy)].add();

  profile::Profiles* profiles = options_.profiles;
  const cache::Time now = options_.clock.steady();
  if (now - request.received >= time_allowed(*exchange)) {
    if (request.resumed) profiles->count_wait_ended(false);
    counters_.reasons.no_bid[static_cast<std::size_t>(Reason::too_little_time)].add();
    return answer_no_bid(*exchange, Reason::too_little_time, response);
  }
  if (profiles == nullptr) return decide(*exchange, {}, response);

  const std::optional<cache::Slot> slot = profiles->slot_of(bid_request_, exchange->options().name);
  const profile::Profiles::Known known = profiles->find(slot, now);
  if (request.resumed) {
    profiles->count_wait_ended(!known.missed());
  } else if (known.missed() && wait_for_profile(*exchange, request, *slot, now, response)) {
    return;
  }
  decide(*exchange, known.profile(), response);
}

const Exchange* BidHandler::find(std::string_view name) const noexcept {
  for (const Exchange& exchange : exchanges_) {
    if (exchange.options().name == name) return &exchange;
  }
  return nullptr;
}

// From a request's arrival to its answer.
cache::Duration BidHandler::time_allowed(const Exchange& exchange) const noexcept {
  const ExchangeOptions& options = exchange.options();
  const int tmax = bid_request_.tmax == openrtb::kAbsent ? options.tmax_default_ms : bid_request_.tmax;
  return std::chrono::milliseconds(std::max<std::int64_t>(0, std::int64_t{tmax} - options.tmax_margin_ms));
}

// False: the request goes on without its user's profile, which is known next time.
bool BidHandler::wait_for_profile(const Exchange& exchange, const http::Request& request, const cache::Slot& slot,
                                  cache::Time now, http::Response& response) {
  profile::Profiles& profiles = *options_.profiles;
  const cache::Time deadline =
      request.received + std::min<cache::Duration>(profiles.wait_max(), time_allowed(exchange) - options_.reserve);
  const std::uint64_t ticket = deadline > now ? response.park(deadline) : 0;
  if (ticket == 0) {
    profiles.fetch(slot);
    return false;
  }
  if (profiles.wait(slot, ticket)) return true;
  response.stay();
  return false;
}

void BidHandler::decide(const Exchange& exchange, const profile::Profile& profile, http::Response& response) {
  const std::int64_t now_ms = milliseconds(options_.clock.wall());
  const std::uint64_t seed = mix(options_.seed, hash64(bid_request_.id));
  const bidding::Decision decision = bidding::decide(bid_request_, profile, exchange.terms(), *snapshot_,
                                                     {now_ms / 1000, seed}, workspace_, counters_.reasons);
  if (decision.choices.empty()) return answer_no_bid(exchange, decision.no_bid, response);
  answer_bids(decision, seed, now_ms, response);
}

void BidHandler::answer_no_bid(const Exchange& exchange, Reason reason, http::Response& response) {
  if (!exchange.options().answer_nbr) return;  // the response is a 204 as it stands
  response.set_status(200);
  openrtb::write_no_bid(bid_request_.id, nbr_of(reason), response.body());
}

void BidHandler::answer_bids(const bidding::Decision& decision, std::uint64_t seed, std::int64_t now_ms,
                             http::Response& response) {
  bids_.clear();
  bid_ids_.clear();
  assets_.clear();
  for (const bidding::Choice& choice : decision.choices) bids_.push_back(bid_of(choice));

  openrtb::BidResponse answer;
  answer.id = bid_request_.id;
  answer.cur = decision.currency;
  answer.bids = bids_;
  answer.timestamp_ms = now_ms;
  answer.random = mix(seed, next_bid_);
  openrtb::write(answer, response.body());
  if (response.body().overflowed()) {
    response.clear_body();
    counters_.reasons.no_bid[static_cast<std::size_t>(Reason::answer_too_large)].add();
    return;
  }
  response.set_status(200);
  counters_.answered.add();
  counters_.bids.add(bids_.size());
}

openrtb::Bid BidHandler::bid_of(const bidding::Choice& choice) {
  std::array<char, 24>& id = bid_ids_.emplace_back();
  write_hex(id.data(), options_.worker, 12);
  write_hex(id.data() + 12, next_bid_++, 12);

  openrtb::Bid bid;
  bid.id = {id.data(), id.size()};
  bid.impid = choice.imp->id;
  bid.price = choice.price;
  if (choice.deal != nullptr) bid.dealid = choice.deal->id;
  bid.seat = choice.seat;
  bid.fixed = choice.creative->fixed;
  bid.adm = choice.creative->adm;
  if (bid_request_.regs.dsa.dsarequired >= 1) {
    // pubrender 0: the publisher cannot render the transparency, so the advertiser must.
    bid.ext =
        bid_request_.regs.dsa.pubrender == 0 ? choice.campaign->dsa_by_advertiser : choice.campaign->dsa_by_publisher;
  }
  if (choice.creative->source->media == catalog::Media::native) {
    const openrtb::Native& native = choice.imp->native;
    bid.native = true;
    bid.native_wrapped = native.wrapped;
    bid.native_ver = native.ver;
    const std::size_t first = assets_.size();
    for (const openrtb::NativeAsset& asset : native.assets) {
      const auto text = asset.id == openrtb::kAbsent ? std::nullopt : bidding::answer_asset(asset, *choice.creative);
      if (text) assets_.push_back({asset.id, asset.required, *text});
    }
    bid.assets = {assets_.data() + first, assets_.size() - first};
  }
  return bid;
}

}  // namespace bidwell::exchange
