// The lines over time, put together from what several threads hand over.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "bidwell/replay/measure.h"

namespace bidwell::replay {

// What one thread has to add to an interval.
struct IntervalPart {
  std::int64_t number = 0;
  std::uint64_t sent = 0, answered = 0, errors = 0, late = 0, bids = 0, lateness_max_ns = 0;
  Hdr latency, service;

  void clear() noexcept;
};

// Thread-safe.
class Intervals {
 public:
  Intervals(std::chrono::nanoseconds interval, const Schedule& schedule);

  using Parts = std::vector<std::unique_ptr<IntervalPart>>;
  // False: somebody else is at it, nothing was taken.
  bool try_add(const Parts& parts);
  void add(const Parts& parts);

  // Those that begin before `until`, since the run's start.
  std::vector<Interval> read(std::chrono::nanoseconds until);
  // The last request was due then.
  void end(std::chrono::nanoseconds last_due);

 private:
  // Percentiles need the histograms of all threads; kOpen intervals keep theirs.
  static constexpr std::size_t kOpen = 32;
  struct Open {
    Hdr latency, service;
    bool changed = false;
  };
  void merge(const IntervalPart& part);
  void append_line();
  Open* open(std::int64_t number);
  static void settle(Open& open, Interval& line);

  const std::chrono::nanoseconds interval_;
  const Schedule schedule_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Interval> lines_;
  std::map<std::int64_t, Open> open_;
};

}  // namespace bidwell::replay
