#include "market/zipf.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <vector>

namespace bidwell::market {
namespace {

// Each rank's share against k^-s / sum, by what chance allows: five standard deviations.
void expect_law(std::uint64_t count, double exponent) {
  Random random(7);
  const Zipf zipf(count, exponent);
  constexpr int kDraws = 400'000;
  std::vector<int> drawn(count + 1);
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t rank = zipf(random);
    ASSERT_GE(rank, 1u);
    ASSERT_LE(rank, count);
    ++drawn[rank];
  }
  double sum = 0;
  for (std::uint64_t k = 1; k <= count; ++k) sum += std::pow(static_cast<double>(k), -exponent);
  for (std::uint64_t k = 1; k <= count; ++k) {
    const double share = std::pow(static_cast<double>(k), -exponent) / sum;
    const double deviation = std::sqrt(kDraws * share * (1 - share));
    EXPECT_NEAR(drawn[k], kDraws * share, 5 * deviation + 1) << "rank " << k << " of exponent " << exponent;
  }
}

TEST(ZipfTest, RanksComeAsTheLawSays) {
  for (const double exponent : {0.0, 0.5, 0.9, 1.0, 1.2, 2.0}) expect_law(20, exponent);
}

TEST(ZipfTest, OneThingIsAlwaysItself) {
  Random random(1);
  const Zipf zipf(1, 0.9);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(zipf(random), 1u);
}

TEST(ZipfTest, MillionsNeedNoTable) {
  Random random(3);
  const Zipf zipf(5'000'000, 0.9);
  std::uint64_t largest = 0, first = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t rank = zipf(random);
    largest = std::max(largest, rank);
    first += rank == 1;
  }
  EXPECT_GT(largest, 4'000'000u);
  EXPECT_LE(largest, 5'000'000u);
  // 1 / sum(k^-0.9) is 0.0260 by Euler and Maclaurin: 10 * 5e6^0.1 - 9.43.
  EXPECT_NEAR(static_cast<double>(first) / 100'000, 0.0269, 0.002);
}

TEST(ZipfTest, RefusesWhatMakesNoSense) {
  EXPECT_THROW(Zipf(0, 1), std::invalid_argument);
  EXPECT_THROW(Zipf(10, -1), std::invalid_argument);
  EXPECT_THROW(Zipf(10, std::nan("")), std::invalid_argument);
}

}  // namespace
}  // namespace bidwell::market
