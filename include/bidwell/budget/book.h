// The ledger's rules, in memory: accounts, leases, what is open, what was billed. The embedded ledger keeps it in a
// file (FileLedger), the simulation runs on it, and RedisLedger's scripts are tested against it.
//
// Not thread-safe. Time is a parameter (Unix milliseconds) and must not go back; where it does, it stands still.
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
  // A statement, step by step:
  //  1. What is over is forgotten: a lease that expired (its rest becomes open now, of the lease's day), and open money
  //     of buckets that ended `reserve` ago or earlier, whatever is left in them (it may be negative: a bid that was
  //     billed before its use was stated).
  //  2. The lease of the same number: what was used since the last statement becomes open in the present bucket, and is
  //     leased no more. A higher number begins a new lease, if `used` is 0; the rest of a lower one is treated as
  //     expired. Anything else is `lost`, and nothing more happens.
  //  3. What was offered since the last statement is added to the present cell.
  //  4. target = close ? used : wanted. Not above what is granted: granted = max(used, target). Else at most
  //     max(room / 8, min(room, least)) more, where room is the least of (total - spent - max(0, open) - leased) and
  //     the same of the day: near its end a budget is dealt out in ever smaller pieces.
  //  5. The lease expires `lease` from now. A closed one is gone at once.
  Standing settle(std::string_view holder, const Statement& statement, std::int64_t now_ms);

  std::vector<std::uint64_t> positions(std::span<const std::string> journals) const;
  std::vector<Advance> advances() const;
  // Throws JournalMoved, and nothing was done. For each: a cost counts once for a bid id, in all, in the day and in the
  // cell of bid_at; ids are remembered for `repeats` after bid_at. What was reserved leaves the bucket of bid_at (or
  // the present one, if that is in the future) and day, once for a bid id, unless that bucket is over.
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances, std::int64_t now_ms);

  Cells offered(std::string_view campaign) const;
  void set_limits(std::string_view campaign, const Limits& limits);
  std::vector<AccountState> accounts() const;
  Spent spent(std::string_view campaign) const;
  bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected, Nanos difference);
  void make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions);

  // Everything, to be kept and read again. load() throws std::runtime_error for what save() did not write.
  std::string save() const;
  void load(std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::budget
