// What a session does with answers: reads and judges them, holds the auction, and decides which notices follow.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bidwell/openrtb/validate.h"
#include "market/macros.h"
#include "market/markup.h"
#include "market/session.h"

namespace bidwell::market {
namespace {

constexpr std::uint64_t kExamplesOfARule = 3;
constexpr std::size_t kExampleSize = 240;
constexpr unsigned kBidderBits = 16;

// As openrtb/validate.h lists them.
constexpr std::array<std::string_view, 31> kRules = {"",
                                                     "id is the request's",
                                                     "bids, or a form of no-bid",
                                                     "bid.id",
                                                     "impid names one impression",
                                                     "price",
                                                     "cur",
                                                     "floors",
                                                     "dealid was offered",
                                                     "private auctions",
                                                     "seats, deals' advertisers",
                                                     "crid",
                                                     "adomain, badv",
                                                     "cat, bcat, acat",
                                                     "attr, battr",
                                                     "bundle, bapp",
                                                     "language, wlang",
                                                     "size",
                                                     "mtype",
                                                     "mime, protocol, duration, API",
                                                     "pods",
                                                     "secure: no http assets",
                                                     "markup, notices, native",
                                                     "no private or unknown macro",
                                                     "the DSA object",
                                                     "group: can be won together",
                                                     "UTF-8, JSON, Content-Length",
                                                     "a 204 has no body",
                                                     "test never spends",
                                                     "within tmax",
                                                     "no bid id twice"};

std::string rule_name(int rule) {
  const bool known = rule > 0 && static_cast<std::size_t>(rule) < kRules.size();
  return fmt::format("rule {}: {}", rule, known ? kRules[static_cast<std::size_t>(rule)] : "?");
}

bool says(std::string_view url, std::string_view macro) {
  return url.find(macro) != std::string_view::npos;
}

Session::Time after(double milliseconds) {
  return std::chrono::steady_clock::now() + std::chrono::microseconds(static_cast<std::int64_t>(milliseconds * 1000));
}

}  // namespace

void Session::take_answer(const Arrived& arrived) {
  const auto slot = static_cast<std::uint32_t>(arrived.tag >> kBidderBits);
  const auto number = static_cast<std::uint32_t>(arrived.tag & ((1u << kBidderBits) - 1));
  Auction& auction = auctions_[slot];
  Bidder& bidder = *bidders_[number];
  bidder.bids.give_back(auction.connections[number]);
  --auction.waiting;
  const Time now = std::chrono::steady_clock::now();
  if (arrived.outcome == replay::Outcome::answered) {
    const auto took = arrived.done - arrived.sent;
    const bool late = auction.held || took > std::chrono::milliseconds(options_.tmax_ms);
    ++bidder.result.answered;
    bidder.result.latency.record(static_cast<std::uint64_t>(std::max<std::int64_t>(0, took.count())));
    bidder.result.late += late;
    const bool good = read_offers(auction, number, arrived, late);
    bidder.throttle.told(late || !good, now);
  } else {
    if (arrived.outcome != replay::Outcome::connect_failed) book_.unknown_auction(auction.number);
    arrived.outcome == replay::Outcome::malformed ? ++bidder.result.malformed : ++bidder.result.errors;
    bidder.throttle.told(true, now);
  }
  if (auction.waiting > 0) return;
  if (!auction.held) hold(auction);
  auction.live = false;
  free_auctions_.push_back(slot);
}

// False: the answer breaks a rule. Its bids are in the book all the same: the bidder made them.
bool Session::read_offers(Auction& auction, std::uint32_t number, const Arrived& arrived, bool late) {
  Bidder& bidder = *bidders_[number];
  const bool good = !options_.validate || valid(auction, arrived);
  bidder.result.malformed += !good;
  if (arrived.status != 200) {
    arrived.status == 204 ? ++bidder.result.no_bids : ++bidder.result.errors;
    return good && arrived.status < 500;
  }
  std::optional<Offers> offers = read_answer(arrived.body);
  if (!offers) {
    book_.unknown_auction(auction.number);
    bidder.result.malformed += good;
    return false;
  }
  if (offers->bids.empty()) ++bidder.result.no_bids;
  const int loss = late ? kExpired : !good ? kInvalidResponse : 0;
  for (OfferedBid& bid : offers->bids) add_offer(auction, number, offers->currency, std::move(bid), loss);
  return good;
}

bool Session::valid(const Auction& auction, const Arrived& arrived) {
  // Lateness is counted by itself.
  const openrtb::Answer answer{arrived.status, arrived.body, -1, arrived.content_length};
  const auto violations = openrtb::validate(auction.ask.body, answer, {options_.rates});
  for (const openrtb::Violation& violation : violations) {
    if (++result_.violations[rule_name(violation.rule)] > kExamplesOfARule) continue;
    result_.examples.push_back(
        fmt::format("{}: rule {}: {} {}", auction.ask.id, violation.rule, violation.where, violation.what));
    result_.examples.back().resize(std::min(result_.examples.back().size(), kExampleSize));
  }
  return violations.empty();
}

void Session::add_offer(Auction& auction, std::uint32_t number, const std::string& currency, OfferedBid&& bid,
                        int loss) {
  ++bidders_[number]->result.bids;
  const auto place = book_.add(bid.id, auction.number, bid.imp, bid.price, currency, bid.campaign, auction.ask.test);
  if (!place) {
    ++result_.violations["a bid id that was used before"];
    return;
  }
  const auto imp = std::ranges::find(auction.ask.impressions, bid.imp, &Impression::id);
  const std::optional<Micros> price = rates_.convert(bid.price, currency, auction.ask.currency, Rounding::down);
  Offer offer;
  offer.bid = *place;
  offer.bidder = number;
  offer.imp = static_cast<std::size_t>(imp - auction.ask.impressions.begin());
  offer.offered = std::move(bid);
  offer.currency = currency;
  offer.price = price.value_or(0);
  offer.loss = loss != 0 ? loss : imp == auction.ask.impressions.end() || !price ? kInvalidResponse : 0;
  offer.takes_part = offer.loss == 0;
  // Too late for an auction that is over: it has lost already.
  if (auction.held) return report_loss(auction, offer, offer.loss, {});
  auction.offers.push_back(std::move(offer));
}

void Session::hold_overdue(Time now) {
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const auto [slot, number] = deadlines_.front().second;
    deadlines_.pop_front();
    Auction& auction = auctions_[slot];
    if (auction.live && auction.number == number && !auction.held) hold(auction);
  }
}

