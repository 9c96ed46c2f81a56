// What the PostgreSQL sink stores, and that it stores it once.
#include <thread>

#include "tests/events/postgres_rig.h"

namespace bidwell::events {
namespace {

using ::testing::HasSubstr;

TEST_F(PostgresSinkTest, StoresBidsAndNoticesWithTheirPosition) {
  PostgresSink sink(options());
  const std::vector<std::string> journals = {"run/0", "ru\"n\\/1"};
  EXPECT_EQ(sink.positions(journals), (std::vector<std::uint64_t>{0, 0}));
  Event full = bid(0xabcdef);
  full.deal_id = "deal\t\\1\n\r\"quoted\"";
  full.user[0] = 0xfe, full.user[15] = 1;
  full.sampled_ppm = 10'000;
  Event loss = notice(Kind::loss, 0xabcdef);
  loss.loss_reason = 102, loss.min_to_win = 3'000'001, loss.late = true, loss.currency = currency_code("EUR");
  loss.price_max = kNoPrice;
  Event shown = notice(Kind::imp, 7);
  shown.client = "203.0.113.0/24";
  Event bill = notice(Kind::bill, 2, 2'000'000);
  bill.reserved = 2'500'000, bill.spend = 1'700'000, bill.budget_currency = currency_code("JPY");
  sink.take(batch({full, bid(2), bill, loss, shown}, 0, journals[1]));

  EXPECT_EQ(
      ask("SELECT * FROM bidwell.bids ORDER BY bid_id DESC"),
      "2026-11-20 10:00:00+00|2500000|10000|USD|000000000000000000abcdef|demo|c1|cr1|a1|1|deal\t\\1\n\r\"quoted\"|"
      "\\xfe000000000000000000000000000001\n"
      "2026-11-20 10:00:00+00|2500000|1000000|USD|000000000000000000000002|demo|c1|cr1|a1|1|-|-");
  EXPECT_EQ(ask("SELECT * FROM bidwell.notices ORDER BY kind"),
            "2026-11-20 10:00:00+00|2026-11-20 10:00:01.5+00|2000000|2500000|-|-|f|bill|USD|000000000000000000000002|"
            "demo|c1|cr1|1|-|-|1700000|JPY\n"
            "2026-11-20 10:00:00+00|2026-11-20 10:00:01.5+00|-|2500000|-|-|f|imp|USD|000000000000000000000007|"
            "demo|c1|cr1|1|203.0.113.0/24|-|-|-\n"
            "2026-11-20 10:00:00+00|2026-11-20 10:00:01.5+00|-|-|3000001|102|t|loss|EUR|000000000000000000abcdef|"
            "demo|c1|cr1|1|-|-|-|-");
  EXPECT_EQ(sink.stored(journals[1]), 5U);
  EXPECT_EQ(sink.stored(journals[0]), 0U);
  EXPECT_EQ(sink.counters().bids.value(), 2U);
  EXPECT_EQ(sink.counters().notices.value(), 3U);
  EXPECT_EQ(sink.counters().connects.value(), 1U);

  PostgresSink after_restart(options());
  EXPECT_EQ(after_restart.positions(journals), (std::vector<std::uint64_t>{0, 5}));
}

TEST_F(PostgresSinkTest, AnEmptyBatchMovesThePosition) {
  PostgresSink sink(options());
  sink.take(batch({bid(1)}));
  Batch gap;
  gap.advances.push_back({"run/0", 1, 4096});
  sink.take(gap);
  EXPECT_EQ(ask("SELECT position FROM bidwell.journal_position"), "4096");
}

TEST_F(PostgresSinkTest, WhatSomebodyElseHasStoredIsNotStoredAgain) {
  PostgresSink sink(options()), other(options());
  sink.take(batch({bid(1)}));
  EXPECT_THROW(other.take(batch({bid(1)})), PositionMoved);
  sink.take(batch({bid(2)}, 1));
  EXPECT_THROW(other.take(batch({bid(2), bid(3)}, 1)), PositionMoved);
  EXPECT_THROW(other.take(batch({bid(9)}, 77, "never seen")), PositionMoved);
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "2");
  EXPECT_EQ(other.positions(std::vector<std::string>{"run/0"})[0], 2U);
  other.take(batch({bid(3)}, 2));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "3");
  EXPECT_EQ(other.counters().connects.value(), 1U);
}

