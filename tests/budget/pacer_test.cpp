// The pacing on its own, in a small world that bids with the chance it is told, second by second; and the forecast that
// its curve comes from.
#include "budget/pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <random>

#include "budget/forecast.h"

namespace bidwell::budget {
namespace {

constexpr Nanos kBid = 1'000'000;
constexpr double kDay = 86'400;

// One campaign, all its instances taken together. A bid is billed as a whole, 4 s after it.
class World {
 public:
  double win_rate = 0.1;
  double daily_bills = 100'000;
  double catch_up = 1800;
  bool smart = true;  // else the pacer's own chance is not looked at: a control
  std::function<double(double)> offers = [](double) { return 60.0; };  // a second
  std::function<bool(double)> away = [](double) { return false; };

  double at = 0, chance = 0, worst = 0, chance_low = 1, chance_high = 0;
  double spent() const { return static_cast<double>(truth_) / (daily_bills * static_cast<double>(kBid)); }
  double target() const { return at / kDay; }
  const Pacer& pacer() const { return pacer_; }

  void run(double until, double look_from = 1e9) {
    for (; at < until; ++at) step(at >= look_from);
  }

 private:
  void step(bool look) {
    const double rate = offers(at);
    const auto count = rate > 0 ? std::poisson_distribution<int>(rate)(random_) : 0;
    standing_.offered += count * kBid;
    const auto bids = std::binomial_distribution<int>(count, smart ? chance : 1)(random_);
    standing_.used += bids * kBid;
    bids_.push_back(bids);
    if (bids_.size() > 60) bids_.pop_front();
    bills_.push_back(std::binomial_distribution<int>(bids, win_rate)(random_));
    if (bills_.size() > 4) {
      truth_ += bills_.front() * kBid;
      bills_.pop_front();
    }
    if (!away(at)) ask();
    if (!look) return;
    worst = std::max(worst, std::abs(spent() - target()));
    chance_low = std::min(chance_low, chance);
    chance_high = std::max(chance_high, chance);
  }

  void ask() {
    const auto daily = daily_bills * static_cast<double>(kBid);
    standing_.limits.daily = static_cast<Nanos>(daily);
    standing_.spent = standing_.spent_today = truth_;
    Nanos open = 0;
    for (const int bids : bids_) open += bids * kBid;
    standing_.open = standing_.open_today = static_cast<Nanos>(static_cast<double>(open) * (1 - win_rate));
    pacer_.observe(standing_, at, kBid);
    Course course;
    course.ahead = std::clamp((kDay - at) / 4, 60.0, catch_up);
    course.target = daily * std::min(1.0, (at + course.ahead) / kDay);
    chance = pacer_.chance(course);
  }

