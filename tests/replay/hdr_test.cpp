// The histogram against exact order statistics.
#include "bidwell/replay/hdr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>

namespace bidwell::replay {
namespace {

std::vector<std::uint64_t> draw(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> value(13, 2.5);
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < n; ++i) {
    out.push_back(std::min<std::uint64_t>(static_cast<std::uint64_t>(value(random)), Hdr::kMax));
  }
  return out;
}

Hdr histogram_of(const std::vector<std::uint64_t>& values) {
  Hdr out;
  for (const std::uint64_t value : values) out.record(value);
  return out;
}

// At least the exact one, and less than a thousandth above it.
void expect_near(std::uint64_t found, std::uint64_t exact) {
  EXPECT_GE(found, exact);
  EXPECT_LE(static_cast<double>(found), static_cast<double>(exact) * 1.001);
}

void expect_order_statistics(const Hdr& hdr, std::vector<std::uint64_t> values) {
  std::ranges::sort(values);
  for (const double q : {0.0001, 0.01, 0.07, 0.25, 0.5, 0.57, 0.9, 0.99, 0.999, 0.9999, 0.99999}) {
    const double rank = std::max(1.0, std::ceil(q * static_cast<double>(values.size()) - 1e-9));
    SCOPED_TRACE(q);
    expect_near(hdr.quantile(q), values[static_cast<std::size_t>(rank) - 1]);
  }
  EXPECT_EQ(hdr.quantile(0), values.front());
  EXPECT_EQ(hdr.quantile(1), values.back());
  EXPECT_EQ(hdr.min(), values.front());
  EXPECT_EQ(hdr.max(), values.back());
}

TEST(HdrTest, PercentilesAreThoseOfTheSortedValues) {
  const auto values = draw(100'000, 1);
  const Hdr hdr = histogram_of(values);
  EXPECT_EQ(hdr.count(), values.size());
  expect_order_statistics(hdr, values);
  double sum = 0;
  for (const auto value : values) sum += static_cast<double>(value);
  EXPECT_NEAR(hdr.mean(), sum / 100'000, hdr.mean() * 1e-9);
  double squares = 0;
  for (const auto value : values) squares += std::pow(static_cast<double>(value) - hdr.mean(), 2);
  EXPECT_NEAR(hdr.deviation(), std::sqrt(squares / 100'000), hdr.deviation() * 1e-3);
}

TEST(HdrTest, MergingLosesNothing) {
  auto values = draw(50'000, 2);
  const auto others = draw(5'000, 3);
  Hdr sum = histogram_of(values);
  sum += histogram_of(others);
  sum += Hdr();
  values.insert(values.end(), others.begin(), others.end());
  expect_order_statistics(sum, values);
  EXPECT_EQ(sum.buckets(), histogram_of(values).buckets());
  Hdr from_none;
  from_none += sum;
  EXPECT_EQ(from_none.buckets(), sum.buckets());
  EXPECT_EQ(from_none.min(), sum.min());
}

TEST(HdrTest, EachPowerOfTwoIsABoundary) {
  for (unsigned bit = 0; bit < 41; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (const std::uint64_t value : {power - 1, power, power + 1}) {
      Hdr hdr;
      hdr.record(value);
      hdr.record(Hdr::kMax);  // so that the bucket's end is told, not the maximum
      SCOPED_TRACE(value);
      expect_near(hdr.quantile(0.5), value);
      ASSERT_EQ(hdr.buckets().size(), 2U);
      EXPECT_LE(hdr.buckets()[0].first, value);
      EXPECT_EQ(hdr.count_above(value), 1U);
    }
  }
}

TEST(HdrTest, ValuesUpTo2047AreExact) {
  Hdr hdr;
  for (std::uint64_t value = 0; value < 2048; ++value) hdr.record(value);
  for (std::uint64_t value = 0; value < 2048; ++value) {
    EXPECT_EQ(hdr.buckets()[value], std::pair(value, std::uint64_t{1}));
    EXPECT_EQ(hdr.count_above(value), 2047 - value);
  }
}

// A bucket begins where the one below it ends: no value falls between, none into two.
TEST(HdrTest, BucketsLieSideBySide) {
  for (std::uint64_t value = 1; value < Hdr::kMax / 2; value += value / 700 + 1) {
    Hdr hdr;
    hdr.record(value);
    hdr.record(Hdr::kMax);
    const std::uint64_t end = hdr.quantile(0.5);
    Hdr behind;
    behind.record(end + 1);
    EXPECT_EQ(behind.buckets()[0].first, end + 1);
  }
}

TEST(HdrTest, OfNoneEverythingIsZero) {
  const Hdr hdr;
  for (const double q : {0.0, 0.5, 1.0}) EXPECT_EQ(hdr.quantile(q), 0U);
  EXPECT_EQ(hdr.min(), 0U);
  EXPECT_EQ(hdr.max(), 0U);
  EXPECT_EQ(hdr.mean(), 0);
  EXPECT_EQ(hdr.deviation(), 0);
  EXPECT_EQ(hdr.count_above(0), 0U);
  EXPECT_TRUE(hdr.buckets().empty());
}

TEST(HdrTest, OfOneEveryPercentileIsIt) {
  Hdr hdr;
  hdr.record(123'456'789);
  for (const double q : {-1.0, 0.0, 1e-9, 0.5, 0.999999, 1.0, 2.0}) EXPECT_EQ(hdr.quantile(q), 123'456'789U);
}

TEST(HdrTest, WhatIsPastTheMaximumIsCounted) {
  Hdr hdr;
  hdr.record(Hdr::kMax + 1, 3);
  hdr.record(UINT64_MAX);
  hdr.record(Hdr::kMax);
  EXPECT_EQ(hdr.count(), 5U);
  EXPECT_EQ(hdr.clipped(), 4U);
  EXPECT_EQ(hdr.max(), Hdr::kMax);
}

TEST(HdrTest, ClearedItIsAsNew) {
  Hdr hdr = histogram_of(draw(1000, 4));
  hdr.clear();
  EXPECT_EQ(hdr.count(), 0U);
  EXPECT_TRUE(hdr.buckets().empty());
  hdr.record(7);
  EXPECT_EQ(hdr.quantile(0.5), 7U);
  EXPECT_EQ(hdr.min(), 7U);
  EXPECT_EQ(hdr.max(), 7U);
}

// What HdrHistogram 2.1's outputPercentileDistribution prints for 1 to 10 with one tick a halving.
TEST(HdrTest, TextIsHdrHistograms) {
  Hdr hdr;
  for (std::uint64_t value = 1; value <= 10; ++value) hdr.record(value);
  EXPECT_EQ(hdr.hgrm(1, 1),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n"
            "\n"
            "       1.000 0.000000000000          1           1.00\n"
            "       5.000 0.500000000000          5           2.00\n"
            "       8.000 0.750000000000          8           4.00\n"
            "       9.000 0.875000000000          9           8.00\n"
            "      10.000 0.937500000000         10          16.00\n"
            "      10.000 1.000000000000         10\n"
            "#[Mean    =        5.500, StdDeviation   =        2.872]\n"
            "#[Max     =       10.000, Total count    =           10]\n"
            "#[Buckets =           32, SubBuckets     =         2048]\n");
}

TEST(HdrTest, TextCanBeReadBack) {
  const Hdr hdr = histogram_of(draw(20'000, 5));
  std::istringstream text(hdr.hgrm(1e6));
  std::string line;
  std::getline(text, line);
  std::getline(text, line);
  double before = 0, value = 0, level = 0, count = 0;
  int lines = 0;
  while (std::getline(text, line) && line[0] != '#') {
    std::istringstream(line) >> value >> level >> count;
    EXPECT_GE(value, before);
    EXPECT_GE(count / 20'000, level - 1e-12);
    // Each line's value is the percentile of its count.
    EXPECT_NEAR(value, static_cast<double>(hdr.quantile(count / 20'000)) / 1e6, 0.0006);
    before = value;
    ++lines;
  }
  EXPECT_GT(lines, 40);
  EXPECT_EQ(count, 20'000);
  EXPECT_EQ(level, 1);
}

}  // namespace
}  // namespace bidwell::replay
