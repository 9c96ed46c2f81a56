// A worker's purses: what they answer, and that they may be filled while they are asked.
#include "bidwell/budget/wallet.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace bidwell::budget {
namespace {

using std::chrono::seconds;
constexpr std::uint64_t kLowLot = 0, kHighLot = ~std::uint64_t{0};
const Steady kNow{seconds(1000)};

TEST(Purse, NewOnesHaveNothing) {
  const Purse purse;
  EXPECT_EQ(purse.ask(1, 0, kLowLot, kNow), Purse::Answer::over_budget);
  EXPECT_EQ(purse.left(), 0);
}

TEST(Purse, GivesWhatItHasAndNoMore) {
  Purse purse;
  purse.fill(100, kNow + seconds(1));
  EXPECT_EQ(purse.ask(100, 0, kHighLot, kNow), Purse::Answer::yes);
  EXPECT_EQ(purse.ask(101, 0, kHighLot, kNow), Purse::Answer::over_budget);
  purse.use(60);
  EXPECT_EQ(purse.left(), 40);
  EXPECT_EQ(purse.ask(40, 0, kHighLot, kNow), Purse::Answer::yes);
  EXPECT_EQ(purse.ask(41, 0, kHighLot, kNow), Purse::Answer::over_budget);
}

TEST(Purse, CountsWhatTheSameAnswerPromised) {
  Purse purse;
  purse.fill(100, kNow + seconds(1));
  EXPECT_EQ(purse.ask(50, 50, kHighLot, kNow), Purse::Answer::yes);
  EXPECT_EQ(purse.ask(50, 51, kHighLot, kNow), Purse::Answer::over_budget);
}

TEST(Purse, EndsWithItsLease) {
  Purse purse;
  purse.fill(100, kNow + seconds(1));
  EXPECT_EQ(purse.ask(1, 0, kHighLot, kNow + seconds(1) - std::chrono::nanoseconds(1)), Purse::Answer::yes);
  EXPECT_EQ(purse.ask(1, 0, kHighLot, kNow + seconds(1)), Purse::Answer::over_budget);
  purse.shut();
  EXPECT_EQ(purse.ask(1, 0, kHighLot, kNow), Purse::Answer::over_budget);
}

TEST(Purse, HoldsBackByItsChance) {
  Purse purse;
  purse.fill(100, kNow + seconds(1));
  purse.set_chance(0);
  EXPECT_EQ(purse.ask(1, 0, kLowLot, kNow), Purse::Answer::paced_out);
  purse.set_chance(Purse::kAlways / 4);
  EXPECT_EQ(purse.ask(1, 0, kHighLot / 4 - (std::uint64_t{1} << 32), kNow), Purse::Answer::yes);
  EXPECT_EQ(purse.ask(1, 0, kHighLot / 4 + (std::uint64_t{1} << 32), kNow), Purse::Answer::paced_out);
  purse.set_chance(Purse::kAlways);
  EXPECT_EQ(purse.ask(1, 0, kHighLot, kNow), Purse::Answer::yes);
}

TEST(Wallet, PursesStayWhereTheyAre) {
  const auto wallet = std::make_unique<Wallet>();
  wallet->make_room(0);
  Purse* const first = &wallet->purse(0);
  first->fill(7, kNow + seconds(1));
  for (AccountNumber number = 1; number < 2000; ++number) wallet->make_room(number);
  wallet->make_room(kAccountsMax - 1);
  EXPECT_EQ(&wallet->purse(0), first);
  EXPECT_EQ(wallet->purse(0).left(), 7);
  EXPECT_EQ(wallet->purse(1999).left(), 0);
  EXPECT_EQ(wallet->purse(kAccountsMax - 1).left(), 0);
}

// The worker never uses more than was ever granted, however the fills fall between.
TEST(Wallet, IsFilledWhileItIsAsked) {
  Wallet wallet;
  wallet.make_room(0);
  Purse& purse = wallet.purse(0);
  constexpr Nanos kGranted = 20'000;
  std::thread banker([&] {
    for (Nanos granted = 1; granted <= kGranted; ++granted) {
      purse.fill(granted, kNow + seconds(1));
      if (granted % 100 == 0) purse.shut();
    }
    purse.fill(kGranted, kNow + seconds(1));
  });
  while (purse.used() < kGranted) {
    if (purse.ask(1, 0, kHighLot, kNow) == Purse::Answer::yes) purse.use(1);
    ASSERT_LE(purse.used(), kGranted);
  }
  banker.join();
  EXPECT_EQ(purse.ask(1, 0, kHighLot, kNow), Purse::Answer::over_budget);
  EXPECT_EQ(purse.used(), kGranted);
}

}  // namespace
}  // namespace bidwell::budget
