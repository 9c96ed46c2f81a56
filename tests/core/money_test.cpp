// Money is where a wrong digit costs money: decimals to micros and back, and products that must
// not overflow.
#include "bidwell/core/money.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace bidwell {
namespace {

std::string written(Micros amount) {
  char text[kMicrosTextSize];
  return {text, write_micros(text, amount)};
}

struct Decimal {
  const char* text;
  Micros down, up;
};

TEST(ParseMicros, ReadsDecimalsAndRoundsThemAsTold) {
  const Decimal decimals[] = {
      {"0", 0, 0},
      {"-0", 0, 0},
      {"0.05", 50'000, 50'000},
      {"2.50", 2'500'000, 2'500'000},
      {"12", 12'000'000, 12'000'000},
      {"  7 ", 7'000'000, 7'000'000},
      {"-3", -3'000'000, -3'000'000},
      {"1e-05", 10, 10},
      {"1.0E-5", 10, 10},
      {"2.5e3", 2'500'000'000, 2'500'000'000},
      {"2.5E+3", 2'500'000'000, 2'500'000'000},
      {"1e-6", 1, 1},
      {"0.0000009", 0, 1},
      {"0.0000010", 1, 1},
      {"1.0000001", 1'000'000, 1'000'001},
      {"-1.0000001", -1'000'001, -1'000'000},
      {"-0.0000001", -1, 0},
      {"1e-300", 0, 1},
      {"0e99", 0, 0},
      {"0.000000e-7", 0, 0},
      {"000001.5", 1'500'000, 1'500'000},
      // More digits than fit an integer: what is dropped still counts for the rounding.
      {"1.000000000000000000000", 1'000'000, 1'000'000},
      {"1.000000000000000000001", 1'000'000, 1'000'001},
      {"0.999999999999999999999", 999'999, 1'000'000},
      {"123456789.0123456789012345", 123'456'789'012'345, 123'456'789'012'346},
      {"0.0000000000000000000000000000001", 0, 1},
      {"100000000000000000000e-20", 1'000'000, 1'000'000},
      {"1234567890123456789012e-21", 1'234'567, 1'234'568},
  };
  for (const Decimal& d : decimals) {
    EXPECT_EQ(parse_micros(d.text, Rounding::down), d.down) << d.text;
    EXPECT_EQ(parse_micros(d.text, Rounding::up), d.up) << d.text;
  }
}

TEST(ParseMicros, ReadsWhatIsTooLargeAsTheMost) {
  for (const char* text : {"1000000000", "1000000000.000001", "1e9", "1e18", "1e99999999999999999999",
                           "999999999999999999", "9999999999999999999", "123456789012345678901234567890"}) {
    EXPECT_EQ(parse_micros(text, Rounding::up), kMaxMicros) << text;
    EXPECT_EQ(parse_micros(text, Rounding::down), kMaxMicros) << text;
    EXPECT_EQ(parse_micros("-" + std::string(text), Rounding::up), -kMaxMicros) << text;
  }
  EXPECT_EQ(parse_micros("999999999.999999", Rounding::up), kMaxMicros - 1);
  EXPECT_EQ(parse_micros("1e-99999999999999999999", Rounding::up), 1);
  EXPECT_EQ(parse_micros("1e-99999999999999999999", Rounding::down), 0);
}

TEST(ParseMicros, RefusesWhatIsNoNumber) {
  for (const char* text :
       {"",      " ",     "-",   "--1",  "+1",    ".",   "-.",  "e5",  "1e",   "1e+",  "1e-", "1e+-5", "1e++5",
        "1e5.0", "1.2.3", "1,5", "0x10", "1 000", "12a", "nan", "inf", "null", "true", "$1",  "1\n",   "1e5e5"}) {
    EXPECT_EQ(parse_micros(text, Rounding::up), std::nullopt) << text;
  }
}

TEST(WriteMicros, WritesTheShortestDecimal) {
  const std::pair<Micros, const char*> amounts[] = {
      {0, "0"},
      {1, "0.000001"},
      {10, "0.00001"},
      {1'000'000, "1"},
      {2'500'000, "2.5"},
      {12'000'000, "12"},
      {1'000'001, "1.000001"},
      {999'999, "0.999999"},
      {120'340'000, "120.34"},
      {-2'500'000, "-2.5"},
      {-1, "-0.000001"},
      {kMaxMicros, "1000000000"},
      {std::numeric_limits<Micros>::max(), "9223372036854.775807"},
  };
  for (const auto& [amount, text] : amounts) EXPECT_EQ(written(amount), text);
}

TEST(WriteMicros, IsReadBackAsTheSameAmount) {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < 200'000; ++i) {
    // All magnitudes alike, as prices have few digits.
    const Micros most = kMaxMicros >> (random() % 50);
    const Micros amount = static_cast<Micros>(random() % (2 * most + 1)) - most;
    const std::string text = written(amount);
    ASSERT_LE(text.size(), kMicrosTextSize);
    ASSERT_EQ(parse_micros(text, Rounding::down), amount) << text;
    ASSERT_EQ(parse_micros(text, Rounding::up), amount) << text;
  }
}

TEST(Scale, RoundsTowardsTheSideAskedFor) {
  EXPECT_EQ(scale(10, 1, 3, Rounding::down), 3);
  EXPECT_EQ(scale(10, 1, 3, Rounding::up), 4);
  EXPECT_EQ(scale(9, 1, 3, Rounding::up), 3);
  EXPECT_EQ(scale(-10, 1, 3, Rounding::down), -4);
  EXPECT_EQ(scale(-10, 1, 3, Rounding::up), -3);
  EXPECT_EQ(scale(0, 5, 7, Rounding::up), 0);
}

TEST(Scale, DoesNotOverflow) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 62;
  EXPECT_EQ(scale(kMaxMicros, kLargest, kLargest, Rounding::up), kMaxMicros);
  EXPECT_EQ(scale(kMaxMicros - 1, kLargest, kLargest, Rounding::down), kMaxMicros - 1);
  EXPECT_EQ(scale(kMaxMicros, kLargest, 1, Rounding::down), kMaxMicros);
  EXPECT_EQ(scale(-kMaxMicros, kLargest, 1, Rounding::up), -kMaxMicros);
  EXPECT_EQ(scale(kMaxMicros, 1, kLargest, Rounding::down), 0);
  EXPECT_EQ(scale(kMaxMicros, 1, kLargest, Rounding::up), 1);
}

}  // namespace
}  // namespace bidwell
