// A value in one piece of memory: what the policy knows of it, what its readers see, its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "bidwell/cache/l1.h"
#include "cache/policy.h"

namespace bidwell::cache {

struct Held {
  Node node;  // first: a policy's node is its Held
  Entry entry;

  static Held& of(Node& node) noexcept { return reinterpret_cast<Held&>(node); }
  static const Held& of(const Node& node) noexcept { return reinterpret_cast<const Held&>(node); }

  struct Free {
    void operator()(Held* held) const noexcept;
  };
  using Owner = std::unique_ptr<Held, Free>;
  // Null when there is no memory. `hash` is its slot's.
  static Owner make(const Value& value, std::uint64_t hash, bool dropped) noexcept;
};
static_assert(sizeof(Held) == offsetof(Held, entry) + sizeof(Entry), "the bytes follow the entry");

// What a piece of memory costs: as the allocator rounds it, and the word it keeps before it.
std::size_t allocated_bytes(void* memory) noexcept;

}  // namespace bidwell::cache
