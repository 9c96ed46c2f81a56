// The ledger's rules, in memory: accounts, leases, what is open, what was billed. The embedded ledger keeps it in a
// file (FileLedger), the simulation runs on it, and RedisLedger's scripts are tested against it.
//
// Not thread-safe. Time is a parameter (Unix milliseconds) and should not go back; where it does, it stands still. By
// more than `reserve`: the clock was ahead and was set back, so time goes on from there, and what is open or leased of
// a time after it is open now, or leased from now.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/budget/ledger.h"

namespace bidwell::budget {

class Book {
 public:
  explicit Book(const LedgerOptions& options);
  ~Book();
  Book(Book&&) noexcept;
  Book& operator=(Book&&) noexcept;

  // As Ledger's.
  //
  // A statement, step by step (b is the bucket of now, Unix seconds / kBucketSeconds):
  //  1. What is over is forgotten. A lease is over when now >= its expiry: its rest becomes open in the bucket of the
  //     expiry, of the lease's day. A bucket is over when now >= its end + `reserve`: what is left in it is open no
  //     more (it may be negative: a bid that was billed before its use was stated). So it makes no difference when
  //     somebody looks. Cells are kept while cell > now's cell - k*CellsKept, days while day > latest - kDaysKept,
  //     where `latest` is the highest day that was stated, billed or mended; never above today's + 1 in UTC.
  //  2. The lease of the holder with the same number and day goes on: what was used since the last statement (nothing,
  //     if `used` is less than was stated before) becomes open in b, and is leased no more as far as it was granted;
  //     granted = max(granted, used). A higher number, or any where the holder has none, begins a new lease with
  //     nothing granted, if `used` is 0; the rest of a lower one becomes open in b, of its day. Anything else is
  //     `lost`: nothing more happens, neither are limits or chance taken over nor is an account made. So is a
  //     statement of a day that is not UTC's now, or the one before or after it: that clock is wrong.
  //  3. What was offered since the last statement (at least 0) is added to the present cell, which stays at 2^62.
  //  4. target = close ? used : wanted, and at least what was used. Not above what is granted: granted = target. Else
  //     at most max(room / 8, min(room, least)) more, where room is the least of (total - spent - max(0, open) -
  //     leased) and the same of the statement's day (nothing of one that is not kept), 0 at least: near its end a
  //     budget is dealt out in ever smaller pieces. A limit is the one set by hand, if there is one, else the last
  //     stated, each of the two for itself.
  //  5. The lease expires `lease` from now. A closed one is gone at once; its standing still says what was granted.
  Standing settle(std::string_view holder, const Statement& statement, std::int64_t now_ms);

  // Step 1 for all accounts: before accounts() and spent() where they shall be of now.
  void forget(std::int64_t now_ms);

  std::vector<std::uint64_t> positions(std::span<const std::string> journals) const;
  std::vector<Advance> advances() const;
  // Throws JournalMoved, and nothing was done. For each, after step 1 for its account: a cost counts once for a bid id,
  // in all, in the day and in the cell of bid_at (as far as these are kept, and the day is not above UTC's + 1). What
  // was reserved leaves the bucket of bid_at (or b, if bid_at is in the future) and its day, once for a bid id, unless
  // that bucket is over; a bid that was billed is released. Ids are remembered by the bucket of bid_at, until it ended
  // `repeats` ago; one that came by a loss alone is of no use, and forgotten, once that bucket is over.
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances, std::int64_t now_ms);

  Cells offered(std::string_view campaign) const;
  void set_limits(std::string_view campaign, const Limits& limits);
  std::vector<AccountState> accounts() const;
  Spent spent(std::string_view campaign) const;
  // Cell 0: what is older than the cells, which is (in all - sum of the cells), and of no day. False also for a cell
  // that is kept no more. Of the time of the last call.
  bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected, Nanos difference);
  // In place of everything there is.
  void make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions);

  // Everything, to be kept and read again. load() throws std::runtime_error for what save() did not write.
  std::string save() const;
  void load(std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::budget
