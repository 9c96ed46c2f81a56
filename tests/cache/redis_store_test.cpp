// Values, leases and announcements on a real Redis: what the scripts do, step by step.
#include "bidwell/cache/redis_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "bidwell/cache/redis_values.h"
#include "tests/redis/redis_server.h"

namespace bidwell::cache {
namespace {

using redis::testing::RedisServer;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<ClassOptions> classes() {
  ClassOptions plain, foreign;
  plain.name = "thing";
  plain.prefix = "thing:";
  foreign.name = "foreign";
  foreign.prefix = "foreign:";
  foreign.written_by_others = true;
  return {plain, foreign};
}

constexpr Slot kSlot{0, {1, 2}};
constexpr Slot kForeign{1, {3, 4}};

// An instance: a store on a loop of its own that the test turns.
class Instance {
 public:
  explicit Instance(const RedisServer& server, std::uint64_t seed = 1) : store(loop, options(server, seed)) {
    Store::Listener listener;
    listener.announced = [this](const Announcement& what) { heard.push_back(what); };
    listener.changed = [this](const Slot& slot) { changes.push_back(slot); };
    listener.missed = [this] { ++missed; };
    store.listen(std::move(listener));
    // The subscription, and the tracking that follows it.
    until([this] { return store.usable(now()) && missed >= 2; });
  }

  static Time now() { return std::chrono::steady_clock::now(); }
  static Time soon() { return now() + seconds(20); }

  template <class Condition>
  void until(Condition&& condition) {
    const Time patience = soon();
    while (!condition()) {
      if (now() > patience) throw std::runtime_error("it did not happen");
      turn();
    }
  }
  void turn() {
    loop.restart();
    loop.run_one_for(milliseconds(20));
  }

  template <class Result, class Call>
  Result result_of(Call&& call) {
    std::optional<Result> result;
    call([&](const Result& value) { result = value; });
    until([&] { return result.has_value(); });
    return *result;
  }

  struct Read {
    Stored stored;
    std::string bytes;
  };
  std::optional<Read> read(const Slot& slot) {
    bool done = false;
    std::optional<Read> out;
    store.read({&slot, 1}, soon(), [&](std::span<const Stored> stored) {
      done = true;
      if (!stored.empty()) out = Read{stored[0], std::string(stored[0].bytes)};
    });
    until([&] { return done; });
    return out;
  }
  Lease acquire(const Slot& slot, std::uint64_t known = 0, Duration lease = seconds(20), bool waits = true) {
    Lease out = result_of<Lease>([&](auto done) {
      store.acquire(slot, known, waits, lease, soon(), [this, done](const Lease& result) {
        newer = std::string(result.stored.bytes);
        done(result);
      });
    });
    return out;
  }
  Commit commit(const Slot& slot, std::uint64_t token, std::string_view bytes, Duration age = {},
                Duration ttl = seconds(60)) {
    return result_of<Commit>(
        [&](auto done) { store.commit(slot, token, false, bytes, now() - age, ttl, soon(), done); });
  }
  std::uint64_t invalidate(const Slot& slot, Invalidation how) {
    return result_of<std::uint64_t>([&](auto done) { store.invalidate(slot, how, soon(), done); });
  }

  static RedisStoreOptions options(const RedisServer& server, std::uint64_t seed) {
    RedisStoreOptions out;
    std::string fault;
    out.redis = *redis::parse_url(server.url(), fault);
    out.redis.backoff_max = milliseconds(50);
    out.classes = classes();
    out.channel = std::string(kDefaultChannel);
    out.seed = seed;
    return out;
  }

