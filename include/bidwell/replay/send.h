// Sends prepared requests when they are due, over several threads, and tells what became of each.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "bidwell/replay/client.h"
#include "bidwell/replay/prepare.h"
#include "bidwell/replay/schedule.h"

namespace bidwell::replay {

// What becomes of one request, told when it is over.
struct Sent {
  const Prepared* request = nullptr;
  std::string_view bytes;   // as sent, slots filled; empty unless SendOptions::keep_bytes
  std::uint64_t index = 0;  // of the run's requests
  Answer answer;
  SteadyTime due{};    // when it should have left; maximum: when it was handed to the kernel
  SteadyTime given{};  // when it was handed to the client: lateness of the program is given - due
};

// One per thread; called on that thread alone.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observed(const Sent& sent) = 0;
  // Now and then, at least every 100 ms of a run and once at its end: for what is done by the clock.
  virtual void tick(SteadyTime now) = 0;
};

struct SendOptions {
  Target target;
  ClientOptions client;
  ScheduleOptions schedule;
  unsigned threads = 1;
  // 0: one connection for each captured flow, to a thread of its own by its number; else a pool of so many in all,
  // taken in turn, the next one that waits for nothing where there is one.
  std::size_t connections = 64;
  std::chrono::nanoseconds duration{0};     // stop sending then; 0: when the requests end
  bool loop = false;                        // begin again when they end (the capture's length later, and a mean gap)
  std::chrono::milliseconds drain{10'000};  // wait for answers so long at the end
  bool keep_bytes = false;
  std::uint64_t run = 0;            // makes ids different from other runs': the time, or a random number
  std::int64_t wall_offset_ns = 0;  // system_clock - steady_clock, for slots of time
};

// All requests, in memory, sorted by time: what a run from a file sends. Bytes are shared by all threads.
using Tape = std::vector<Prepared>;

// Requests that come while the run goes on (a live interface, a file too large for memory): bounded, one producer
// and the run's threads as consumers; a request's flow says whose it is.
class Feed {
 public:
  Feed(unsigned threads, std::size_t requests_max);
  ~Feed();
  // By the producer. False: the thread's queue is full (wait, or count it).
  bool offer(Prepared&& request);
  void end();

 private:
  friend class Run;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct SendCounters {
  std::uint64_t given = 0;    // to connections
  std::uint64_t skipped = 0;  // due, but all connections were full (pipeline_max): not sent, and reported
  ClientCounters client;
};

class Run {
 public:
  using MakeObserver = std::function<std::unique_ptr<Observer>(unsigned thread)>;

  // Of a tape (which must outlive it), or of a feed. Nothing is sent yet; connections are opened.
  Run(const SendOptions& options, const Tape& tape, const MakeObserver& make_observer);
  Run(const SendOptions& options, Feed& feed, const MakeObserver& make_observer);
  ~Run();

  void start();
  void stop() noexcept;  // from any thread or a signal handler: sends no more, then drains
  bool finished() const noexcept;
  void join();  // rethrows what a thread threw

  SteadyTime started() const noexcept;
  SteadyTime ended() const noexcept;  // the last request was given; after join()
  SendCounters counters() const;      // after join()
  // CPU time of the sending threads over the run's wall time, 0 to 1 each: near 1 the client is the limit.
  std::vector<double> busy() const;  // after join()

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
