// What PostgreSQL says was spent: by campaign and quarter of an hour, also of days that were dropped.
#include "bidwell/events/billed.h"

#include "events/postgres_schema.h"
#include "events/postgres_session.h"
#include "tests/events/postgres_rig.h"

namespace bidwell::events {
namespace {

constexpr std::int64_t kCellMs = 900'000;

Event spend(std::uint64_t number, const char* campaign, Nanos amount, std::int64_t bid_at_ms, Kind kind = Kind::bill) {
  Event event = notice(kind, number, 1'000, bid_at_ms);
  event.campaign_id = campaign, event.spend = amount, event.reserved = amount;
  return event;
}

class BilledTest : public PostgresSinkTest {
 protected:
  BilledTest() {
    settings_ = options();
    settings_.clock = {};
    now_ = real_ms() / kCellMs * kCellMs;
  }
  Billed read(std::chrono::seconds back = std::chrono::hours(72)) {
    return read_billed(server().url(), at_ms(now_) - back, 900);
  }
  static std::string told(const Billed& billed) {
    std::string text;
    for (const auto& campaign : billed.campaigns) {
      text += fmt::format("{} {}", campaign.id, campaign.in_all);
      for (const auto& [cell, amount] : campaign.cells) text += fmt::format(" {}:{}", cell, amount);
      text += '\n';
    }
    return text;
  }

  PostgresSinkOptions settings_;
  std::int64_t now_;
};

TEST_F(BilledTest, SumsByCampaignAndCell) {
  PostgresSink sink(settings_);
  const Nanos large = 4'000'000'000'000'000'000;
  sink.take(
      batch({spend(1, "c1", 5, now_), spend(1, "c1", 5, now_), notice(Kind::win, 1, 9, now_),
             spend(2, "c1", 7, now_ - 1), spend(3, "c1", 11, now_ + kCellMs - 1, Kind::win),
             spend(4, "c1", 100, now_ - 100 * 3'600'000), spend(5, "c2", 0, now_ - 100 * 3'600'000),
             spend(6, "c3", large, now_), spend(7, "c3", large, now_), notice(Kind::bill, 8, 1, now_), bid(9, now_)}));
  sink.take(batch({notice(Kind::imp, 1, kNoPrice, now_)}, 0, "run/1"));
  const std::int64_t cell = now_ / kCellMs;
  EXPECT_EQ(told(read()), fmt::format("c1 123 {}:7 {}:16\nc2 0\nc3 8000000000000000000 {}:8000000000000000000\n",
                                      cell - 1, cell, cell));
  EXPECT_EQ(read().positions, (std::map<std::string, std::uint64_t>{{"run/0", 11}, {"run/1", 1}}));
  server().execute(
      "UPDATE bidwell.journal_position SET updated_at = '2026-11-20 10:00:00.9+00' WHERE journal = 'run/1'");
  EXPECT_EQ(read().heard.at("run/1"), 1'795'168'800);
  EXPECT_NEAR(static_cast<double>(read().heard.at("run/0")), static_cast<double>(real_ms()) / 1000, 600);
  EXPECT_EQ(ask("SELECT campaign_id, currency, spend_nanos, spend FROM bidwell.budget_spend "
                "WHERE campaign_id = 'c2' OR day = (now() - interval '100 hours')::date ORDER BY 1"),
            "c1|USD|100|0.000000100\nc2|USD|0|0.000000000");
}

TEST_F(BilledTest, WhatWasSpentOnDroppedDaysIsNotForgotten) {
  PostgresSink patient(settings_);
  patient.take(
      batch({spend(1, "c1", 5, now_), spend(2, "c1", 7, now_ - 40 * kDayMs), spend(3, "c1", 1, now_ - 41 * kDayMs),
             spend(4, "c2", 9, now_ - 41 * kDayMs), notice(Kind::bill, 5, 3, now_ - 41 * kDayMs)}));
  const std::string before = told(read());
  settings_.retention_days = 30;
  PostgresSink strict(settings_);
  strict.tend(at_ms(real_ms()));
  EXPECT_EQ(strict.counters().partitions_dropped.value(), 2U);
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.notices"), "1");
  EXPECT_EQ(ask("SELECT * FROM bidwell.spend_archive ORDER BY 1"), "c1|8\nc2|9");
  EXPECT_EQ(told(read()), before);
}

// A partition that cannot be dropped is not summed up either: the next time would count it twice.
TEST_F(BilledTest, ADropThatFailsArchivesNothing) {
  PostgresSink patient(settings_);
  patient.take(batch({spend(1, "c1", 5, now_ - 40 * kDayMs)}));
  settings_.retention_days = 30;
  PostgresSink strict(settings_);
  {
    pqxx::connection reader(server().url());
    pqxx::work report(reader);
    report.exec("SELECT count(*) FROM bidwell.notices");
    strict.tend(at_ms(real_ms()));
    EXPECT_EQ(strict.counters().partitions_dropped.value(), 0U);
    EXPECT_EQ(ask("SELECT count(*) FROM bidwell.spend_archive"), "0");
  }
  strict.tend(at_ms(real_ms() + 61'000));
  EXPECT_EQ(strict.counters().partitions_dropped.value(), 1U);
  EXPECT_EQ(told(read()), "c1 5\n");
}

TEST_F(BilledTest, ReadingNeedsNoMoreThanTheRightToRead) {
  PostgresSink sink(settings_);
  sink.take(batch({spend(1, "c1", 5, now_)}));
  server().execute("DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN END $$");
  server().execute("GRANT USAGE ON SCHEMA bidwell TO reader");
  server().execute("GRANT SELECT ON bidwell.notices, bidwell.spend_archive, bidwell.journal_position TO reader");
  const Billed billed = read_billed(server().url() + " user=reader", at_ms(now_), 900);
  EXPECT_EQ(told(billed), fmt::format("c1 5 {}:5\n", now_ / kCellMs));
}

TEST_F(BilledTest, ADatabaseWithoutTablesHasNothingInIt) {
  EXPECT_EQ(told(read()), "");
  EXPECT_THROW(read_billed("host=/nonexistent", at_ms(now_), 900), std::runtime_error);
}

// Rows as they were stored before budgets: their spend is not known.
TEST_F(BilledTest, OldRowsSayNothing) {
  Session session(server().url(), std::chrono::seconds(10));
  migrate(session.connection(), migrations().first(2));
  server().execute(
      "CREATE TABLE bidwell.notices_20200101 PARTITION OF bidwell.notices FOR VALUES FROM ('2020-01-01 00:00:00+00') "
      "TO ('2020-01-02 00:00:00+00')");
  server().execute(
      "INSERT INTO bidwell.notices (bid_at, received_at, price_micros, late, kind, currency, bid_id, exchange, "
      "campaign_id, creative_id, imp_id) VALUES ('2020-01-01 01:00:00+00', now(), 5, false, 'bill', 'USD', 'x', 'e', "
      "'c1', 'cr', '1')");
  PostgresSink sink(settings_);
  sink.take(batch({spend(1, "c1", 7, now_)}));
  EXPECT_EQ(read().campaigns.at(0).in_all, 7);
}

}  // namespace
}  // namespace bidwell::events