  boost::asio::io_context loop;
  std::vector<Announcement> heard;
  std::vector<Slot> changes;
  int missed = 0;
  std::string newer;
  RedisStore store;
};

class RedisStoreTest : public ::testing::Test {
 protected:
  RedisServer server_;
  Instance a_{server_, 1}, b_{server_, 2};
};

TEST_F(RedisStoreTest, CommitsUnderALease) {
  EXPECT_EQ(a_.read(kSlot)->stored.kind, Stored::Kind::absent);
  const Lease lease = a_.acquire(kSlot);
  ASSERT_EQ(lease.kind, Lease::Kind::won);
  const Lease second = b_.acquire(kSlot);
  EXPECT_EQ(second.kind, Lease::Kind::busy);
  EXPECT_GT(second.left, seconds(10));
  const Time before = Instance::now();
  const Commit commit = a_.commit(kSlot, lease.token, std::string_view("by\0tes", 6), seconds(5));
  ASSERT_EQ(commit.kind, Commit::Kind::done);
  const auto read = b_.read(kSlot);
  ASSERT_EQ(read->stored.kind, Stored::Kind::value);
  EXPECT_EQ(read->bytes, std::string_view("by\0tes", 6));
  EXPECT_EQ(read->stored.version, commit.version);
  EXPECT_LE(read->stored.born, Instance::now() - seconds(5) + milliseconds(50));
  EXPECT_GE(read->stored.born, before - seconds(5) - milliseconds(50));
  EXPECT_EQ(server_.cli("EXISTS", lease_name("thing:", kSlot.key)), "0");
  EXPECT_GT(std::stol(server_.cli("PTTL", value_name("thing:", kSlot.key))), 50'000);
}

TEST_F(RedisStoreTest, TheCommitThatSomebodyWaitsForIsAnnounced) {
  const Lease lease = a_.acquire(kSlot);
  b_.acquire(kSlot);
  const Commit commit = a_.commit(kSlot, lease.token, "x");
  b_.until([&] { return !b_.heard.empty(); });
  EXPECT_EQ(b_.heard[0].kind, Announcement::Kind::committed);
  EXPECT_EQ(b_.heard[0].slot, kSlot);
  EXPECT_EQ(b_.heard[0].version, commit.version);
}

TEST_F(RedisStoreTest, AnotherIsNot) {
  const Lease lease = a_.acquire(kSlot);
  // Who has a stale value serves that and does not wait.
  EXPECT_EQ(b_.acquire(kSlot, 1, seconds(20), false).kind, Lease::Kind::busy);
  a_.commit(kSlot, lease.token, "x");
  b_.invalidate(kForeign, Invalidation::expire);
  b_.until([&] { return !b_.heard.empty(); });
  EXPECT_EQ(b_.heard[0].slot, kForeign);
}

TEST_F(RedisStoreTest, ACommitAfterTheLeaseIsRejected) {
  const Lease slow = a_.acquire(kSlot, 0, milliseconds(1));
  Lease next;
  b_.until([&] { return (next = b_.acquire(kSlot)).kind == Lease::Kind::won; });
  EXPECT_EQ(a_.commit(kSlot, slow.token, "old").kind, Commit::Kind::rejected);
  EXPECT_EQ(b_.commit(kSlot, next.token, "new").kind, Commit::Kind::done);
  EXPECT_EQ(a_.commit(kSlot, slow.token, "old").kind, Commit::Kind::rejected);
  EXPECT_EQ(a_.read(kSlot)->bytes, "new");
}

TEST_F(RedisStoreTest, ALeaseIsRefusedForAValueThatIsNewer) {
  const Commit commit = a_.commit(kSlot, a_.acquire(kSlot).token, "x");
  const Lease refused = b_.acquire(kSlot, commit.version - 1);
  EXPECT_EQ(refused.kind, Lease::Kind::newer);
  EXPECT_EQ(refused.stored.version, commit.version);
  EXPECT_EQ(b_.newer, "x");
  EXPECT_EQ(b_.acquire(kSlot, commit.version).kind, Lease::Kind::won);
}

TEST_F(RedisStoreTest, ALeaseIsNotRefusedForWhatIsNoValue) {
  std::string odd(18, '\0');
  odd[0] = '\xB1';
  odd[2] = 1;   // version 1
  odd[17] = 1;  // born in the far future
  server_.cli("SET", value_name("thing:", kSlot.key), odd);
  EXPECT_EQ(a_.read(kSlot)->stored.kind, Stored::Kind::nonsense);
  EXPECT_EQ(a_.acquire(kSlot).kind, Lease::Kind::won);
}

TEST_F(RedisStoreTest, AValueFromTheFutureIsExpired) {
  std::string future(18, '\0');
  future[0] = '\xB1';
  const std::uint64_t version = a_.store.version_at(Instance::now() + std::chrono::hours(1));
  std::memcpy(future.data() + 2, &version, 8);
  std::memcpy(future.data() + 10, &version, 8);
  server_.cli("SET", value_name("thing:", kSlot.key), future);
  const auto read = a_.read(kSlot);
  EXPECT_EQ(read->stored.kind, Stored::Kind::value);
  EXPECT_TRUE(read->stored.expired);
  EXPECT_LE(read->stored.born, Instance::now());
}

TEST_F(RedisStoreTest, AnInvalidationRejectsFillsUnderWay) {
  const Commit first = a_.commit(kSlot, a_.acquire(kSlot).token, "first");
  const Lease lease = a_.acquire(kSlot, first.version);
  const std::uint64_t version = b_.invalidate(kSlot, Invalidation::expire);
  EXPECT_GT(version, first.version);
  EXPECT_EQ(a_.commit(kSlot, lease.token, "outdated").kind, Commit::Kind::rejected);
  a_.until([&] { return !a_.heard.empty(); });
  EXPECT_EQ(a_.heard[0].kind, Announcement::Kind::expired);
  EXPECT_EQ(a_.heard[0].version, version);
  const auto read = a_.read(kSlot);
  EXPECT_EQ(read->bytes, "first");
  EXPECT_TRUE(read->stored.expired);
  EXPECT_EQ(read->stored.version, version);
  EXPECT_GT(std::stol(server_.cli("PTTL", value_name("thing:", kSlot.key))), 50'000) << "it keeps its time to live";
  const Commit next = a_.commit(kSlot, a_.acquire(kSlot, version).token, "next");
  EXPECT_GT(next.version, version);
  EXPECT_FALSE(a_.read(kSlot)->stored.expired);
}

TEST_F(RedisStoreTest, ADropLeavesNothing) {
  a_.commit(kSlot, a_.acquire(kSlot).token, "private");
  EXPECT_NE(b_.invalidate(kSlot, Invalidation::drop), 0u);
  EXPECT_EQ(a_.read(kSlot)->stored.kind, Stored::Kind::absent);
  a_.until([&] { return !a_.heard.empty(); });
  EXPECT_EQ(a_.heard[0].kind, Announcement::Kind::dropped);
}

TEST_F(RedisStoreTest, WithoutALeaseTheLastOneWins) {
  EXPECT_EQ(a_.commit(kSlot, 0, "one").kind, Commit::Kind::done);
  EXPECT_EQ(b_.commit(kSlot, 0, "two").kind, Commit::Kind::done);
  EXPECT_EQ(a_.read(kSlot)->bytes, "two");
}

TEST_F(RedisStoreTest, VersionsRiseWithTimeOnRedisClock) {
  const std::uint64_t before = a_.store.version_at(Instance::now());
  const Commit commit = b_.commit(kSlot, 0, "one");
  EXPECT_NEAR(static_cast<double>(commit.version), static_cast<double>(before), 10e6);
  const auto again = b_.commit(kSlot, 0, "two");
  EXPECT_GT(again.version, commit.version);
}

TEST_F(RedisStoreTest, WhatOthersWriteIsNoticed) {
  server_.cli("SET", value_name("foreign:", kForeign.key), "anything");
  a_.until([&] { return !a_.changes.empty(); });
  EXPECT_EQ(a_.changes[0], kForeign);
  // Of classes that only we write nothing is said, nor of leases.
  server_.cli("SET", value_name("thing:", kSlot.key), "anything");
  const Lease lease = a_.acquire(kForeign);
  a_.commit(kForeign, lease.token, "ours");
  b_.until([&] { return b_.changes.size() == 2; });
  EXPECT_THAT(b_.changes, ::testing::ElementsAre(kForeign, kForeign));
}

TEST_F(RedisStoreTest, AFlushPutsAllInDoubt) {
  const int before = a_.missed;
  server_.cli("FLUSHALL");
  a_.until([&] { return a_.missed > before; });
}

TEST_F(RedisStoreTest, NonsenseIsRecognised) {
  server_.cli("SET", value_name("thing:", kSlot.key), "hello");
  EXPECT_EQ(a_.read(kSlot)->stored.kind, Stored::Kind::nonsense);
  EXPECT_EQ(a_.commit(kSlot, a_.acquire(kSlot).token, "good").kind, Commit::Kind::done) << "and replaced";
  EXPECT_EQ(a_.read(kSlot)->bytes, "good");
  server_.cli("DEL", value_name("thing:", kSlot.key));
  server_.cli("HSET", value_name("thing:", kSlot.key), "a", "b");
  EXPECT_EQ(a_.read(kSlot)->stored.kind, Stored::Kind::absent);
  EXPECT_EQ(a_.acquire(kSlot).kind, Lease::Kind::failed);
}

TEST_F(RedisStoreTest, ScriptsThatRedisForgotAreSentAgain) {
  ASSERT_EQ(a_.acquire(kSlot).kind, Lease::Kind::won);
  server_.cli("SCRIPT", "FLUSH");
  EXPECT_EQ(a_.acquire(kSlot).kind, Lease::Kind::busy);
}

TEST_F(RedisStoreTest, AFullRedisStoresNothingAndStillAnswers) {
  a_.commit(kSlot, a_.acquire(kSlot).token, "before");
  server_.cli("CONFIG", "SET", "maxmemory", "1");
  const Slot other{0, {9, 9}};
  EXPECT_EQ(a_.acquire(other).kind, Lease::Kind::failed);
  for (int i = 0; i < 100; ++i) a_.acquire(other);
  EXPECT_TRUE(a_.store.usable(Instance::now()));
  EXPECT_EQ(a_.read(kSlot)->bytes, "before");
}

TEST_F(RedisStoreTest, ComesBackByItself) {
  const int before = a_.missed;
  server_.kill();
  a_.until([&] { return !a_.store.usable(Instance::now()); });
  EXPECT_FALSE(a_.read(kSlot).has_value());
  server_.start();
  a_.until([&] { return a_.store.usable(Instance::now()) && a_.missed >= before + 2; });
  EXPECT_EQ(a_.read(kSlot)->stored.kind, Stored::Kind::absent);
  server_.cli("SET", value_name("foreign:", kForeign.key), "anything");
  a_.until([&] { return !a_.changes.empty(); });
}

TEST_F(RedisStoreTest, LosingTheListeningConnectionIsNoticed) {
  const int before = a_.missed;
  server_.cli("CLIENT", "KILL", "TYPE", "pubsub");
  a_.until([&] { return a_.missed >= before + 2; });
  b_.invalidate(kSlot, Invalidation::expire);
  a_.until([&] { return !a_.heard.empty(); });
}

TEST_F(RedisStoreTest, ASlowRedisOpensTheBreaker) {
  server_.pause();
  for (int i = 0; i < 40; ++i) {
    bool done = false;
    a_.store.read({&kSlot, 1}, Instance::now() + milliseconds(1), [&](auto) { done = true; });
    a_.until([&] { return done; });
  }
  EXPECT_FALSE(a_.store.usable(Instance::now()));
  server_.resume();
  a_.until([&] {
    if (!a_.store.usable(Instance::now())) return false;
    return a_.read(kSlot).has_value();
  });
}

}  // namespace
}  // namespace bidwell::cache
