// The ledger: what each campaign has spent, what may still be billed, and who holds money to bid with. One for all
// instances (RedisLedger), or one instance's own (FileLedger). Both do exactly the same; Book is that in memory.
//
// An account is a campaign's. All amounts are nanos of the campaign's currency. Its money is in one of these places:
//
//   spent    billed, by notices that stand in a journal
//   open     bid, and not known to be won or lost. Forgotten LedgerOptions::reserve after it was reported: by then a
//            bid that was not billed is taken for lost
//   leased   granted to an instance that has not bid it yet
//
// and always spent + open + leased <= budget, in all and for each day, but for what docs/BUDGETS.md names: a bill that
// comes after its bid was taken for lost, one above its bid, and a budget that was lowered.
//
// Every amount that a holder states is a sum since its lease began, so stating it twice, or again after an answer got
// lost, changes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bidwell/core/money.h"

namespace bidwell::budget {

// Times are Unix seconds of the ledger's clock (Redis' own; the machine's for a file).
struct LedgerOptions {
  // How long a bid may be billed after it was made: 60 s cover most; what comes later counts, but was not reserved.
  std::chrono::seconds reserve{60};
  // An instance that says nothing for so long has lost its lease; what it had left is open for `reserve`.
  std::chrono::seconds lease{15};
  // How long the bids are remembered that were billed already: a repeat after that counts twice until reconciled.
  std::chrono::seconds repeats{3600};
};

// Open money is kept by pieces of this length of Unix time, what was spent and offered by quarters of an hour.
inline constexpr std::int64_t kBucketSeconds = 5;
inline constexpr std::int64_t kCellSeconds = 900;
inline constexpr std::int64_t kSpentCellsKept = 3 * 96;     // then they are forgotten; `spent` is not
inline constexpr std::int64_t kOfferedCellsKept = 15 * 96;  // two weeks and today
inline constexpr std::int32_t kDaysKept = 3;

struct Limits {
  std::optional<Nanos> total, daily;
  bool operator==(const Limits&) const = default;
};

// What a holder says of one account, and asks for.
struct Statement {
  std::string_view campaign;
  Limits limits;                 // as the catalog has them
  std::int32_t day = 0;          // the campaign's day (Day::number): a lease is of one day
  std::uint64_t lease = 0;       // rises with each new lease of this holder
  Nanos used = 0;                // of the lease so far, by bids that were sent
  Nanos offered = 0;             // what could have been bid during the lease, had nothing been held back
  Nanos wanted = 0;              // to be granted in all; what is granted above it and not used goes back
  Nanos least = 0;               // less than this is of no use: what one bid costs
  bool close = false;            // the lease ends: what is not used goes back
  std::uint32_t chance_ppm = 0;  // with which it bids at present
};

// How an account stands.
struct Standing {
  // The statement's lease is none that the ledger knows, so nothing was done: it had expired. What was used of it
  // counts as open already. Begin a new one, with `used` 0.
  bool lost = false;
  Nanos granted = 0;                 // of the lease in all
  Limits limits;                     // in force: set by hand, else the last stated
  Nanos spent = 0, spent_today = 0;  // today: the statement's day
  Nanos open = 0, open_today = 0;
  Nanos leased = 0, leased_today = 0;  // by all holders
  Nanos used = 0, offered = 0;         // ever, by all holders
  std::uint32_t chance_ppm = 0;        // the last that anyone stated
  bool operator==(const Standing&) const = default;
};

// What a notice tells of a bid.
struct Resolved {
  std::string_view bid_id;  // its 12 bytes; a bid is billed and released once
  std::string_view campaign;
  std::int32_t day = 0;       // of the bid, in the campaign's zone
  std::int64_t bid_at = 0;    // Unix seconds
  Nanos reserved = 0;         // released where it still is open
  std::optional<Nanos> cost;  // billed; nothing: the bid was lost
};

// How far journals were read (events::Advance).
struct Advance {
  std::string journal;
  std::uint64_t from = 0, to = 0;
};

struct AccountState {
  std::string campaign;
  Limits by_hand;  // set_limits(); empty: the catalog's hold
  std::int32_t day = 0;
  Standing standing;  // of `day`, the latest that was stated or spent on
  std::size_t holders = 0;
};

// A quarter of an hour's money; its begin, divided by kCellSeconds.
using Cells = std::map<std::int64_t, Nanos>;

struct Spent {
  Nanos in_all = 0;                    // ever
  Cells cells;                         // of bids made in the last kSpentCellsKept
  std::map<std::int32_t, Nanos> days;  // the last kDaysKept
  bool operator==(const Spent&) const = default;
};

// The ledger does not answer, or not in time. What was asked may have been done or not.
struct LedgerAway : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// There is no ledger: it was never made, or its store has lost its data. Nobody is granted anything until make() was
// called with what the truth says.
struct LedgerMissing : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// An advance does not begin where the one before it ended.
struct JournalMoved : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Every call blocks for a bounded time and may throw LedgerAway; all but `exists`, `make` and claims throw
// LedgerMissing where there is none. Control plane only.
class Ledger {
 public:
  virtual ~Ledger() = default;

  // One standing for each statement, in order. `holder`: unique to this run of this instance; no spaces.
  virtual std::vector<Standing> settle(std::string_view holder, std::span<const Statement> statements) = 0;

  // How far each journal was confirmed; 0: never heard of.
  virtual std::vector<std::uint64_t> positions(std::span<const std::string> journals) = 0;
  // Of all journals that were ever confirmed: `to` alone means something.
  virtual std::vector<Advance> advances() = 0;
  // All of it, or throws and nothing of it. Throws JournalMoved.
  virtual void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances) = 0;

  // What was offered to a campaign, by quarters of an hour, oldest first: what the day's forecast is made of.
  virtual Cells offered(std::string_view campaign) = 0;

  // In place of the catalog's, from the next statement on; empty: the catalog's again.
  virtual void set_limits(std::string_view campaign, const Limits& limits) = 0;

  virtual std::vector<AccountState> accounts() = 0;
  // What an account has spent; nothing for one that was never heard of.
  virtual Spent spent(std::string_view campaign) = 0;
  // Adds a difference (may be negative) to what was spent on bids of one cell and day. `expected`: the cell as it was
  // looked at; returns false, and nothing is done, when it has changed since.
  virtual bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected,
                    Nanos difference) = 0;

  virtual bool exists() = 0;
  // Makes it, as the truth has it: what each campaign has spent, and how far journals are in that. False: there is one.
  virtual bool make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) = 0;

  // For what one instance shall do for all: true for the first who asks within the time. Where there is no ledger too.
  virtual bool claim(std::string_view /*what*/, std::chrono::seconds /*time*/) { return true; }
  // It was not done: others may claim it at once. Only what this object claimed, and still has.
  virtual void disclaim(std::string_view /*what*/) {}

  // Journals that nobody will confirm again: their positions go.
  virtual void forget(std::span<const std::string> /*journals*/) {}

  // The one call for other threads: what blocks now shall throw soon, and so shall all that comes after.
  virtual void interrupt() noexcept {}
};

}  // namespace bidwell::budget
