// How long to wait before the next attempt: doubled each time, then a random share of it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace bidwell::redis {

class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Backoff(Milliseconds min, Milliseconds max, std::uint64_t seed) : min_(min), max_(max), next_(min), random_(seed) {}

  void reset() noexcept { next_ = min_; }
  // One millisecond at least, so that nothing spins.
  Milliseconds next() {
    const Milliseconds bound = std::min(next_, max_);
    next_ = 2 * bound;
    return Milliseconds(
        std::uniform_int_distribution<std::int64_t>(1, std::max<std::int64_t>(1, bound.count()))(random_));
  }

 private:
  const Milliseconds min_, max_;
  Milliseconds next_;
  std::mt19937_64 random_;
};

}  // namespace bidwell::redis
