// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023), over bytes: new values stand in
// a small queue and are gone soon unless they are used there; those that were used, and those that come back after they
// had to go (the ghost knows them), stand in the main queue, where the oldest is let pass as often as it was used,
// three times at most. A use only counts; nothing is moved.
#pragma once

#include "cache/ghost.h"
#include "cache/policy.h"

namespace bidwell::cache {

class S3Fifo final : public Policy {
 public:
  S3Fifo(double small_share, unsigned promote_uses) : small_share_(small_share), promote_uses_(promote_uses) {}

  void add(Node& node) override;
  void replace(Node& node, Node& by) override;
  void remove(Node& node) override;
  void use(Node& node) override { node.count_use(); }
  Evicted evict(IsDead is_dead, Time now) override;

  std::size_t bytes() const override { return ghost_.bytes(); }
  std::uint64_t ghost_hits() const override { return ghost_hits_; }

 private:
  enum : std::uint8_t { kSmall, kMain };
  Queue& queue_of(const Node& node) noexcept { return node.queue == kSmall ? small_ : main_; }
  bool small_is_over() const noexcept;
  bool take_dead(Queue& queue, IsDead is_dead, Time now, Evicted& out) noexcept;
  Node* evict_from_main() noexcept;

  const double small_share_;
  const unsigned promote_uses_;
  Queue small_, main_;
  Ghost ghost_;
  std::uint64_t ghost_hits_ = 0;
};

}  // namespace bidwell::cache
