// What the sink makes of notices, and that wherever it breaks off nothing is lost and nothing counts twice.
#include "bidwell/budget/sink.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/budget/ledger_in_memory.h"
#include "tests/budget/notices.h"

namespace bidwell::budget::testing {
namespace {

using events::Kind;
using Journals = std::vector<std::string>;

class Spy final : public LedgerInMemory {
 public:
  using LedgerInMemory::LedgerInMemory;
  struct Call {
    std::vector<Resolved> resolved;
    std::vector<Advance> advances;
  };
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> steps) override {
    LedgerInMemory::confirm(resolved, steps);
    calls.push_back({{resolved.begin(), resolved.end()}, {steps.begin(), steps.end()}});
  }
  std::vector<Call> calls;
};

BudgetSink::Options in_utc(std::size_t resolved_max = 2000) {
  BudgetSink::Options options;
  options.zone_of = [](std::string_view) { return TimeZone(); };
  options.resolved_max = resolved_max;
  return options;
}

TEST(BudgetSink, NoticesThatSayWhatWasSpentAndLossesCount) {
  Spy ledger(kNow);
  BudgetSink sink(ledger, in_utc());
  events::Event old_loss = notice(Kind::loss, 9);
  old_loss.reserved = events::kNoPrice;
  sink.take(batch({notice(Kind::bid, 1), notice(Kind::win, 2), notice(Kind::win, 3, 1'500'000),
                   notice(Kind::bill, 4, 0), notice(Kind::bill, 5), notice(Kind::loss, 6), old_loss,
                   notice(Kind::imp, 7, 5), notice(Kind::click, 8, 5)}));
  ASSERT_EQ(ledger.calls.size(), 1u);
  const std::vector<Resolved>& resolved = ledger.calls[0].resolved;
  ASSERT_EQ(resolved.size(), 3u);
  EXPECT_EQ(resolved[0].cost, 1'500'000);
  EXPECT_EQ(resolved[0].reserved, 2'000'000);
  EXPECT_EQ(resolved[0].bid_at, kNow);
  EXPECT_EQ(resolved[0].bid_id, std::string("\0\0\0\0\0\0\0\0\0\0\0\3", 12));
  EXPECT_EQ(resolved[1].cost, 0);
  EXPECT_EQ(resolved[2].cost, std::nullopt);
  EXPECT_EQ(resolved[2].reserved, 2'000'000);
  EXPECT_EQ(sink.stored("run/0"), 90u);
  EXPECT_EQ(sink.stored("run/1"), 0u);
  EXPECT_EQ(sink.positions(Journals{"run/1", "run/0"}), (std::vector<std::uint64_t>{0, 90}));
  EXPECT_EQ(ledger.spent("c1").in_all, 1'500'000);
}

// A campaign bids without a budget and gets one: what was never open is not released, so a minute of its losses and
// bills does not make room for bids above the budget. What it spent before counts.
TEST(BudgetSink, BidsThatWereNotTakenOutOfAPurseReleaseNothing) {
  Spy ledger(kNow);
  BudgetSink sink(ledger, in_utc());
  std::vector<events::Event> before;
  for (std::uint64_t bid = 0; bid < 100; ++bid) {
    before.push_back(bid % 10 == 0 ? notice(Kind::bill, bid, 1'000'000) : notice(Kind::loss, bid));
    before.back().from_purse = false;
  }
  sink.take(batch(before));
  EXPECT_EQ(ledger.calls.at(0).resolved.size(), 10u);
  EXPECT_EQ(sink.stored("run/0"), 1000u);
  Statement statement;
  statement.campaign = "c1";
  statement.limits.daily = 30'000'000;
  statement.day = static_cast<std::int32_t>(kNow / 86'400);
  statement.lease = 1;
  statement.wanted = statement.least = 100'000'000;
  Standing standing = ledger.settle("a", std::span(&statement, 1))[0];
  EXPECT_EQ(standing.open, 0);
  EXPECT_EQ(standing.spent, 10'000'000);
  EXPECT_EQ(standing.granted, 20'000'000);
  // The control: those of a purse do.
  statement.used = 2'000'000;
  EXPECT_EQ(ledger.settle("a", std::span(&statement, 1))[0].open, 2'000'000);
  sink.take(batch({notice(Kind::loss, 200)}, 1000));
  EXPECT_EQ(ledger.settle("a", std::span(&statement, 1))[0].open, 0);
}

TEST(BudgetSink, TheDayIsTheCampaigns) {
  const auto auckland = TimeZone::find("Pacific/Auckland");
  if (!auckland) GTEST_SKIP() << "there is no time zone database";
  Spy ledger(kNow);
  BudgetSink::Options options = in_utc();
  options.zone_of = [&](std::string_view campaign) { return campaign == "far" ? *auckland : TimeZone(); };
  BudgetSink sink(ledger, options);
  // 10:59:59 UTC is 23:59:59 there.
  sink.take(batch({notice(Kind::bill, 1, 1, "far", kNow + 3599), notice(Kind::bill, 2, 1, "far", kNow + 3600),
                   notice(Kind::bill, 3, 1, "near", kNow + 3600), notice(Kind::bill, 4, 1, "far", kNow)}));
  const auto day = static_cast<std::int32_t>(kNow / 86'400);
  std::vector<std::int32_t> days;
  for (const Resolved& resolved : ledger.calls.at(0).resolved) days.push_back(resolved.day);
  EXPECT_EQ(days, (std::vector<std::int32_t>{day, day + 1, day, day}));
}

TEST(BudgetSink, AGapMovesThePosition) {
  Spy ledger(kNow);
  BudgetSink sink(ledger, in_utc());
  events::Batch gap;
  gap.advances.push_back({"run/0", 0, 4096});
  sink.take(gap);
  EXPECT_EQ(ledger.positions(Journals{"run/0"})[0], 4096u);
  sink.take({});
  EXPECT_EQ(ledger.calls.size(), 1u);
}

// Each call's advances begin where the last ones ended, and none leaves a row out.
TEST(BudgetSink, LargeBatchesGoInSeveralCalls) {
  Spy ledger(kNow);
  BudgetSink sink(ledger, in_utc(2));
  events::Batch large;
  add(large, "a/0", {notice(Kind::bill, 1, 1), notice(Kind::imp, 1), notice(Kind::bill, 2, 2), notice(Kind::imp, 2)});
  add(large, "b/0", {});
  large.advances.back().to = 64;
  add(large, "c/0",
      {notice(Kind::win, 3), notice(Kind::bill, 3, 4), notice(Kind::bill, 4, 8), notice(Kind::loss, 5),
       notice(Kind::bill, 6, 16)},
      100);
  // Not heard of before: it begins where the ledger has it.
  Spy empty(kNow);
  EXPECT_THROW(BudgetSink(empty, in_utc(2)).take(large), events::PositionMoved);
  ledger.confirm({}, std::vector<Advance>{{"c/0", 0, 100}});
  ledger.calls.clear();
  sink.take(large);
  ASSERT_EQ(ledger.calls.size(), 3u);
  const auto told = [&](std::size_t call) {
    std::string text = std::to_string(ledger.calls[call].resolved.size());
    for (const Advance& step : ledger.calls[call].advances) {
      text += " " + step.journal + ":" + std::to_string(step.from) + "-" + std::to_string(step.to);
    }
    return text;
  };
  EXPECT_EQ(told(0), "2 a/0:0-40 b/0:0-64 c/0:100-110");
  EXPECT_EQ(told(1), "2 c/0:110-130");
  EXPECT_EQ(told(2), "2 c/0:130-150");
  EXPECT_EQ(ledger.spent("c1").in_all, 31);
}

TEST(BudgetSink, WhatIsInTheWayPropagates) {
  LedgerInMemory ledger(kNow);
  BudgetSink sink(ledger, in_utc());
  ledger.missing = true;
  EXPECT_THROW(sink.positions(Journals{"run/0"}), LedgerMissing);
  EXPECT_THROW(sink.take(batch({notice(Kind::bill, 1, 1)})), LedgerMissing);
  ledger.missing = false;
  ledger.before_confirm = [] { throw LedgerAway("away"); };
  EXPECT_THROW(sink.take(batch({notice(Kind::bill, 1, 1)})), LedgerAway);
  EXPECT_EQ(sink.stored("run/0"), 0u);
  ledger.before_confirm = nullptr;
  sink.take(batch({notice(Kind::bill, 1, 1)}));
  EXPECT_THROW(sink.take(batch({notice(Kind::bill, 1, 1)})), events::PositionMoved);
  EXPECT_EQ(ledger.spent("c1").in_all, 1);
  sink.interrupt();
  EXPECT_TRUE(ledger.interrupted);
}

// It was made again, and is behind; nothing is added to the journal that would show it.
TEST(BudgetSink, ALedgerThatIsAnotherIsNoticed) {
  LedgerInMemory ledger(kNow);
  BudgetSink sink(ledger, in_utc());
  const std::chrono::system_clock::time_point now{std::chrono::seconds(kNow)};
  sink.tend(now);
  sink.take(batch({notice(Kind::bill, 1, 5)}));
  sink.tend(now + std::chrono::seconds(31));
  ledger.missing = true;
  ASSERT_TRUE(ledger.make({}, std::vector<Advance>{{"run/0", 0, 3}}));
  sink.tend(now + std::chrono::seconds(50));
  EXPECT_THROW(sink.tend(now + std::chrono::seconds(62)), events::PositionMoved);
  EXPECT_EQ(sink.positions(Journals{"run/0"})[0], 3u);
  sink.tend(now + std::chrono::seconds(63));
}

// As a shipper does: after a failure it asks where to go on.
void ship(events::Sink& sink, const std::vector<events::Event>& all, std::mt19937& random) {
  std::uint64_t at = 0;
  while (at < 10 * all.size()) {
    const std::size_t first = at / 10, count = std::min<std::size_t>(1 + random() % 50, all.size() - first);
    const std::vector<events::Event> some(all.begin() + static_cast<std::ptrdiff_t>(first),
                                          all.begin() + static_cast<std::ptrdiff_t>(first + count));
    try {
      sink.take(batch(some, at));
      at += 10 * count;
    } catch (const std::runtime_error&) {
      at = sink.positions(Journals{"run/0"})[0];
    }
  }
}

// What the control does wrong: the position first, then what it stands for.
class Careless final : public events::Sink {
 public:
  explicit Careless(Ledger& ledger) : ledger_(ledger) {}
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    return ledger_.positions(journals);
  }
  void take(const events::Batch& batch) override {
    ledger_.confirm({}, std::vector<Advance>{{"run/0", batch.advances[0].from, batch.advances[0].to}});
    std::vector<Resolved> resolved;
    for (const events::Row& row : batch.rows) {
      resolved.push_back(
          {{reinterpret_cast<const char*>(row.event.bid_id.data()), 12}, "c1", 20'777, kNow, 0, row.event.spend});
    }
    ledger_.confirm(resolved, {});
  }
  std::uint64_t stored(std::string_view) const override { return 0; }
  void tend(std::chrono::system_clock::time_point) override {}
  void finish() override {}

 private:
  Ledger& ledger_;
};

TEST(BudgetSink, FailuresBeforeAndAfterTheLedgerActedChangeNothing) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<events::Event> all;
    Nanos sum = 0;
    for (std::uint64_t bid = 0; bid < 400; ++bid) {
      const auto cost = static_cast<Nanos>(random() % 1000);
      all.push_back(notice(Kind::bill, bid, cost));
      if (random() % 5 == 0) all.push_back(all[random() % all.size()]);  // a repeat
      sum += cost;
    }
    const auto spent_by = [&](auto make_sink) {
      LedgerInMemory ledger(kNow);
      const auto fail = [&] {
        if (random() % 4 == 0) throw LedgerAway("away");
      };
      ledger.before_confirm = ledger.after_confirm = fail;
      auto sink = make_sink(ledger);
      ship(*sink, all, random);
      EXPECT_EQ(ledger.positions(Journals{"run/0"})[0], 10 * all.size());
      return ledger.spent("c1").in_all;
    };
    EXPECT_EQ(spent_by([](Ledger& ledger) { return std::make_unique<BudgetSink>(ledger, in_utc(7)); }), sum) << seed;
    EXPECT_LT(spent_by([](Ledger& ledger) { return std::make_unique<Careless>(ledger); }), sum) << "the control";
  }
}

}  // namespace
}  // namespace bidwell::budget::testing
