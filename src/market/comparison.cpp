#include "market/comparison.h"

#include <fmt/format.h>

#include <algorithm>

namespace bidwell::market {
namespace {

std::uint64_t& count_of(Book& book, Kind kind) {
  switch (kind) {
    case Kind::win: return book.wins;
    case Kind::bill: return book.bills;
    case Kind::loss: return book.losses;
    case Kind::imp: return book.impressions;
    case Kind::click: break;
  }
  return book.clicks;
}

std::string price_text(const std::optional<Micros>& price) {
  return price ? std::to_string(*price) : "none";
}

}  // namespace

Comparison::Comparison(const OwnBook& own, bool repeats_stored)
    : own_(own), repeats_stored_(repeats_stored), seen_(own.bids().size()) {}

void Comparison::differ(std::string what, std::string ours, std::string theirs) {
  ++out_.differing;
  if (out_.differences.size() < kDifferencesMax) {
    out_.differences.push_back({std::move(what), std::move(ours), std::move(theirs)});
  }
}

void Comparison::bid(const StoredBid& row) {
  const std::optional<std::uint64_t> auction = own_.auction_of(row.auction_id);
  const std::optional<std::uint32_t> place = own_.find(row.bid_id);
  if (!auction && !place) return;  // another run's
  const std::string name = fmt::format("bid {}", row.bid_id);
  ++out_.theirs.bids;
  out_.theirs.bid_micros[std::string(row.currency)] += row.price;
  out_.bids_sampled |= row.sample_ppm < 1'000'000;
  if (!place) {
    if (!own_.is_unknown(*auction)) return differ(name + " of an answer that did not hold it", "none", "stored");
    // Nothing is known of it but that it may be there: it is taken as it stands.
    ++out_.unknown_bids_found;
    ++out_.ours.bids;
    out_.ours.bid_micros[std::string(row.currency)] += row.price;
    if (!unknown_bids_.insert(std::string(row.bid_id)).second) differ(name, "once at most", "twice");
    return;
  }
  const BidEntry& entry = own_.bids()[*place];
  Seen& seen = seen_[*place];
  if (seen.bid < UINT16_MAX) ++seen.bid;
  if (auction != entry.auction) differ(name + ": auction", std::to_string(entry.auction), std::string(row.auction_id));
  if (row.price != entry.price) differ(name + ": price_micros", std::to_string(entry.price), std::to_string(row.price));
  const std::string& currency = own_.name(entry.currency);
  if (row.currency != currency) differ(name + ": currency", currency, std::string(row.currency));
  if (row.imp_id != entry.imp) differ(name + ": imp", entry.imp, std::string(row.imp_id));
  const std::string& campaign = own_.name(entry.campaign);
  if (!campaign.empty() && row.campaign_id != campaign) {
    differ(name + ": campaign", campaign, std::string(row.campaign_id));
  }
}

void Comparison::notice(const StoredNotice& row) {
  const std::optional<Kind> kind = kind_of(row.kind);
  const std::optional<std::uint32_t> place = own_.find(row.bid_id);
  const std::string name = fmt::format("{} of bid {}", row.kind, row.bid_id);
  if (!place) {
    if (unknown_bids_.contains(std::string(row.bid_id))) differ(name, "its answer never arrived", "stored");
    return;
  }
  if (!kind) return differ(name, "no such kind", "stored");
  const BidEntry& entry = own_.bids()[*place];
  std::uint16_t& seen = seen_[*place].notices[static_cast<std::size_t>(*kind)];
  const bool first = seen == 0;
  if (seen < UINT16_MAX) ++seen;
  if (first) {
    ++count_of(out_.theirs, *kind);
    if (*kind == Kind::bill) out_.theirs.billed_micros[std::string(row.currency)] += row.price.value_or(0);
  }
  const NoticeEntry& notice = entry.of(*kind);
  if (row.price != notice.price && notice.told >= Told::unknown) {
    differ(name + ": price_micros", price_text(notice.price), price_text(row.price));
  }
  const std::string& currency = own_.name(entry.currency);
  if (row.currency != currency) differ(name + ": currency", currency, std::string(row.currency));
  const std::string& campaign = own_.name(entry.campaign);
  if (!campaign.empty() && row.campaign_id != campaign) {
    differ(name + ": campaign", campaign, std::string(row.campaign_id));
  }
}

Compared Comparison::finish() {
  for (std::size_t i = 0; i < seen_.size(); ++i) finish_bid(own_.bids()[i], seen_[i]);
  if (!out_.bids_sampled) compare_sums("bids", out_.ours.bid_micros, out_.theirs.bid_micros);
  compare_sums("billed", out_.ours.billed_micros, out_.theirs.billed_micros);
  return std::move(out_);
}

void Comparison::finish_bid(const BidEntry& entry, const Seen& seen) {
  const std::string name = "bid " + entry.id;
  if (entry.test) {
    if (seen.bid != 0) differ(name + " on a test request", "none", "stored");
  } else {
    ++out_.ours.bids;
    out_.ours.bid_micros[own_.name(entry.currency)] += entry.price;
    if (seen.bid > 1) differ(name, "once", fmt::format("{} times", seen.bid));
    if (seen.bid == 0 && !out_.bids_sampled) {
      ++out_.missing;
      differ(name, "answered", "not stored");
    }
  }
  for (std::size_t i = 0; i < kKinds; ++i) finish_notice(entry, static_cast<Kind>(i), seen.notices[i]);
}

void Comparison::finish_notice(const BidEntry& entry, Kind kind, unsigned seen) {
  const NoticeEntry& notice = entry.of(kind);
  const auto name = [&] { return fmt::format("{} of bid {}", name_of(kind), entry.id); };
  const Told told = entry.test ? Told::none : notice.told;
  if (told <= Told::refused) {
    if (seen != 0) {
      differ(name(),
             entry.test              ? "a test's"
             : told == Told::refused ? "refused"
             : notice.withheld       ? "withheld"
                                     : "never sent",
             "stored");
    }
    return;
  }
  if (seen == 0) {
    if (told == Told::unknown) return;
    ++out_.missing;
    differ(name(), "acknowledged", "not stored");
  }
  ++count_of(out_.ours, kind);
  if (kind == Kind::bill) out_.ours.billed_micros[own_.name(entry.currency)] += notice.price.value_or(0);
  out_.unknown_notices_found += told == Told::unknown;
  const unsigned most = repeats_stored_ ? std::max<unsigned>(1, notice.sends) : 1;
  if (seen > most) differ(name(), fmt::format("{} at most", most), fmt::format("{} times", seen));
}

void Comparison::compare_sums(const char* what, const std::map<std::string, std::int64_t>& ours,
                              const std::map<std::string, std::int64_t>& theirs) {
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> both;
  for (const auto& [currency, sum] : ours) both[currency].first = sum;
  for (const auto& [currency, sum] : theirs) both[currency].second = sum;
  for (const auto& [currency, sums] : both) {
    if (sums.first != sums.second) {
      differ(fmt::format("{}, sum of {} micros", what, currency), std::to_string(sums.first),
             std::to_string(sums.second));
    }
  }
}

}  // namespace bidwell::market