// Of two journals in a batch the second one is not where it should be: nothing of the first is stored either.
TEST_F(PostgresSinkTest, ABatchIsStoredWholeOrNotAtAll) {
  PostgresSink sink(options());
  Batch two = batch({bid(1), notice(Kind::win, 1)});
  two.advances.push_back({"run/1", 5, 6});
  EXPECT_THROW(sink.take(two), PositionMoved);
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM bidwell.bids), (SELECT count(*) FROM bidwell.notices), "
                "(SELECT count(*) FROM bidwell.journal_position)"),
            "0|0|0");
}

TEST_F(PostgresSinkTest, ANoticeIsStoredOnce) {
  PostgresSink sink(options());
  Event first = notice(Kind::bill, 1, 1'000'000);
  Event repeat = first;
  repeat.at_us += 5'000'000, repeat.price = 9;
  // In one batch, with another kind and another bid between; the first counts.
  sink.take(batch({first, notice(Kind::win, 1), repeat, notice(Kind::bill, 2), repeat}));
  // In later ones: straight into the table fails, the stage takes what is new.
  sink.take(batch({notice(Kind::bill, 3), repeat}, 5));
  sink.take(batch({repeat}, 7));
  EXPECT_EQ(ask("SELECT bid_id, kind, price_micros FROM bidwell.notices ORDER BY 1, 2"),
            "000000000000000000000001|bill|1000000\n000000000000000000000001|win|-\n"
            "000000000000000000000002|bill|-\n000000000000000000000003|bill|-");
  EXPECT_EQ(sink.counters().notices.value(), 4U);
  EXPECT_EQ(sink.counters().repeats.value(), 4U);
}

TEST_F(PostgresSinkTest, GoesStraightAgainAfterCleanBatches) {
  PostgresSink sink(options());
  sink.take(batch({notice(Kind::win, 0)}));
  for (std::uint64_t i = 1; i < 40; ++i) sink.take(batch({notice(Kind::win, i == 1 ? 0 : i)}, i));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.notices"), "39");
  sink.take(batch({notice(Kind::win, 5), notice(Kind::win, 100)}, 40));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.notices"), "40");
  EXPECT_EQ(sink.counters().repeats.value(), 2U);
}