void Session::hold(Auction& auction) {
  auction.held = true;
  for (const Offer& offer : auction.offers) {
    if (!offer.takes_part) report_loss(auction, offer, offer.loss, {});
  }
  for (std::size_t i = 0; i < auction.ask.impressions.size(); ++i) hold_impression(auction, i);
}

void Session::hold_impression(Auction& auction, std::size_t number) {
  const Impression& imp = auction.ask.impressions[number];
  const std::string& currency = auction.ask.currency;
  // A floor in an unknown currency is none that can be met.
  const auto floor_of = [&](Micros floor, const std::string& of) {
    return rates_.convert(floor, of, currency, Rounding::up).value_or(kMaxMicros);
  };
  const Micros floor = floor_of(imp.floor, imp.floor_currency);
  Micros rival = 0;
  if (options_.rival_median > 0) {
    const double price = chance_.log_normal(options_.rival_median, options_.rival_sigma);
    rival = static_cast<Micros>(std::min(price, 1e6) * static_cast<double>(kMicrosPerUnit));
  }
  std::vector<const Offer*> offers;
  std::vector<Entry> entries;
  for (const Offer& offer : auction.offers) {
    if (!offer.takes_part || offer.imp != number) continue;
    Entry entry{offer.price, floor};
    for (const Deal& deal : imp.deals) {
      if (deal.id == offer.offered.deal) entry.floor = floor_of(deal.floor, deal.floor_currency);
    }
    offers.push_back(&offer);
    entries.push_back(entry);
  }
  const Sale sale = market::hold(entries, rival, floor, options_.auction_type);
  result_.sold += sale.sold;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if (sale.winner == i) {
      report_win(auction, *offers[i], sale);
    } else {
      report_loss(auction, *offers[i], entries[i].price < entries[i].floor ? kBelowFloor : kLostToHigherBid, sale);
    }
  }
}

