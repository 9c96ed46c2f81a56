// The append: on the worker's thread, and nothing but memory.
#include "bidwell/events/journal.h"

#include <cstring>

#include "events/segment.h"

namespace bidwell::events {

char* Journal::reserve(std::size_t size, Priority priority) noexcept {
  const bool notice = priority == Priority::notice;
  const bool welcome = notice || bids_welcome_.load(std::memory_order_relaxed);
  if (welcome && size <= kRecordBytesMax) [[likely]] {
    if (record_room(size) <= static_cast<std::size_t>(end_ - at_) || next_segment()) [[likely]] {
      return at_ + kRecordHead;
    }
  }
  (notice ? counters_.notices_refused : counters_.bids_dropped).add();
  return nullptr;
}

std::uint64_t Journal::publish(std::size_t used) noexcept {
  const std::uint64_t position = segment_->first() + static_cast<std::size_t>(at_ - segment_->records());
  if (used == 0) return position;
  const std::size_t room = record_room(used);
  const std::uint32_t crc = record_crc(segment_->header.salt, position, at_ + kRecordHead, used);
  std::memcpy(at_ + 4, &crc, sizeof crc);
  char* const next = at_ + room;
  // Whoever reserved more than he used may have left something where the next record's length will be.
  if (next < end_) length_at(next).store(0, std::memory_order_relaxed);
  length_at(at_).store(static_cast<std::uint32_t>(used), std::memory_order_release);
  at_ = next;
  counters_.records.add();
  counters_.bytes.add(room);
  appended_.store(position + room, std::memory_order_release);
  return position + room;
}

bool Journal::next_segment() noexcept {
  Segment* const next = next_.exchange(nullptr, std::memory_order_acq_rel);
  if (next == nullptr) return false;
  if (at_ < end_) {
    const std::uint64_t position = segment_->first() + static_cast<std::size_t>(at_ - segment_->records());
    const std::uint32_t crc = record_crc(segment_->header.salt, position, nullptr, 0);
    std::memcpy(at_ + 4, &crc, sizeof crc);
    length_at(at_).store(kSealLength, std::memory_order_release);
  }
  if (segment_ != nullptr) segment_->sealed.store(true, std::memory_order_release);
  segment_ = next;
  at_ = next->records();
  end_ = at_ + next->header.room;
  counters_.segments.add();
  return true;
}

}  // namespace bidwell::events
