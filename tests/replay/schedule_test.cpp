// Due times against the areas below the rate they come from.
#include "bidwell/replay/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace bidwell::replay {
namespace {

using Kind = ScheduleOptions::Kind;
using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Schedule, FixedHasNoDrift) {
  Schedule schedule({.kind = Kind::fixed, .rate = 3});
  EXPECT_EQ(schedule.due(0, 0).count(), 0);
  EXPECT_EQ(schedule.due(1, 0).count(), 333'333'333);
  EXPECT_EQ(schedule.due(2, 0).count(), 666'666'667);
  EXPECT_EQ(schedule.due(3 * 86'400 * 365, 0), hours(24 * 365));
  Schedule fast({.kind = Kind::fixed, .rate = 20'000});
  for (std::uint64_t i = 0; i < 100'000; ++i) ASSERT_EQ(fast.due(i, 0).count(), static_cast<std::int64_t>(i) * 50'000);
}

TEST(Schedule, OriginalIsScaledBySpeed) {
  Schedule schedule({.kind = Kind::original, .speed = 2.5});
  EXPECT_EQ(schedule.due(0, 0).count(), 0);
  EXPECT_EQ(schedule.due(7, 1'000'000'000).count(), 400'000'000);
  EXPECT_EQ(schedule.rate_at(seconds(1)), 0);
}

// From 0 to 100/s in 10 s: n are due at t where n = 5 t^2; then 100/s.
TEST(Schedule, RampFollowsItsRate) {
  Schedule schedule({.kind = Kind::ramp, .rate = 0, .rate_to = 100, .ramp = seconds(10)});
  for (std::uint64_t n = 0; n <= 500; ++n) {
    const double t = static_cast<double>(schedule.due(n, 0).count()) / 1e9;
    ASSERT_NEAR(5 * t * t, static_cast<double>(n), 1e-5) << n;
  }
  EXPECT_EQ(schedule.due(500, 0), seconds(10));
  EXPECT_EQ(schedule.due(700, 0), seconds(12));
  EXPECT_DOUBLE_EQ(schedule.rate_at(seconds(5)), 50);
  EXPECT_DOUBLE_EQ(schedule.rate_at(seconds(20)), 100);
}

TEST(Schedule, ARampMayGoDownToNothing) {
  Schedule schedule({.kind = Kind::ramp, .rate = 100, .rate_to = 0, .ramp = seconds(10)});
  EXPECT_EQ(schedule.due(500, 0), seconds(10));
  EXPECT_EQ(schedule.due(501, 0), nanoseconds::max());
}

TEST(Schedule, AFlatRampIsFixed) {
  Schedule ramp({.kind = Kind::ramp, .rate = 70, .rate_to = 70, .ramp = seconds(3)});
  Schedule fixed({.kind = Kind::fixed, .rate = 70});
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_LE(std::abs((ramp.due(i, 0) - fixed.due(i, 0)).count()), 1);
  }
}

TEST(Schedule, PoissonHasExponentialGaps) {
  Schedule schedule({.kind = Kind::fixed, .rate = 1000, .poisson = true});
  constexpr int kCount = 200'000;
  double sum = 0, squares = 0;
  int above_mean = 0;
  nanoseconds before{0};
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const nanoseconds due = schedule.due(i, 0);
    ASSERT_GE(due, before);
    const double gap = static_cast<double>((due - before).count()) / 1e6;
    sum += gap, squares += gap * gap;
    above_mean += gap > 1;
    before = due;
  }
  EXPECT_NEAR(sum / kCount, 1, 0.01);
  EXPECT_NEAR(squares / kCount, 2, 0.05);  // mean of squares of an exponential: twice the mean's square
  EXPECT_NEAR(above_mean / static_cast<double>(kCount), std::exp(-1), 0.005);
}

TEST(Schedule, ThreadsDrawTheSame) {
  const ScheduleOptions options{.kind = Kind::ramp, .rate = 10, .rate_to = 500, .ramp = seconds(5), .poisson = true};
  Schedule all(options), odd(options);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const nanoseconds due = all.due(i, 0);
    if (i % 2 == 1) {
      EXPECT_EQ(odd.due(i, 0), due);
    }
    EXPECT_EQ(all.due(i, 0), due) << "asked again";
  }
  ScheduleOptions other = options;
  other.seed = 2;
  EXPECT_NE(Schedule(other).due(999, 0), Schedule(options).due(999, 0));
}

TEST(Schedule, MaximumIsAlwaysDue) {
  Schedule schedule({.kind = Kind::maximum});
  EXPECT_EQ(schedule.due(1'000'000, 5).count(), 0);
}

TEST(Schedule, RefusesRatesThatAreNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {0.0, -1.0, nan, std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(Schedule({.kind = Kind::fixed, .rate = bad}), std::invalid_argument);
    EXPECT_THROW(Schedule({.kind = Kind::original, .speed = bad}), std::invalid_argument);
  }
  EXPECT_THROW(Schedule({.kind = Kind::ramp, .rate = 0, .rate_to = 0}), std::invalid_argument);
  EXPECT_THROW(Schedule({.kind = Kind::ramp, .rate = nan, .rate_to = 1}), std::invalid_argument);
}

}  // namespace
}  // namespace bidwell::replay
