#include "cache/breaker.h"

#include <algorithm>

#include "bidwell/core/hash.h"

namespace bidwell::cache {

bool Breaker::would_allow(Time now) const noexcept {
  return state_ == State::closed || now >= until_;
}

bool Breaker::allow(Time now) noexcept {
  if (state_ == State::closed) return true;
  if (now < until_) return false;
  state_ = State::probing;
  until_ = now + kProbeMax;
  return true;
}

void Breaker::succeeded(Time now) noexcept {
  if (state_ != State::closed) {
    // Also a call from before it opened: the other end is there again.
    state_ = State::closed;
    open_for_ = kOpenMin;
    window_begin_ = now;
    samples_ = failures_ = 0;
  }
  roll(now);
  ++samples_;
}

void Breaker::failed(Time now) noexcept {
  if (state_ == State::probing) {
    open_for_ = std::min(2 * open_for_, kOpenMax);
    return open(now);
  }
  if (state_ == State::open) return;
  roll(now);
  ++samples_;
  ++failures_;
  if (samples_ >= kSamplesMin && 2 * failures_ >= samples_) open(now);
}

void Breaker::open(Time now) noexcept {
  state_ = State::open;
  const Duration cut = open_for_ / 2 * static_cast<Duration::rep>(next_random() % 1024) / 1024;
  until_ = now + open_for_ - cut;
}

void Breaker::roll(Time now) noexcept {
  if (now - window_begin_ < std::chrono::seconds(1)) return;
  window_begin_ = now;
  samples_ = failures_ = 0;
}

std::uint64_t Breaker::next_random() noexcept {
  return random_ = mix(random_, 0x2545f4914f6cdd1dULL);
}

}  // namespace bidwell::cache
