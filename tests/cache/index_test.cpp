// The index: it finds what is there and nothing else, however long it has been changed, and searches stay short.
#include "cache/index.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

#include "l1_values.h"

namespace bidwell::cache {
namespace {

class IndexTest : public testing::Test {
 protected:
  Held& make(std::uint64_t number, std::uint64_t hash) {
    return *made_.emplace_back(Held::make(value_of(number, 1, {}), hash, false));
  }
  void insert(Held& held) {
    while (index_.should_grow()) ASSERT_NE(index_.grow(), nullptr);
    index_.insert(held);
  }

  std::deque<Held::Owner> made_;
  Index index_;
};

TEST_F(IndexTest, AgreesWithAMap) {
  std::mt19937_64 random(1);
  std::map<std::uint64_t, Held*> map;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t number = random() % 300;
    // Few different hashes, and all homes at the table's end: long chains that wrap around.
    const std::uint64_t hash = ~(number % 7);
    const auto known = map.find(number);
    ASSERT_EQ(index_.find(hash, slot_of(number)), known == map.end() ? nullptr : known->second);
    if (known == map.end()) {
      insert(*(map[number] = &make(number, hash)));
    } else if (random() % 3 == 0) {
      Held& by = make(number, hash);
      index_.replace(*known->second, by);
      known->second = &by;
    } else {
      index_.erase(*known->second);
      map.erase(known);
    }
    ASSERT_EQ(index_.count(), map.size());
  }
}

TEST_F(IndexTest, AHashOfZeroIsAHashToo) {
  EXPECT_EQ(index_.find(0, slot_of(1)), nullptr);
  Held& held = make(1, 0);
  insert(held);
  EXPECT_EQ(index_.find(0, slot_of(1)), &held);
  index_.erase(held);
  EXPECT_EQ(index_.find(0, slot_of(1)), nullptr);
}

TEST_F(IndexTest, SearchesStayShortAfterAMillionChanges) {
  std::mt19937_64 random(1);
  std::vector<Held*> there;
  for (std::uint64_t i = 0; i < 6'000; ++i) insert(*there.emplace_back(&make(i, random())));
  const std::size_t bytes = index_.bytes();
  const std::size_t at_first = index_.longest_probe();
  for (int i = 0; i < 1'000'000; ++i) {
    Held& held = *there[random() % there.size()];
    index_.erase(held);
    held.node.hash = random();
    index_.insert(held);
  }
  EXPECT_EQ(index_.bytes(), bytes);
  // 6,000 of 8,192 cells. A fresh table of that load has longest searches of 40 to 150.
  EXPECT_LT(at_first, 200u);
  EXPECT_LT(index_.longest_probe(), 200u);
  for (Held* held : there) ASSERT_EQ(index_.find(held->node.hash, held->entry.slot), held);
}

TEST_F(IndexTest, GrowsAndKeepsEverything) {
  for (std::uint64_t i = 0; i < 10'000; ++i) insert(make(i, hash_of(slot_of(i), 5)));
  for (std::uint64_t i = 0; i < 10'000; ++i) ASSERT_NE(index_.find(hash_of(slot_of(i), 5), slot_of(i)), nullptr);
  for (std::uint64_t i = 10'000; i < 20'000; ++i) ASSERT_EQ(index_.find(hash_of(slot_of(i), 5), slot_of(i)), nullptr);
}

// Keys that all collide under one seed do not under another.
TEST_F(IndexTest, TheSeedScattersKeysThatCollide) {
  for (const std::uint64_t seed : {5, 6}) {
    Index index;
    std::uint64_t inserted = 0;
    for (std::uint64_t i = 0; inserted < 300; ++i) {
      if (hash_of(slot_of(i), 5) % 1024 != 0) continue;
      while (index.should_grow()) index.grow();
      index.insert(make(i, hash_of(slot_of(i), seed)));
      ++inserted;
    }
    if (seed == 5) {
      EXPECT_GT(index.longest_probe(), 200u);
    } else {
      EXPECT_LT(index.longest_probe(), 60u);
    }
  }
}

}  // namespace
}  // namespace bidwell::cache
