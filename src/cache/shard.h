// One shard of L1: its index, its policy, and what waits to be freed, within its share of the bytes. Writers hold its
// mutex; readers need none (but for LRU, which moves what it finds).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "bidwell/cache/l1.h"
#include "cache/epoch.h"
#include "cache/held.h"
#include "cache/index.h"
#include "cache/policy.h"

namespace bidwell::cache {

class alignas(64) Shard {
 public:
  // `epochs` must outlive it.
  Shard(const L1Options& options, Epochs& epochs);
  ~Shard();  // no reader may be pinned
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Pinned. Marks of dropped values are not found.
  const Entry* find(std::uint64_t hash, const Slot& slot, unsigned hot_uses, bool* became_hot) noexcept;

  // Writers; as in L1.
  PutResult put(std::uint64_t hash, const Value& value, Time now);
  void set_refreshing_until(std::uint64_t hash, const Slot& slot, Time until);
  bool expire(std::uint64_t hash, const Slot& slot, std::uint64_t version, Time from);
  void drop(std::uint64_t hash, const Slot& slot, std::uint64_t version, Time until, Time now);
  bool peek(std::uint64_t hash, const Slot& slot, L1::Peek& out) const;
  void collect();
  void add_to(L1Stats& stats) const;

  std::size_t longest_probe() const;

 private:
  // All of these: with the mutex held.
  PutResult store(std::uint64_t hash, const Value& value, bool dropped, Time now);
  Held* insert_or_replace(Held& held);
  void make_place_in_index(Time now);
  bool make_room(std::size_t bytes, Time now);
  bool evict_one(Time now);
  void take_out(Held& held);
  void retire(Held& held) noexcept;
  void free_retired() noexcept;
  std::size_t live_bytes() const noexcept;
  std::size_t all_bytes() const noexcept { return live_bytes() + retired_bytes_; }

  Index index_;

  // Constant after construction.
  alignas(64) Epochs& epochs_;
  const std::size_t bytes_max_;
  const std::size_t live_max_;  // the rest is for what waits to be freed
  const bool reads_lock_;
  const std::unique_ptr<Policy> policy_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t held_bytes_ = 0;
  std::size_t retired_bytes_ = 0;  // values and the table
  // A chain by Node::newer, oldest first; Node::hash is the epoch in which they were unlinked.
  Node* retired_first_ = nullptr;
  Node* retired_last_ = nullptr;
  std::unique_ptr<Table> retired_table_;
  std::uint64_t retired_table_epoch_ = 0;
  std::uint64_t evicted_small_ = 0, evicted_main_ = 0, evicted_dead_ = 0, refreshes_wasted_ = 0, refused_ = 0;
};

}  // namespace bidwell::cache
