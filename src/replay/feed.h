// The queues of a feed: one for each thread, without locks.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <memory>
#include <vector>

#include "replay/supply.h"

namespace bidwell::replay {

class FeedQueues {
 public:
  FeedQueues(unsigned threads, std::size_t requests_max);
  ~FeedQueues();

  // The producer's.
  bool offer(Prepared&& request);
  void end() noexcept { ended_.store(true, std::memory_order_release); }

  // The consumer's of this thread; null: none now.
  std::unique_ptr<Fed> take(unsigned thread);
  // Looked at before take(): what is not there then will not come.
  bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  // When the first request came; after a take().
  SteadyTime first_came() const noexcept { return first_came_; }
  unsigned threads() const noexcept { return static_cast<unsigned>(queues_.size()); }

 private:
  using Queue = boost::lockfree::spsc_queue<Fed*>;

  std::vector<std::unique_ptr<Queue>> queues_;
  std::atomic<bool> ended_{false};
  // The producer's, but that first_came_ is read behind a take(), which is ordered after its only change.
  std::uint64_t count_ = 0;
  std::int64_t first_at_ns_ = CapturedRequest::kNoTime;
  SteadyTime first_came_{};
};

}  // namespace bidwell::replay
