// SIGINT and SIGTERM as something that a loop asks for: no handler, nothing global.
#pragma once

#include <chrono>
#include <csignal>

namespace bidwell::apps {

// From construction on both are held back in this thread and those that it makes. Not thread-safe.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  // Waits for one so long; whether it came.
  bool wait_for(std::chrono::nanoseconds time);
  // Whether any came so far.
  bool came();

 private:
  sigset_t signals_, before_;
  bool came_ = false;
};

}  // namespace bidwell::apps
