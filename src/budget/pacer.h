// With what chance a campaign bids, so that its spend follows its curve: what should be spent in the time to come, over
// what would be spent if nothing were held back. The latter is known without trying, as workers count what they could
// have bid, and the ledger adds that up over all instances. So all instances come to about the same chance, and a
// change of traffic needs no trial and error: only the share of bids that win must be learned from what is billed.
//
// Pure: time is passed in, in seconds of any clock that does not go back.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "bidwell/budget/ledger.h"

namespace bidwell::budget {

// An amount by the second, smoothed over the time given: the mean while less than that was seen.
class Rate {
 public:
  void add(double amount, double seconds, double over) noexcept {
    seen_ += seconds;
    value_ += (amount / seconds - value_) * std::min(1.0, seconds / std::min(seen_, over));
  }
  double value() const noexcept { return value_; }
  bool known() const noexcept { return seen_ > 0; }

 private:
  double value_ = 0, seen_ = 0;
};

// What the plan says, seen from now.
struct Course {
  double target = std::numeric_limits<double>::infinity();  // nanos that shall be spent of the day in `ahead` seconds
  double ahead = 1800;
};

// What is neither spent, open nor leased; the most there is where nothing limits it. Negative: more was dealt out than
// there is now.
Nanos room(const Standing& standing) noexcept;

class Pacer {
 public:
  // An answer of the ledger. `bid`: what one bid costs.
  void observe(const Standing& standing, double now, Nanos bid) noexcept;

  // Between 0 and 1; of the latest answer.
  double chance(const Course& course) const noexcept;

  double win_rate() const noexcept { return bid_money_ > 0 ? won_money_ / bid_money_ : 0; }
  double offered_per_second() const noexcept { return offered_.value(); }

 private:
  struct Point {
    double at = 0;
    Nanos used = 0;
  };
  void begin(double now) noexcept;
  void observe_offered(const Standing& before, double seconds) noexcept;
  void observe_wins(const Standing& before, double now, double seconds) noexcept;
  Nanos used_by(double at) const noexcept;

  Standing last_;
  double last_at_ = 0, quiet_until_ = 0;
  double bid_ = 1;
  bool seen_ = false;

  Rate offered_, offered_lately_;
  // What was bid, and what was billed of it. The former as it stood a notice's delay ago.
  double bid_money_ = 0, won_money_ = 0;
  Nanos settled_ = 0;
  std::array<Point, 16> used_{};  // of about a second each, round and round
  std::size_t newest_ = 0;
};

}  // namespace bidwell::budget
