// The ledger in Redis where Redis fails: gone, empty, of another type, too slow; and how it is made.
#include "bidwell/budget/redis_ledger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <thread>

#include "tests/budget/redis_ledger_help.h"

namespace bidwell::budget {
namespace {

using redis::testing::RedisServer;
using ::testing::HasSubstr;
using testing::kToday;
using testing::options_of;
using testing::settle;
using testing::statement_of;

constexpr std::string_view kBid = "123456789012";

Resolved bill_of(std::string_view bid, Nanos cost) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {bid, "shoes", kToday, std::chrono::duration_cast<std::chrono::seconds>(now).count(), 0, cost};
}

template <class Error, class Call>
std::string what_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(RedisLedger, IsMissingUntilMade) {
  RedisServer server;
  RedisLedger ledger(options_of(server));
  EXPECT_FALSE(ledger.exists());
  EXPECT_THROW(settle(ledger, "me", statement_of("shoes", 1, 0, 100)), LedgerMissing);
  EXPECT_THROW(ledger.positions({}), LedgerMissing);
  EXPECT_THROW(ledger.advances(), LedgerMissing);
  EXPECT_THROW(ledger.confirm({}, {}), LedgerMissing);
  EXPECT_THROW(ledger.offered("shoes"), LedgerMissing);
  EXPECT_THROW(ledger.set_limits("shoes", {}), LedgerMissing);
  EXPECT_THROW(ledger.accounts(), LedgerMissing);
  EXPECT_THROW(ledger.spent("shoes"), LedgerMissing);
  EXPECT_THROW(ledger.mend("shoes", 0, 0, 0, 1), LedgerMissing);
  EXPECT_EQ(server.cli("DBSIZE"), "0");

  EXPECT_TRUE(ledger.make({}, {}));
  EXPECT_TRUE(ledger.exists());
  EXPECT_EQ(settle(ledger, "me", statement_of("shoes", 1, 0, 100)).granted, 100);
  EXPECT_FALSE(ledger.make({}, {}));
  EXPECT_EQ(ledger.accounts().at(0).standing.leased, 100);
}

TEST(RedisLedger, IsMadeWithThousandsOfAccountsAndNothingOfAnOlderOne) {
  RedisServer server;
  RedisLedger ledger(options_of(server));
  ASSERT_TRUE(ledger.make({}, {}));
  const Resolved bill = bill_of(kBid, 5);
  const Advance advance{"old", 0, 9};
  ledger.confirm({&bill, 1}, {&advance, 1});
  settle(ledger, "me", statement_of("gone", 1, 0, 100));
  server.cli("SET", "bidwell:budge", "not ours");
  server.cli("DEL", "bidwell:budget:ledger");

  std::vector<std::pair<std::string, Spent>> truth;
  for (int i = 0; i < 5'000; ++i) {
    const std::string campaign = "campaign " + std::to_string(i);
    truth.push_back({campaign, {1'000 + i, {{1'000'000'000 + i, i}}, {{20'000, 7}, {20'001, i}}}});
  }
  const Advance positions[] = {{"a", 0, 7}, {"b", 0, std::uint64_t{1} << 63}};
  EXPECT_TRUE(ledger.make(truth, positions));
  EXPECT_EQ(ledger.accounts().size(), 5'000);
  EXPECT_EQ(ledger.spent("campaign 4999"), (Spent{5'999, {{1'000'004'999, 4'999}}, {{20'000, 7}, {20'001, 4'999}}}));
  EXPECT_EQ(ledger.positions({{"a", "b", "old"}}), (std::vector<std::uint64_t>{7, std::uint64_t{1} << 63, 0}));
  EXPECT_EQ(server.cli("GET", "bidwell:budge"), "not ours");
  ledger.confirm({&bill, 1}, {});  // the bid is not remembered from the older one
  EXPECT_EQ(ledger.spent("shoes").in_all, 5);
}

