// How long a lease lasts: three times what the origin's slow calls take, so that a holder that is merely slow keeps it
// and one that died is replaced soon.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "bidwell/cache/slot.h"

namespace bidwell::cache {

class LeaseTime {
 public:
  LeaseTime(Duration least, Duration most) : least_(least), most_(most) {}

  void record(Duration call) {
    last_[next_] = call;
    next_ = (next_ + 1) % last_.size();
    count_ = std::min(count_ + 1, last_.size());
    // p99 of the last calls: all but the slowest two.
    std::array<Duration, kCalls> sorted = last_;
    const auto rank = static_cast<std::ptrdiff_t>(count_ - 1 - count_ / 100);
    std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.begin() + static_cast<std::ptrdiff_t>(count_));
    slow_ = sorted[static_cast<std::size_t>(rank)];
  }

  Duration get() const { return std::clamp(3 * slow_, least_, most_); }

 private:
  static constexpr std::size_t kCalls = 200;
  Duration least_, most_, slow_{};
  std::array<Duration, kCalls> last_{};
  std::size_t next_ = 0, count_ = 0;
};

}  // namespace bidwell::cache
