// Allocates values; see held.h.
#include "cache/held.h"

#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace bidwell::cache {

std::size_t allocated_bytes(void* memory) noexcept {
  return malloc_usable_size(memory) + sizeof(std::size_t);
}

Held::Owner Held::make(const Value& value, std::uint64_t hash, bool dropped) noexcept {
  void* const memory = std::malloc(sizeof(Held) + value.bytes.size());
  if (memory == nullptr) return nullptr;
  Owner held(new (memory) Held);
  held->node.hash = hash;
  held->node.charge = static_cast<std::uint32_t>(allocated_bytes(memory));
  Entry& entry = held->entry;
  entry.slot = value.slot;
  entry.version = value.version;
  entry.loaded = value.loaded;
  entry.born = value.born;
  entry.hard = value.hard;
  entry.soft.store(value.soft.time_since_epoch().count(), std::memory_order_relaxed);
  entry.size = static_cast<std::uint32_t>(value.bytes.size());
  entry.negative = value.negative;
  entry.dropped = dropped;
  entry.refreshed = value.refreshed;
  if (!value.bytes.empty()) std::memcpy(static_cast<void*>(&entry + 1), value.bytes.data(), value.bytes.size());
  return held;
}

void Held::Free::operator()(Held* held) const noexcept {
  held->~Held();
  std::free(held);
}

}  // namespace bidwell::cache
