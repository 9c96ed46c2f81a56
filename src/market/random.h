// Chance that is the same on every machine for the same seed: the library's distributions are not.
#pragma once

#include <cmath>
#include <cstdint>

#include "bidwell/core/hash.h"

namespace bidwell::market {

// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014). Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(mix(seed, 0x6d61726b6574)) {}

  std::uint64_t next() noexcept {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
  // In [0, 1).
  double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // In [0, bound); of a bound that is small beside 2^64 evenly enough.
  std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }
  bool chance(double share) noexcept { return uniform() < share; }
  double exponential(double mean) noexcept { return -mean * std::log1p(-uniform()); }
  // Box and Muller's.
  double normal() noexcept {
    const double radius = std::sqrt(-2 * std::log1p(-uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }
  double log_normal(double median, double sigma) noexcept { return median * std::exp(sigma * normal()); }

 private:
  std::uint64_t state_;
};

}  // namespace bidwell::market
