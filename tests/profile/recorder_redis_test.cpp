// What users were shown, over a real Redis: who knows it when, and what comes of faults.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/profile/history_instance.h"

namespace bidwell::profile {
namespace {

using testing::Instance;
using testing::InstanceOptions;
using testing::milliseconds;
using testing::seconds;
using testing::until;

constexpr cache::Key kUser{1, 2};

class RecorderRedisTest : public ::testing::Test {
 protected:
  InstanceOptions options(std::uint64_t seed = 1) const {
    InstanceOptions out;
    out.server = &server;
    out.seed = seed;
    return out;
  }
  std::string stored_name() const { return cache::value_name(history_class().prefix, kUser); }
  std::size_t stored() const {
    const std::string value = server.cli("GET", stored_name());
    const auto envelope = cache::open_envelope(value);
    return envelope ? envelope->bytes.size() / kShowBytes : 0;
  }

  redis::testing::RedisServer server;
};

TEST_F(RecorderRedisTest, WhoRemembersKnowsItAtOnce) {
  Instance here(options(1)), there(options(2));
  EXPECT_EQ(here.times(kUser), 0u);
  EXPECT_EQ(there.times(kUser), 0u);
  for (std::uint32_t bid = 1; bid <= 10; ++bid) {
    here.remember_now(kUser, bid);
    ASSERT_EQ(here.times(kUser), bid);
  }
  EXPECT_EQ(there.times(kUser), 0u);  // which has been told nothing, and looks again in an hour
  there.remember_now(kUser, 11);
  EXPECT_EQ(there.times(kUser), 11u);
  EXPECT_EQ(here.times(kUser), 10u);
}

TEST_F(RecorderRedisTest, OthersKnowItWithinTheTtl) {
  InstanceOptions brief = options(2);
  brief.soft = milliseconds(50);
  brief.hard = milliseconds(100);
  Instance here(options(1)), there(brief);
  EXPECT_EQ(there.times(kUser), 0u);
  here.remember_now(kUser, 1);
  until([&] { return there.times(kUser) == 1; });
  here.remember_now(kUser, 2);
  until([&] { return there.times(kUser) == 2; });
}

TEST_F(RecorderRedisTest, AFullCapIsToldToAll) {
  Instance here(options(1)), there(options(2)), third(options(3));
  EXPECT_EQ(there.times(kUser) + third.times(kUser), 0u);
  here.remember_now(kUser, 1, 3);
  here.remember_now(kUser, 2, 3);
  EXPECT_EQ(there.times(kUser), 0u);
  EXPECT_EQ(here.recorder.counters().announced.value(), 0u);
  here.remember_now(kUser, 2, 3);  // a repeat
  EXPECT_EQ(here.recorder.counters().announced.value(), 0u);
  here.remember_now(kUser, 3, 3);
  until([&] { return there.times(kUser) == 3 && third.times(kUser) == 3; });
  EXPECT_EQ(here.recorder.counters().announced.value(), 1u);
  // What goes beyond is announced no more.
  here.remember_now(kUser, 3, 3);
  here.remember_now(kUser, 4, 3);
  EXPECT_EQ(here.recorder.counters().announced.value(), 1u);
  EXPECT_EQ(here.recorder.counters().repeats.value(), 2u);
  EXPECT_EQ(there.times(kUser), 3u);
}

TEST_F(RecorderRedisTest, OnlyWhatACapCountsFillsIt) {
  Instance here(options(1));
  const CapToFill cap{History::Subject::creative, 2, Showing::billing, 2, 60};
  const auto remember = [&](std::uint32_t bid, std::uint32_t creative, Showing kind, std::int64_t at) {
    const std::uint64_t before = here.answered();
    here.worker.remember(kUser, {bid, 1, creative, 3, at, kind}, &cap, 1);
    until([&] { return here.answered() > before; });
    return here.recorder.counters().announced.value();
  };
  EXPECT_EQ(remember(1, 2, Showing::billing, testing::kNow - 61), 0u);
  EXPECT_EQ(remember(2, 2, Showing::billing, testing::kNow), 0u);     // the first is too old
  EXPECT_EQ(remember(3, 2, Showing::impression, testing::kNow), 0u);  // not a billing
  EXPECT_EQ(remember(4, 9, Showing::billing, testing::kNow), 0u);     // another creative
  EXPECT_EQ(remember(5, 2, Showing::billing, testing::kNow + 60), 1u);
  EXPECT_EQ(remember(6, 2, Showing::billing, testing::kNow + 120), 2u);  // filled again: the window has moved
}

TEST_F(RecorderRedisTest, ALostAnnouncementIsHealedByTheTtl) {
  InstanceOptions mute = options(1), brief = options(2);
  mute.announces = false;
  brief.soft = brief.hard = milliseconds(300);
  Instance here(mute), there(brief), deaf(options(3));
  EXPECT_EQ(there.times(kUser) + deaf.times(kUser), 0u);
  for (std::uint32_t bid = 1; bid <= 3; ++bid) here.remember_now(kUser, bid, 3);
  until([&] { return there.times(kUser) == 3; });
  EXPECT_EQ(deaf.times(kUser), 0u);
}

TEST_F(RecorderRedisTest, NoOlderHistoryComesBack) {
  // Read again all the time, so that reads are under way while showings are appended.
  InstanceOptions busy = options(1);
  busy.soft = milliseconds(1);
  Instance here(busy);
  const auto overtaken = [&] { return here.cache.counters(kHistoryClass).overtaken.value(); };
  constexpr std::uint32_t kUsers = 300;
  for (std::uint32_t bid = 1; bid <= 1500 || (overtaken() == 0 && bid <= kUsers * kShowsMax); ++bid) {
    const cache::Key who{bid % kUsers, 1};
    const std::uint64_t before = here.answered();
    ASSERT_TRUE(here.remember(who, bid));
    while (here.answered() == before) {
      here.histories.fetch(who);
      (void)here.histories.find(who, std::chrono::steady_clock::now());
    }
    here.settle();
    ASSERT_EQ(here.times(who), (bid + kUsers - 1) / kUsers) << bid;
  }
  EXPECT_GT(overtaken(), 0u) << "no read was under way at the right moment";
}

TEST_F(RecorderRedisTest, WhatComesWhileRedisIsAwayIsWrittenWhenItIsBack) {
  Instance here(options(1));
  here.remember_now(kUser, 1);
  server.stop();
  for (std::uint32_t bid = 2; bid <= 11; ++bid) EXPECT_TRUE(here.remember(kUser, bid));
  server.start();  // empty
  until([&] { return here.answered() == 11; });
  EXPECT_EQ(here.recorder.counters().remembered.value(), 11u);
  EXPECT_EQ(stored(), 10u);
}

TEST_F(RecorderRedisTest, ASecondAttemptCountsOnceAndAnnounces) {
  InstanceOptions hasty = options(1);
  hasty.timeout = milliseconds(700);
  Instance here(hasty), there(options(2));
  EXPECT_EQ(there.times(kUser), 0u);
  here.remember_now(kUser, 1, 2);
  server.pause();
  here.remember(kUser, 2, 2);
  until([&] { return here.recorder.counters().retries.value() == 1; });
  server.resume();  // both attempts lie there
  until([&] { return here.answered() == 2; });
  EXPECT_EQ(here.recorder.counters().remembered.value(), 2u);
  EXPECT_EQ(here.recorder.counters().failures.value(), 0u);
  EXPECT_EQ(here.recorder.counters().announced.value(), 1u);
  EXPECT_EQ(stored(), 2u);
  until([&] { return there.times(kUser) == 2; });
}

TEST_F(RecorderRedisTest, WhatFailsTwiceIsGivenUpAndCounted) {
  InstanceOptions hasty = options(1);
  hasty.timeout = milliseconds(20);
  Instance here(hasty);
  server.pause();
  for (std::uint32_t bid = 1; bid <= 2000; ++bid) EXPECT_TRUE(here.remember(kUser, bid));
  until([&] { return here.recorder.counters().failures.value() == 2000; });
  server.resume();
}

TEST_F(RecorderRedisTest, ARedisThatIsFullIsAFailure) {
  Instance here(options(1));
  server.cli("CONFIG", "SET", "maxmemory", "1");
  here.remember(kUser, 1);
  until([&] { return here.recorder.counters().failures.value() == 1; });
  server.cli("CONFIG", "SET", "maxmemory", "0");
  here.remember_now(kUser, 2);
  EXPECT_EQ(here.times(kUser), 1u);
}

TEST_F(RecorderRedisTest, StopWritesWhatIsLeft) {
  Instance here(options(1));
  for (std::uint32_t bid = 1; bid <= 5000; ++bid) EXPECT_TRUE(here.remember({bid, 1}, bid, 1));
  here.recorder.stop();
  EXPECT_EQ(here.recorder.counters().remembered.value(), 5000u);
  EXPECT_EQ(here.recorder.counters().announced.value(), 5000u);
  EXPECT_EQ(server.cli("DBSIZE"), "5000");
}

TEST_F(RecorderRedisTest, StopDoesNotWaitForEver) {
  InstanceOptions hasty = options(1);
  hasty.stop_within = milliseconds(50);
  Instance here(hasty);
  server.pause();
  for (std::uint32_t bid = 1; bid <= 3000; ++bid) EXPECT_TRUE(here.remember({bid, 1}, bid, 1));
  here.recorder.stop();
  EXPECT_EQ(here.recorder.counters().failures.value(), 3000u);
  server.resume();
}

TEST_F(RecorderRedisTest, WhatStandsThereAndIsNoneOfOursIsReplaced) {
  Instance here(options(1));
  server.cli("RPUSH", stored_name(), "a", "list");
  EXPECT_EQ(here.times(kUser), 0u);
  here.remember_now(kUser, 1);
  EXPECT_EQ(here.times(kUser), 1u);
  server.cli("SET", stored_name(), "hello");
  here.remember_now(kUser, 2);
  EXPECT_EQ(here.times(kUser), 1u);
  EXPECT_GT(std::stol(server.cli("TTL", stored_name())), 29 * 86'400);
}

}  // namespace
}  // namespace bidwell::profile