TEST_F(PostgresSinkTest, RepeatsThroughSeveralInstancesAtOnce) {
  constexpr std::uint64_t kNotices = 4000;
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> stored{0}, repeats{0};
  for (unsigned instance = 0; instance < 4; ++instance) {
    threads.emplace_back([&, instance] {
      PostgresSink sink(options());
      const std::string journal = "run/" + std::to_string(instance);
      for (std::uint64_t from = 0; from < kNotices; from += 500) {
        std::vector<Event> events;
        for (std::uint64_t i = from; i < from + 500; ++i) {
          // Each instance in an order of its own.
          events.push_back(notice(Kind::bill, instance % 2 == 0 ? i : kNotices - 1 - i, 1'000));
        }
        for (;;) {
          try {
            sink.take(batch(events, from, journal));
            break;
          } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
            ASSERT_EQ(sink.positions(std::vector{journal})[0], from);
          }
        }
      }
      stored += sink.counters().notices.value();
      repeats += sink.counters().repeats.value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT bid_id), sum(price_micros) FROM bidwell.notices"),
            "4000|4000|4000000");
  EXPECT_EQ(stored, kNotices);
  EXPECT_EQ(repeats, 3 * kNotices);
}

// Two days' bids, one of them with a partition that is there, the other not.
TEST_F(PostgresSinkTest, RowsOfOtherDaysGetTheirPartition) {
  PostgresSink sink(options());
  sink.tend(at_ms(kNowMs));
  EXPECT_EQ(sink.counters().partitions_made.value(), 11U);  // 3 ahead, 7 back
  sink.take(batch({bid(1), notice(Kind::bill, 2, 5, kNowMs - 40 * kDayMs), bid(3, kNowMs - kDayMs)}));
  EXPECT_EQ(sink.counters().partitions_made.value(), 12U);
  EXPECT_EQ(ask("SELECT tableoid::regclass FROM bidwell.notices"), "bidwell.notices_20261011");
  EXPECT_EQ(ask("SELECT tableoid::regclass FROM bidwell.bids ORDER BY 1"),
            "bidwell.bids_20261119\nbidwell.bids_20261120");
  // The same bid's notices, whenever they come, meet the same key.
  sink.take(batch({notice(Kind::bill, 2, 6, kNowMs - 40 * kDayMs)}, 3));
  EXPECT_EQ(sink.counters().repeats.value(), 1U);
}

TEST_F(PostgresSinkTest, APartitionThatSomebodyDroppedIsMadeAgain) {
  PostgresSink sink(options());
  sink.take(batch({bid(1)}));
  server().execute("DROP TABLE bidwell.bids_20261120");
  sink.take(batch({bid(2), notice(Kind::win, 2)}, 1));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "1");
  EXPECT_EQ(sink.counters().set_aside.value(), 0U);
}

TEST_F(PostgresSinkTest, PartitionsOfOtherNamesAreLeftAlone) {
  PostgresSink sink(options());
  sink.tend(at_ms(kNowMs));
  server().execute("CREATE TABLE bidwell.bids_default PARTITION OF bidwell.bids DEFAULT");
  server().execute("CREATE TABLE bidwell.notices_of_old PARTITION OF bidwell.notices DEFAULT");
  PostgresSink another(options());
  another.take(batch({bid(1), bid(2, kNowMs - 5 * kDayMs), notice(Kind::win, 1)}));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.outcomes"), "2");
  EXPECT_EQ(ask("SELECT count(*) FROM ONLY bidwell.bids_default"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.spend WHERE day = '2026-11-20'"), "0");
}

PostgresSinkOptions real_time(PostgresSinkOptions options) {
  options.clock = {};
  return options;
}

TEST_F(PostgresSinkTest, OldPartitionsAndPositionsAreDropped) {
  PostgresSinkOptions month = real_time(options()), patient_options = real_time(options());
  const std::int64_t now = real_ms();
  month.retention_days = 30;
  PostgresSink sink(month);
  sink.take(batch({bid(1, now), bid(2, now - 30 * kDayMs), bid(3, now - 20 * kDayMs)}));
  // Made while the retention was longer; of one day somebody has removed half.
  PostgresSink patient(patient_options);
  patient.take(batch({bid(4, now - 31 * kDayMs), bid(5, now - 200 * kDayMs)}, 0, "run/1"));
  const auto partition = [&](const char* table, int age) {
    return ask(fmt::format("SELECT 'bidwell.{}_' || to_char(to_timestamp({}) - interval '{} days', 'YYYYMMDD')", table,
                           now / 1000, age));
  };
  server().execute("DROP TABLE " + partition("bids", 200));
  server().execute("ALTER TABLE bidwell.bids DETACH PARTITION " + partition("bids", 31));
  server().execute("INSERT INTO bidwell.journal_position VALUES ('gone/0', 7, now() - interval '50 days')");
  server().execute(
      "UPDATE bidwell.journal_position SET updated_at = now() - interval '50 days' WHERE journal = 'run/0'");
  server().execute(
      "INSERT INTO bidwell.rejected VALUES (now() - interval '50 days', 1, 'gone/0', 'old', ''), "
      "(now() - interval '1 day', 1, 'gone/0', 'new', '')");
  sink.tend(at_ms(now));
  EXPECT_EQ(sink.counters().partitions_dropped.value(), 2U);
  EXPECT_EQ(ask("SELECT bid_id FROM bidwell.bids ORDER BY 1"),
            "000000000000000000000001\n000000000000000000000002\n000000000000000000000003");
  EXPECT_EQ(ask("SELECT to_regclass('" + partition("notices", 31) + "')"), "-");
  EXPECT_EQ(ask("SELECT to_regclass('" + partition("notices", 200) + "')"), "-");
  EXPECT_EQ(ask("SELECT bid_id FROM " + partition("bids", 31)), "000000000000000000000004");  // theirs now
  EXPECT_EQ(ask("SELECT journal FROM bidwell.journal_position ORDER BY 1"), "run/0\nrun/1");
  EXPECT_EQ(ask("SELECT reason FROM bidwell.rejected"), "new");
  // What would make a partition only to have it dropped is set aside.
  sink.take(batch({bid(6, now - 32 * kDayMs)}, 3));
  EXPECT_EQ(sink.counters().set_aside.value(), 1U);
}

TEST_F(PostgresSinkTest, AReaderDoesNotMakeTheWritersWaitForTheRetention) {
  PostgresSinkOptions month = real_time(options());
  const std::int64_t now = real_ms();
  PostgresSink sink(month);
  sink.take(batch({bid(5, now - 200 * kDayMs)}));
  month.retention_days = 30;
  PostgresSink strict(month);
  {
    pqxx::connection reader(server().url());
    pqxx::work report(reader);
    report.exec("SELECT count(*) FROM bidwell.bids");
    strict.tend(at_ms(now));
    EXPECT_EQ(strict.counters().partitions_dropped.value(), 0U);
    EXPECT_THAT(log_, ::testing::Contains(HasSubstr("lock timeout")));
  }
  strict.tend(at_ms(now + 61'000));
  EXPECT_EQ(strict.counters().partitions_dropped.value(), 1U);
}

// The other's rows and position are there still; and once the clock is right what is old goes.
TEST_F(PostgresSinkTest, AClockThatIsWrongRemovesNothing) {
  PostgresSinkOptions week = real_time(options());
  const std::int64_t now = real_ms();
  PostgresSink patient(week);
  week.retention_days = 7;
  PostgresSink sink(week), ahead(week);
  sink.take(batch({bid(1, now), notice(Kind::bill, 1, 5, now)}, 0, "a/0"));
  patient.take(batch({bid(2, now - 20 * kDayMs)}, 0, "b/0"));
  for (const std::int64_t off : {30 * kDayMs, 30 * kDayMs + 61'000, 500 * kDayMs}) ahead.tend(at_ms(now + off));
  EXPECT_EQ(ahead.counters().partitions_dropped.value(), 0U);
  EXPECT_EQ(ask("SELECT journal FROM bidwell.journal_position ORDER BY 1"), "a/0\nb/0");
  EXPECT_THAT(log_, ::testing::ElementsAre(HasSubstr("clock")));
  sink.take(batch({bid(3, now)}, 2, "a/0"));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "3");
  ahead.tend(at_ms(now));  // set back: not a minute later, but 500 days before
  EXPECT_EQ(ask("SELECT bid_id FROM bidwell.bids ORDER BY 1"), "000000000000000000000001\n000000000000000000000003");
}

// Ten days behind: what the others' clocks say is not the future.
TEST_F(PostgresSinkTest, AClockThatIsBehindSetsNothingAside) {
  PostgresSinkOptions behind = options();
  behind.clock.wall = [] { return std::chrono::system_clock::now() - std::chrono::days(10); };
  PostgresSink sink(behind);
  const std::int64_t now = real_ms();
  sink.take(batch({notice(Kind::bill, 1, 5, now), bid(2, now - 10 * kDayMs), bid(3, now + 30 * kDayMs)}));
  EXPECT_EQ(ask("SELECT position, reason FROM bidwell.rejected"), "2|bid_at is in the future");
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.notices"), "1");
}

// Tables of others cover days of which rows come: those that they take are stored in them, the rest as ever.
TEST_F(PostgresSinkTest, PartitionsThatCannotBeMadeStopNothing) {
  PostgresSink sink(options());
  sink.positions({});
  server().execute(
      "CREATE TABLE bidwell.october PARTITION OF bidwell.notices FOR VALUES FROM ('2026-10-01') TO ('2026-11-01')");
  server().execute("CREATE TABLE bidwell.others PARTITION OF bidwell.bids DEFAULT");
  server().execute(
      "INSERT INTO bidwell.bids VALUES ('2026-11-20 01:00:00+00', 1, 1, 'USD', 'x', 'e', 'c', 'r', 'a', 'i')");
  for (std::uint64_t i = 0; i < 8; i += 4) {
    const std::int64_t october = kNowMs - 25 * kDayMs;
    sink.take(batch({bid(i), bid(i + 1, kNowMs - kDayMs), notice(Kind::bill, i, 5, october), bid(i + 2, october)}, i));
  }
  EXPECT_EQ(ask("SELECT tableoid::regclass, count(*) FROM bidwell.bids GROUP BY 1 ORDER BY 2"),
            "bidwell.bids_20261119|2\nbidwell.others|5");
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.october"), "2");
  // Of the 20th no table takes notices.
  sink.take(batch({bid(9), notice(Kind::bill, 9), notice(Kind::bill, 9, 5, kNowMs - kDayMs)}, 8));
  EXPECT_EQ(ask("SELECT position, reason FROM bidwell.rejected"),
            "9|ERROR:  no partition of relation \"notices\" found for row");
  EXPECT_EQ(ask("SELECT position FROM bidwell.journal_position"), "11");
  EXPECT_EQ(sink.counters().connects.value(), 1U);
}

TEST_F(PostgresSinkTest, SettingsAreWrittenOnceAConnection) {
  PostgresSinkOptions quick = options();
  quick.loss_after = std::chrono::seconds(90);
  PostgresSink sink(quick);
  sink.tend(at_ms(kNowMs));
  EXPECT_EQ(ask("SELECT bidwell.loss_after()"), "00:01:30");
}

}  // namespace
}  // namespace bidwell::events
