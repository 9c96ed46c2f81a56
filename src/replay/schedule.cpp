// Times from counts: in long double, whose 64 bits keep nanoseconds of centuries apart.
#include "bidwell/replay/schedule.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bidwell::replay {
namespace {

using std::chrono::nanoseconds;

constexpr long double kSecond = 1e9L;

nanoseconds of_ns(long double ns) noexcept {
  constexpr long double kMost = 9.2e18L;
  return ns < kMost ? nanoseconds(std::llroundl(ns)) : nanoseconds::max();
}

bool positive(double value) noexcept {
  return std::isfinite(value) && value > 0;
}

// S. Vigna's splitmix64.
std::uint64_t next_random(std::uint64_t& state) noexcept {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// The rate goes from a to b (per ns) within `ramp`, then stays: n requests have been due after t where the area below
// it is n. In the form of the quadratic's solution that does not cancel.
long double solve_ramp(long double n, long double a, long double b, long double ramp) noexcept {
  const long double at_end = (a + b) / 2 * ramp;
  if (n > at_end) return b > 0 ? ramp + (n - at_end) / b : HUGE_VALL;
  const long double slope = ramp > 0 ? (b - a) / ramp : 0;
  const long double root = a + std::sqrt(std::max(0.0L, a * a + 2 * slope * n));
  return n == 0 ? 0 : 2 * n / root;
}

}  // namespace

Schedule::Schedule(const ScheduleOptions& options) : options_(options), random_(options.seed) {
  using Kind = ScheduleOptions::Kind;
  if (options.kind == Kind::original && !positive(options.speed)) throw std::invalid_argument("speed must be above 0");
  if (options.kind == Kind::fixed && !positive(options.rate)) throw std::invalid_argument("the rate must be above 0");
  if (options.kind == Kind::ramp) {
    const bool valid = std::isfinite(options.rate) && std::isfinite(options.rate_to) && options.rate >= 0 &&
                       options.rate_to >= 0 && options.rate + options.rate_to > 0 && options.ramp.count() >= 0;
    if (!valid) throw std::invalid_argument("a ramp goes between rates of 0 or more, not both 0");
  }
}

// How many requests of a steady stream are due before this one.
long double Schedule::place_of(std::uint64_t index) {
  if (!options_.poisson) return static_cast<long double>(index);
  for (; drawn_ <= index; ++drawn_) {
    const double uniform = static_cast<double>((next_random(random_) >> 11) + 1) * 0x1p-53;  // (0, 1]
    place_ -= std::log(uniform);
  }
  return place_;
}

nanoseconds Schedule::due(std::uint64_t index, std::int64_t captured_ns) {
  switch (options_.kind) {
    case ScheduleOptions::Kind::original: return of_ns(static_cast<long double>(captured_ns) / options_.speed);
    case ScheduleOptions::Kind::fixed: return of_ns(place_of(index) * kSecond / options_.rate);
    case ScheduleOptions::Kind::ramp:
      return of_ns(solve_ramp(place_of(index), options_.rate / kSecond, options_.rate_to / kSecond,
                              static_cast<long double>(options_.ramp.count())));
    case ScheduleOptions::Kind::maximum: break;
  }
  return nanoseconds(0);
}

double Schedule::rate_at(nanoseconds offset) const noexcept {
  if (options_.kind == ScheduleOptions::Kind::fixed) return options_.rate;
  if (options_.kind != ScheduleOptions::Kind::ramp) return 0;
  if (offset >= options_.ramp) return options_.rate_to;
  const double share = static_cast<double>(offset.count()) / static_cast<double>(options_.ramp.count());
  return options_.rate + (options_.rate_to - options_.rate) * share;
}

}  // namespace bidwell::replay
