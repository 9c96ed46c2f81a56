// PostgreSQL as an origin, on a server of the test's own.
#include "bidwell/profile/postgres.h"

#include <gmock/gmock.h>

#include <future>
#include <mutex>

#include "bidwell/profile/place.h"
#include "profile/postgres_table.h"
#include "tests/profile/postgres_server.h"

namespace bidwell::profile {
namespace {

using bidwell::testing::PostgresServer;
using cache::Key;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::HasSubstr;

class PostgresTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresServer>(); }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override { server_->execute("DROP SCHEMA IF EXISTS bidwell CASCADE"); }

  PostgresOptions options() {
    PostgresOptions made;
    made.url = server_->url();
    made.threads = 1;
    made.backoff_min = made.backoff_max = milliseconds(1);
    made.log = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      log_.push_back(line);
    };
    return made;
  }

  static void put(const Key& key, std::string_view bytes) {
    server_->execute("INSERT INTO bidwell.profiles VALUES ('" + bytea_of(key) + "', '" + bytea_of(bytes) + "')");
  }

  // The one that all share; made once, as that takes long.
  static inline std::unique_ptr<PostgresServer> server_;

  std::mutex mutex_;
  std::vector<std::string> log_;
};

std::vector<cache::Loaded> load(PostgresOrigin& origin, const std::vector<Key>& keys) {
  std::vector<cache::Slot> slots;
  for (const Key& key : keys) slots.push_back({0, key});
  std::promise<std::vector<cache::Loaded>> answer;
  origin.load(std::move(slots), [&](std::vector<cache::Loaded> loaded) { answer.set_value(std::move(loaded)); });
  return answer.get_future().get();
}

// Until it answers: after a failure it waits for its backoff.
std::vector<cache::Loaded> load_patiently(PostgresOrigin& origin, const std::vector<Key>& keys) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    auto loaded = load(origin, keys);
    if (!loaded.empty()) return loaded;
    std::this_thread::yield();
  }
  return {};
}

TEST_F(PostgresTest, MakesItsTableAndAnswersInTheOrderOfTheSlots) {
  PostgresOrigin origin(options());
  const auto none = load(origin, {{1, 1}});
  ASSERT_EQ(none.size(), 1U);
  EXPECT_FALSE(none[0].found);

  const std::string bytes("\x01\0\xff'\"\\", 6);
  put({1, 2}, bytes);
  put({~0ULL, 3}, "high");
  const auto loaded = load(origin, {{~0ULL, 3}, {7, 7}, {1, 2}, {1, 2}});
  ASSERT_EQ(loaded.size(), 4U);
  EXPECT_EQ(loaded[0].bytes, "high");
  EXPECT_FALSE(loaded[1].found);
  EXPECT_TRUE(loaded[2].found);
  EXPECT_EQ(loaded[2].bytes, bytes);
  EXPECT_EQ(loaded[3].bytes, bytes);
  EXPECT_EQ(origin.counters(0).calls.value(), 2U);
  EXPECT_EQ(origin.counters(0).keys.value(), 5U);
  EXPECT_EQ(origin.counters(0).found.value(), 3U);
  EXPECT_EQ(origin.counters(0).connects.value(), 1U);
}

TEST_F(PostgresTest, AManyKeysQuery) {
  PostgresOrigin origin(options());
  load(origin, {{0, 0}});
  server_->execute(
      "INSERT INTO bidwell.profiles SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), decode(to_hex(i + 4096), 'hex') "
      "FROM generate_series(1, 1000) i");
  std::vector<Key> keys;
  for (std::uint64_t i = 1; i <= 2000; ++i) keys.push_back({0, i});
  const auto loaded = load(origin, keys);
  ASSERT_EQ(loaded.size(), 2000U);
  for (std::size_t i = 0; i < 2000; ++i) EXPECT_EQ(loaded[i].found, i < 1000) << i;
  EXPECT_EQ(bytea_of(loaded[0x122].bytes), "\\x1123");
}

TEST_F(PostgresTest, TwoThreadsAnswerAtOnce) {
  PostgresOptions two = options();
  two.threads = 2;
  PostgresOrigin origin(two);
  // The one call is held in its callback until the other has been answered.
  std::promise<void> other;
  std::promise<std::size_t> held;
  origin.load({{0, {1, 1}}}, [&](auto loaded) {
    other.get_future().wait();
    held.set_value(loaded.size());
  });
  EXPECT_EQ(load(origin, {{2, 2}}).size(), 1U);
  other.set_value();
  EXPECT_EQ(held.get_future().get(), 1U);
}

