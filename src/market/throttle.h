// Holds requests back from a bidder whose answers are often late or wrong, as exchanges do, until it behaves.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>

namespace bidwell::market {

// Not thread-safe. Time is given by the caller and never goes back.
class Throttle {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kAnswers = 1000;    // what is judged by
  static constexpr std::size_t kAnswersMin = 100;  // fewer say nothing yet
  static constexpr unsigned kOneOf = 10;           // requests that still go out
  static constexpr std::chrono::seconds kTrial{60};

  explicit Throttle(double share_max) : share_max_(share_max) {}

  // Whether a request may go out now.
  bool admit(Time now);
  // What became of one: late, invalid or none at all is bad.
  void told(bool bad, Time now);

  bool throttled() const noexcept { return throttled_; }

 private:
  void begin_trial(Time now);
  void end_trial(Time now);

  const double share_max_;
  std::bitset<kAnswers> bad_;  // of the last ones, in a ring
  std::size_t told_ = 0, bad_count_ = 0;
  bool throttled_ = false;
  Time trial_since_{};
  std::uint64_t trial_told_ = 0, trial_bad_ = 0, offered_ = 0;
};

}  // namespace bidwell::market
