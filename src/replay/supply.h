// What a sending thread has to send, in order: its part of a tape or of a feed.
#pragma once

#include <cstdint>
#include <memory>

#include "bidwell/replay/send.h"

namespace bidwell::replay {

struct Fed {
  Prepared request;
  std::uint64_t index = 0;
  std::int64_t since_first_ns = 0;
};

struct Item {
  const Prepared* request = nullptr;
  std::unique_ptr<Fed> owned;  // of a feed
  std::uint64_t index = 0;     // of the run's requests
  std::int64_t since_first_ns = 0;
};

// Not thread-safe.
class Supply {
 public:
  virtual ~Supply() = default;
  // False: nothing now, or (ended()) nothing any more.
  virtual bool next(Item& item) = 0;
  virtual bool ended() const = 0;
  // What offsets count from: the run's start, or later. Known once next() has given something.
  virtual SteadyTime origin(SteadyTime start) const = 0;
};

// Which of all requests are one thread's.
struct Share {
  unsigned thread = 0, threads = 1;
  bool by_flow = false;  // else in turn
};

// Throws std::invalid_argument where `loop` has no length to go on by.
std::unique_ptr<Supply> supply_of(const Tape& tape, const SendOptions& options, Share share);
std::unique_ptr<Supply> supply_of(FeedQueues& feed, const SendOptions& options, unsigned thread);

}  // namespace bidwell::replay
