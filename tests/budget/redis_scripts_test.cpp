// Statements that Redis cannot take: what a script did before it failed would be done again by the next.
#include <gtest/gtest.h>

#include "tests/budget/redis_ledger_help.h"

namespace bidwell::budget {
namespace {

using redis::testing::RedisServer;
using testing::options_of;
using testing::settle;

std::int64_t g_now_ms = 0;

Statement statement_of(std::uint64_t lease, Nanos used, Nanos wanted) {
  Statement statement = testing::statement_of("shoes", lease, used, wanted);
  statement.limits = {8'000, std::nullopt};
  return statement;
}

class RedisScripts : public ::testing::Test {
 protected:
  RedisScripts() {
    g_now_ms = std::int64_t{testing::kToday} * 86'400'000;
    RedisLedger::Options options = options_of(server_);
    options.timeout = std::chrono::seconds(1);
    options.now_ms = [] { return g_now_ms; };
    ledger_.emplace(options);
    ledger_->make({}, {});
  }
  Standing look() { return ledger_->accounts().at(0).standing; }

  RedisServer server_;
  std::optional<RedisLedger> ledger_;
};

TEST_F(RedisScripts, AStatementThatFailsChangesNothing) {
  settle(*ledger_, "a", statement_of(1, 0, 500));
  const Standing before = look();
  Statement statement = statement_of(1, 100, 500);
  statement.offered = 300;
  for (const char* key : {"open", "offered"}) {
    const std::string name = std::string("bidwell:budget:") + key + " shoes";
    server_.cli("SET", name, "not a hash");
    for (int again = 0; again < 3; ++again) EXPECT_ANY_THROW(settle(*ledger_, "a", statement)) << key;
    server_.cli("DEL", name);
    EXPECT_EQ(look(), before) << key;
  }
  EXPECT_EQ(settle(*ledger_, "a", statement).open, 100);
  EXPECT_EQ(ledger_->offered("shoes").begin()->second, 300);
  g_now_ms += 65'000;
  EXPECT_EQ(look().open, 400) << "what is left of the lease";
  g_now_ms += 60'000;
  EXPECT_EQ(look().open, 0);
}

TEST_F(RedisScripts, NoMoreIsForgottenThanIsOpen) {
  settle(*ledger_, "a", statement_of(1, 0, 500));
  settle(*ledger_, "a", statement_of(1, 100, 500));
  const std::string bucket = std::to_string(g_now_ms / 5000) + " " + std::to_string(testing::kToday);
  server_.cli("HINCRBY", "bidwell:budget:open shoes", bucket, "1000");
  g_now_ms += 65'000;
  EXPECT_EQ(look().open, 400);
  EXPECT_EQ(look().open_today, 400);
  g_now_ms += 60'000;
  EXPECT_EQ(look().open, 0);
  EXPECT_EQ(look().open_today, 0);
}

}  // namespace
}  // namespace bidwell::budget
