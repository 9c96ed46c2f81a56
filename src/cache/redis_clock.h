// Redis' clock as we see it: ages and versions are counted on it, so that the clocks of the instances need not agree.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "bidwell/cache/slot.h"

namespace bidwell::cache {

class RedisClock {
 public:
  // Redis said `redis_us` (since 1970) at some time from `asked` to `answered`. Taken only if that says more than what
  // is known: a slow answer says little.
  void set(std::uint64_t redis_us, Time asked, Time answered) {
    const Duration error = (answered - asked) / 2;
    const std::int64_t offset_us = static_cast<std::int64_t>(redis_us) - us(asked + error);
    const Duration contradiction = std::chrono::microseconds(std::abs(offset_us - offset_us_));
    // Where both cannot be true the clock was set.
    if (known_ && error > error_at(answered) && contradiction <= error + error_at(answered)) return;
    offset_us_ = offset_us;
    error_ = error;
    set_at_ = answered;
    known_ = true;
  }
  // It may be another Redis.
  void forget() { known_ = false; }
  bool known() const { return known_; }

  // By how much the times may be wrong. Who subtracts it from when a value was true never serves it for too long.
  Duration error_at(Time now) const { return error_ + (now - set_at_) / kDrift; }

  Time time_of(std::uint64_t redis_us) const {
    return Time(std::chrono::microseconds(static_cast<std::int64_t>(redis_us) - offset_us_));
  }
  std::uint64_t microseconds_at(Time time) const { return static_cast<std::uint64_t>(us(time) + offset_us_); }

 private:
  static std::int64_t us(Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  }
  // Quartz drifts by some 50 ppm; each of the two clocks.
  static constexpr int kDrift = 10'000;

  bool known_ = false;
  Duration error_{};
  Time set_at_{};
  std::int64_t offset_us_ = 0;
};

}  // namespace bidwell::cache
