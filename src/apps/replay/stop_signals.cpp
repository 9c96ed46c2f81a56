#include "apps/replay/stop_signals.h"

#include <ctime>

namespace bidwell::apps {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

StopSignals::~StopSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool StopSignals::wait_for(std::chrono::nanoseconds time) {
  const timespec limit{static_cast<time_t>(time.count() / 1'000'000'000),
                       static_cast<long>(time.count() % 1'000'000'000)};
  const bool came = sigtimedwait(&signals_, nullptr, &limit) > 0;
  came_ = came_ || came;
  return came;
}

bool StopSignals::came() {
  wait_for(std::chrono::nanoseconds(0));
  return came_;
}

}  // namespace bidwell::apps
