#include "bidwell/exchange/bid_handler.h"

#include <algorithm>
#include <stdexcept>

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

// The `bytes` lowest bytes, highest first.
void store(std::uint64_t value, std::uint8_t* out, int bytes) {
  for (int i = bytes - 1; i >= 0; --i, value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

events::UserKey user_of(const std::optional<cache::Slot>& slot) {
  events::UserKey user{};
  if (slot) {
    store(slot->key.high, user.data(), 8);
    store(slot->key.low, user.data() + 8, 8);
  }
  return user;
}

// A bid's id is random enough to draw lots with, and everybody who knows it draws the same.
bool is_sampled(const events::BidId& id, std::uint32_t sampled_ppm) {
  return hash64({reinterpret_cast<const char*>(id.data()), id.size()}) % events::kEveryBid < sampled_ppm;
}

std::int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

bool can_begin_notices(std::string_view url) noexcept {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:/[]@%+").find(c) != std::string_view::npos;
  };
  return !url.empty() && !url.ends_with('/') && std::all_of(url.begin(), url.end(), harmless);
}

BidHandler::BidHandler(const std::deque<Exchange>& exchanges, std::shared_ptr<const catalog::Snapshot> snapshot,
                       const Options& options)
    : exchanges_(exchanges),
      options_(options),
      snapshot_(std::move(snapshot)),
      parser_(options.limits),
      // Counting on from the time keeps ids apart from those of an earlier run.
      next_bid_(static_cast<std::uint64_t>(options.clock.wall().time_since_epoch().count()) / 1000) {
  bids_.reserve(options.limits.imps_max);
  drafts_.resize(options.limits.imps_max);
  assets_.reserve(options.limits.assets_max);
  if (options.keys == nullptr) return;
  for (const std::string& url : {options.notice_url, options.markup_url}) {
    if (!can_begin_notices(url)) throw std::invalid_argument("\"" + url + "\" cannot begin a notice's URL");
  }
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

  const cache::Time now = options_.clock.steady();
  if (now - request.received >= time_allowed(*exchange)) {
    if (request.resumed) count_wait_ended(request, false, false);
    counters_.reasons.no_bid[static_cast<std::size_t>(Reason::too_little_time)].add();
    return answer_no_bid(*exchange, Reason::too_little_time, response);
  }
  profile::Profiles* profiles = options_.profiles;
  if (profiles == nullptr) return decide({*exchange, request, now, {}}, {}, response);

  const std::optional<cache::Slot> slot = profiles->slot_of(bid_request_, exchange->options().name);
  const profile::Profiles::Known known = profiles->find(slot, now);
  if (options_.histories == nullptr || !snapshot_->has_caps()) {
    return answer({*exchange, request, now, slot, known.missed()}, {known.profile(), {}}, response);
  }
  const std::optional<cache::Key> user = slot ? std::optional(slot->key) : std::nullopt;
  const profile::Histories::Seen seen = options_.histories->find(user, now);
  answer({*exchange, request, now, slot, known.missed(), seen.missed()}, {known.profile(), seen.history()}, response);
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

void BidHandler::answer(const Lookup& lookup, const bidding::User& user, http::Response& response) {
  if (lookup.request.resumed) {
    count_wait_ended(lookup.request, !lookup.profile_missed, !lookup.history_missed);
  } else if ((lookup.profile_missed || lookup.history_missed) && wait(lookup, response)) {
    return;
  }
  if (lookup.history_missed) counters_.history_unknown.add();
  decide(lookup, user, response);
}

// For the profile, while the history is fetched too, or for the history alone. False: the request goes on without what
// was missed, which is known next time.
bool BidHandler::wait(const Lookup& lookup, http::Response& response) {
  profile::Profiles& profiles = *options_.profiles;
  const cache::Slot& slot = *lookup.slot;
  const bool for_profile = lookup.profile_missed;
  if (for_profile && lookup.history_missed) options_.histories->fetch(slot.key);
  const cache::Duration wait_max = for_profile ? profiles.wait_max() : options_.histories->wait_max();
  const cache::Time deadline =
      lookup.request.received + std::min<cache::Duration>(wait_max, time_allowed(lookup.exchange) - options_.reserve);
  const std::uint64_t ticket = deadline > lookup.now ? response.park(deadline) : 0;
  if (ticket == 0) {
    for_profile ? profiles.fetch(slot) : options_.histories->fetch(slot.key);
    return false;
  }
  if (for_profile ? profiles.wait(slot, ticket) : options_.histories->wait(slot.key, ticket)) {
    if (!for_profile) {
      counters_.history_waits.add();
      waiting_place(lookup.request) = hash64(bid_request_.id);
    }
    return true;
  }
  response.stay();
  return false;
}

std::uint64_t& BidHandler::waiting_place(const http::Request& request) noexcept {
  const auto received = static_cast<std::uint64_t>(request.received.time_since_epoch().count());
  return waiting_for_history_[mix(received, 0) % waiting_for_history_.size()];
}

void BidHandler::count_wait_ended(const http::Request& request, bool profile_found, bool history_found) noexcept {
  std::uint64_t& place = waiting_place(request);
  if (place != hash64(bid_request_.id)) return options_.profiles->count_wait_ended(profile_found);
  place = 0;
  if (history_found) counters_.history_found.add();
}

void BidHandler::decide(const Lookup& lookup, const bidding::User& user, http::Response& response) {
  const Exchange& exchange = lookup.exchange;
  const std::chrono::system_clock::time_point now = options_.clock.wall();
  const std::int64_t now_ms = milliseconds(now);
  const std::uint64_t seed = mix(options_.seed, hash64(bid_request_.id));
  const bidding::Decision decision = bidding::decide(bid_request_, user, exchange.terms(), *snapshot_, options_.wallet,
                                                     {now_ms / 1000, lookup.now, seed}, workspace_, counters_.reasons);
  if (decision.choices.empty()) return answer_no_bid(exchange, decision.no_bid, response);
  answer_bids(decision, {exchange, decision.currency, user_of(lookup.slot), now, now_ms, seed}, response);
}

void BidHandler::answer_no_bid(const Exchange& exchange, Reason reason, http::Response& response) {
  if (!exchange.options().answer_nbr) return;  // the response is a 204 as it stands
  response.set_status(200);
  openrtb::write_no_bid(bid_request_.id, nbr_of(reason), response.body());
}

void BidHandler::answer_bids(const bidding::Decision& decision, const Auction& auction, http::Response& response) {
  bids_.clear();
  assets_.clear();
  for (const bidding::Choice& choice : decision.choices) {
    Draft& draft = drafts_[bids_.size()];
    if (!identify(choice, auction, draft)) {
      counters_.bids_too_long.add();
      continue;
    }
    openrtb::Bid& bid = bids_.emplace_back(bid_of(choice));
    bid.id = {draft.id_text.data(), draft.id_text.size()};
    if (options_.keys != nullptr) bid.notices = &draft.notices;
  }
  if (bids_.empty()) {
    counters_.reasons.no_bid[static_cast<std::size_t>(Reason::ids_too_long)].add();
    return answer_no_bid(auction.exchange, Reason::ids_too_long, response);
  }

  openrtb::BidResponse answer;
  answer.id = bid_request_.id;
  answer.cur = auction.currency;
  answer.bids = bids_;
  answer.timestamp_ms = auction.now_ms;
  answer.random = mix(auction.seed, next_bid_);
  openrtb::write(answer, response.body());
  if (response.body().overflowed()) {
    response.clear_body();
    counters_.reasons.no_bid[static_cast<std::size_t>(Reason::answer_too_large)].add();
    return;
  }
  response.set_status(200);
  counters_.answered.add();
  counters_.bids.add(bids_.size());
  if (bid_request_.test != 0) return counters_.bids_on_tests.add(bids_.size());
  spend();
  record(auction);
}

bool BidHandler::has_purse(const bidding::Choice& choice) const noexcept {
  return options_.wallet != nullptr && choice.campaign->account != catalog::kNoAccount;
}

// Takes what the bids that were answered may cost out of the purses.
void BidHandler::spend() {
  for (std::size_t i = 0; i < bids_.size(); ++i) {
    const bidding::Choice& choice = *drafts_[i].choice;
    if (has_purse(choice)) options_.wallet->purse(choice.campaign->account).use(choice.cost);
  }
}

// Gives the bid its id and its notices their token. False: that has no room for its ids. A test's token names no
// exchange, so that none of its notices is ever taken for a real one.
bool BidHandler::identify(const bidding::Choice& choice, const Auction& auction, Draft& draft) {
  draft.choice = &choice;
  store(options_.worker, draft.id.data(), 6);
  store(next_bid_++, draft.id.data() + 6, 6);
  events::write_bid_id(draft.id, draft.id_text.data());
  if (options_.keys == nullptr) return true;

  BidToken token;
  token.bid_id = draft.id;
  token.bid_at_ms = auction.now_ms;
  token.user = auction.user;
  token.price_max = choice.price;
  token.currency = currency_code(auction.currency);
  token.reserved = choice.cost;
  token.budget_currency = choice.campaign->currency.code;
  token.from_purse = has_purse(choice);
  if (bid_request_.test == 0) token.exchange = auction.exchange.options().name;
  token.campaign_id = choice.campaign->source->id;
  token.creative_id = choice.creative->source->id;
  token.imp_id = choice.imp->id;
  if (!options_.keys->sign(token, draft.token)) return false;
  draft.notices = {options_.notice_url,
                   options_.markup_url,
                   draft.token.payload(),
                   draft.token.mac(Audience::exchange),
                   draft.token.mac(Audience::browser),
                   auction.exchange.win_query(),
                   auction.exchange.bill_query(),
                   auction.exchange.loss_query()};
  return true;
}

openrtb::Bid BidHandler::bid_of(const bidding::Choice& choice) {
  openrtb::Bid bid;
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

// Journals the bids that were answered.
void BidHandler::record(const Auction& auction) {
  if (options_.journal == nullptr) return;
  events::Event event;
  event.kind = events::Kind::bid;
  event.at_us = std::chrono::duration_cast<std::chrono::microseconds>(auction.now.time_since_epoch()).count();
  event.bid_at_ms = auction.now_ms;
  event.user = auction.user;
  event.exchange = auction.exchange.options().name;
  event.currency = currency_code(auction.currency);
  event.auction_id = bid_request_.id;
  event.sampled_ppm = options_.sampled_ppm;
  for (std::size_t i = 0; i < bids_.size(); ++i) {
    const Draft& draft = drafts_[i];
    if (!is_sampled(draft.id, options_.sampled_ppm)) {
      counters_.bids_not_sampled.add();
      continue;
    }
    event.bid_id = draft.id;
    event.campaign_id = draft.choice->campaign->source->id;
    event.creative_id = draft.choice->creative->source->id;
    event.imp_id = bids_[i].impid;
    event.price = bids_[i].price;
    event.deal_id = bids_[i].dealid;
    char* room = options_.journal->reserve(events::kEventBytesMax, events::Journal::Priority::bid);
    if (room != nullptr) options_.journal->publish(events::encode(event, room));
  }
}

}  // namespace bidwell::exchange