  std::mt19937_64 random_{7};
  Pacer pacer_;
  Standing standing_;
  std::deque<int> bids_, bills_;
  Nanos truth_ = 0;
};

TEST(Pacer, FollowsItsCurve) {
  World world;
  world.run(kDay - 1800, 1800);
  EXPECT_LT(world.worst, 0.005);
  EXPECT_NEAR(world.pacer().win_rate(), 0.1, 0.02);
}

// What the test above would see of a chance that is always 1.
TEST(Pacer, ControlWithoutPacingLeavesTheCurve) {
  World world;
  world.smart = false;
  world.run(kDay / 2, 1800);
  EXPECT_GT(world.worst, 0.05);
}

TEST(Pacer, DoesNotOscillate) {
  World world;
  world.run(kDay / 2, 3600);
  // 1.16 bills a second are wanted, of 60 offers of which a tenth win.
  EXPECT_GT(world.chance_low, 0.19 * 0.5);
  EXPECT_LT(world.chance_high, 0.19 * 1.7);
}

TEST(Pacer, LearnsFromWrongGuesses) {
  for (const double win_rate : {0.01, 0.9}) {
    World world;
    world.win_rate = win_rate;
    world.daily_bills = 20'000 * win_rate / 0.01 / (win_rate > 0.5 ? 10 : 1);
    world.run(kDay - 3 * 3600, 1800);  // then what is open holds up those that seldom win
    EXPECT_LT(world.worst, 0.01) << win_rate;
    EXPECT_NEAR(world.pacer().win_rate(), win_rate, 0.4 * win_rate);
  }
}

TEST(Pacer, MeetsASpikeWithinSeconds) {
  World world;
  world.run(7200);
  const double before = world.chance;
  world.offers = [](double) { return 600.0; };
  world.run(7204);
  EXPECT_LT(world.chance, before / 7);
  world.offers = [](double) { return 60.0; };
  world.run(7300);
  EXPECT_NEAR(world.chance, before, before / 2);
}

TEST(Pacer, MakesUpForADeadHour) {
  World world;
  world.offers = [](double at) { return at >= 7200 && at < 10'800 ? 0.0 : 60.0; };
  world.run(10'800);
  EXPECT_NEAR(world.target() - world.spent(), 1.0 / 24, 0.005);
  world.run(10'800 + 3 * 3600);
  EXPECT_NEAR(world.spent(), world.target(), 0.004);
}

TEST(Pacer, DoesNotStarveAfterTheLedgerWasAway) {
  World world;
  world.away = [](double at) { return at >= 7200 && at < 7500; };
  world.run(7500);
  const double before = world.chance;
  world.run(7510);
  EXPECT_GT(world.chance, before / 2);
  world.run(7530);
  EXPECT_GT(world.chance, before / 2);
}

// All instances tell at once what they have seen in ten minutes, one after the other within seconds.
TEST(Pacer, TakesABacklogForNoSpike) {
  Pacer pacer;
  Standing standing;
  standing.limits.daily = kBid * 1'000'000;
  double at = 0;
  for (; at < 100; ++at) {
    standing.offered += 60 * kBid;
    pacer.observe(standing, at, kBid);
  }
  at += 600;
  for (int told = 0; told < 3; ++told, ++at) {
    standing.offered += 200 * 60 * kBid;
    pacer.observe(standing, at, kBid);
    EXPECT_NEAR(pacer.offered_per_second(), 60.0 * kBid, 6.0 * kBid);
  }
}

TEST(Pacer, EasesOutNearTheBudgetsEnd) {
  Pacer pacer;
  Standing standing;
  standing.limits.daily = 1000 * kBid;
  for (int at = 0; at < 60; ++at) {
    standing.offered += 60 * kBid;
    pacer.observe(standing, at, kBid);
  }
  const Course asap;
  EXPECT_EQ(pacer.chance(asap), 1);
  standing.spent_today = 900 * kBid;
  pacer.observe(standing, 60, kBid);
  EXPECT_NEAR(pacer.chance(asap), 100.0 / (8 * 60), 0.03);
  standing.spent_today = 1001 * kBid;
  pacer.observe(standing, 61, kBid);
  EXPECT_EQ(pacer.chance(asap), 0);
  standing.limits = {};
  pacer.observe(standing, 62, kBid);
  EXPECT_EQ(pacer.chance(asap), 1);
}

TEST(Pacer, RoomIsTheLeastOfTotalAndDay) {
  Standing standing;
  EXPECT_EQ(room(standing), std::numeric_limits<Nanos>::max());
  standing.limits.total = 1000;
  standing.spent = 400, standing.open = 100, standing.leased = 50;
  EXPECT_EQ(room(standing), 450);
  standing.limits.daily = 100;
  standing.spent_today = 90, standing.open_today = -5, standing.leased_today = 20;
  EXPECT_EQ(room(standing), -10);
}

TEST(Forecast, IsEvenUntilADayIsKnown) {
  const Day day{20'000, 20'000 * 86'400, 20'001 * 86'400};
  const Curve curve(learn({}, TimeZone(), day), day, day.begin, day.end);
  EXPECT_DOUBLE_EQ(curve.share(static_cast<double>(day.begin) + 21'600), 0.25);
  EXPECT_DOUBLE_EQ(curve.share(static_cast<double>(day.end)), 1);
  EXPECT_DOUBLE_EQ(curve.share(static_cast<double>(day.begin) - 10), 0);
}

TEST(Forecast, BeginsWithTheFirstOfferOnTheFirstDay) {
  const Day day{20'000, 20'000 * 86'400, 20'001 * 86'400};
  const Cells cells{{(day.begin + 43'200) / kCellSeconds, 5}};
  const Curve curve(learn(cells, TimeZone(), day), day, day.begin, day.end);
  EXPECT_DOUBLE_EQ(curve.share(static_cast<double>(day.begin) + 43'200), 0);
  EXPECT_DOUBLE_EQ(curve.share(static_cast<double>(day.begin) + 64'800), 0.5);
}

Cells days_of(const Day& today, int days, const std::function<Nanos(int quarter)>& amount) {
  Cells cells;
  for (int back = 1; back <= days; ++back) {
    for (int quarter = 0; quarter < 96; ++quarter) {
      if (const Nanos nanos = amount(quarter); nanos > 0)
        cells[today.begin / kCellSeconds - 96 * back + quarter] = nanos;
    }
  }
  return cells;
}

TEST(Forecast, LearnsTheDaysShape) {
  const Day day{20'000, 20'000 * 86'400, 20'001 * 86'400};
  const auto cells = days_of(day, 3, [](int quarter) { return quarter < 48 ? 300 : 100; });
  const Curve curve(learn(cells, TimeZone(), day), day, day.begin, day.end);
  EXPECT_NEAR(curve.share(static_cast<double>(day.begin) + 43'200), 0.75, 0.005);
  EXPECT_NEAR(curve.share(static_cast<double>(day.begin) + 64'800), 0.875, 0.005);
  // Of a flight that ends at noon.
  const Curve half(learn(cells, TimeZone(), day), day, day.begin, day.begin + 43'200);
  EXPECT_NEAR(half.share(static_cast<double>(day.begin) + 21'600), 0.5, 0.005);
}

TEST(Forecast, WeighsRecentDaysMoreAndPassesOverEmptyOnes) {
  const Day day{20'000, 20'000 * 86'400, 20'001 * 86'400};
  const std::int64_t today = day.begin / kCellSeconds;
  Cells cells;
  for (int quarter = 0; quarter < 96; ++quarter) {
    cells[today - 96 + quarter] = quarter < 48 ? 100 : 0;  // yesterday: mornings
    // Nothing the day before that.
    cells[today - 3 * 96 + quarter] = quarter < 48 ? 0 : 100;
  }
  cells[today - 3 * 96] = 1;
  const Curve curve(learn(cells, TimeZone(), day), day, day.begin, day.end);
  const double noon = curve.share(static_cast<double>(day.begin) + 43'200);
  EXPECT_GT(noon, 0.55);
  EXPECT_LT(noon, 0.75);
}

TEST(Forecast, KeepsTheHoursWhereClocksAreChanged) {
  const auto zone = TimeZone::find("Europe/Berlin");
  ASSERT_TRUE(zone);
  for (const std::int64_t noon : {1'774'779'600, 1'792'924'400}) {  // 2026-03-29, 23 hours, and 2026-10-25, 25
    const Day today = zone->day_at(noon);
    ASSERT_NE(today.end - today.begin, 86'400);
    Cells cells;  // all offers of the days before come from 18:00 to 19:00
    Day day = today;
    for (int back = 0; back < 5; ++back) {
      day = zone->day_at(day.begin - 1);
      cells[day.begin / kCellSeconds] = 1;
      for (int quarter = 0; quarter < 4; ++quarter) cells[(day.end - 6 * 3600) / kCellSeconds + quarter] = 1000;
    }
    const Curve curve(learn(cells, *zone, today), today, today.begin, today.end);
    const auto six = static_cast<double>(today.end - 6 * 3600);
    EXPECT_GT(curve.share(six + 4500) - curve.share(six - 900), 0.9);
    EXPECT_DOUBLE_EQ(curve.share(static_cast<double>(today.end)), 1);
  }
}

}  // namespace
}  // namespace bidwell::budget
