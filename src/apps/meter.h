// Shows on standard error how far a long command is: a bar at a terminal, else a line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bidwell::apps {

class Meter {
 public:
  // `total_bytes`: 0 when nobody knows.
  Meter(std::uint64_t total_bytes, bool terminal);

  // Prints when it is time to. `refused`: lines.
  void update(std::uint64_t bytes, std::uint64_t rows, std::uint64_t refused);
  // Something else is about to be printed: the bar goes away until the next update.
  void clear();

  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string line(std::uint64_t bytes, std::uint64_t rows, std::uint64_t refused) const;

  const std::uint64_t total_bytes_;
  const bool terminal_;
  const Clock::time_point begun_ = Clock::now();
  Clock::time_point next_ = begun_;
  std::size_t shown_ = 0;  // characters of the bar
};

// "1,234,567"
std::string grouped(std::uint64_t number);

}  // namespace bidwell::apps
