// How a shard keeps within its bytes. What is evicted or replaced still counts until no reader can see it; so that this
// does not stop the writers, a part of the bytes is never filled with values but kept back for what waits.
#include <algorithm>

#include "cache/shard.h"

namespace bidwell::cache {
namespace {

std::size_t kept_back(std::size_t bytes_max) {
  return std::max(bytes_max / 32, std::min<std::size_t>(bytes_max / 8, 4096));
}

// Somebody's time of death is past. Marks of dropped values have one too.
bool is_dead(const Node& node, Time now) {
  return Held::of(node).entry.hard <= now;
}

}  // namespace

Shard::Shard(const L1Options& options, Epochs& epochs)
    : epochs_(epochs),
      bytes_max_(options.bytes_max / options.shards),
      live_max_(bytes_max_ - kept_back(bytes_max_)),
      reads_lock_(options.eviction == Eviction::lru),
      policy_(make_policy(options)) {}

Shard::~Shard() {
  free_retired();
  index_.each([](Held& held) { Held::Free()(&held); });
}

std::size_t Shard::live_bytes() const noexcept {
  return sizeof(Shard) + held_bytes_ + index_.bytes() + policy_->bytes();
}

// For a value of so many bytes. False: a reader keeps too much from being freed.
bool Shard::make_room(std::size_t bytes, Time now) {
  // Freed in batches: it looks at all readers' seats and raises an epoch that they all read.
  if (retired_bytes_ > (bytes_max_ - live_max_) / 4) free_retired();
  make_place_in_index(now);
  while (live_bytes() + bytes > live_max_ && evict_one(now)) {
  }
  if (all_bytes() + bytes > bytes_max_) free_retired();
  return all_bytes() + bytes <= bytes_max_;
}

// Grows the index where that costs no value its place; else it is filled further, and then values make place.
void Shard::make_place_in_index(Time now) {
  if (!index_.should_grow()) return;
  if (retired_table_ != nullptr) free_retired();
  if (retired_table_ == nullptr && all_bytes() + index_.bytes_when_grown() <= live_max_) {
    retired_table_ = index_.grow();
    if (retired_table_ != nullptr) {
      retired_table_epoch_ = epochs_.now();
      retired_bytes_ += retired_table_->bytes();
      return;
    }
  }
  while (index_.is_full() && evict_one(now)) {
  }
}

bool Shard::evict_one(Time now) {
  const Evicted evicted = policy_->evict(is_dead, now);
  if (evicted.node == nullptr) return false;
  switch (evicted.from) {
    case Evicted::From::small: ++evicted_small_; break;
    case Evicted::From::main: ++evicted_main_; break;
    case Evicted::From::dead: ++evicted_dead_; break;
  }
  Held& held = Held::of(*evicted.node);
  index_.erase(held);
  retire(held);
  return true;
}

void Shard::take_out(Held& held) {
  index_.erase(held);
  policy_->remove(held.node);
  retire(held);
}

// Of a value that is in neither the index nor the policy any more.
void Shard::retire(Held& held) noexcept {
  const Entry& entry = held.entry;
  refreshes_wasted_ += entry.refreshed && entry.uses.load(std::memory_order_relaxed) == 0;
  held_bytes_ -= held.node.charge;
  retired_bytes_ += held.node.charge;
  held.node.hash = epochs_.now();
  held.node.newer = nullptr;
  (retired_last_ == nullptr ? retired_first_ : retired_last_->newer) = &held.node;
  retired_last_ = &held.node;
}

void Shard::free_retired() noexcept {
  if (retired_bytes_ == 0) return;
  const std::uint64_t oldest = epochs_.advance();
  while (retired_first_ != nullptr && retired_first_->hash < oldest) {
    Held& held = Held::of(*retired_first_);
    retired_bytes_ -= held.node.charge;
    retired_first_ = held.node.newer;
    Held::Free()(&held);
  }
  if (retired_first_ == nullptr) retired_last_ = nullptr;
  if (retired_table_ != nullptr && retired_table_epoch_ < oldest) {
    retired_bytes_ -= retired_table_->bytes();
    retired_table_.reset();
  }
}

void Shard::collect() {
  std::lock_guard lock(mutex_);
  free_retired();
}

}  // namespace bidwell::cache
