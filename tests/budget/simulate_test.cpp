// Days in virtual time, held to the targets of the documentation; and controls, which must miss them. Smaller than
// those of `bidwell budget simulate`, so that all take seconds.
#include "bidwell/budget/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace bidwell::budget {
namespace {

constexpr double kOverspendMax = 0.001, kDeliveryLeast = 0.99, kDeviationMax = 0.05;

SimulationOptions small(unsigned instances = 10) {
  SimulationOptions options;
  options.instances = instances;
  options.days = 2;
  options.daily = 50 * kNanosPerUnit;
  return options;
}

SimulationResult expect_targets(const SimulationOptions& options) {
  SimulationResult result = simulate(options);
  EXPECT_LE(result.overspend, kOverspendMax);
  EXPECT_GE(result.delivery, kDeliveryLeast);
  EXPECT_LE(result.worst_deviation, kDeviationMax) << "at " << result.worst_deviation_at << " h";
  EXPECT_TRUE(result.books_agree);
  return result;
}

TEST(Simulate, Even) {
  expect_targets(small());
}

TEST(Simulate, OneInstance) {
  expect_targets(small(1));
}

TEST(Simulate, FirstDay) {
  SimulationOptions options = small();
  options.days = 1;
  expect_targets(options);
}

TEST(Simulate, DeadHour) {
  SimulationOptions options = small();
  options.dead_hour = true;
  expect_targets(options);
}

TEST(Simulate, Spike) {
  SimulationOptions options = small();
  options.spike = true;
  expect_targets(options);
}

TEST(Simulate, LedgerAwayAndAnswersLost) {
  SimulationOptions options = small();
  options.ledger_away_s = 300;
  options.answers_lost = 0.01;
  expect_targets(options);
}

TEST(Simulate, Churn) {
  SimulationOptions options = small();
  options.churn = true;
  expect_targets(options);
}

TEST(Simulate, ManyInstancesAndATinyBudget) {
  SimulationOptions options = small(60);
  options.days = 1;
  options.daily = 2 * kNanosPerUnit;
  expect_targets(options);
}

TEST(Simulate, AsSoonAsPossible) {
  SimulationOptions options = small();
  options.pacing = Pacing::asap;
  const SimulationResult result = expect_targets(options);
  const auto noon = std::ranges::find(result.points, 12.0, &SimulationPoint::hour);
  ASSERT_NE(noon, result.points.end());
  EXPECT_GT(noon->spent, 0.9);
}

TEST(Simulate, ScarceTrafficIsAllBidOn) {
  SimulationOptions options = small();
  options.abundance = 0.5;
  const SimulationResult result = simulate(options);
  EXPECT_NEAR(result.delivery, 0.5, 0.02);
  EXPECT_TRUE(result.books_agree);
}

TEST(Simulate, TheSameSeedIsTheSameDay) {
  const SimulationResult a = simulate(small()), b = simulate(small());
  EXPECT_EQ(a.bids, b.bids);
  EXPECT_EQ(a.delivery, b.delivery);
}

TEST(Simulate, ControlWithoutPacing) {
  SimulationOptions options = small();
  const SimulationResult even = simulate(options);
  options.pacing = Pacing::asap;
  const SimulationResult asap = simulate(options);
  double worst = 0;
  for (std::size_t i = 0; i < even.points.size(); ++i) {
    worst = std::max(worst, asap.points[i].spent - even.points[i].target);
  }
  EXPECT_GT(worst, kDeviationMax);
}

TEST(Simulate, ControlThatForgetsRepeats) {
  SimulationOptions options = small();
  options.ledger.repeats = std::chrono::seconds(0);
  EXPECT_FALSE(simulate(options).books_agree);
}

// Bids that are taken for lost before they are billed.
TEST(Simulate, ControlThatReservesForTooShort) {
  SimulationOptions options = small();
  options.pacing = Pacing::asap;
  options.win_rate = 0.9;
  options.abundance = 20;
  options.late_share = 0.3;
  options.ledger.reserve = std::chrono::seconds(900);
  EXPECT_LE(simulate(options).overspend, kOverspendMax);
  options.ledger.reserve = std::chrono::seconds(0);
  EXPECT_GT(simulate(options).overspend, kOverspendMax);
}

TEST(Simulate, ChartsAreSmallAndHoldTheirFigures) {
  SimulationOptions options = small();
  options.days = 1;
  options.name = "a < b";
  const std::string picture = chart(simulate(options));
  EXPECT_LT(picture.size(), 40'000U);
  EXPECT_TRUE(picture.starts_with("<svg "));
  EXPECT_TRUE(picture.ends_with("</svg>\n"));
  EXPECT_NE(picture.find("a &lt; b, 10 instances"), std::string::npos);
  EXPECT_NE(picture.find("prefers-color-scheme:dark"), std::string::npos);
  EXPECT_EQ(picture.find("nan"), std::string::npos);
}

TEST(Simulate, ScenariosHaveNamesOfTheirOwn) {
  std::vector<std::string> names;
  for (const SimulationOptions& each : scenarios(7)) {
    EXPECT_EQ(each.instances, 7U);
    names.push_back(each.name);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace bidwell::budget
