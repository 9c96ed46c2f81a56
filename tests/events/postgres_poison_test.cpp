// Rows that cannot be stored: set aside with their reason, and no other row with them.
#include <algorithm>
#include <limits>

#include "events/postgres_rows.h"
#include "tests/events/postgres_rig.h"

namespace bidwell::events {
namespace {

using ::testing::HasSubstr;

class PostgresPoisonTest : public PostgresSinkTest {};

constexpr std::string_view kBadTexts[] = {std::string_view("a\0b", 3), "\xff",         "\xc0\xaf", "\xed\xa0\x80",
                                          "\xf4\x90\x80\x80",          "cut \xe2\x82", "\x80"};

TEST(PostgresRows, KnowsUtf8) {
  for (const std::string_view bad : kBadTexts) EXPECT_FALSE(storable(bad)) << bad;
  for (const std::string_view good : {"", "plain", "\x01\x7f", "é", "€", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "𝄞"}) {
    EXPECT_TRUE(storable(good)) << good;
  }
}

TEST_F(PostgresPoisonTest, EachTextField) {
  std::vector<Event> events;
  for (const std::string_view bad : kBadTexts) {
    for (std::string_view Event::*field :
         {&Event::exchange, &Event::campaign_id, &Event::creative_id, &Event::imp_id}) {
      for (const Kind kind : {Kind::bid, Kind::win}) {
        events.push_back(bid(events.size()));
        events.back().kind = kind;
        events.back().*field = bad;
      }
    }
    for (std::string_view Event::*field : {&Event::auction_id, &Event::deal_id}) {
      events.push_back(bid(events.size()));
      events.back().*field = bad;
    }
    events.push_back(notice(Kind::click, events.size()));
    events.back().client = bad;
  }
  const std::size_t bad = events.size();
  events.push_back(bid(1'000'000));
  events.push_back(notice(Kind::bill, 1'000'000, 7));
  PostgresSink sink(options());
  sink.take(batch(events));
  EXPECT_EQ(sink.counters().set_aside.value(), bad);
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM bidwell.bids), (SELECT count(*) FROM bidwell.notices)"), "1|1");
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT position), min(reason), max(reason) FROM bidwell.rejected"),
            fmt::format("{0}|{0}|a text has a NUL or is not UTF-8|a text has a NUL or is not UTF-8", bad));
}

