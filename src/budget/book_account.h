// One campaign's money in a Book.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "bidwell/budget/ledger.h"

namespace bidwell::budget {

inline std::int64_t bucket_of(std::int64_t unix_seconds) noexcept {
  return unix_seconds / kBucketSeconds;
}
inline std::int64_t cell_of(std::int64_t unix_seconds) noexcept {
  return unix_seconds / kCellSeconds;
}
// A bucket that ended `seconds` ago or earlier.
inline bool is_over(std::int64_t bucket, std::chrono::seconds seconds, std::int64_t now_ms) noexcept {
  return ((bucket + 1) * kBucketSeconds + seconds.count()) * 1000 <= now_ms;
}

// The latest day that can have begun anywhere: zones are 14 hours ahead of UTC at most, and 12 behind.
inline std::int32_t latest_day(std::int64_t now_ms) noexcept {
  return static_cast<std::int32_t>(now_ms / 86'400'000) + 1;
}
// Whether it may be some zone's at present, or was until just now. Others are of a clock that is wrong.
inline bool may_be_today(std::int32_t day, std::int64_t now_ms) noexcept {
  return day <= latest_day(now_ms) && day >= latest_day(now_ms) - 2;
}

struct BookLease {
  std::uint64_t number = 0;
  std::int32_t day = 0;
  Nanos granted = 0, used = 0, offered = 0;  // never used above granted
  std::int64_t expires_ms = 0;
};

struct BookDay {
  Nanos spent = 0, open = 0, leased = 0;
};

// Data and the steps that Book's functions are made of. Everything is kept as sums too: nothing walks the holders but
// what has to look for expired leases.
struct BookAccount {
  using Leases = std::map<std::string, BookLease, std::less<>>;

  static constexpr std::int32_t kNoDay = std::numeric_limits<std::int32_t>::min();

  Limits stated, by_hand;
  std::int32_t day = kNoDay;  // the latest
  Nanos spent = 0, open = 0, leased = 0, used = 0, offered = 0;
  std::uint32_t chance_ppm = 0;
  std::map<std::int32_t, BookDay> days;
  std::map<std::pair<std::int64_t, std::int32_t>, Nanos> buckets;  // what is open, by bucket and day
  Cells spent_cells, offered_cells;
  Leases leases;                                                            // by holder
  std::int64_t first_expiry_ms = std::numeric_limits<std::int64_t>::max();  // no lease expires before

  void forget(const LedgerOptions& options, std::int64_t now_ms);
  // The clock was set back to `now_ms`: what is of a time after it is of now.
  void go_back(const LedgerOptions& options, std::int64_t now_ms);
  Standing settle(std::string_view holder, const Statement& statement, const LedgerOptions& options,
                  std::int64_t now_ms);
  void bill(Nanos cost, std::int64_t bid_at, std::int32_t of_day, std::int64_t now_ms);
  void add_open(std::int64_t bucket, std::int32_t of_day, Nanos amount);

  bool keeps_day(std::int32_t of_day) const noexcept { return std::int64_t{of_day} + kDaysKept > day; }
  void see_day(std::int32_t seen) noexcept;
  Limits limits() const;
  Nanos older_than_cells() const;
  Nanos spent_in(std::int64_t cell) const;
  Standing standing(std::int32_t of_day) const;

 private:
  BookLease* find_lease(std::string_view holder, const Statement& statement, std::int64_t now_ms);
  void use(BookLease& lease, Nanos used_now, std::int64_t now_ms);
  Nanos room(std::int32_t of_day) const;
  void grant(BookLease& lease, const Statement& statement);
  // `from`: the bucket in which its rest is open from now on.
  void end_lease(Leases::iterator lease, std::int64_t from);
};

}  // namespace bidwell::budget
