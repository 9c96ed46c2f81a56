// Sections budgets and histories, and which ledger is taken where none is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bidwell/ops/config.h"

namespace bidwell::ops {
namespace {

LoadedConfig load(const std::string& sections) {
  return load_config(R"({"catalog": {"file": "c.json"}, "exchanges": {"x": {}}, )" + sections + "}", "/etc", {});
}

constexpr char kNotices[] = R"(, "notices": {"url": "https://a.example", "markup_url": "https://a.example"})";

std::string events(const std::string& sinks) {
  return R"("events": {"directory": "/var/events", "sinks": [)" + sinks + "]}" + kNotices;
}

TEST(BudgetConfig, takes_the_ledger_that_the_rest_allows) {
  const std::string redis = R"(, "redis": {"url": "redis://r"})", postgres = R"(, "postgres": {"url": "host=db"})";
  EXPECT_EQ(load(R"("log": {})").config.budgets.ledger, LedgerKind::none);
  EXPECT_EQ(load(events("\"ndjson\"")).config.budgets.ledger, LedgerKind::file);
  EXPECT_EQ(load(events("\"postgres\"") + redis + postgres).config.budgets.ledger, LedgerKind::redis);
  // There may be other instances, and nobody would know the truth.
  EXPECT_EQ(load(events("\"ndjson\"") + redis).config.budgets.ledger, LedgerKind::none);
}

TEST(BudgetConfig, says_what_a_named_ledger_lacks) {
  const auto fault = [](const std::string& sections) {
    const LoadedConfig loaded = load(sections);
    return loaded.faults.size() == 1 && loaded.faults[0].where == "/budgets/ledger" ? loaded.faults[0].what : "?";
  };
  EXPECT_THAT(fault(R"("budgets": {"ledger": "file"})"), testing::HasSubstr("events/directory"));
  EXPECT_THAT(fault(R"("budgets": {"ledger": "redis"}, )" + events("\"ndjson\"")), testing::HasSubstr("no url"));
  EXPECT_THAT(fault(R"("budgets": {"ledger": "redis"}, "redis": {"url": "redis://r"}, )" + events("\"ndjson\"")),
              testing::HasSubstr("no postgres"));
  EXPECT_THAT(fault(R"("budgets": {"ledger": "file"}, "events": {"directory": "/e", "sinks": ["ndjson"]})"),
              testing::HasSubstr("notices/url"));
  EXPECT_TRUE(load(R"("budgets": {"ledger": "none"})").faults.empty());
}

TEST(BudgetConfig, reads_every_key) {
  const LoadedConfig loaded = load(R"("budgets": {"reserve_s": 90, "lease_s": 30, "repeats_s": 7200,
    "interval_ms": 500, "catch_up_s": 600, "redis_timeout_ms": 100, "redis_prefix": "b:",
    "reconcile_interval_s": 60}, "histories": {"soft_ttl_s": 2, "hard_ttl_s": 4, "negative_ttl_s": 3, "wait_ms": 1,
    "l1_mb": 8, "redis_timeout_ms": 20, "redis_prefix": "h:", "memory_users_max": 5})");
  ASSERT_TRUE(loaded.faults.empty()) << loaded.faults[0].where << loaded.faults[0].what;
  const BudgetOptions& budgets = loaded.config.budgets;
  EXPECT_EQ(budgets.terms.reserve, std::chrono::seconds(90));
  EXPECT_EQ(budgets.terms.lease, std::chrono::seconds(30));
  EXPECT_EQ(budgets.terms.repeats, std::chrono::seconds(7200));
  EXPECT_EQ(budgets.interval, std::chrono::milliseconds(500));
  EXPECT_EQ(budgets.catch_up, std::chrono::seconds(600));
  EXPECT_EQ(budgets.redis_timeout, std::chrono::milliseconds(100));
  EXPECT_EQ(budgets.redis_prefix, "b:");
  EXPECT_EQ(budgets.reconcile_interval, std::chrono::seconds(60));
  const HistoryOptions& histories = loaded.config.histories;
  const cache::ClassOptions& cls = histories.cache.classes.at(0);
  EXPECT_EQ(cls.soft_ttl, std::chrono::seconds(2));
  EXPECT_EQ(cls.hard_ttl, std::chrono::seconds(4));
  EXPECT_EQ(cls.negative_ttl, std::chrono::seconds(3));
  EXPECT_EQ(cls.wait, std::chrono::milliseconds(1));
  EXPECT_EQ(histories.cache.l1.bytes_max, std::size_t{8} << 20);
  EXPECT_EQ(histories.cache.read_timeout, std::chrono::milliseconds(20));
  EXPECT_EQ(cls.prefix, "h:");
  EXPECT_EQ(histories.memory_users_max, 5u);
}

TEST(BudgetConfig, refuses_what_cannot_work) {
  for (const char* sections :
       {R"("budgets": {"reserve_s": 10, "lease_s": 15})", R"("budgets": {"lease_s": 3, "interval_ms": 2000})",
        R"("budgets": {"redis_prefix": "a b"})", R"("budgets": {"ledgers": "file"})",
        R"("histories": {"soft_ttl_s": 9, "hard_ttl_s": 3})", R"("histories": {"redis_prefix": "{"})"}) {
    EXPECT_EQ(load(sections).faults.size(), 1u) << sections;
  }
}

}  // namespace
}  // namespace bidwell::ops
