// A record as it stands in a segment (bidwell/events/journal.h), and how records are found in memory of which nothing
// is certain: what a worker writes this moment, what a crash left, a damaged disk.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace bidwell::events {

inline constexpr std::size_t kRecordHead = 8;
inline constexpr std::uint32_t kSealLength = 0xffffffff;

// What a record takes of a segment.
constexpr std::size_t record_room(std::size_t payload) noexcept {
  return kRecordHead + (payload + 7) / 8 * 8;
}

// The length is what the worker and the readers share; all else is ordered by it.
inline std::atomic_ref<std::uint32_t> length_at(const char* record) noexcept {
  return std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(const_cast<char*>(record)));
}

// CRC32C (RFC 3720, appendix B.4) of salt, position and payload. The salt is the run's: bytes that a peer chose and
// that stand in a payload are taken for a record, where readers search for one behind a damage, once in 2^32 times.
std::uint32_t record_crc(std::uint64_t salt, std::uint64_t position, const char* payload, std::size_t size) noexcept;

// A segment's records.
struct Room {
  const char* bytes = nullptr;  // aligned to 8
  std::size_t size = 0;         // a multiple of 8
  std::uint64_t first = 0;      // position of the first byte
  std::uint64_t salt = 0;
};

enum class Place : std::uint8_t { record, nothing, seal, damage };
struct Found {
  Place place;
  std::uint32_t size = 0;  // of a record's payload
};

// What stands at `offset`, a multiple of 8.
Found look(const Room& room, std::size_t offset) noexcept;

// The first whole record at `offset` or behind it; room.size: none.
std::size_t find_record(const Room& room, std::size_t offset) noexcept;

// Where the last whole record ends; 0: there is none.
std::size_t end_of_records(const Room& room) noexcept;

}  // namespace bidwell::events
