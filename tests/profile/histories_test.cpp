// Histories in memory, and what look-ups make of what the cache says.
#include "bidwell/profile/histories.h"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/profile/history_instance.h"

namespace bidwell::profile {
namespace {

using testing::Instance;
using testing::InstanceOptions;
using testing::kNow;
using testing::until;

cache::Key user(std::uint64_t number) {
  return {number * 7, number};
}

Show show(std::uint32_t bid) {
  return {bid, 1, 2, 3, kNow, Showing::impression};
}

// What the table has of a user; "(nobody)" where it has none.
std::string loaded(LocalHistories& table, const cache::Key& key) {
  std::string bytes;
  table.load({{kHistoryClass, key}}, [&](std::vector<cache::Loaded> all) {
    bytes = all.size() == 1 && all[0].found ? all[0].bytes : "(nobody)";
  });
  return bytes;
}

TEST(LocalHistories, KeepsWhatAPlainListKeeps) {
  constexpr std::size_t kUsers = 10;
  LocalHistories table(kUsers);
  std::map<std::uint64_t, std::vector<std::uint32_t>> shown;
  std::list<std::uint64_t> order;  // the last first
  std::mt19937_64 random(1);
  unsigned repeats = 0, forgotten = 0, trimmed = 0;
  for (int step = 0; step < 20'000; ++step) {
    // A few come often.
    const std::uint64_t who = random() % 4 != 0 ? random() % 3 : random() % 14;
    const auto bid = static_cast<std::uint32_t>(random() % 300);
    std::vector<std::uint32_t>& bids = shown[who];
    order.remove(who);
    order.push_front(who);
    if (order.size() > kUsers) {
      shown.erase(order.back());
      order.pop_back();
      ++forgotten;
    }
    const bool is_new = std::find(bids.begin(), bids.end(), bid) == bids.end();
    if (is_new) bids.push_back(bid);
    if (bids.size() > kShowsMax) bids.erase(bids.begin()), ++trimmed;
    repeats += is_new ? 0 : 1;

    std::string expected, history;
    for (const std::uint32_t one : bids) {
      char record[kShowBytes];
      encode(show(one), record);
      expected.append(record, kShowBytes);
    }
    ASSERT_EQ(table.add(user(who), show(bid), history), is_new);
    ASSERT_EQ(history, expected);
    ASSERT_EQ(loaded(table, user(who)), expected);
    const std::uint64_t other = random() % 14;
    ASSERT_EQ(loaded(table, user(other)) != "(nobody)", shown.contains(other));
  }
  EXPECT_GT(repeats, 100u);
  EXPECT_GT(forgotten, 100u);
  EXPECT_GT(trimmed, 100u);
}

TEST(LocalHistories, LoadsManyInOrder) {
  LocalHistories table(10);
  std::string history;
  table.add(user(1), show(1), history);
  table.add(user(3), show(3), history);
  std::vector<cache::Loaded> all;
  table.load({{kHistoryClass, user(3)}, {kHistoryClass, user(2)}, {kHistoryClass, user(1)}},
             [&](std::vector<cache::Loaded> out) { all = std::move(out); });
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(decode_show(all[0].bytes.data()).bid, 3u);
  EXPECT_FALSE(all[1].found);
  EXPECT_EQ(decode_show(all[2].bytes.data()).bid, 1u);
}

class HistoriesInMemory : public ::testing::Test {
 protected:
  static InstanceOptions options(LocalHistories& table) {
    InstanceOptions out;
    out.local = &table;
    return out;
  }
  LocalHistories table_{1000};
  Instance instance_{options(table_)};
};

TEST_F(HistoriesInMemory, NobodyIsNotKnown) {
  const auto seen = instance_.histories.find(std::nullopt, std::chrono::steady_clock::now());
  EXPECT_FALSE(seen.history().known());
  EXPECT_FALSE(seen.missed());
}

TEST_F(HistoriesInMemory, AMissIsOneAndWhoHasNoneWasShownNothing) {
  {
    const auto seen = instance_.histories.find(user(1), std::chrono::steady_clock::now());
    EXPECT_FALSE(seen.history().known());
    EXPECT_TRUE(seen.missed());
  }
  instance_.histories.fetch(user(1));
  until([&] { return !instance_.histories.find(user(1), std::chrono::steady_clock::now()).missed(); });
  const auto seen = instance_.histories.find(user(1), std::chrono::steady_clock::now());
  EXPECT_TRUE(seen.history().known());
  EXPECT_EQ(seen.history().size(), 0u);
}

TEST_F(HistoriesInMemory, WhatIsRememberedIsKnown) {
  EXPECT_EQ(instance_.times(user(1)), 0u);
  for (std::uint32_t bid = 1; bid <= 200; ++bid) {
    instance_.remember_now(user(1), bid, 3);
    ASSERT_EQ(instance_.times(user(1)), std::min<std::size_t>(bid, kShowsMax));
  }
  EXPECT_EQ(instance_.times(user(1), 99), 0u);
  EXPECT_EQ(instance_.times(user(2)), 0u);
  instance_.remember_now(user(1), 200, 3);
  EXPECT_EQ(instance_.times(user(1)), kShowsMax);
  const RecorderCounters& counters = instance_.recorder.counters();
  EXPECT_EQ(counters.remembered.value(), 200u);
  EXPECT_EQ(counters.repeats.value(), 1u);
  EXPECT_EQ(counters.announced.value(), 1u);
  EXPECT_EQ(counters.full.value() + counters.failures.value(), 0u);
}

// While it is read all the time.
TEST_F(HistoriesInMemory, NoOlderOneComesBack) {
  for (std::uint32_t bid = 1; bid <= 2000; ++bid) {
    const cache::Key who = user(bid % 50);
    const std::uint64_t before = instance_.answered();
    ASSERT_TRUE(instance_.remember(who, bid));
    until([&] {
      instance_.histories.fetch(who);
      return instance_.answered() > before;
    });
    instance_.settle();
    ASSERT_EQ(instance_.times(who), (bid - bid % 50) / 50 + (bid % 50 == 0 ? 0 : 1));
  }
}

// Whatever the origin says.
TEST(HistoriesTest, NonsenseIsNotKnownAndNotWaitedFor) {
  struct Nonsense final : cache::Origin {
    void load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) override {
      done(std::vector<cache::Loaded>(slots.size(), cache::Loaded{true, std::string(21, 'x')}));
    }
  } nonsense;
  cache::Options options;
  options.classes = {history_class()};
  options.l1.bytes_max = 4 << 20;
  options.l1.shards = 4;
  cache::Tiered cache(options, nullptr, &nonsense);
  const auto port = cache.make_port([] {});
  Histories histories(*port);
  histories.fetch(user(1));
  until([&] { return !histories.find(user(1), std::chrono::steady_clock::now()).missed(); });
  EXPECT_FALSE(histories.find(user(1), std::chrono::steady_clock::now()).history().known());
}

TEST(RecorderTest, NeedsSomewhereToRemember) {
  LocalHistories table(10);
  InstanceOptions options;
  options.local = &table;
  Instance instance(options);
  EXPECT_THROW(Recorder(Recorder::Options{}, instance.cache), std::invalid_argument);
}

TEST(RecorderTest, WhatHasNoRoomIsCounted) {
  LocalHistories table(10);
  InstanceOptions options;
  options.local = &table;
  options.queue_max = 4;
  options.started = false;
  Instance instance(options);
  Remember& second = instance.recorder.add_worker();
  for (std::uint32_t bid = 1; bid <= 4; ++bid) EXPECT_TRUE(instance.remember(user(1), bid));
  EXPECT_FALSE(instance.remember(user(1), 5));
  for (std::uint32_t bid = 11; bid <= 14; ++bid) EXPECT_TRUE(second.remember(user(1), show(bid), nullptr, 0));
  EXPECT_FALSE(second.remember(user(1), show(15), nullptr, 0));
  EXPECT_FALSE(second.remember(user(1), show(16), nullptr, 0));
  EXPECT_EQ(instance.recorder.counters().full.value(), 3u);
  EXPECT_EQ(instance.recorder.counters().full.value(), 3u);
  instance.recorder.start();
  until([&] { return instance.answered() == 8; });
  EXPECT_TRUE(instance.remember(user(1), 5));
  until([&] { return instance.answered() == 9; });
  instance.settle();
  EXPECT_EQ(instance.times(user(1)), 9u);
}

// More than a queue holds, from several threads, through one recorder.
TEST(RecorderTest, NothingThatWasTakenIsLost) {
  constexpr std::uint32_t kEach = 20'000;
  LocalHistories table(10);
  InstanceOptions options;
  options.local = &table;
  options.queue_max = 64;
  options.started = false;
  Instance instance(options);
  std::vector<Remember*> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(&instance.recorder.add_worker());
  instance.recorder.start();
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      for (std::uint32_t j = 0; j < kEach; ++j) {
        if (workers[i]->remember(user(i), show(i * kEach + j), nullptr, 0)) taken.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  until([&] { return instance.answered() == taken; });
  EXPECT_EQ(instance.recorder.counters().full.value() + taken, 3 * kEach);
  EXPECT_EQ(instance.recorder.counters().remembered.value(), taken);
}

}  // namespace
}  // namespace bidwell::profile
