// Redis' clock as we see it: ages and versions are counted on it, so that the clocks of the instances need not agree.
#pragma once

#include <cstdint>

#include "bidwell/cache/slot.h"

namespace bidwell::cache {

class RedisClock {
 public:
  // Redis said `redis_us` (since 1970) at some time from `asked` to `answered`.
  void set(std::uint64_t redis_us, Time asked, Time answered) {
    offset_us_ = static_cast<std::int64_t>(redis_us) - us(asked + (answered - asked) / 2);
    known_ = true;
  }
  bool known() const { return known_; }

  Time time_of(std::uint64_t redis_us) const {
    return Time(std::chrono::microseconds(static_cast<std::int64_t>(redis_us) - offset_us_));
  }
  std::uint64_t microseconds_at(Time time) const { return static_cast<std::uint64_t>(us(time) + offset_us_); }

 private:
  static std::int64_t us(Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  }
  bool known_ = false;
  std::int64_t offset_us_ = 0;
};

}  // namespace bidwell::cache
