// The ways between requests' threads and the cache's: nobody who asks is forgotten.
#include "bidwell/cache/tiered.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <thread>

namespace bidwell::cache {
namespace {

using std::chrono::milliseconds;

// Knows every key, at once.
struct QuickOrigin final : Origin {
  void load(std::vector<Slot> slots, std::function<void(std::vector<Loaded>)> done) override {
    done(std::vector<Loaded>(slots.size(), Loaded{true, "value"}));
  }
};

Options options() {
  Options out;
  ClassOptions cls;
  cls.name = "thing";
  cls.prefix = "thing:";
  cls.wait = milliseconds(5);
  cls.wait_for_origin = true;
  out.classes = {cls};
  out.l1.bytes_max = 16 << 20;
  out.l1.shards = 4;
  out.origin_keys_per_s = 10'000'000;
  out.asks_max = 64;
  return out;
}

class TieredTest : public ::testing::Test {
 protected:
  // The tickets that come back, until there are as many.
  static void answered(Port& port, unsigned wanted) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (unsigned got = 0; got < wanted;) {
      if (port.next_answered() != 0) {
        ++got;
      } else if (std::chrono::steady_clock::now() > patience) {
        throw std::runtime_error("an ask was forgotten");
      }
    }
  }

  QuickOrigin origin_;
  Tiered tiered_{options(), nullptr, &origin_};
};

TEST_F(TieredTest, FindsWhatItFetched) {
  const auto port = tiered_.make_port([] {});
  const Slot slot{0, {1, 2}};
  const Time now = std::chrono::steady_clock::now();
  EXPECT_EQ(port->find(port->pin(), slot, now).kind, Found::Kind::miss);
  ASSERT_TRUE(port->wait(slot, 7));
  answered(*port, 1);
  const auto pin = port->pin();
  const Found found = port->find(pin, slot, now);
  EXPECT_EQ(found.kind, Found::Kind::hit);
  EXPECT_EQ(found.bytes, "value");
}

TEST_F(TieredTest, WhatItIsToldIsDroppedIsGone) {
  const auto port = tiered_.make_port([] {});
  const Slot slot{0, {1, 2}};
  const auto find = [&] { return port->find(port->pin(), slot, std::chrono::steady_clock::now()); };
  ASSERT_TRUE(port->wait(slot, 1));
  answered(*port, 1);
  const std::uint64_t version = find().version;
  tiered_.heard({Announcement::Kind::dropped, slot, version, {}});
  (void)tiered_.make_port([] {});  // the cache's thread has been there
  EXPECT_EQ(find().kind, Found::Kind::hit) << "it is not older than what was told of";
  tiered_.heard({Announcement::Kind::dropped, slot, version + 1, {}});
  (void)tiered_.make_port([] {});
  EXPECT_EQ(find().kind, Found::Kind::miss);
}

// Each asks again at the very moment in which the cache's thread has done with what was asked before.
TEST_F(TieredTest, NoAskIsForgotten) {
  const auto ask = [this](std::uint64_t seed) {
    const auto port = tiered_.make_port([] {});
    std::mt19937_64 random(seed);
    for (std::uint64_t round = 1; round <= 10'000; ++round) {
      ASSERT_TRUE(port->wait({0, {seed, 2 * round}}, 1));
      for (std::uint64_t pause = random() % 2'000; pause > 0; --pause)
        std::atomic_signal_fence(std::memory_order_seq_cst);
      ASSERT_TRUE(port->wait({0, {seed, 2 * round + 1}}, 2));
      answered(*port, 2);
    }
  };
  std::thread another([&] { ask(1); });
  ask(2);
  another.join();
}

TEST_F(TieredTest, WhoCannotWaitIsTold) {
  const auto port = tiered_.make_port([] {});
  unsigned waiting = 0;
  while (waiting < 1'000 && port->wait({0, {9, waiting}}, 1)) ++waiting;
  EXPECT_EQ(waiting, 64u) << "as many as there is room for their answers";
  EXPECT_EQ(port->counters(0).non_answers.value(), 1u);
  answered(*port, waiting);
  EXPECT_TRUE(port->wait({0, {10, 1}}, 1));
  answered(*port, 1);
}

TEST_F(TieredTest, MoreReadersThanThereAreSeatsAreRefused) {
  std::vector<std::unique_ptr<Port>> ports;
  EXPECT_THROW(for (int i = 0; i < 1'000; ++i) ports.push_back(tiered_.make_port([] {})), std::runtime_error);
  EXPECT_EQ(ports.size(), options().l1.readers_max);
}

TEST_F(TieredTest, OptionsThatMakeNoSenseAreRefused) {
  const auto refused = [this](auto change) {
    Options given = options();
    change(given);
    EXPECT_THROW(Tiered(given, nullptr, &origin_), std::invalid_argument);
  };
  refused([](Options& o) { o.classes.clear(); });
  refused([](Options& o) { o.classes[0].hard_ttl = o.classes[0].soft_ttl - milliseconds(1); });
  refused([](Options& o) { o.classes[0].jitter = 1; });
  refused([](Options& o) { o.classes[0].hot_uses = 16; });
  refused([](Options& o) { o.read_keys_max = 0; });
  refused([](Options& o) { o.origin_timeout = milliseconds(0); });
  refused([](Options& o) { o.lease_max = o.lease_min - milliseconds(1); });
  EXPECT_THROW(Tiered(options(), nullptr, nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace bidwell::cache
