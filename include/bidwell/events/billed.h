// What was spent, as PostgreSQL has it: the truth that the budgets' ledger is held against.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
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
};

// All of one moment (one REPEATABLE READ transaction). Opens a connection of its own. Throws std::runtime_error.
Billed read_billed(const std::string& url, std::chrono::system_clock::time_point since, std::int64_t cell_seconds);

}  // namespace bidwell::events
