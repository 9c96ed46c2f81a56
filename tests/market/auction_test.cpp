#include "market/auction.h"

#include <gmock/gmock.h>

namespace bidwell::market {
namespace {

constexpr Micros kOne = 1'000'000;

struct Case {
  const char* what;
  std::vector<Entry> entries;
  Micros rival, floor;
  int type;
  std::optional<std::size_t> winner;
  bool sold;
  Micros price;
};

TEST(AuctionTest, Prices) {
  const Case cases[] = {
      {"nobody", {}, 0, 0, 1, {}, false, 0},
      {"rivals alone", {}, kOne, 0, 1, {}, true, kOne},
      {"rivals below the floor", {}, kOne, 2 * kOne, 1, {}, false, 0},
      {"alone, first price", {{3 * kOne, 0}}, 0, 0, 1, 0, true, 3 * kOne},
      {"alone, second price, no floor", {{3 * kOne, 0}}, 0, 0, 2, 0, true, 10'000},
      {"alone, second price over the floor", {{3 * kOne, kOne}}, 0, kOne, 2, 0, true, 1'010'000},
      {"second price over the rival", {{3 * kOne, kOne}}, 2 * kOne, kOne, 2, 0, true, 2'010'000},
      {"second price over a rival below the floor", {{3 * kOne, 2 * kOne}}, kOne, 2 * kOne, 2, 0, true, 2'010'000},
      {"second price is at most the bid", {{2'005'000, 0}}, 2 * kOne, 0, 2, 0, true, 2'005'000},
      {"by a micro", {{2 * kOne + 1, 0}}, 2 * kOne, 0, 1, 0, true, 2 * kOne + 1},
      {"a tie is the rivals'", {{2 * kOne, 0}}, 2 * kOne, 0, 1, {}, true, 2 * kOne},
      {"below the floor", {{kOne - 1, kOne}}, 0, kOne, 1, {}, false, 0},
      {"at the floor", {{kOne, kOne}}, 0, kOne, 1, 0, true, kOne},
      {"at the floor, second price", {{kOne, kOne}}, 0, kOne, 2, 0, true, kOne},
      {"the first of two equals", {{kOne, 0}, {kOne, 0}}, 0, 0, 1, 0, true, kOne},
      {"two equals, second price", {{kOne, 0}, {kOne, 0}}, 0, 0, 2, 0, true, kOne},
      {"the second of two", {{kOne, 0}, {3 * kOne, 0}}, 2 * kOne, 0, 2, 1, true, 2'010'000},
      {"our own second best counts", {{3 * kOne, 0}, {2 * kOne, 0}}, kOne, 0, 2, 0, true, 2'010'000},
      {"one below its floor does not", {{3 * kOne, 0}, {2 * kOne, 4 * kOne}}, 0, 0, 2, 0, true, 10'000},
      {"a deal's lower floor", {{kOne, kOne / 2}}, 0, 2 * kOne, 2, 0, true, 510'000},
      {"a deal's higher floor", {{kOne, 2 * kOne}}, 0, 0, 1, {}, false, 0},
      {"nothing is no price", {{0, 0}}, 0, 0, 1, {}, false, 0},
  };
  for (const Case& c : cases) {
    const Sale sale = hold(c.entries, c.rival, c.floor, c.type);
    EXPECT_EQ(sale.winner, c.winner) << c.what;
    EXPECT_EQ(sale.sold, c.sold) << c.what;
    EXPECT_EQ(sale.price, c.price) << c.what;
  }
}

// Whatever it says to have been enough wins, and a micro less does not.
TEST(AuctionTest, MinimumToWinIsExact) {
  struct Field {
    std::vector<Entry> others;
    Micros rival, floor;
  };
  const Field fields[] = {
      {{}, 2 * kOne, kOne}, {{}, kOne, 2 * kOne}, {{}, 0, kOne}, {{{5 * kOne, kOne}}, kOne, kOne}, {{}, 2 * kOne, 0}};
  for (const Field& field : fields) {
    for (const Micros bid : {kOne / 2, kOne, 2 * kOne, 4 * kOne, 9 * kOne}) {
      std::vector<Entry> entries = {{bid, field.floor}};
      entries.insert(entries.end(), field.others.begin(), field.others.end());
      const Sale sale = hold(entries, field.rival, field.floor, 1);
      if (sale.winner != std::size_t{0} && sale.winner) continue;  // its own rival's minimum
      const Micros least = sale.min_to_win;
      const auto wins = [&](Micros price) {
        entries[0].price = price;
        return hold(entries, field.rival, field.floor, 1).winner == std::size_t{0};
      };
      EXPECT_TRUE(wins(least)) << bid << " " << field.rival << " " << field.floor;
      EXPECT_FALSE(wins(least - 1)) << bid << " " << field.rival << " " << field.floor;
    }
  }
}

TEST(RatesTest, ConvertsAndRefuses) {
  const Rates rates({{"EUR", 0.5}, {"JPY", 150}});
  EXPECT_EQ(rates.convert(3, "EUR", "EUR", Rounding::down), 3);
  EXPECT_EQ(rates.convert(kOne, "EUR", "USD", Rounding::down), 2 * kOne);
  EXPECT_EQ(rates.convert(kOne, "USD", "EUR", Rounding::down), kOne / 2);
  EXPECT_EQ(rates.convert(1, "JPY", "USD", Rounding::down), 0);
  EXPECT_EQ(rates.convert(1, "JPY", "USD", Rounding::up), 1);
  EXPECT_EQ(rates.convert(7, "XXX", "XXX", Rounding::up), 7);
  EXPECT_FALSE(rates.convert(1, "XXX", "USD", Rounding::up));
  EXPECT_THROW(Rates({{"EUR", 0}}), std::invalid_argument);
}

}  // namespace
}  // namespace bidwell::market
