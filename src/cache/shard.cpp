// What readers and writers do to a shard; how it keeps within its bytes is in shard_room.cpp.
#include "cache/shard.h"

#include <algorithm>

namespace bidwell::cache {
namespace {

void count_use(const Entry& entry, unsigned hot_uses, bool* became_hot) noexcept {
  const std::uint8_t seen = entry.uses.load(std::memory_order_relaxed);
  if (seen == Entry::kUsesMax) return;
  entry.uses.store(seen + 1, std::memory_order_relaxed);
  if (became_hot != nullptr && seen + 1u == hot_uses) *became_hot = true;
}

}  // namespace

const Entry* Shard::find(std::uint64_t hash, const Slot& slot, unsigned hot_uses, bool* became_hot) noexcept {
  std::unique_lock lock(mutex_, std::defer_lock);
  if (reads_lock_) lock.lock();
  Held* const held = index_.find(hash, slot);
  if (held == nullptr || held->entry.dropped) return nullptr;
  if (reads_lock_) {
    policy_->use(held->node);
  } else {
    held->node.count_use();
  }
  count_use(held->entry, hot_uses, became_hot);
  return &held->entry;
}

PutResult Shard::put(std::uint64_t hash, const Value& value, Time now) {
  std::lock_guard lock(mutex_);
  return store(hash, value, false, now);
}

PutResult Shard::store(std::uint64_t hash, const Value& value, bool dropped, Time now) {
  if (const Held* const standing = index_.find(hash, value.slot)) {
    const bool lapsed = standing->entry.hard <= now;  // no longer served: keeps nothing out
    if (value.version < standing->entry.version && !lapsed) return PutResult::older;
  }
  Held::Owner held;
  if (value.bytes.size() <= bytes_max_ / 4) held = Held::make(value, hash, dropped);
  if (held == nullptr || held->node.charge > bytes_max_ / 4 || !make_room(held->node.charge, now)) {
    if (Held* const standing = index_.find(hash, value.slot)) take_out(*standing);
    ++refused_;
    return PutResult::too_large;
  }
  return insert_or_replace(*held.release()) == nullptr ? PutResult::added : PutResult::replaced;
}

// Returns what stood there; only to be compared with null.
Held* Shard::insert_or_replace(Held& held) {
  held_bytes_ += held.node.charge;
  // Looked for anew: making room may have evicted it.
  Held* const standing = index_.find(held.node.hash, held.entry.slot);
  if (standing == nullptr) {
    index_.insert(held);
    policy_->add(held.node);
  } else {
    index_.replace(*standing, held);
    policy_->replace(standing->node, held.node);
    retire(*standing);
  }
  return standing;
}

void Shard::set_refreshing_until(std::uint64_t hash, const Slot& slot, Time until) {
  std::lock_guard lock(mutex_);
  if (const Held* const held = index_.find(hash, slot)) {
    held->entry.refreshing_until.store(until.time_since_epoch().count(), std::memory_order_relaxed);
  }
}

bool Shard::expire(std::uint64_t hash, const Slot& slot, std::uint64_t version, Time from) {
  std::lock_guard lock(mutex_);
  const Held* const held = index_.find(hash, slot);
  if (held == nullptr || held->entry.dropped || held->entry.version >= version) return false;
  const Time::rep earlier = std::min(held->entry.soft.load(std::memory_order_relaxed), from.time_since_epoch().count());
  held->entry.soft.store(earlier, std::memory_order_relaxed);
  return true;
}

void Shard::drop(std::uint64_t hash, const Slot& slot, std::uint64_t version, Time until, Time now) {
  std::lock_guard lock(mutex_);
  Held* const standing = index_.find(hash, slot);
  if (standing != nullptr) {
    if (standing->entry.version >= version) return;
    if (standing->entry.dropped) until = std::max(until, standing->entry.hard);
    if (until <= now) return take_out(*standing);
  }
  if (until <= now) return;
  Value mark;
  mark.slot = slot;
  mark.version = version;
  mark.hard = until;
  store(hash, mark, true, now);
}

bool Shard::peek(std::uint64_t hash, const Slot& slot, L1::Peek& out) const {
  std::lock_guard lock(mutex_);
  const Held* const held = index_.find(hash, slot);
  if (held == nullptr) return false;
  const Entry& entry = held->entry;
  out.version = entry.version;
  out.born = entry.born;
  out.soft = Time(Duration(entry.soft.load(std::memory_order_relaxed)));
  out.hard = entry.hard;
  out.uses = entry.uses.load(std::memory_order_relaxed);
  out.negative = entry.negative;
  out.dropped = entry.dropped;
  return true;
}

void Shard::add_to(L1Stats& stats) const {
  std::lock_guard lock(mutex_);
  stats.bytes += all_bytes();
  stats.bytes_waiting += retired_bytes_;
  stats.entries += index_.count();
  stats.evicted_small += evicted_small_;
  stats.evicted_main += evicted_main_;
  stats.evicted_dead += evicted_dead_;
  stats.ghost_hits += policy_->ghost_hits();
  stats.refreshes_wasted += refreshes_wasted_;
  stats.refused += refused_;
}

std::size_t Shard::longest_probe() const {
  std::lock_guard lock(mutex_);
  return index_.longest_probe();
}

}  // namespace bidwell::cache
