// What decides which value goes when there is no room: behind one small interface, so that the simulator runs the very
// code that the cache runs. A policy holds no values; it keeps the nodes that stand before them in order. Not
// thread-safe (the owner's mutex guards it), but for Node::count_use.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "bidwell/cache/l1.h"

namespace bidwell::cache {

// What a policy knows of a value.
struct Node {
  Node* older = nullptr;
  Node* newer = nullptr;
  std::uint64_t hash = 0;    // of its key
  std::uint32_t charge = 0;  // bytes
  // Uses that the policy has not forgotten yet. Not Entry::uses, which begins anew with each new value of a key and is
  // never taken back.
  mutable std::atomic<std::uint8_t> frequency{0};
  std::uint8_t queue = 0;  // which of its policy's

  static constexpr std::uint8_t kFrequencyMax = 3;

  // By any thread, without the mutex. A use may be lost to another at the same time. No store for a hot value.
  void count_use() const noexcept {
    const std::uint8_t seen = frequency.load(std::memory_order_relaxed);
    if (seen < kFrequencyMax) frequency.store(seen + 1, std::memory_order_relaxed);
  }
};

// A chain of nodes from the oldest to the newest.
class Queue {
 public:
  void push(Node& node) noexcept;
  void remove(Node& node) noexcept;
  void replace(Node& node, Node& by) noexcept;

  Node* oldest() const noexcept { return oldest_; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t count() const noexcept { return count_; }

 private:
  Node* oldest_ = nullptr;
  Node* newest_ = nullptr;
  std::size_t bytes_ = 0, count_ = 0;
};

// Whether a value is of no use to anybody any more: such ones go first.
using IsDead = bool (*)(const Node& node, Time now);
inline bool never_dead(const Node&, Time) {
  return false;
}
// The first dead one among the few that are next to go; null if none is.
Node* find_dead(const Queue& queue, IsDead is_dead, Time now) noexcept;

struct Evicted {
  enum class From : std::uint8_t { small, main, dead };
  Node* node = nullptr;  // no longer in the policy; null: it was empty
  From from = From::main;
};

class Policy {
 public:
  virtual ~Policy() = default;

  virtual void add(Node& node) = 0;
  // The new value of a key takes the old one's place and frequency.
  virtual void replace(Node& node, Node& by) = 0;
  virtual void remove(Node& node) = 0;
  virtual void use(Node& node) = 0;
  virtual Evicted evict(IsDead is_dead, Time now) = 0;

  // Of its own: ghosts.
  virtual std::size_t bytes() const { return 0; }
  virtual std::uint64_t ghost_hits() const { return 0; }
};

// Of the options' `eviction`, with its parameters.
std::unique_ptr<Policy> make_policy(const L1Options& options);

}  // namespace bidwell::cache
