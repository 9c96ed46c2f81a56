#include "market/throttle.h"

#include <algorithm>

namespace bidwell::market {

bool Throttle::admit(Time now) {
  if (throttled_) end_trial(now);
  return !throttled_ || offered_++ % kOneOf == 0;
}

void Throttle::told(bool bad, Time now) {
  if (throttled_) {
    ++trial_told_;
    trial_bad_ += bad;
    return end_trial(now);
  }
  const std::size_t place = told_++ % kAnswers;
  bad_count_ -= bad_[place];
  bad_[place] = bad;
  bad_count_ += bad;
  const std::size_t of = std::min(told_, kAnswers);
  if (of < kAnswersMin || static_cast<double>(bad_count_) <= share_max_ * static_cast<double>(of)) return;
  throttled_ = true;
  begin_trial(now);
}

void Throttle::begin_trial(Time now) {
  trial_since_ = now;
  trial_told_ = trial_bad_ = offered_ = 0;
}

// A minute's answers decide whether it is let go or tried for another minute.
void Throttle::end_trial(Time now) {
  if (now - trial_since_ < kTrial) return;
  if (trial_told_ > 0 && static_cast<double>(trial_bad_) <= share_max_ * static_cast<double>(trial_told_)) {
    throttled_ = false;
    bad_.reset();
    told_ = bad_count_ = 0;
  }
  begin_trial(now);
}

}  // namespace bidwell::market
