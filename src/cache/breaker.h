// The circuit breaker: when most calls fail no more are made for a while, then one that tries. Pure: time and
// randomness come from outside.
#pragma once

#include <cstdint>

#include "bidwell/cache/slot.h"

namespace bidwell::cache {

class Breaker {
 public:
  enum class State : std::uint8_t { closed, open, probing };

  // Opens when at least kSamplesMin calls of a second have ended and half of them failed; stays open for kOpenMin,
  // twice as long after each probe that failed, up to kOpenMax, each time shortened at random by up to half.
  static constexpr unsigned kSamplesMin = 20;
  static constexpr Duration kOpenMin = std::chrono::milliseconds(100);
  static constexpr Duration kOpenMax = std::chrono::seconds(5);
  // A probe of which nothing is heard counts as failed.
  static constexpr Duration kProbeMax = std::chrono::seconds(1);

  explicit Breaker(std::uint64_t seed) : random_(seed | 1) {}

  // Whether a call would be let through.
  bool would_allow(Time now) const noexcept;
  // Before a call; true: make it, and say how it ended. While open, one probe at a time is let through.
  bool allow(Time now) noexcept;
  void succeeded(Time now) noexcept;
  void failed(Time now) noexcept;

  State state() const noexcept { return state_; }

 private:
  void open(Time now) noexcept;
  void roll(Time now) noexcept;
  std::uint64_t next_random() noexcept;

  State state_ = State::closed;
  Time window_begin_{};
  unsigned samples_ = 0, failures_ = 0;
  Duration open_for_ = kOpenMin;
  Time until_{};  // open: of the pause; probing: of the probe
  std::uint64_t random_;
};

}  // namespace bidwell::cache
