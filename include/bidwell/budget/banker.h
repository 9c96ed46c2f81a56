// Between the ledger and the workers' wallets: about once a second it states what was used, asks for as much as will be
// needed, deals it out, and sets the chance with which each campaign bids so that its spend follows its curve. Every
// instance has one; all follow the same numbers, which the ledger gives them.
//
// The chance (throttling, not price: Agarwal et al., "Budget pacing for targeted online advertisements at LinkedIn",
// KDD 2014) is worked out ahead, not by trial: what should be spent in the time to come, over what would be spent if
// nothing were held back. See src/budget/pacer.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bidwell/budget/ledger.h"
#include "bidwell/budget/wallet.h"
#include "bidwell/core/counter.h"
#include "bidwell/core/time_zone.h"

namespace bidwell::budget {

enum class Pacing : std::uint8_t { even, asap };

// What the catalog says of a campaign's money.
struct AccountTerms {
  std::string campaign;
  Limits limits;
  TimeZone zone;
  Pacing pacing = Pacing::even;
  std::int64_t flight_start = 0, flight_end = std::numeric_limits<std::int64_t>::max();  // Unix seconds
  Nanos bid = 0;                                                                         // what one bid costs at most
  bool active = true;
  bool operator==(const AccountTerms&) const = default;
};

struct Now {
  std::int64_t unix_ms = 0;
  Steady steady;
};

struct BankerOptions {
  std::string holder;  // unique to this run: Ledger::settle
  LedgerOptions ledger;
  std::chrono::milliseconds interval{1000};  // how often tick() is called
  std::chrono::seconds catch_up{1800};       // what was spent too little is made up for within about this
};

// How an account stands as this instance knows it, for people.
struct AccountView {
  AccountTerms terms;
  Standing standing;       // as of the last answer of the ledger
  Nanos target_today = 0;  // what should be spent of the day by now
  double chance = 1;       // 0 to 1
  double win_rate = 0;     // of what is bid, how much is billed
  bool answered = false;   // the ledger has answered at least once
};

struct alignas(64) BankerCounters {
  Counter ticks;
  Counter calls;     // of the ledger
  Counter failures;  // calls that it did not answer
  Counter missing;   // calls that found no ledger
  Counter lost;      // leases that had expired
  Counter refused;   // statements that got nothing though they needed some
};

class Banker {
 public:
  // One wallet for each worker.
  Banker(BankerOptions options, unsigned workers);
  ~Banker();

  Wallet& wallet(unsigned worker) noexcept;

  // Takes over a catalog's accounts and returns their numbers, in order. Those that are not named are closed. Any
  // thread. A campaign that comes back has its old number; what it has spent is the ledger's and does not change.
  // Throws std::length_error past kAccountsMax.
  std::vector<AccountNumber> enlist(std::span<const AccountTerms> terms);

  // One round: every account in few calls of the ledger (at most 256 statements each). Never throws for the ledger's
  // sake: where it does not answer, purses keep what they have until their leases end. For one thread, the same for all
  // of these.
  void tick(Ledger& ledger, const Now& now);
  // Shuts every purse and gives back what is left. After the workers have stopped. False: the ledger did not answer,
  // and the leases will expire.
  bool close(Ledger& ledger, const Now& now);

  // Of all accounts. Any thread.
  std::vector<AccountView> view() const;
  // The zone that a campaign's days are counted in, as far as it was ever enlisted here; else UTC. Any thread.
  TimeZone zone_of(std::string_view campaign) const;

  const BankerCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::budget
