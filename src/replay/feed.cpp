// Requests from one producer to the run's threads, while both go on.
#include "replay/feed.h"

#include <algorithm>
#include <utility>

namespace bidwell::replay {
namespace {

class FeedSupply : public Supply {
 public:
  FeedSupply(FeedQueues& queues, unsigned thread, std::chrono::nanoseconds delay)
      : queues_(queues), thread_(thread), delay_(delay) {}

  bool next(Item& item) override {
    const bool last = queues_.ended();
    std::unique_ptr<Fed> fed = queues_.take(thread_);
    if (fed == nullptr) {
      ended_ = last;
      return false;
    }
    item.request = &fed->request;
    item.index = fed->index;
    item.since_first_ns = fed->since_first_ns;
    item.owned = std::move(fed);
    return true;
  }

  bool ended() const override { return ended_; }
  SteadyTime origin(SteadyTime start) const override { return std::max(start, queues_.first_came()) + delay_; }

 private:
  FeedQueues& queues_;
  const unsigned thread_;
  const std::chrono::nanoseconds delay_;
  bool ended_ = false;
};

}  // namespace

FeedQueues::FeedQueues(unsigned threads, std::size_t requests_max) {
  for (unsigned i = 0; i < std::max(1U, threads); ++i) queues_.push_back(std::make_unique<Queue>(requests_max));
}

FeedQueues::~FeedQueues() {
  for (unsigned i = 0; i < threads(); ++i) {
    while (take(i) != nullptr) {
    }
  }
}

bool FeedQueues::offer(Prepared&& request) {
  Queue& queue = *queues_[(request.flow != 0 ? request.flow : count_) % queues_.size()];
  if (queue.write_available() == 0) return false;
  if (count_ == 0) {
    first_came_ = std::chrono::steady_clock::now();
    first_at_ns_ = request.at_ns;
  }
  const bool timed = request.at_ns != CapturedRequest::kNoTime && first_at_ns_ != CapturedRequest::kNoTime;
  const std::int64_t since_first = timed ? request.at_ns - first_at_ns_ : 0;
  queue.push(std::make_unique<Fed>(Fed{std::move(request), count_++, since_first}).release());
  return true;
}

std::unique_ptr<Fed> FeedQueues::take(unsigned thread) {
  Fed* fed = nullptr;
  queues_[thread]->pop(fed);
  return std::unique_ptr<Fed>(fed);
}

std::unique_ptr<Supply> supply_of(FeedQueues& feed, const SendOptions& options, unsigned thread) {
  return std::make_unique<FeedSupply>(feed, thread, options.feed_delay);
}

Feed::Feed(unsigned threads, std::size_t requests_max) : queues_(std::make_unique<FeedQueues>(threads, requests_max)) {}

Feed::~Feed() = default;

bool Feed::offer(Prepared&& request) {
  return queues_->offer(std::move(request));
}

void Feed::end() {
  queues_->end();
}

}  // namespace bidwell::replay
