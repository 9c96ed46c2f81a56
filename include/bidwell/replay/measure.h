// What a run measured: recorders on the sending threads, gathered into one result.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/replay/hdr.h"
#include "bidwell/replay/losses.h"
#include "bidwell/replay/send.h"

namespace bidwell::replay {

// Counts and times of requests that were due in some span, told when they are over. Nanoseconds; prices in micros of
// their currency.
struct Tally {
  Hdr latency;    // from when it was due to its answer's last byte. Of every request: one that was given up, or that
                  // failed otherwise, counts with the time it has waited by then, so that a server that stalls cannot
                  // take the requests it swallowed out of the percentiles
  Hdr service;    // from when its last byte was sent to its answer's last byte; of those that were answered
  Hdr lateness;   // from when it was due to when it was handed over: the client's own fault
  Hdr gap_error;  // |gap between two requests that were handed over - the gap between when they were due|, by thread
  Hdr price;      // of bids, micros; of an answer's first 64
  std::uint64_t sent = 0, answered = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(Outcome::count_)> outcomes{};
  std::map<unsigned, std::uint64_t> statuses;
  std::uint64_t bids = 0;                          // bids in the answers
  std::uint64_t with_bids = 0, no_bids = 0;        // answers
  std::uint64_t unreadable = 0;                    // 200, and not a bid response
  std::uint64_t late = 0;                          // answers after tmax (from when it was due), and none at all
  std::uint64_t with_tmax = 0;                     // requests that have one
  std::map<std::string, std::int64_t> price_sums;  // micros of CPM by currency; "other": what is no currency
  // When the first and the last of those that were answered were sent, since the run's start.
  std::int64_t first_sent_ns = INT64_MAX, last_sent_ns = INT64_MIN;

  Tally& operator+=(const Tally& other);
  // All but answers of 200 and 204.
  std::uint64_t errors() const;
  // Requests a second that were answered, by when they were sent; 0 of fewer than two.
  double answered_per_s() const;
};

// A line of the chart over time. A request counts where it was due, and once it is over: while the run goes on a line
// still grows when answers come late.
struct Interval {
  double begin_s = 0, seconds = 1;  // the last one ends with the last request that was due
  double asked_rate = 0;            // 0: not known
  std::uint64_t sent = 0, answered = 0, errors = 0, late = 0;
  std::uint64_t bids = 0;                // answers with a bid
  std::uint64_t p50_ns = 0, p99_ns = 0;  // latency. Without answers that came later than 32 intervals
  std::uint64_t max_ns = 0;              // latency, of all
  std::uint64_t service_p99_ns = 0;
  std::uint64_t lateness_max_ns = 0;
};

// Makes each thread's recorder and gathers what they tell. Thread-safe where said.
class Measurement {
 public:
  struct Options {
    std::chrono::nanoseconds warm_up{0};  // requests due before are only in the intervals
    std::chrono::nanoseconds interval{1'000'000'000};
    std::uint32_t tmax_ms = 0;  // for requests without one of their own; 0: none
    bool read_bids = true;      // look into answers of 200
  };
  explicit Measurement(const Options& options);
  ~Measurement();

  // Called with each observation after it was counted, on the sending thread: checks. May be null.
  using Also = std::function<void(const Sent&)>;
  // Thread-safe. A recorder never waits: once a second, or once in a longer interval, it hands its intervals over, and
  // a little later where somebody is reading them. May outlive this.
  std::unique_ptr<Observer> recorder(unsigned thread, SteadyTime start, const Schedule& schedule, Also also = nullptr);

  // From any thread, while it runs: what is known of intervals that are over; the last one for the terminal. After
  // total(): all.
  std::vector<Interval> intervals() const;
  // After the run, when no recorder is called any more: all of it.
  Tally total();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
