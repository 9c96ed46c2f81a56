// A sorted ring: most requests come in order and go to its end.
#include "replay/gaps.h"

namespace bidwell::replay {

void GapMeter::add(std::chrono::nanoseconds due, std::chrono::nanoseconds given) {
  if (size_ == kWindow) {
    take(waiting_[first_]);
    first_ = (first_ + 1) % kWindow;
    --size_;
  }
  if (any_ && given < last_.given) return;
  std::size_t at = size_++;
  for (; at > 0; --at) {
    const Handed& before = waiting_[(first_ + at - 1) % kWindow];
    if (before.given <= given) break;
    waiting_[(first_ + at) % kWindow] = before;
  }
  waiting_[(first_ + at) % kWindow] = {given, due};
}

void GapMeter::flush() {
  for (; size_ > 0; --size_, first_ = (first_ + 1) % kWindow) take(waiting_[first_]);
}

void GapMeter::take(const Handed& handed) {
  if (any_) {
    const auto error = (handed.given - last_.given) - (handed.due - last_.due);
    errors_.record(static_cast<std::uint64_t>(std::chrono::abs(error).count()));
  }
  last_ = handed;
  any_ = true;
}

}  // namespace bidwell::replay
