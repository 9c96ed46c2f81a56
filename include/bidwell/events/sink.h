// Where events go from the journals. A sink is used by one thread, may block and may throw: nobody waits for it but the
// journal, which keeps what is not stored.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/events/event.h"

namespace bidwell::events {

struct Row {
  Event event;             // of an undecodable row: nothing
  std::string_view bytes;  // as they stand in the journal
  std::uint64_t position = 0;
  std::uint32_t advance = 0;  // which of the batch's advances it belongs to: its journal
};

// How far a batch takes a journal.
struct Advance {
  std::string journal;
  std::uint64_t from = 0, to = 0;
};

struct Batch {
  std::vector<Row> rows;
  std::vector<Row> undecodable;  // to be set aside
  std::vector<Advance> advances;
};

// Somebody else has stored of this journal: ask for the positions again.
struct PositionMoved : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Sink {
 public:
  virtual ~Sink() = default;

  // Where to go on: what of each journal is stored for good; 0 for one it does not know. Whatever it has taken beyond
  // what it says, of any journal, is forgotten and will be handed over again. Called at the start, after a call that
  // threw, and whenever a journal comes along. Throws when it cannot tell.
  virtual std::vector<std::uint64_t> positions(std::span<const std::string> journals) = 0;

  // Takes all rows and advances or, when it throws, none. Each advance's `from` is where the one before it ended.
  virtual void take(const Batch& batch) = 0;

  // What of the journal is stored for good, as it knows by now.
  virtual std::uint64_t stored(std::string_view journal) const = 0;

  // Called after each batch and at least every second: for what has its time (files to finish, partitions to make).
  // May throw as take(), with the same meaning.
  virtual void tend(std::chrono::system_clock::time_point now) = 0;

  // Before the end: stores for good what was taken, where it can. May throw.
  virtual void finish() = 0;

  // The one call for other threads: time is up, whatever blocks now shall throw soon, and so shall all that comes
  // after.
  virtual void interrupt() noexcept {}
};

}  // namespace bidwell::events
