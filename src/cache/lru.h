// Least recently used: the control that S3-FIFO is measured against.
#pragma once

#include "cache/policy.h"

namespace bidwell::cache {

class Lru final : public Policy {
 public:
  void add(Node& node) override { queue_.push(node); }
  void replace(Node& node, Node& by) override { queue_.replace(node, by); }
  void remove(Node& node) override { queue_.remove(node); }
  void use(Node& node) override {
    queue_.remove(node);
    queue_.push(node);
  }
  Evicted evict(IsDead is_dead, Time now) override {
    Node* const dead = find_dead(queue_, is_dead, now);
    Node* const node = dead != nullptr ? dead : queue_.oldest();
    if (node != nullptr) queue_.remove(*node);
    return {node, dead != nullptr ? Evicted::From::dead : Evicted::From::main};
  }

 private:
  Queue queue_;
};

}  // namespace bidwell::cache