TEST(RedisLedger, IsMadeOnceByTwoAtOnce) {
  RedisServer server;
  std::vector<std::pair<std::string, Spent>> truth;
  for (int i = 0; i < 3'000; ++i) truth.push_back({"campaign " + std::to_string(i), {i, {}, {}}});
  const auto make = [&] {
    RedisLedger ledger(options_of(server));
    return ledger.make(truth, {});
  };
  auto one = std::async(std::launch::async, make), two = std::async(std::launch::async, make);
  EXPECT_EQ(one.get() + two.get(), 1);
  RedisLedger ledger(options_of(server));
  EXPECT_EQ(ledger.accounts().size(), 3'000);
}

TEST(RedisLedger, AMakerThatWasOvertakenChangesNothing) {
  RedisServer server;
  auto options = options_of(server);
  options.timeout = std::chrono::milliseconds(100);
  RedisLedger ledger(options);
  server.cli("SET", "bidwell:budget:making", "somebody");
  EXPECT_THAT(what_of<LedgerAway>([&] { ledger.make({}, {}); }), HasSubstr("another instance makes"));
  EXPECT_FALSE(ledger.exists());
  EXPECT_EQ(server.cli("GET", "bidwell:budget:making"), "somebody");
}

TEST(RedisLedger, KnowsNothingAfterItWasLost) {
  RedisServer server;
  auto options = options_of(server);
  options.timeout = std::chrono::seconds(1);
  RedisLedger ledger(options);
  ledger.make({}, {});
  settle(ledger, "me", statement_of("shoes", 1, 0, 100));
  server.kill();
  EXPECT_THROW(settle(ledger, "me", statement_of("shoes", 1, 50, 100)), LedgerAway);
  server.start();
  EXPECT_THROW(settle(ledger, "me", statement_of("shoes", 1, 50, 100)), LedgerMissing);
  ledger.make({}, {});
  EXPECT_TRUE(settle(ledger, "me", statement_of("shoes", 1, 50, 100)).lost);

  server.cli("FLUSHALL");
  EXPECT_THROW(settle(ledger, "me", statement_of("shoes", 2, 0, 100)), LedgerMissing);
}

TEST(RedisLedger, ContinuesWhereItsFileSaysAfterARestart) {
  RedisServer server({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
  RedisLedger ledger(options_of(server));
  ledger.make({}, {});
  settle(ledger, "me", statement_of("shoes", 1, 0, 100));
  const Resolved bill = bill_of(kBid, 5);
  const Advance advance{"journal", 0, 9};
  ledger.confirm({&bill, 1}, {&advance, 1});
  server.kill();
  server.start();
  const Standing standing = settle(ledger, "me", statement_of("shoes", 1, 50, 300));
  EXPECT_FALSE(standing.lost);
  EXPECT_EQ(standing.granted, 100 + (1'000 - 5 - 50 - 50) / 8);
  EXPECT_EQ(standing.open, 50);
  EXPECT_THROW(ledger.confirm({&bill, 1}, {&advance, 1}), JournalMoved);
  const Advance on{"journal", 9, 10};
  ledger.confirm({&bill, 1}, {&on, 1});
  EXPECT_EQ(ledger.spent("shoes").in_all, 5);
}

TEST(RedisLedger, AKeyOfAnotherTypeStopsItBeforeItDidAnything) {
  RedisServer server;
  RedisLedger ledger(options_of(server));
  ledger.make({}, {});
  const Resolved bills[] = {bill_of(kBid, 5), {"abcdefghijkl", "socks", 1, bill_of(kBid, 0).bid_at, 3, 2}};
  const Advance advance{"journal", 0, 9};
  server.cli("SET", "bidwell:budget:spent socks", "no hash");
  EXPECT_THAT(what_of<LedgerAway>([&] { ledger.confirm(bills, {&advance, 1}); }), HasSubstr("WRONGTYPE"));
  EXPECT_EQ(ledger.spent("shoes").in_all, 0);
  EXPECT_EQ(ledger.positions({{"journal"}}).at(0), 0);
  server.cli("DEL", "bidwell:budget:spent socks");
  ledger.confirm(bills, {&advance, 1});
  EXPECT_EQ(ledger.spent("shoes").in_all, 5);
  EXPECT_EQ(ledger.spent("socks").in_all, 2);

  server.cli("SET", "bidwell:budget:ledger", "2");
  EXPECT_THAT(what_of<LedgerAway>([&] { ledger.confirm({}, {}); }), HasSubstr("another version"));
}

TEST(RedisLedger, SettlesMoreThanOneCallTakes) {
  RedisServer server;
  RedisLedger ledger(options_of(server));
  ledger.make({}, {});
  std::vector<std::string> names;
  std::vector<Statement> statements;
  for (int i = 0; i < 600; ++i) names.push_back(std::to_string(i));
  for (const std::string& name : names) statements.push_back(statement_of(name, 1, 0, 1 + std::stoi(name) % 100));
  const auto standings = ledger.settle("me", statements);
  ASSERT_EQ(standings.size(), 600);
  for (std::size_t i = 0; i < 600; ++i) EXPECT_EQ(standings[i].granted, 1 + static_cast<Nanos>(i % 100));
  EXPECT_TRUE(ledger.settle("me", {}).empty());
}

TEST(RedisLedger, GivesUpInTimeAndGoesOnLater) {
  RedisServer server;
  auto options = options_of(server);
  options.timeout = std::chrono::milliseconds(100);
  RedisLedger ledger(options);
  RedisLedger(options_of(server)).make({}, {});
  ASSERT_TRUE(ledger.exists());
  server.pause();
  EXPECT_THAT(what_of<LedgerAway>([&] { settle(ledger, "me", statement_of("shoes", 1, 0, 100)); }), HasSubstr("Redis"));
  EXPECT_THROW(RedisLedger(options).exists(), LedgerAway);  // nor is one that is not connected yet held up
  server.resume();
  Standing standing;
  for (int i = 0; i < 100 && standing.granted == 0; ++i) {  // busy with what it was asked meanwhile
    try {
      standing = settle(ledger, "me", statement_of("shoes", 1, 0, 100));
    } catch (const LedgerAway&) {
    }
  }
  EXPECT_EQ(standing.granted, 100);
  EXPECT_EQ(standing.leased, 100);
}

TEST(RedisLedger, SaysWhyThereIsNoConnection) {
  RedisLedger::Options options;
  options.redis.unix_path = "/nowhere/redis.sock";
  options.timeout = std::chrono::milliseconds(50);
  RedisLedger ledger(options);
  EXPECT_THAT(what_of<LedgerAway>([&] { ledger.exists(); }), HasSubstr("No such file"));
}

TEST(RedisLedger, IsInterrupted) {
  RedisServer server;
  RedisLedger ledger(options_of(server));
  ASSERT_FALSE(ledger.exists());
  server.pause();
  auto waiting = std::async(std::launch::async, [&] { return what_of<LedgerAway>([&] { ledger.exists(); }); });
  ledger.interrupt();
  EXPECT_THAT(waiting.get(), HasSubstr("interrupted"));
  EXPECT_THROW(ledger.exists(), LedgerAway);
}

TEST(RedisLedger, ComplainsOfKeysThatMayBeEvicted) {
  for (const char* policy : {"allkeys-lru", "volatile-lru", "noeviction"}) {
    RedisServer server({.arguments = {"--maxmemory-policy", policy}});
    auto options = options_of(server);
    std::string said;
    options.log = [&](const std::string& line) { said += line; };
    RedisLedger ledger(options);
    ledger.exists();
    ledger.exists();
    EXPECT_EQ(said.find("evict") != std::string::npos, std::string_view(policy) == "allkeys-lru") << said;
  }
}

TEST(RedisLedger, SaysNothingWhereItMayNotLook) {
  RedisServer server;
  server.cli("ACL", "SETUSER", "default", "-config");
  auto options = options_of(server);
  std::string said;
  options.log = [&](const std::string& line) { said += line; };
  RedisLedger ledger(options);
  ledger.exists();
  EXPECT_FALSE(ledger.exists());
  EXPECT_EQ(said, "");
}

TEST(RedisLedger, IsMadeWithMoreJournalsThanOneCallTakesAndForgetsThem) {
  RedisServer server({.arguments = {"--client-query-buffer-limit", "1mb"}});  // all of them take two
  auto options = options_of(server);
  options.redis.reply_bytes_max = 1 << 20;
  RedisLedger ledger(options);
  std::vector<Advance> positions;
  std::vector<std::string> old;
  for (std::uint64_t i = 0; i < 60'000; ++i) {
    positions.push_back({fmt::format("20260101T000000Z-{:06}", i), 0, i + 1});
    if (i % 3 != 0) old.push_back(positions.back().journal);
  }
  ASSERT_TRUE(ledger.make({}, positions));
  const std::vector<Advance> advances = ledger.advances();
  ASSERT_EQ(advances.size(), 60'000);
  EXPECT_EQ(advances[59'999].journal, "20260101T000000Z-059999");
  EXPECT_EQ(advances[59'999].to, 60'000);
  ledger.forget(old);
  ledger.forget({});
  EXPECT_EQ(ledger.advances().size(), 20'000);
  EXPECT_EQ(ledger.positions({{old[0], positions[3].journal}}), (std::vector<std::uint64_t>{0, 4}));
}

TEST(RedisLedger, LeavesALedgerAloneWhosePrefixBeginsLikeItsOwn) {
  RedisServer server;
  auto options = options_of(server);
  options.prefix = "hand:";
  RedisLedger ledger(options);
  options.prefix = "hand:eu:";
  RedisLedger nested(options);
  for (RedisLedger* each : {&ledger, &nested}) {
    each->make({}, {});
    const Resolved bill = bill_of(kBid, 5);
    const Advance advance{"journal", 0, 9};
    each->confirm({&bill, 1}, {&advance, 1});
    settle(*each, "me", statement_of("shoes", 1, 0, 100));
  }
  const auto keys = [&](const char* pattern) {
    const std::string all = server.cli("KEYS", pattern);
    return std::count(all.begin(), all.end(), '\n');
  };
  const auto of_both = keys("hand:*");
  server.cli("DEL", "hand:ledger");
  ASSERT_TRUE(ledger.make({}, {}));
  EXPECT_EQ(keys("hand:*"), of_both / 2 + 1);  // the other's, and a marker
  EXPECT_EQ(nested.spent("shoes").in_all, 5);
  EXPECT_EQ(settle(nested, "me", statement_of("shoes", 1, 50, 100)).granted, 100);
  EXPECT_TRUE(ledger.accounts().empty());
}

TEST(RedisLedger, KeepsLimitsThatWereSetByHandWhereOnlyTheMarkerIsGone) {
  RedisServer server;
  RedisLedger ledger(options_of(server));
  ledger.make({}, {});
  ledger.set_limits("shoes", {70, std::nullopt});
  ledger.set_limits("a *[b]", {std::nullopt, 60});
  ledger.set_limits("hats", {});
  settle(ledger, "me", statement_of("shoes", 1, 0, 50));
  server.cli("SET", "bidwell:budget:account odd", "of another type");
  server.cli("DEL", "bidwell:budget:ledger");
  const std::pair<std::string, Spent> truth[] = {{"shoes", {30, {}, {{20'000, 20}}}}, {"socks", {1, {}, {}}}};
  ASSERT_TRUE(ledger.make(truth, {}));
  std::map<std::string, Limits> by_hand;
  for (const AccountState& account : ledger.accounts()) by_hand[account.campaign] = account.by_hand;
  EXPECT_EQ(by_hand, (std::map<std::string, Limits>{
                         {"a *[b]", {std::nullopt, 60}}, {"shoes", {70, std::nullopt}}, {"socks", {}}}));
  const Standing standing = settle(ledger, "me", statement_of("shoes", 2, 0, 50));
  EXPECT_EQ(standing.spent, 30);
  EXPECT_EQ(standing.leased, standing.granted);
  EXPECT_EQ(standing.limits, (Limits{70, 1'000}));
}

TEST(RedisLedger, AClaimIsOfOneUntilItIsGivenBackOrRunsOut) {
  RedisServer server;
  RedisLedger one(options_of(server)), other(options_of(server));
  EXPECT_TRUE(one.claim("make", std::chrono::seconds(60)));  // there is no ledger
  EXPECT_FALSE(other.claim("make", std::chrono::seconds(60)));
  EXPECT_TRUE(other.claim("reconcile", std::chrono::seconds(60)));
  EXPECT_GT(std::stoll(server.cli("PTTL", "bidwell:budget:claim make")), 50'000);
  other.disclaim("make");  // not his
  EXPECT_FALSE(other.claim("make", std::chrono::seconds(60)));
  EXPECT_TRUE(one.make({}, {}));
  EXPECT_FALSE(other.claim("make", std::chrono::seconds(60)));
  one.disclaim("make");
  EXPECT_TRUE(other.claim("make", std::chrono::seconds(60)));
  server.cli("DEL", "bidwell:budget:claim make");  // as when it ran out
  EXPECT_TRUE(one.claim("make", std::chrono::seconds(60)));
  other.disclaim("make");
  EXPECT_FALSE(other.claim("make", std::chrono::seconds(60)));
}

TEST(RedisLedger, OneCampaignThatRedisStumblesOverStopsNoOther) {
  RedisServer server;
  auto options = options_of(server);
  std::string said;
  options.log = [&](const std::string& line) { said += line + "\n"; };
  RedisLedger ledger(options);
  ledger.make({}, {});
  std::vector<std::string> names;
  std::vector<Statement> statements;
  for (int i = 0; i < 600; ++i) names.push_back(std::to_string(i));
  for (const std::string& name : names) statements.push_back(statement_of(name, 1, 0, 100));
  ledger.settle("me", statements);
  for (Statement& statement : statements) statement.used = 40, statement.wanted = 140;
  server.cli("DEL", "bidwell:budget:open 77");
  server.cli("SET", "bidwell:budget:open 77", "no hash");
  for (int round = 0; round < 2; ++round) {
    const auto standings = ledger.settle("me", statements);
    for (std::size_t i = 0; i < 600; ++i) {
      EXPECT_EQ(standings[i].lost, i == 77);
      EXPECT_EQ(standings[i].granted, i == 77 ? 0 : 140);
      EXPECT_EQ(standings[i].used, i == 77 ? 0 : 40);
    }
  }
  EXPECT_THAT(said, HasSubstr("the campaign 77 gets no money: Redis: WRONGTYPE"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);

  // Alone it is the ledger that does not work.
  EXPECT_THROW(settle(ledger, "me", statements[77]), LedgerAway);
  // Once it can be read the lease that it had is open, whatever was used of it, and the next one is granted.
  server.cli("DEL", "bidwell:budget:open 77");
  const Standing standing = settle(ledger, "me", statement_of("77", 2, 0, 100));
  EXPECT_EQ(standing.open, 100);
  EXPECT_EQ(standing.granted, 100);
}

TEST(RedisLedger, AsksNotForEachCampaignWhereRedisTakesNothing) {
  RedisServer server({.arguments = {"--maxmemory-policy", "noeviction"}});
  RedisLedger ledger(options_of(server));
  ledger.make({}, {});
  const Statement statements[] = {statement_of("shoes", 1, 0, 100), statement_of("socks", 1, 0, 100)};
  ledger.settle("me", statements);
  server.cli("CONFIG", "SET", "maxmemory", "1");
  server.cli("CONFIG", "RESETSTAT");
  EXPECT_THAT(what_of<LedgerAway>([&] { ledger.settle("me", statements); }), HasSubstr("OOM"));
  EXPECT_THAT(server.cli("INFO", "commandstats"), HasSubstr("cmdstat_evalsha:calls=1,"));
}

}  // namespace
}  // namespace bidwell::budget