void Session::report_win(const Auction& auction, const Offer& offer, const Sale& sale) {
  ++result_.won;
  ++bidders_[offer.bidder]->result.wins;
  const auto in_bids = [&](Micros amount) {
    return rates_.convert(amount, auction.ask.currency, offer.currency, Rounding::down).value_or(0);
  };
  const Micros price = std::min(offer.offered.price, in_bids(sale.price));
  const Micros min_to_win = std::min(offer.offered.price, in_bids(sale.min_to_win));
  const auto delay = [&](std::chrono::milliseconds mean) {
    return std::chrono::duration<double, std::milli>(chance_.exponential(static_cast<double>(mean.count())));
  };
  plan(auction, offer, Kind::win, offer.offered.nurl, price, min_to_win, kWon, delay(options_.win_delay));
  if (!chance_.chance(options_.billed_share)) return;
  const auto billed = delay(options_.bill_delay);
  plan(auction, offer, Kind::bill, offer.offered.burl, price, min_to_win, kWon, billed);
  if (!chance_.chance(options_.shown_share)) return;
  const bool clicked = chance_.chance(options_.clicked_share);
  const auto later = billed + delay(options_.click_delay);
  const Trackers trackers = find_trackers(offer.offered.markup);
  for (const std::string& path : trackers.impressions) {
    plan(auction, offer, Kind::imp, path, price, min_to_win, kWon, billed);
  }
  if (!clicked) return;
  for (const std::string& path : trackers.clicks) {
    plan(auction, offer, Kind::click, path, price, min_to_win, kWon, later);
  }
}

// With the price that won where somebody did.
void Session::report_loss(const Auction& auction, const Offer& offer, int reason, const Sale& sale) {
  if (!chance_.chance(options_.loss_notice_share)) return;
  const auto in_bids = [&](Micros amount) {
    return rates_.convert(amount, auction.ask.currency, offer.currency, Rounding::up).value_or(0);
  };
  std::optional<Micros> min_to_win;
  if (sale.min_to_win > 0) min_to_win = in_bids(sale.min_to_win);
  plan(auction, offer, Kind::loss, offer.offered.lurl, in_bids(sale.price), min_to_win, reason,
       std::chrono::duration<double, std::milli>(chance_.exponential(static_cast<double>(options_.win_delay.count()))));
}

// `url` as in the answer, or a path of its markup; empty: the bidder does not ask for this notice. A price of 0 is not
// known.
void Session::plan(const Auction& auction, const Offer& offer, Kind kind, const std::string& url, Micros price,
                   std::optional<Micros> min_to_win, int loss, std::chrono::duration<double, std::milli> delay) {
  MacroValues values;
  values.auction_id = auction.ask.id;
  values.bid_id = offer.offered.id;
  values.imp_id = offer.offered.imp;
  values.seat_id = offer.offered.seat;
  values.ad_id = offer.offered.ad;
  values.currency = offer.currency;
  if (price > 0) values.price = price;
  values.min_to_win = min_to_win;
  values.loss = loss;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  values.imp_ts_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::string filled = substitute(url, values);
  Notice notice;
  notice.path = filled.starts_with('/') ? filled : path_of(filled);
  if (notice.path.empty()) return;
  notice.bid = offer.bid;
  notice.bidder = offer.bidder;
  notice.kind = kind;
  if (price > 0 && says(url, "${AUCTION_PRICE")) notice.price = price;
  notices_.plan(std::move(notice), after(delay.count()));
}

}  // namespace bidwell::market
