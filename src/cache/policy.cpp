// The chain that all policies are made of, and the choice of one.
#include "cache/policy.h"

#include "cache/lru.h"
#include "cache/s3_fifo.h"

namespace bidwell::cache {

void Queue::push(Node& node) noexcept {
  node.newer = nullptr;
  node.older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = &node;
  newest_ = &node;
  bytes_ += node.charge;
  ++count_;
}

void Queue::remove(Node& node) noexcept {
  (node.older == nullptr ? oldest_ : node.older->newer) = node.newer;
  (node.newer == nullptr ? newest_ : node.newer->older) = node.older;
  bytes_ -= node.charge;
  --count_;
}

void Queue::replace(Node& node, Node& by) noexcept {
  by.older = node.older;
  by.newer = node.newer;
  (by.older == nullptr ? oldest_ : by.older->newer) = &by;
  (by.newer == nullptr ? newest_ : by.newer->older) = &by;
  bytes_ = bytes_ - node.charge + by.charge;
}

Node* find_dead(const Queue& queue, IsDead is_dead, Time now) noexcept {
  Node* node = queue.oldest();
  for (int looked = 0; node != nullptr && looked < 8; ++looked, node = node->newer) {
    if (is_dead(*node, now)) return node;
  }
  return nullptr;
}

std::unique_ptr<Policy> make_policy(const L1Options& options) {
  if (options.eviction == Eviction::lru) return std::make_unique<Lru>();
  return std::make_unique<S3Fifo>(options.small_share, options.promote_uses);
}

}  // namespace bidwell::cache
