// How a database gets its schema, whoever else is at it, and what a role with few rights can do.
#include "events/postgres_schema.h"
#include <algorithm>

#include <latch>
#include <thread>

#include "events/postgres_session.h"
#include "tests/events/postgres_rig.h"

namespace bidwell::events {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class PostgresSchemaTest : public PostgresSinkTest {};

TEST_F(PostgresSchemaTest, TwentyInstancesStartAtOnce) {
  constexpr int kInstances = 20;
  std::latch begin(kInstances);
  std::vector<std::thread> threads;
  for (int i = 0; i < kInstances; ++i) {
    threads.emplace_back([&, i] {
      PostgresSink sink(options());
      const std::string journal = "run/" + std::to_string(i);
      begin.arrive_and_wait();
      try {
        sink.positions(std::vector{journal});
        sink.tend(at_ms(kNowMs));
        sink.take(
            batch({bid(static_cast<std::uint64_t>(i)), notice(Kind::win, 1, 5, kNowMs - i * kDayMs)}, 0, journal));
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ask("SELECT version FROM bidwell.migrations ORDER BY 1"), "1\n2\n3");
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM bidwell.bids), (SELECT count(*) FROM bidwell.notices)"), "20|20");
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.days"), "23");
}

TEST_F(PostgresSchemaTest, GoesOnFromAnOlderVersion) {
  Session session(server().url(), std::chrono::seconds(10));
  migrate(session.connection(), migrations().first(1));
  EXPECT_EQ(ask("SELECT version, name FROM bidwell.migrations"), "1|tables");
  PostgresSink sink(options());
  sink.take(batch({bid(1)}));
  EXPECT_EQ(ask("SELECT version, name FROM bidwell.migrations ORDER BY 1"), "1|tables\n2|views\n3|budgets");
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.outcomes"), "1");
}

TEST_F(PostgresSchemaTest, AMigrationThatFailsChangesNothing) {
  Session session(server().url(), std::chrono::seconds(10));
  const Migration broken[] = {migrations()[0], {"broken", "CREATE TABLE bidwell.half (); SELECT 1 / 0"}};
  EXPECT_THROW(migrate(session.connection(), broken), pqxx::sql_error);
  EXPECT_EQ(ask("SELECT max(version), to_regclass('bidwell.half') FROM bidwell.migrations"), "1|-");
}

TEST_F(PostgresSchemaTest, ANewerDatabaseIsAClearError) {
  PostgresSink sink(options());
  sink.take(batch({bid(1)}));
  server().execute("INSERT INTO bidwell.migrations VALUES (99, 'of the future')");
  PostgresSink old(options());
  EXPECT_THAT([&] { old.take(batch({bid(2)}, 1)); },
              ThrowsMessage<std::runtime_error>(HasSubstr("schema bidwell has version 99, this program knows 3")));
  EXPECT_EQ(old.counters().connect_failures.value(), 1U);
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "1");
}

class PostgresRightsTest : public PostgresSinkTest {
 protected:
  void SetUp() override {
    PostgresSinkTest::SetUp();
    server().execute("DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN END $$");
  }
  static void grant() {
    server().execute("GRANT USAGE ON SCHEMA bidwell TO guest");
    server().execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bidwell TO guest");
  }
  PostgresSinkOptions guest() {
    PostgresSinkOptions made = options();
    made.url += " user=guest";
    return made;
  }
};

TEST_F(PostgresRightsTest, WorksWithoutTheRightToCreateWhenAllIsThere) {
  PostgresSink owner(options());
  owner.tend(at_ms(kNowMs));
  grant();
  PostgresSink sink(guest());
  sink.take(batch({bid(1), notice(Kind::win, 1), notice(Kind::win, 1)}));
  sink.take(batch({notice(Kind::win, 1)}, 3));
  sink.tend(at_ms(kNowMs));
  EXPECT_EQ(sink.counters().repeats.value(), 2U);
  // A day that is not there, and that it may not make.
  for (int minute = 0; minute < 5; ++minute) sink.tend(at_ms(kNowMs + kDayMs + minute * 61'000));
  EXPECT_EQ(std::count_if(log_.begin(), log_.end(),
                          [](const std::string& line) { return line.find("making partitions:") != line.npos; }),
            1);
  // Those of a notice's age are there; older ones are set aside, alone.
  sink.take(batch({bid(2, kNowMs - 7 * kDayMs), bid(3, kNowMs - 10 * kDayMs), notice(Kind::win, 2)}, 4));
  EXPECT_EQ(ask("SELECT position, reason FROM bidwell.rejected"),
            "5|ERROR:  no partition of relation \"bids\" found for row");
  EXPECT_EQ(ask("SELECT position FROM bidwell.journal_position"), "7");
  // Once the owner has made it, it is met.
  owner.take(batch({bid(4, kNowMs - 10 * kDayMs)}, 0, "run/1"));
  sink.take(batch({bid(3, kNowMs - 10 * kDayMs)}, 7));
  EXPECT_EQ(sink.counters().set_aside.value(), 1U);
  EXPECT_EQ(sink.counters().connects.value(), 1U);
}

TEST_F(PostgresRightsTest, NothingIsSetAsideForWantOfARight) {
  PostgresSink owner(options());
  owner.tend(at_ms(kNowMs));
  server().execute("GRANT USAGE ON SCHEMA bidwell TO guest");
  server().execute("GRANT SELECT ON ALL TABLES IN SCHEMA bidwell TO guest");
  PostgresSink sink(guest());
  EXPECT_EQ(sink.positions(std::vector<std::string>{"run/0"})[0], 0U);
  EXPECT_THROW(sink.take(batch({bid(1)})), pqxx::sql_error);
  server().execute("GRANT SELECT, INSERT, UPDATE ON bidwell.journal_position, bidwell.rejected TO guest");
  EXPECT_THROW(sink.take(batch({bid(1)})), pqxx::sql_error);
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.rejected"), "0");
  grant();
  sink.take(batch({bid(1)}));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "1");
}

TEST_F(PostgresRightsTest, ADatabaseMadeReadOnlyIsWaitedFor) {
  PostgresSink sink(options());
  sink.take(batch({bid(1)}));
  server().execute("ALTER SYSTEM SET default_transaction_read_only = on");
  server().execute("SELECT pg_reload_conf()");
  // The setting reaches a connection between two of its transactions.
  EXPECT_THROW(
      {
        for (std::uint64_t i = 1; i < 1000; ++i) sink.take(batch({bid(i + 1)}, i));
      },
      pqxx::sql_error);
  const std::uint64_t from = std::stoull(ask("SELECT position FROM bidwell.journal_position"));
  EXPECT_THROW(sink.take(batch({bid(from + 1), notice(Kind::bill, 1)}, from)), pqxx::sql_error);
  {
    pqxx::connection writable(server().url() + " options='-c default_transaction_read_only=off'");
    pqxx::nontransaction(writable).exec0("ALTER SYSTEM RESET default_transaction_read_only");
    pqxx::nontransaction(writable).exec("SELECT pg_reload_conf()");
  }
  while (ask("SHOW default_transaction_read_only") != "off") std::this_thread::yield();
  EXPECT_EQ(sink.positions(std::vector<std::string>{"run/0"})[0], from);
  sink.take(batch({bid(from + 1), notice(Kind::bill, 1)}, from));
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT bid_id) FROM bidwell.bids"), fmt::format("{0}|{0}", from + 1));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.rejected"), "0");
}

}  // namespace
}  // namespace bidwell::events
