// When each request is due: open loop, so by its number or its captured time alone, never by what became of others.
#pragma once

#include <chrono>
#include <cstdint>

namespace bidwell::replay {

struct ScheduleOptions {
  enum class Kind : std::uint8_t {
    original,  // at the captured times, `speed` times as fast
    fixed,     // `rate` per second
    ramp,      // from `rate` to `rate_to` over `ramp`, then rate_to
    maximum    // no times: each connection sends when its answer is there (closed loop, for comparison with wrk)
  };
  Kind kind = Kind::original;
  double speed = 1;
  double rate = 1000, rate_to = 1000;
  std::chrono::nanoseconds ramp{0};
  bool poisson = false;    // fixed and ramp: exponential gaps (independent exchanges), not even ones
  std::uint64_t seed = 1;  // of poisson
};

// One per thread; each computes the same times, to the nanosecond and without drift. Not thread-safe.
class Schedule {
 public:
  // Throws std::invalid_argument for a speed or a rate that is not a positive number (a ramp may begin or end with 0).
  explicit Schedule(const ScheduleOptions& options);
  // Offset from the run's start; nanoseconds::max(): never (a ramp down to 0). `index` counts all requests of the run
  // and must not go down; `captured_ns` is the request's time since the first one's (with a loop's earlier rounds
  // added).
  std::chrono::nanoseconds due(std::uint64_t index, std::int64_t captured_ns);
  // What was asked for at this offset, per second; 0: not known (original, maximum).
  double rate_at(std::chrono::nanoseconds offset) const noexcept;

 private:
  long double place_of(std::uint64_t index);

  ScheduleOptions options_;
  std::uint64_t drawn_ = 0;
  long double place_ = 0;  // poisson: the sum of the first drawn_ gaps, exponential of mean 1
  std::uint64_t random_;
};

}  // namespace bidwell::replay
