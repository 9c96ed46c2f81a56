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

// How the clock stays honest. A request is due by the schedule alone. When its time has come the run takes it up at
// once and hands it to a connection that waits for nothing; where there is none it waits, in order, for the next that
// is free, or fails with the last one (ClientOptions::pipeline_max is 1 here unless set: exchanges do not pipeline). So a server that stalls sees
// no more requests than there are connections, and `service` (from sent to done) shows its stall for these alone, while
// `latency` (from due to done) has the whole wait of each. With pipeline_max above 1 the least loaded connection takes
// the request instead, and `service` shows most of the stall too.

// What becomes of one request, told when it is over.
struct Sent {
  const Prepared* request = nullptr;
  std::string_view bytes;   // as sent, slots filled; empty unless SendOptions::keep_bytes
  std::uint64_t index = 0;  // of the run's requests
  Answer answer;
  SteadyTime due{};    // when it should have left; maximum: when it was handed to the kernel
  SteadyTime given{};  // when the run took it up: given - due is how late the program was, answer.sent - given what it
                       // waited for a connection
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
  ClientOptions client{.pipeline_max = 1};
  ScheduleOptions schedule;
  unsigned threads = 1;
  // A pool of so many in all, but at least one for each thread. 0: one connection for each captured flow, on the thread
  // that its number picks, opened a moment before its first request and closed after its last (of a feed: after 30 s of
  // silence), its requests in order; those of no known flow share one. Not with `maximum`.
  std::size_t connections = 64;
  std::size_t waiting_max = 65'536;  // of a thread: requests that wait for a connection; more are skipped, and counted
  std::chrono::nanoseconds duration{0};     // stop sending then; 0: when the requests end
  bool loop = false;                        // begin again when they end (the capture's length later, and a mean gap)
  std::chrono::milliseconds drain{10'000};  // at the end: send what waits and wait for answers, for so long
  // A feed's requests are due so long after the first one came and the schedule: what is late in coming by less still
  // leaves in time. A feed is looked at every millisecond.
  std::chrono::milliseconds feed_delay{10};
  bool keep_bytes = false;
  std::uint64_t run = 0;            // makes ids different from other runs': the time, or a random number
  std::int64_t wall_offset_ns = 0;  // system_clock - steady_clock, for slots of time
};

// All requests, in memory, sorted by time: what a run from a file sends. Bytes are shared by all threads.
using Tape = std::vector<Prepared>;

class FeedQueues;

// Requests that come while the run goes on (a live interface, a file too large for memory): bounded, one producer
// and the run's threads as consumers; a request's flow says whose it is (those of no known flow go round).
class Feed {
 public:
  // `threads` as in the run's options; `requests_max` for each.
  Feed(unsigned threads, std::size_t requests_max);
  ~Feed();
  // By the producer. False: the thread's queue is full, and the request is as it was (wait, or count it).
  bool offer(Prepared&& request);
  void end();

 private:
  friend class Run;
  std::unique_ptr<FeedQueues> queues_;
};

struct SendCounters {
  std::uint64_t given = 0;    // taken up; each is told to an observer once
  std::uint64_t waited = 0;   // of them: found no connection free
  std::uint64_t skipped = 0;  // due, but waiting_max waited already: not sent, told to nobody
  ClientCounters client;
};

class Run {
 public:
  // By start(), which knows when the run begins.
  using MakeObserver = std::function<std::unique_ptr<Observer>(unsigned thread, SteadyTime start)>;

  // Of a tape (which must outlive it), or of a feed. Nothing is sent yet; connections are opened. Throws
  // std::invalid_argument for options that make no sense, and as Client::open().
  Run(const SendOptions& options, const Tape& tape, const MakeObserver& make_observer);
  Run(const SendOptions& options, Feed& feed, const MakeObserver& make_observer);
  ~Run();

  void start();  // waits until the pool is connected, but no longer than a second
  void
  stop() noexcept;  // from any thread or a signal handler: takes up no more and drains; again: does not drain either
  bool finished() const noexcept;
  void join();  // rethrows what a thread threw

  SteadyTime started() const noexcept;
  SteadyTime ended() const noexcept;  // the last request was given; after join()
  SendCounters counters() const;      // after join()
  // CPU time of the sending threads over wall time until the drain, 0 to 1 each: near 1 the client is the limit (with
  // `spin` it always is near 1).
  std::vector<double> busy() const;  // after join()

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
