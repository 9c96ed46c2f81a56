// What a value stands under: its class and a 128-bit key. A key is made by a keyed hash of whatever names the thing
// (the cache does not know); so it has one size, says nothing of what it names, and cannot be aimed at one bucket.
#pragma once

#include <chrono>
#include <cstdint>

#include "bidwell/core/hash.h"

namespace bidwell::cache {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

struct Key {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Key&) const = default;
  auto operator<=>(const Key&) const = default;
};

// Index into Options::classes. Values of one class share their times to live and their prefix in Redis.
using ClassId = std::uint8_t;

struct Slot {
  ClassId cls = 0;
  Key key;
  bool operator==(const Slot&) const = default;
};

inline std::uint64_t hash_of(const Slot& slot, std::uint64_t seed) noexcept {
  return mix(mix(slot.key.low ^ seed, slot.key.high), slot.cls);
}

// For Boost's containers.
inline std::size_t hash_value(const Slot& slot) noexcept {
  return hash_of(slot, 0);
}

}  // namespace bidwell::cache
