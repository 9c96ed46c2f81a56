// One account of the banker's: its lease, the workers' purses that the lease is dealt out to, and its pacing.
//
// Money that a purse was filled with is in use from that moment. So a purse is lowered first, and what was taken out of
// it is dealt to another or given back a tick later at the earliest: by then no decision goes on that had seen it. (One
// that takes longer than a tick may bid what is no longer the worker's: one answer's bids, at most, for each worker.)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bidwell/budget/banker.h"
#include "budget/forecast.h"
#include "budget/pacer.h"

namespace bidwell::budget {

class Account {
 public:
  // `number`: makes its draws its own, together with `seed`.
  Account(std::vector<Purse*> purses, AccountNumber number, std::uint64_t seed);

  // Empty: it is closed.
  void set_terms(std::optional<AccountTerms> terms);

  // Reads the purses. What is to be stated in this tick, if anything; valid until the next call.
  std::optional<Statement> state(const Now& now, const BankerOptions& options);
  // The same at the end: of a lease that is to be closed.
  std::optional<Statement> state_end();
  // The answer to it.
  void take(const Standing& standing, const Now& now, const BankerOptions& options, BankerCounters& counters);

  // Whether its forecast is due: that of a day that has begun, or of an account that is new.
  bool wants_shape() const noexcept;
  void set_shape(Shape shape, const Now& now);

  const AccountTerms& terms() const noexcept { return terms_; }
  const Day& day() const noexcept { return day_; }
  // `view.terms` is left alone.
  void show(AccountView& view, const Now& now) const;

 private:
  // One worker's part.
  struct Part {
    Purse* purse = nullptr;
    Nanos base = 0;     // Purse::used() when the lease began
    Nanos granted = 0;  // as the purse was filled
    Nanos used = 0, offered = 0;
    double offered_lately = 0;  // by the second, in the last tick
    Rate offered_rate;
    double draw = 0;  // for this turn, between 0 and 1
    Nanos need = 0;   // what should be left in the purse
    std::uint64_t chance = Purse::kAlways;
  };

  bool may_bid(std::int64_t unix_seconds) const noexcept;
  void look_at_day(std::int64_t unix_seconds);
  void read(const Now& now);
  void set_needs();
  Statement statement(bool close);
  void shut() noexcept;
  void end_lease() noexcept;
  void deal(const Now& now, const BankerOptions& options, BankerCounters& counters);
  void lower(Steady until);
  Nanos raise(Nanos free, Steady until);
  Nanos used() const noexcept;
  Nanos held() const noexcept;
  double seconds(const Now& now) const noexcept;
  Course course(double unix_seconds, const BankerOptions& options) const noexcept;
  double target(double unix_seconds) const noexcept;
  double money_of_day() const noexcept;
  double next_draw() noexcept;

  AccountTerms terms_;
  bool open_ = false;
  std::vector<Part> parts_;
  std::uint64_t random_;
  std::uint64_t ticks_ = 0;
  std::size_t first_part_ = 0;  // that is dealt to first

  // The lease.
  std::uint64_t lease_ = 0;
  bool leased_ = false;    // the ledger may have it
  bool answered_ = false;  // of this lease
  bool closing_ = false;
  std::int32_t lease_day_ = 0;
  Nanos granted_ = 0;
  Nanos offered_told_ = 0;                       // since the process began, and acknowledged
  Nanos offered_base_ = 0, offered_stated_ = 0;  // of the lease
  Steady read_at_, stated_at_;
  bool anything_new_ = false;  // since the last statement

  // The day and its plan.
  Day day_;
  Shape shape_;
  std::int32_t shape_day_ = -1;
  Curve curve_;
  std::int64_t curve_from_ = 0, curve_to_ = 0;

  Standing standing_;
  bool known_ = false;  // the ledger has answered at least once
  Pacer pacer_;
  Rate held_by_all_;  // open and leased, smoothed
  double chance_ = 0;
};

}  // namespace bidwell::budget
