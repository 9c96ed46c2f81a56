// Holds the bidder's rows against the exchange's own book, bid by bid and notice by notice.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "bidwell/market/market.h"
#include "market/book.h"

namespace bidwell::market {

struct StoredBid {
  std::string_view bid_id, auction_id, imp_id, campaign_id, currency;
  Micros price = 0;
  std::uint32_t sample_ppm = 1'000'000;
};

struct StoredNotice {
  std::string_view bid_id, kind, campaign_id, currency;
  std::optional<Micros> price;
};

struct Compared {
  Book ours, theirs;
  std::vector<Difference> differences;  // at most kDifferencesMax
  std::uint64_t differing = 0;          // all
  std::uint64_t missing = 0;            // of these: not stored, or not yet
  bool bids_sampled = false;
  std::uint64_t unknown_bids_found = 0, unknown_notices_found = 0;
};

// Give it all bids first, then the notices. Rows of other runs may be among them. Not thread-safe.
class Comparison {
 public:
  static constexpr std::size_t kDifferencesMax = 100;

  // `repeats_stored`: a notice that was sent again may be there again (files), not once alone (PostgreSQL).
  Comparison(const OwnBook& own, bool repeats_stored);
  void bid(const StoredBid& row);
  void notice(const StoredNotice& row);
  Compared finish();

 private:
  struct Seen {
    std::uint16_t bid = 0;
    std::array<std::uint16_t, kKinds> notices{};
  };

  void differ(std::string what, std::string ours, std::string theirs);
  void finish_bid(const BidEntry& entry, const Seen& seen);
  void finish_notice(const BidEntry& entry, Kind kind, unsigned seen);
  void compare_sums(const char* what, const std::map<std::string, std::int64_t>& ours,
                    const std::map<std::string, std::int64_t>& theirs);

  const OwnBook& own_;
  const bool repeats_stored_;
  std::vector<Seen> seen_;
  std::unordered_set<std::string> unknown_bids_;  // stored, of auctions whose answer never arrived
  Compared out_;
};

}  // namespace bidwell::market
