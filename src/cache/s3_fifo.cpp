// The two queues and the ways between them.
#include "cache/s3_fifo.h"

namespace bidwell::cache {

void S3Fifo::add(Node& node) {
  const bool known = ghost_.take(node.hash);
  ghost_hits_ += known;
  node.queue = known ? kMain : kSmall;
  queue_of(node).push(node);
}

void S3Fifo::replace(Node& node, Node& by) {
  by.queue = node.queue;
  by.frequency.store(node.frequency.load(std::memory_order_relaxed), std::memory_order_relaxed);
  queue_of(node).replace(node, by);
}

void S3Fifo::remove(Node& node) {
  queue_of(node).remove(node);
}

bool S3Fifo::small_is_over() const noexcept {
  return static_cast<double>(small_.bytes()) > small_share_ * static_cast<double>(small_.bytes() + main_.bytes());
}

bool S3Fifo::take_dead(Queue& queue, IsDead is_dead, Time now, Evicted& out) noexcept {
  Node* const node = find_dead(queue, is_dead, now);
  if (node == nullptr) return false;
  queue.remove(*node);
  out = {node, Evicted::From::dead};
  return true;
}

Evicted S3Fifo::evict(IsDead is_dead, Time now) {
  Evicted out;
  if (take_dead(small_, is_dead, now, out) || take_dead(main_, is_dead, now, out)) return out;
  while (small_.count() != 0 && (small_is_over() || main_.count() == 0)) {
    Node& node = *small_.oldest();
    small_.remove(node);
    if (node.frequency.load(std::memory_order_relaxed) < promote_uses_) {
      ghost_.add(node.hash, main_.count());
      return {&node, Evicted::From::small};
    }
    node.frequency.store(0, std::memory_order_relaxed);
    node.queue = kMain;
    main_.push(node);
  }
  return {evict_from_main(), Evicted::From::main};
}

Node* S3Fifo::evict_from_main() noexcept {
  // Readers may count uses meanwhile, so the rounds are bounded.
  for (std::size_t passes = main_.count() * (Node::kFrequencyMax + 1); passes != 0; --passes) {
    Node& node = *main_.oldest();
    const std::uint8_t frequency = node.frequency.load(std::memory_order_relaxed);
    if (frequency == 0) break;
    node.frequency.store(frequency - 1, std::memory_order_relaxed);
    main_.remove(node);
    main_.push(node);
  }
  Node* const node = main_.oldest();
  if (node != nullptr) main_.remove(*node);
  return node;
}

}  // namespace bidwell::cache
