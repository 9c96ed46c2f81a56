// Codes, the table of rates, and conversion that never loses to rounding.
#include "bidwell/core/currency.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace bidwell {
namespace {

TEST(CurrencyCode, IsThreeLettersOfEitherCase) {
  EXPECT_EQ(currency_code("usd"), kUsd);
  EXPECT_EQ(currency_code("Usd"), kUsd);
  EXPECT_NE(currency_code("EUR"), kUsd);
  for (const char* text : {"", "US", "USDT", "U5D", "$$$", "   ", "US "}) {
    EXPECT_EQ(currency_code(text), 0u) << text;
  }
}

TEST(CurrencyTable, KnowsUsdWithoutBeingTold) {
  const CurrencyTable table;
  ASSERT_NE(table.find("USD"), nullptr);
  EXPECT_EQ(table.find("USD")->nanos_per_usd, 1'000'000'000);
  EXPECT_EQ(table.find(""), table.find("USD")) << "OpenRTB's default";
  EXPECT_EQ(table.find("EUR"), nullptr);
  EXPECT_EQ(table.find("EURO"), nullptr);
}

TEST(CurrencyTable, TakesRatesAndReplacesThem) {
  CurrencyTable table;
  EXPECT_TRUE(table.set("eur", 0.5));
  ASSERT_NE(table.find("EUR"), nullptr);
  EXPECT_EQ(table.find("EUR")->text(), "EUR");
  EXPECT_EQ(table.find("EUR")->nanos_per_usd, 500'000'000);
  EXPECT_TRUE(table.set("EUR", 0.9));
  EXPECT_EQ(table.find("eur")->nanos_per_usd, 900'000'000);
}

TEST(CurrencyTable, RefusesWhatMakesNoSense) {
  CurrencyTable table;
  ASSERT_TRUE(table.set("JPY", 150));
  for (const double rate : {0.0, -1.0, 1e-7, 1e9, std::nan(""), HUGE_VAL}) {
    EXPECT_FALSE(table.set("JPY", rate)) << rate;
  }
  EXPECT_EQ(table.find("JPY")->nanos_per_usd, 150'000'000'000);
  EXPECT_FALSE(table.set("EURO", 1));
  EXPECT_FALSE(table.set("", 1));
  EXPECT_TRUE(table.set("USD", 1.0));
  EXPECT_FALSE(table.set("USD", 0.9)) << "a dollar is a dollar";
  EXPECT_EQ(table.find("USD")->nanos_per_usd, 1'000'000'000);
}

TEST(Convert, RoundsAsTold) {
  CurrencyTable table;
  ASSERT_TRUE(table.set("EUR", 0.9));
  ASSERT_TRUE(table.set("JPY", 150));
  const Currency usd = *table.find("USD"), eur = *table.find("EUR"), jpy = *table.find("JPY");
  EXPECT_EQ(convert(1'000'000, usd, eur, Rounding::down), 900'000);
  EXPECT_EQ(convert(1, usd, eur, Rounding::down), 0);
  EXPECT_EQ(convert(1, usd, eur, Rounding::up), 1);
  EXPECT_EQ(convert(900'000, eur, jpy, Rounding::down), 150'000'000);
  EXPECT_EQ(convert(100, jpy, usd, Rounding::down), 0);
  EXPECT_EQ(convert(7, eur, eur, Rounding::up), 7);
  EXPECT_EQ(convert(kMaxMicros, usd, jpy, Rounding::up), kMaxMicros);
}

TEST(Convert, ThereAndBackIsNeverMoreThanItWas) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 50'000; ++i) {
    CurrencyTable table;
    const double rate = std::exp(std::uniform_real_distribution<double>(-8, 8)(random));
    ASSERT_TRUE(table.set("XTS", rate));
    const Currency &usd = *table.find("USD"), &other = *table.find("XTS");
    const auto amount = static_cast<Micros>(random() % 1'000'000'000);
    const Micros down = convert(amount, usd, other, Rounding::down);
    const Micros up = convert(amount, usd, other, Rounding::up);
    ASSERT_LE(down, up);
    ASSERT_LE(up - down, 1);
    ASSERT_LE(convert(down, other, usd, Rounding::down), amount) << rate;
    ASSERT_GE(convert(up, other, usd, Rounding::up), amount) << rate;
  }
}

}  // namespace
}  // namespace bidwell