TEST_F(PostgresPoisonTest, ValuesOutOfRange) {
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min(), kHigh = std::numeric_limits<std::int64_t>::max();
  // By the server's clock or ours, whichever allows more.
  const std::int64_t early = std::min(kNowMs, real_ms()), late = std::max(kNowMs, real_ms());
  std::vector<Event> events;
  const auto poison = [&](Kind kind, const std::function<void(Event&)>& change) {
    events.push_back(kind == Kind::bid ? bid(events.size()) : notice(kind, events.size()));
    change(events.back());
  };
  for (const Kind kind : {Kind::bid, Kind::loss}) {
    for (const std::int64_t when : {kLow, kHigh, std::int64_t{0}, early - 401 * kDayMs, late + 4 * kDayMs}) {
      poison(kind, [&](Event& event) { event.bid_at_ms = when; });
    }
    for (const std::int64_t when : {kLow, kHigh, std::int64_t{0}}) {
      poison(kind, [&](Event& event) { event.at_us = when; });
    }
    for (const Micros price : {kLow, Micros{-2}, kHigh}) poison(kind, [&](Event& event) { event.price = price; });
    for (const CurrencyCode code : {CurrencyCode{0}, CurrencyCode{0x55534401}, CurrencyCode{0x555300}}) {
      poison(kind, [&](Event& event) { event.currency = code; });
    }
  }
  poison(Kind::bid, [](Event& event) { event.price = kNoPrice; });
  poison(Kind::bid, [](Event& event) { event.sampled_ppm = 0; });
  poison(Kind::bid, [](Event& event) { event.sampled_ppm = kEveryBid + 1; });
  poison(Kind::bid, [](Event& event) { event.kind = static_cast<Kind>(6); });
  poison(Kind::loss, [](Event& event) { event.price_max = kHigh; });
  poison(Kind::loss, [](Event& event) { event.min_to_win = -7; });
  const std::size_t bad = events.size();
  // As far as it goes.
  events.push_back(bid(1'000, early - 400 * kDayMs));
  events.push_back(bid(1'001, late + 3 * kDayMs));
  events.push_back(notice(Kind::loss, 1'002, kMaxMicros));
  events.back().loss_reason = std::numeric_limits<std::int32_t>::max();
  PostgresSink sink(options());
  sink.take(batch(events));
  EXPECT_EQ(sink.counters().set_aside.value(), bad);
  EXPECT_EQ(sink.counters().bids.value(), 2U);
  EXPECT_EQ(sink.counters().notices.value(), 1U);
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.days"), "3");
}

TEST_F(PostgresPoisonTest, UndecodableRecords) {
  PostgresSink sink(options());
  Batch made = batch({bid(1)});
  made.undecodable.push_back({{}, std::string_view("\0\xff\\x", 4), 77, 0});
  made.advances[0].to = 100;
  sink.take(made);
  EXPECT_EQ(ask("SELECT journal, position, reason, event FROM bidwell.rejected"), "run/0|77|undecodable|\\x00ff5c78");
  EXPECT_EQ(sink.stored("run/0"), 100U);
}

// What only PostgreSQL knows to be wrong.
TEST_F(PostgresPoisonTest, WhatPostgresRefusesIsFoundByHalving) {
  PostgresSink sink(options());
  sink.take(batch({bid(0)}));
  server().execute("ALTER TABLE bidwell.bids ADD CONSTRAINT no_evil CHECK (creative_id <> 'evil')");
  server().execute("ALTER TABLE bidwell.notices ADD CONSTRAINT no_evil CHECK (price_micros <> 666)");
  std::vector<Event> events;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    events.push_back(i % 2 == 0 ? notice(Kind::bill, i, i % 100 == 0 ? 666 : 5) : bid(i));
    if (i % 101 == 0 && events.back().kind == Kind::bid) events.back().creative_id = "evil";
  }
  events.push_back(notice(Kind::bill, 2));  // a repeat among them
  sink.take(batch(events, 1));
  EXPECT_EQ(ask("SELECT count(*), count(*) FILTER (WHERE creative_id = 'evil') FROM bidwell.bids"), "249|0");
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT bid_id) FROM bidwell.notices"), "245|245");
  EXPECT_EQ(ask("SELECT position FROM bidwell.rejected ORDER BY position"), "100\n101\n200\n300\n303\n400\n500");
  EXPECT_THAT(ask("SELECT DISTINCT reason FROM bidwell.rejected ORDER BY 1"), HasSubstr("no_evil"));
  EXPECT_EQ(sink.counters().set_aside.value(), 7U);
  EXPECT_EQ(sink.counters().bids.value(), 249U);
  EXPECT_EQ(sink.counters().notices.value(), 245U);
  EXPECT_EQ(sink.counters().repeats.value(), 1U);
  // And it goes on as before.
  sink.take(batch({bid(900), notice(Kind::bill, 900)}, 502));
  EXPECT_EQ(sink.counters().set_aside.value(), 7U);
}

TEST_F(PostgresPoisonTest, ABatchOfNothingElse) {
  PostgresSink sink(options());
  sink.take(batch({bid(0)}));
  server().execute("ALTER TABLE bidwell.bids ADD CONSTRAINT no_evil CHECK (creative_id <> 'evil')");
  std::vector<Event> events;
  for (std::uint64_t i = 1; i <= 300; ++i) {
    events.push_back(bid(i));
    events.back().creative_id = "evil";
  }
  sink.take(batch(events, 1));
  EXPECT_EQ(sink.counters().set_aside.value(), 300U);
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.rejected"), "300");
}

// A table that somebody has changed is no fault of the rows.
TEST_F(PostgresPoisonTest, AMissingColumnIsWaitedFor) {
  PostgresSink sink(options());
  sink.take(batch({bid(0)}));
  server().execute("ALTER TABLE bidwell.bids RENAME COLUMN currency TO money");
  EXPECT_THROW(sink.take(batch({bid(1)}, 1)), pqxx::sql_error);
  server().execute("ALTER TABLE bidwell.bids RENAME COLUMN money TO currency");
  EXPECT_EQ(sink.positions(std::vector<std::string>{"run/0"})[0], 1U);
  sink.take(batch({bid(1)}, 1));
  EXPECT_EQ(sink.counters().set_aside.value(), 0U);
}

TEST_F(PostgresPoisonTest, AWaitThatIsGivenUpIsNoPoison) {
  PostgresSinkOptions quick = options();
  quick.statement_timeout = std::chrono::milliseconds(50);
  PostgresSink sink(quick);
  sink.take(batch({bid(0)}));
  {
    pqxx::connection blocker(server().url());
    pqxx::work work(blocker);
    work.exec0("LOCK TABLE bidwell.notices IN ACCESS EXCLUSIVE MODE");
    EXPECT_THROW(sink.take(batch({bid(1), notice(Kind::win, 1)}, 1)), pqxx::sql_error);
  }
  sink.take(batch({bid(1), notice(Kind::win, 1)}, 1));
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.rejected"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM bidwell.bids"), "2");
}

}  // namespace
}  // namespace bidwell::events
