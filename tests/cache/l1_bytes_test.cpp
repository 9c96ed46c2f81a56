// L1 keeps within its bytes whatever is put, also while a reader keeps everything from being freed.
#include <gtest/gtest.h>
#include <malloc.h>

#include <random>

#include "bidwell/cache/l1.h"
#include "l1_values.h"

namespace bidwell::cache {
namespace {

L1Options small_options(Eviction eviction, std::size_t bytes_max = 1 << 20, unsigned shards = 4) {
  L1Options options;
  options.bytes_max = bytes_max;
  options.shards = shards;
  options.eviction = eviction;
  return options;
}

class L1Bytes : public testing::TestWithParam<Eviction> {};
INSTANTIATE_TEST_SUITE_P(Policies, L1Bytes, testing::Values(Eviction::s3_fifo, Eviction::lru),
                         [](const auto& policy) { return policy.param == Eviction::lru ? "lru" : "s3_fifo"; });

TEST_P(L1Bytes, HoldUnderRandomPutsOfRandomSizes) {
  for (const std::size_t bytes_max : {64u << 10, 1u << 20}) {
    L1 l1(small_options(GetParam(), bytes_max));
    L1::Reader reader(l1);
    std::mt19937_64 random(1);
    std::string bytes;
    std::size_t most = 0;
    for (int i = 0; i < 60'000; ++i) {
      // Phases of large and of tiny values, so that the index has to grow late and is too large afterwards.
      const std::size_t size_max = i / 10'000 % 2 == 0 ? 3000 : 40;
      bytes.assign(random() % size_max, 'x');
      const std::uint64_t number = random() % 20'000;
      const Time now = at(i / 100);
      Value value = value_of(number, static_cast<std::uint64_t>(i), bytes);
      value.hard = now + std::chrono::seconds(random() % 50);
      l1.put(value, now);
      if (random() % 8 == 0)
        l1.drop(slot_of(random() % 20'000), static_cast<std::uint64_t>(i), now + std::chrono::seconds(5), now);
      const L1::Reader::Pin pin(reader);
      const Entry* const entry = reader.find(slot_of(random() % 20'000));
      if (entry != nullptr) {
        EXPECT_EQ(entry->bytes().find_first_not_of('x'), std::string::npos);
      }
      if (i % 10 != 0) continue;
      const L1Stats stats = l1.stats();
      ASSERT_LE(stats.bytes, bytes_max);
      most = std::max(most, stats.bytes);
    }
    EXPECT_GT(most, bytes_max * 9 / 10) << "and they are made use of";
  }
}

// Large blocks are mapped, and counted apart.
std::size_t bytes_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_P(L1Bytes, AreWhatTheAllocatorSays) {
  const std::size_t before = bytes_in_use();
  if (before == 0) GTEST_SKIP() << "another allocator";
  L1 l1(small_options(GetParam(), 8 << 20, 8));
  const std::string bytes(100, 'x');
  for (std::uint64_t i = 0; i < 60'000; ++i) l1.put(value_of(i, 1, bytes), at(0));
  const auto used = static_cast<double>(bytes_in_use() - before);
  EXPECT_NEAR(static_cast<double>(l1.stats().bytes) / used, 1, 0.01);
}

TEST_P(L1Bytes, AfterAnyPutTheValueIsThere) {
  L1 l1(small_options(GetParam(), 64 << 10));
  L1::Reader reader(l1);
  std::mt19937_64 random(2);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::string bytes = marked_bytes(slot_of(i), i, random() % 1500);
    ASSERT_NE(l1.put(value_of(i, i, bytes), at(0)), PutResult::too_large);
    const L1::Reader::Pin pin(reader);
    const Entry* const entry = reader.find(slot_of(i));
    ASSERT_NE(entry, nullptr);
    ASSERT_TRUE(is_marked(*entry));
  }
}

TEST_P(L1Bytes, APinnedReaderKeepsItsEntriesAlive) {
  L1 l1(small_options(GetParam(), 64 << 10));
  L1::Reader reader(l1);
  for (std::uint64_t i = 0; i < 100; ++i) l1.put(value_of(i, 1, marked_bytes(slot_of(i), 1, 50)), at(0));
  {
    const L1::Reader::Pin pin(reader);
    std::vector<const Entry*> entries;
    for (std::uint64_t i = 0; i < 100; ++i) {
      if (const Entry* const entry = reader.find(slot_of(i))) entries.push_back(entry);
    }
    ASSERT_GT(entries.size(), 90u);
    for (std::uint64_t i = 0; i < 5'000; ++i) {
      l1.put(value_of(i, 2, marked_bytes(slot_of(i), 2, 50)), at(0));
      ASSERT_LE(l1.stats().bytes, 64u << 10);
    }
    for (const Entry* const entry : entries) {
      EXPECT_TRUE(is_marked(*entry));
      EXPECT_EQ(entry->version, 1u);
    }
    EXPECT_GT(l1.stats().bytes_waiting, 0u);
  }
  EXPECT_EQ(l1.stats().bytes_waiting, 0u);
  EXPECT_EQ(l1.put(value_of(9'999'999, 1, "x"), at(0)), PutResult::added) << "and then all is well again";
}

TEST_P(L1Bytes, PutsGoOnForAWhileWithAReaderPinned) {
  L1 l1(small_options(GetParam(), 4 << 20));
  const std::string bytes(100, 'x');
  for (std::uint64_t i = 0; i < 40'000; ++i) l1.put(value_of(i, 1, bytes), at(0));
  L1::Reader reader(l1);
  const L1::Reader::Pin pin(reader);
  std::uint64_t next = 100'000;
  while (l1.put(value_of(next, 1, bytes), at(0)) == PutResult::added) ++next;
  // A 32nd of the bytes, of some 230 each.
  EXPECT_GT(next - 100'000, (4u << 20) / 32 / 230 / 2);
  EXPECT_GT(l1.stats().entries, 10'000u) << "and what is there stays";
}

// While nothing can be freed, the old index would have to stay beside a new one of twice its size.
TEST(L1Room, AnIndexThatDoesNotFitDoesNotGrow) {
  constexpr std::size_t kBytesMax = 256 << 10;
  for (const std::uint64_t before : {300, 700, 1500}) {  // each shortly before it would grow
    L1 l1(small_options(Eviction::s3_fifo, kBytesMax, 1));
    L1::Reader reader(l1);
    for (std::uint64_t i = 0; i < before; ++i) l1.put(value_of(i, 1, {}), at(0));
    const L1::Reader::Pin pin(reader);
    for (std::uint64_t i = before; i < 2000; ++i) {
      l1.put(value_of(i, 1, {}), at(0));
      ASSERT_LE(l1.stats().bytes, kBytesMax) << before;
    }
  }
}

TEST(L1Room, DeadValuesGoFirst) {
  L1 l1(small_options(Eviction::s3_fifo, 256 << 10, 1));
  L1::Reader reader(l1);
  const std::string bytes(100, 'x');
  std::uint64_t next = 0;
  while (l1.stats().evicted_small == 0) l1.put(value_of(next++, 1, bytes), at(0));
  EXPECT_EQ(l1.stats().evicted_dead, 0u);
  const auto evicted = l1.stats().evicted_small;
  for (int i = 0; i < 100; ++i) {  // all that came before are dead by now
    Value value = value_of(next++, 1, bytes);
    value.hard = at(5000);
    l1.put(value, at(2000));
  }
  EXPECT_EQ(l1.stats().evicted_small, evicted);
  EXPECT_GE(l1.stats().evicted_dead, 95u);
}

// Values used twice survive a scan over many more keys than fit; under LRU, the control, they do not.
TEST(L1Room, AScanDoesNotEvictTheHotSet) {
  for (const Eviction eviction : {Eviction::s3_fifo, Eviction::lru}) {
    L1 l1(small_options(eviction, 1 << 20, 4));
    L1::Reader reader(l1);
    const std::string bytes(100, 'x');
    const auto request = [&](std::uint64_t number) {
      {
        const L1::Reader::Pin pin(reader);
        if (reader.find(slot_of(number)) != nullptr) return true;
      }
      l1.put(value_of(number, 1, bytes), at(0));
      return false;
    };
    constexpr std::uint64_t kHot = 500;
    for (int round = 0; round < 4; ++round) {
      for (std::uint64_t i = 0; i < kHot; ++i) request(i);
    }
    for (std::uint64_t i = 0; i < 20'000; ++i) request(1'000'000 + i);
    std::uint64_t left = 0;
    for (std::uint64_t i = 0; i < kHot; ++i) left += request(i);
    if (eviction == Eviction::s3_fifo) {
      EXPECT_EQ(left, kHot);
    } else {
      EXPECT_EQ(left, 0u);
    }
  }
}

TEST(L1Room, ARefreshedValueKeepsItsPlace) {
  L1 l1(small_options(Eviction::s3_fifo, 256 << 10, 1));
  L1::Reader reader(l1);
  const std::string bytes(100, 'x');
  for (const std::uint64_t number : {1, 2}) {
    l1.put(value_of(number, 1, bytes), at(0));
    if (number == 1) {  // used, and then refreshed
      const L1::Reader::Pin pin(reader);
      reader.find(slot_of(number));
    }
    l1.put(value_of(number, 2, bytes), at(0));
  }
  for (std::uint64_t i = 100; i < 5'000; ++i) l1.put(value_of(i, 1, bytes), at(0));
  L1::Peek peek;
  EXPECT_TRUE(l1.peek(slot_of(1), peek)) << "the use of the value before counts";
  EXPECT_FALSE(l1.peek(slot_of(2), peek)) << "being replaced is no use";
}

}  // namespace
}  // namespace bidwell::cache
