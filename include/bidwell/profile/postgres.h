// PostgreSQL as the origin of profiles: table bidwell.profiles (key bytea primary key, profile bytea, updated_at), one
// query for a batch of users. The key is the 128-bit key with its highest byte first.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/cache/origin.h"
#include "bidwell/core/counter.h"

namespace bidwell::profile {

struct PostgresOptions {
  std::string url;                                    // libpq's connection string or URI
  unsigned threads = 2;                               // each with a connection of its own
  std::size_t waiting_max = 256;                      // calls that wait; more are answered with an empty list
  std::chrono::milliseconds statement_timeout{2000};  // as long as the cache waits for an origin: later is of no use
  // Between attempts to connect: doubled from the one to the other, then a random half of it less. Calls are answered
  // with an empty list meanwhile.
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{5000};
  std::uint64_t seed = 0;                       // of the backoff's jitter
  std::function<void(const std::string&)> log;  // lines for people, on any of the threads; may be null
};

struct alignas(64) PostgresCounters {
  Counter calls;
  Counter keys;      // asked for in calls that were answered
  Counter found;     // of those
  Counter failures;  // calls that were answered with an empty list
  Counter connects;  // that succeeded
  Counter connect_failures;
};

// Thread-safe.
class PostgresOrigin final : public cache::Origin {
 public:
  // Connects when it is first asked. Makes the table where it is missing and it may.
  explicit PostgresOrigin(PostgresOptions options);
  ~PostgresOrigin() override;  // waits for running queries, no longer than statement_timeout; see FileOrigin

  void load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) override;

  unsigned threads() const noexcept;
  const PostgresCounters& counters(unsigned thread) const noexcept;
  std::size_t waiting() const;
  std::size_t refused() const noexcept;  // calls past waiting_max

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::profile
