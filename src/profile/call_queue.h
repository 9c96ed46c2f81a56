// The calls that wait for an origin's threads: bounded, and each is answered once whatever happens.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "bidwell/cache/origin.h"

namespace bidwell::profile {

// Thread-safe.
class CallQueue {
 public:
  struct Call {
    std::vector<cache::Slot> slots;
    std::function<void(std::vector<cache::Loaded>)> done;
  };

  explicit CallQueue(std::size_t waiting_max) : waiting_max_(waiting_max) {}

  // Answered with an empty list at once where as many wait as may.
  void push(Call call) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_ && calls_.size() < waiting_max_) {
        calls_.push_back(std::move(call));
        wake_.notify_one();
        return;
      }
    }
    refused_.fetch_add(1, std::memory_order_relaxed);
    call.done({});
  }

  // Waits for a call. False: closed.
  bool pop(Call& out) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return closed_ || !calls_.empty(); });
    if (closed_) return false;
    out = std::move(calls_.front());
    calls_.pop_front();
    return true;
  }

  // From now on there is nothing to pop; what waits is answered with an empty list.
  void close() {
    std::deque<Call> waiting;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      waiting.swap(calls_);
    }
    wake_.notify_all();
    for (const Call& call : waiting) call.done({});
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }
  std::size_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::size_t waiting_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Call> calls_;  // guarded by mutex_, as is closed_
  bool closed_ = false;
  std::atomic<std::size_t> refused_{0};
};

}  // namespace bidwell::profile
