// The sink in PostgreSQL: schema `bidwell`, tables by day, each batch in one transaction together with the journals'
// positions, so that every event is stored exactly once. Several instances write to one database. docs/EVENTS.md says
// what the tables hold.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bidwell/core/clock.h"
#include "bidwell/core/counter.h"
#include "bidwell/events/sink.h"

namespace bidwell::events {

struct PostgresSinkOptions {
  std::string url;  // libpq's connection string or URI; a pooler between must keep sessions
  std::chrono::milliseconds statement_timeout{30'000};  // a server that hangs for longer is tried again
  int days_ahead = 3;                                   // partitions made before their day comes
  int days_back = 7;                      // and after it, for whoever may not make them: the longest age of a notice
  int retention_days = 0;                 // partitions of older days are dropped; 0: kept for ever
  std::chrono::seconds loss_after{3600};  // without a notice for this long a bid is taken for lost (view `outcomes`)
  Clock clock;                            // with the server's: which days are plausible; rows of others are set aside
  std::function<void(const std::string& line)> log;  // may be null
};

struct alignas(64) PostgresSinkCounters {
  Counter bids, notices;  // stored
  Counter repeats;        // notices that were there already
  Counter set_aside;      // rows that PostgreSQL would not take, in table bidwell.rejected with the reason
  Counter connects, connect_failures;
  Counter partitions_made, partitions_dropped;
};

class PostgresSink final : public Sink {
 public:
  // Does not connect yet: positions(), take() and tend() do, and bring the schema up to date first.
  explicit PostgresSink(PostgresSinkOptions options);
  ~PostgresSink() override;

  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override;
  void take(const Batch& batch) override;
  std::uint64_t stored(std::string_view journal) const override;
  void tend(std::chrono::system_clock::time_point now) override;
  void finish() override {}
  void interrupt() noexcept override;

  const PostgresSinkCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::events
