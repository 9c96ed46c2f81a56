// Who makes a ledger that is missing, and that nobody waits for PostgreSQL when it ends: parts of the bidder in this
// process, over a real Redis and a real PostgreSQL whose tables are locked for a time.
#include <gmock/gmock.h>

#include <functional>
#include <future>
#include <thread>

#include "apps/budgets.h"
#include "bidwell/events/postgres.h"
#include "tests/profile/postgres_server.h"
#include "tests/redis/redis_server.h"

namespace bidwell::apps::testing {
namespace {

using redis::testing::RedisServer;
using std::chrono::milliseconds;

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 4000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

class BudgetsClaimTest : public ::testing::Test {
 protected:
  BudgetsClaimTest() {
    config_.budgets.ledger = ops::LedgerKind::redis;
    config_.budgets.interval = milliseconds(20);
    config_.budgets.redis_timeout = milliseconds(5000);
    config_.redis.emplace().unix_path = redis_.socket_path();
    config_.events.to_postgres = true;
    config_.postgres_url = postgres_.url();
    events::PostgresSinkOptions sink;
    sink.url = postgres_.url();
    events::PostgresSink(sink).tend(std::chrono::system_clock::now());
  }

  // How many ask for the truth, held up by lock().
  std::string asking() {
    pqxx::connection connection(postgres_.url());
    pqxx::nontransaction query(connection);
    return query.exec1("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0].c_str();
  }
  void lock() {
    locker_.emplace(postgres_.url());
    lock_.emplace(*locker_);
    lock_->exec0("LOCK TABLE bidwell.notices IN ACCESS EXCLUSIVE MODE");
  }
  void unlock() { lock_.reset(), locker_.reset(); }
  bool is_there() const { return redis_.cli("EXISTS", key("ledger")) == "1"; }
  std::string key(const char* name) const { return config_.budgets.redis_prefix + name; }
  // Claims that were asked for, had or not.
  int claims() const {
    const std::string stats = redis_.cli("INFO", "commandstats");
    const std::string_view calls = "cmdstat_set:calls=";
    const std::size_t at = stats.find(calls);
    return at == std::string::npos ? 0 : std::atoi(stats.c_str() + at + calls.size());
  }

  RedisServer redis_;
  bidwell::testing::PostgresServer postgres_;
  ops::Config config_;
  std::optional<pqxx::connection> locker_;
  std::optional<pqxx::work> lock_;
};

TEST_F(BudgetsClaimTest, OneInstanceAsksForTheTruthAndOneThatEndsLeavesItToAnother) {
  lock();
  Budgets one(config_, 1, 1), other(config_, 1, 2);
  one.start();
  ASSERT_TRUE(eventually([&] { return asking() == "1"; }));
  other.start();
  const int before = claims();
  EXPECT_TRUE(eventually([&] { return claims() >= before + 2; }));
  EXPECT_EQ(asking(), "1");

  const std::string claim = redis_.cli("GET", key("claim make"));
  auto ending = std::async(std::launch::async, [&] { one.stop(); });
  const bool ended = ending.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
  EXPECT_TRUE(ended) << "it waits for PostgreSQL";
  EXPECT_NE(redis_.cli("GET", key("claim make")), claim);  // given back
  EXPECT_TRUE(eventually([&] { return redis_.cli("EXISTS", key("claim make")) == "1"; }));
  EXPECT_FALSE(is_there());
  unlock();
  EXPECT_TRUE(eventually([&] { return is_there(); }));
  other.stop();
}

// Nothing states anything here.
TEST_F(BudgetsClaimTest, ALedgerThatGoesMissingIsMadeThoughNobodyHasAnythingToSay) {
  Budgets budgets(config_, 1, 1);
  budgets.start();
  ASSERT_TRUE(eventually([&] { return is_there(); }));
  redis_.cli("FLUSHALL");
  EXPECT_TRUE(eventually([&] { return is_there(); }));
  budgets.stop();
}

TEST_F(BudgetsClaimTest, APostgresThatIsAwayIsTriedAgainSoon) {
  config_.postgres_url = "host=/nonexistent";
  Budgets budgets(config_, 1, 1);
  budgets.start();
  EXPECT_TRUE(eventually([&] { return claims() >= 2; }));
  EXPECT_FALSE(is_there());
  budgets.stop();
  EXPECT_EQ(redis_.cli("EXISTS", key("claim make")), "0");
}

}  // namespace
}  // namespace bidwell::apps::testing
