// What the tests of the ledger in Redis share.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/budget/redis_ledger.h"
#include "tests/redis/redis_server.h"

namespace bidwell::budget::testing {

// Long: a machine that is busy shall fail no test.
constexpr std::chrono::milliseconds kPatience{10'000};

inline RedisLedger::Options options_of(const redis::testing::RedisServer& server) {
  RedisLedger::Options options;
  options.redis.unix_path = server.socket_path();
  options.redis.stalled_after = kPatience;
  options.timeout = kPatience;
  return options;
}

// By Redis' clock, or nearly.
inline const std::int32_t kToday = static_cast<std::int32_t>(
    std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count());

inline Statement statement_of(std::string_view campaign, std::uint64_t lease, Nanos used, Nanos wanted) {
  Statement statement;
  statement.campaign = campaign;
  statement.limits = {10'000, 1'000};
  statement.day = kToday;
  statement.lease = lease;
  statement.used = used;
  statement.wanted = wanted;
  statement.least = 10;
  return statement;
}

inline Standing settle(Ledger& ledger, std::string_view holder, const Statement& statement) {
  return ledger.settle(holder, {&statement, 1}).at(0);
}

}  // namespace bidwell::budget::testing
