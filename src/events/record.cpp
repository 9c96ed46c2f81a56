// Checks one record, and finds the next one behind a damage.
#include "events/record.h"

#include <isa-l/crc.h>

#include <bit>
#include <cstring>

#include "bidwell/events/journal.h"

namespace bidwell::events {

static_assert(std::endian::native == std::endian::little, "records are read as they stand in memory");

std::uint32_t record_crc(std::uint64_t salt, std::uint64_t position, const char* payload, std::size_t size) noexcept {
  std::uint64_t head = salt ^ position;
  const std::uint32_t crc = crc32_iscsi(reinterpret_cast<unsigned char*>(&head), sizeof head, ~0U);
  auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(payload));  // it only reads them
  return ~crc32_iscsi(bytes, static_cast<int>(size), crc);
}

Found look(const Room& room, std::size_t offset) noexcept {
  if (offset >= room.size) return {Place::nothing};
  const char* const at = room.bytes + offset;
  const std::uint32_t length = length_at(at).load(std::memory_order_acquire);
  if (length == 0) return {Place::nothing};
  const bool seal = length == kSealLength;
  const std::size_t size = seal ? 0 : length;
  if (size > Journal::kRecordBytesMax || record_room(size) > room.size - offset) return {Place::damage};
  std::uint32_t crc;
  std::memcpy(&crc, at + 4, sizeof crc);
  if (crc != record_crc(room.salt, room.first + offset, at + kRecordHead, size)) return {Place::damage};
  return seal ? Found{Place::seal} : Found{Place::record, length};
}

std::size_t find_record(const Room& room, std::size_t offset) noexcept {
  while (offset < room.size && look(room, offset).place != Place::record) offset += 8;
  return offset;
}

std::size_t end_of_records(const Room& room) noexcept {
  std::size_t end = 0;
  for (std::size_t at = 0; at < room.size;) {
    const Found found = look(room, at);
    if (found.place == Place::seal) break;
    if (found.place == Place::record) {
      end = at += record_room(found.size);
    } else {
      at = find_record(room, at + 8);
    }
  }
  return end;
}

}  // namespace bidwell::events
