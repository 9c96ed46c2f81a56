// What was spent, as PostgreSQL has it: the truth that the budgets' ledger is held against. A database without the
// tables has nothing in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "bidwell/core/money.h"

namespace bidwell::events {

struct Billed {
  struct Campaign {
    std::string id;
    Nanos in_all = 0;                     // ever, also on days whose rows were dropped since
    std::map<std::int64_t, Nanos> cells;  // by begin / cell_seconds, of bids made since `since`
  };
  std::vector<Campaign> campaigns;
  std::map<std::string, std::uint64_t> positions;  // of the journals: all rows up to there are in it
  // When each journal last moved; an instance that has it says once a day that it still is there. Unix seconds of the
  // server's clock.
  std::map<std::string, std::int64_t> heard;
};

class Watchdog;

// Ends a reading from another thread.
class Interruption {
 public:
  // What is read now throws at once (where it still connects: within two seconds), and so does all that is begun later.
  // PostgreSQL gives up the query within a second (since 14; before, it goes on for nobody).
  void interrupt() noexcept;

 private:
  friend class Interruptible;
  std::mutex mutex_;
  bool interrupted_ = false;
  Watchdog* watchdog_ = nullptr;  // of the reading that is under way
};

// All of one moment (one REPEATABLE READ transaction). Opens a connection of its own. Throws std::runtime_error.
// `interruption` may be null, and is of one reading at a time.
Billed read_billed(const std::string& url, std::chrono::system_clock::time_point since, std::int64_t cell_seconds,
                   Interruption* interruption = nullptr);

}  // namespace bidwell::events
