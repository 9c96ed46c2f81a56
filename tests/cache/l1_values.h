// Slots and values for the tests of L1: made from a number, and recognisable.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "bidwell/cache/l1.h"
#include "bidwell/core/hash.h"

namespace bidwell::cache {

inline Time at(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

inline Slot slot_of(std::uint64_t number) {
  return {static_cast<ClassId>(number % 3), {mix(number, 1), mix(number, 2)}};
}

// Good from 0 to 1000 s, stale from 500 s.
inline Value value_of(std::uint64_t number, std::uint64_t version, std::string_view bytes) {
  Value value;
  value.slot = slot_of(number);
  value.version = version;
  value.loaded = value.born = at(0);
  value.soft = at(500);
  value.hard = at(1000);
  value.bytes = bytes;
  return value;
}

// Bytes that tell whose they are: 8 of a checksum of slot, version and size, repeated.
inline std::string marked_bytes(const Slot& slot, std::uint64_t version, std::size_t size) {
  const std::uint64_t mark = mix(mix(slot.key.low, version), size);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(mark >> (i % 8 * 8));
  return bytes;
}
inline bool is_marked(const Entry& entry) {
  return entry.bytes() == marked_bytes(entry.slot, entry.version, entry.size);
}

}  // namespace bidwell::cache
