// One worker's log of events, in memory-mapped files that outlive the process: an append is a copy and one release
// store, without a system call, a lock or a page fault. The queue is the log: who stores the events elsewhere reads it
// behind the worker (journals.h).
//
// A journal is a run of bytes, cut into *segments*: preallocated files, each with a header and then its records:
//
//     record   = length u32 · CRC32C u32 (of the run's salt, position and payload) · payload · padding to 8
//
// all little-endian. The length is stored last, so that a record is there whole or not at all. Length 0: nothing here
// yet. Length 2^32 - 1: a seal, the journal goes on in the next segment. A *position* counts the bytes of records,
// headers of segments left out, from the journal's first record over all segments; segment N+1 begins where N's room
// ended.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bidwell/core/counter.h"

namespace bidwell::events {

struct Segment;  // src/events/segment.h

// Written by the worker, readable from any thread.
struct alignas(64) JournalCounters {
  Counter records;
  Counter bytes;            // with headers and padding
  Counter segments;         // begun
  Counter bids_dropped;     // no room within the allowance
  Counter notices_refused;  // no room at all
};

class Journal {
 public:
  // Who gets the last of the allowance: a bid's event may be dropped, a notice is money.
  enum class Priority : std::uint8_t { bid, notice };

  static constexpr std::size_t kRecordBytesMax = 64 * 1024;

  // On the worker's thread alone. Room for a record of at most `size` bytes (no more than kRecordBytesMax): fill it,
  // then publish what was used; or forget it, which publishing 0 does too. Null: no room, counted.
  char* reserve(std::size_t size, Priority priority) noexcept;
  // The position behind the record. From here on it survives the process's death.
  std::uint64_t publish(std::size_t used) noexcept;

  // What stands before this position survives a loss of power too (JournalOptions::fsync). From any thread.
  std::uint64_t durable() const noexcept { return durable_.load(std::memory_order_acquire); }

  const JournalCounters& counters() const noexcept { return counters_; }

  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

 private:
  friend class Journals;
  Journal() = default;
  bool next_segment() noexcept;

  // The worker's.
  Segment* segment_ = nullptr;
  char* at_ = nullptr;                      // where the next record begins
  char* end_ = nullptr;                     // of the segment's room
  std::atomic<std::uint64_t> appended_{0};  // position behind the last record, for the keeper
  JournalCounters counters_;

  // Between the worker and the keeper.
  alignas(64) std::atomic<Segment*> next_{nullptr};  // prepared; the worker takes it and leaves null
  std::atomic<bool> bids_welcome_{true};             // false: what is left of the allowance is for notices
  std::atomic<std::uint64_t> durable_{0};
};

}  // namespace bidwell::events