TEST_F(PostgresTest, ComesBackAfterTheServerWasGone) {
  PostgresOrigin origin(options());
  ASSERT_EQ(load(origin, {{1, 1}}).size(), 1U);
  server_->stop();
  EXPECT_EQ(load(origin, {{1, 1}}).size(), 0U) << "the connection broke";
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (origin.counters(0).connect_failures.value() == 0 && std::chrono::steady_clock::now() < end) {
    EXPECT_EQ(load(origin, {{1, 1}}).size(), 0U);
  }
  server_->start();
  EXPECT_EQ(load_patiently(origin, {{1, 1}}).size(), 1U);
  EXPECT_EQ(origin.counters(0).connects.value(), 2U);
  EXPECT_GE(origin.counters(0).failures.value(), 2U);
  const std::lock_guard lock(mutex_);
  for (const std::string& line : log_) EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

TEST_F(PostgresTest, ASlowStatementIsGivenUp) {
  PostgresOptions quick = options();
  quick.statement_timeout = milliseconds(20);
  PostgresOrigin origin(quick);
  ASSERT_EQ(load(origin, {{1, 1}}).size(), 1U);
  {
    pqxx::connection blocker(server_->url());
    pqxx::work work(blocker);
    work.exec0("LOCK TABLE bidwell.profiles IN ACCESS EXCLUSIVE MODE");
    EXPECT_EQ(load(origin, {{1, 1}}).size(), 0U);
  }
  EXPECT_EQ(load(origin, {{1, 1}}).size(), 1U) << "on the same connection";
  EXPECT_EQ(origin.counters(0).connects.value(), 1U);
  const std::lock_guard lock(mutex_);
  EXPECT_THAT(log_, Contains(HasSubstr("statement timeout")));
}

TEST_F(PostgresTest, MayHaveNoRightToMakeTheTable) {
  server_->execute("DROP ROLE IF EXISTS guest");
  server_->execute("CREATE ROLE guest LOGIN");
  PostgresOptions guest = options();
  guest.url += " user=guest";
  PostgresOrigin origin(guest);
  EXPECT_EQ(load(origin, {{1, 1}}).size(), 0U);
  server_->execute("CREATE SCHEMA bidwell");
  server_->execute("CREATE TABLE bidwell.profiles (key bytea PRIMARY KEY, profile bytea NOT NULL)");
  server_->execute("GRANT USAGE ON SCHEMA bidwell TO guest");
  server_->execute("GRANT SELECT ON bidwell.profiles TO guest");
  EXPECT_EQ(load_patiently(origin, {{1, 1}}).size(), 1U);
}

TEST_F(PostgresTest, RefusesMoreThanItsQueueHolds) {
  PostgresOptions narrow = options();
  narrow.waiting_max = 1;
  PostgresOrigin origin(narrow);
  std::promise<void> begun, hold;
  std::promise<std::size_t> waited;
  origin.load({{0, {1, 1}}}, [&](auto) {
    begun.set_value();
    hold.get_future().wait();
  });
  begun.get_future().wait();
  origin.load({{0, {1, 1}}}, [&](auto loaded) { waited.set_value(loaded.size()); });
  EXPECT_EQ(load(origin, {{1, 1}}).size(), 0U);
  EXPECT_EQ(origin.refused(), 1U);
  hold.set_value();
  EXPECT_EQ(waited.get_future().get(), 1U);
}

class PostgresPlaceTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    place_ = postgres_place(server_->url());
  }
  void load(const std::vector<Row>& rows, bool replace = false, bool finish = true) {
    const auto loader = place_->load(replace);
    loader->put(rows);
    if (finish) loader->finish();
  }
  std::string find(const Key& key) {
    const auto standing = place_->find(key);
    return standing ? standing->profile : "absent";
  }
  std::unique_ptr<Place> place_;
};

TEST_F(PostgresPlaceTest, LoadsFindsAndRemoves) {
  const std::string bytes("\x01\0\n\t\\\xff", 6);
  load({{{1, 1}, "one"}, {{2, 2}, bytes}, {{1, 1}, "one again"}});
  EXPECT_EQ(find({1, 1}), "one again") << "the last row of a key counts";
  EXPECT_EQ(find({2, 2}), bytes);
  EXPECT_EQ(find({3, 3}), "absent");
  EXPECT_THAT(place_->find({1, 1})->note, ::testing::MatchesRegex("updated 20[0-9T:-]+Z"));
  load({{{2, 2}, "two"}, {{3, 3}, "three"}});
  EXPECT_EQ(find({1, 1}), "one again");
  EXPECT_EQ(find({2, 2}), "two");
  EXPECT_TRUE(place_->remove({2, 2}));
  EXPECT_FALSE(place_->remove({2, 2}));
  EXPECT_EQ(find({2, 2}), "absent");
  PostgresOrigin origin(options());
  EXPECT_EQ(profile::load(origin, {{3, 3}}).at(0).bytes, "three") << "what the origin reads";
}

TEST_F(PostgresPlaceTest, AllOfALoadOrNothing) {
  load({{{1, 1}, "one"}});
  load({{{1, 1}, "two"}, {{2, 2}, "two"}}, false, false);
  EXPECT_EQ(find({1, 1}), "one");
  EXPECT_EQ(find({2, 2}), "absent");
  load({{{3, 3}, "three"}}, true);
  EXPECT_EQ(find({1, 1}), "absent") << "replaced";
  EXPECT_EQ(find({3, 3}), "three");
}

}  // namespace
}  // namespace bidwell::profile
