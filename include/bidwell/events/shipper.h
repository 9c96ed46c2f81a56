// Takes events from the journals to one sink, on a thread of its own: reads what is new, hands it over in batches,
// releases what is stored, and tries again for as long as it takes when the sink fails.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bidwell/core/counter.h"
#include "bidwell/events/journals.h"
#include "bidwell/events/sink.h"

namespace bidwell::events {

struct ShipperOptions {
  std::string name;  // of the sink, for the log
  // Of records. The first batch is a small one, and so is the next after a failure; each that is stored lets the next
  // be twice as large: who is often cut off, or times out, still gets on. 8 MiB are some 40,000 bids, a transaction of
  // half a second.
  std::size_t batch_bytes_min = 128 << 10, batch_bytes_max = 8 << 20;
  std::chrono::milliseconds interval{200};     // how long events are gathered
  std::chrono::milliseconds backoff_min{100};  // after a failure, doubled each time, with jitter
  std::chrono::milliseconds backoff_max{5000};
  std::uint64_t seed = 0;                            // of the jitter
  std::function<void(const std::string& line)> log;  // may be null
};

struct alignas(64) ShipperCounters {
  Counter rows;
  Counter batches;
  Counter undecodable;
  Counter failures;
};

class Shipper {
 public:
  // Before journals.start(). Both must outlive it.
  Shipper(Journals& journals, Sink& sink, ShipperOptions options);
  // Stops at once where stop() was not called.
  ~Shipper();

  void start();
  // Ships what is there, for at most `drain`, then ends the thread. What is left stays in the journals.
  void stop(std::chrono::milliseconds drain);
  // The same without waiting, so that several end together; stop() must follow.
  void begin_stop(std::chrono::milliseconds drain);

  const ShipperCounters& counters() const noexcept { return counters_; }

 private:
  struct Impl;
  ShipperCounters counters_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::events
