// What the ghost remembers, in which order it forgets, and how large it gets.
#include "cache/ghost.h"

#include <gtest/gtest.h>

#include "bidwell/core/hash.h"

namespace bidwell::cache {
namespace {

std::uint64_t hash(std::uint64_t number) {
  return mix(number, 7);
}

TEST(Ghost, RemembersOnceAndForgetsTheOldest) {
  Ghost ghost;
  EXPECT_FALSE(ghost.take(hash(1)));
  for (std::uint64_t i = 1; i <= 17; ++i) ghost.add(hash(i), 1);
  EXPECT_FALSE(ghost.take(hash(1))) << "16 are remembered";
  EXPECT_TRUE(ghost.take(hash(2)));
  EXPECT_FALSE(ghost.take(hash(2)));
  EXPECT_TRUE(ghost.take(hash(17)));
}

TEST(Ghost, GrowsToWhatIsWantedAndKeepsWhatItKnew) {
  Ghost ghost;
  constexpr std::uint64_t kWanted = 10'000;
  for (std::uint64_t i = 0; i < kWanted; ++i) ghost.add(hash(i), i + 1);
  EXPECT_GE(ghost.bytes(), kWanted * 4);
  EXPECT_LE(ghost.bytes(), kWanted * 4 * 2);
  std::uint64_t newer = 0, strangers = 0;
  for (std::uint64_t i = kWanted / 2; i < kWanted; ++i) newer += ghost.take(hash(i));
  for (std::uint64_t i = kWanted; i < 11 * kWanted; ++i) strangers += ghost.take(hash(i));
  EXPECT_GT(newer, kWanted / 2 * 95 / 100);
  EXPECT_LE(strangers, 5u);
}

TEST(Ghost, StaysAsLargeAsItIs) {
  Ghost ghost;
  ghost.add(hash(0), 1000);
  const std::size_t bytes = ghost.bytes();
  for (std::uint64_t i = 0; i < 100'000; ++i) ghost.add(hash(i), 1000);
  EXPECT_EQ(ghost.bytes(), bytes);
}

}  // namespace
}  // namespace bidwell::cache
