// Which hot values are to be refreshed when: a min-heap by time. Values that are not used enough never get in, so they
// die with their TTL. Deletion is lazy: what has changed meanwhile is recognised by its user.
#pragma once

#include <algorithm>
#include <cstddef>
#include <queue>
#include <vector>

#include "bidwell/cache/slot.h"

namespace bidwell::cache {

class Refresher {
 public:
  struct Due {
    Time at;         // when it is to be refreshed
    Time::rep soft;  // of the value it was scheduled for: another one by now means that it was refreshed otherwise
    Slot slot;
  };

  // What is more than this is not scheduled (and refreshed only once it is stale): 40 MB.
  static constexpr std::size_t kMax = 1'000'000;

  // False: full.
  bool schedule(const Due& due) {
    if (heap_.size() >= kMax) return false;
    heap_.push(due);
    return true;
  }

  // The next that is due, or nothing to do until next_time().
  bool pop_due(Time now, Due& out) {
    if (heap_.empty() || heap_.top().at > now) return false;
    out = heap_.top();
    heap_.pop();
    return true;
  }
  Time next_time() const { return heap_.empty() ? Time::max() : heap_.top().at; }

 private:
  struct Later {
    bool operator()(const Due& a, const Due& b) const { return a.at > b.at; }
  };
  std::priority_queue<Due, std::vector<Due>, Later> heap_;
};

// Caps how many things are done per second, after a burst of as many.
class TokenBucket {
 public:
  explicit TokenBucket(double per_second) : per_second_(per_second), tokens_(per_second) {}

  // How many of `wanted` may be done now.
  std::size_t take(std::size_t wanted, Time now) {
    if (now > filled_) {
      if (filled_ != Time{}) {
        tokens_ = std::min(per_second_, tokens_ + per_second_ * std::chrono::duration<double>(now - filled_).count());
      }
      filled_ = now;
    }
    const auto taken = std::min(wanted, static_cast<std::size_t>(tokens_));
    tokens_ -= static_cast<double>(taken);
    return taken;
  }
  // One was not used after all.
  void give_back() { tokens_ = std::min(per_second_, tokens_ + 1); }

 private:
  double per_second_, tokens_;
  Time filled_{};
};

}  // namespace bidwell::cache
