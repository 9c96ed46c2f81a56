// A histogram that one thread writes and any thread may read: two buckets for each power of two, so a quantile is at
// most 41 % off; a record costs a few nanoseconds and no locked instruction.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "bidwell/core/counter.h"

namespace bidwell {

class Histogram {
 public:
  static constexpr std::size_t kBuckets = 128;

  void record(std::uint64_t value) noexcept { buckets_[bucket_of(value)].add(), sum_.add(value); }

  std::uint64_t count() const noexcept {
    std::uint64_t total = 0;
    for (const Counter& bucket : buckets_) total += bucket.value();
    return total;
  }
  std::uint64_t sum() const noexcept { return sum_.value(); }
  std::uint64_t in_bucket(std::size_t i) const noexcept { return buckets_[i].value(); }

  // The lower bound of the bucket in which the share `q` (0 to 1) of the values is reached; 0 when there are none.
  std::uint64_t quantile(double q) const noexcept {
    const double wanted = q * static_cast<double>(count());
    double seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += static_cast<double>(buckets_[i].value());
      if (seen >= wanted && buckets_[i].value() != 0) return least_of(i);
    }
    return 0;
  }

  // Buckets: 0, 1, 2, 3, 4-5, 6-7, 8-11, 12-15, ...
  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < 2) return value;
    const unsigned power = static_cast<unsigned>(std::bit_width(value)) - 1;
    return 2 * power + (value >> (power - 1) & 1);
  }
  static constexpr std::uint64_t least_of(std::size_t bucket) noexcept {
    if (bucket < 2) return bucket;
    const std::uint64_t power = std::uint64_t{1} << (bucket / 2);
    return power + (bucket % 2) * (power / 2);
  }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_;
};

}  // namespace bidwell
