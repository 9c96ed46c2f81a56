// What goes wrong between instances and Redis, while both work: nobody is stuck, no old value comes back, no value is
// served past its bound.
#include <gtest/gtest.h>

#include <set>

#include "bidwell/cache/redis_values.h"
#include "tests/cache/fleet.h"

namespace bidwell::cache::testing {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kKey = 3;

// Has the origin called by this instance, and not answered.
void begin_load(Fleet& fleet, std::size_t instance) {
  fleet.state()->gate_shut = 1;
  EXPECT_EQ(fleet[instance].ask("find 3 0"), "miss");
  Fleet::until([&] { return fleet.state()->loads == 1; });
}

// Until it serves this version of the origin; the versions that it served before that.
std::set<std::uint64_t> served_until(Fleet& fleet, std::size_t instance, std::uint64_t version) {
  std::set<std::uint64_t> before;
  Fleet::until([&] {
    const Seen seen(fleet[instance].ask("find 3 0"));
    if (seen.kind == "miss") return false;
    if (seen.version != version) before.insert(seen.version);
    return seen.version == version;
  });
  return before;
}

// While something is done to Redis all instances look at a hundred keys without end.
class Watched : public ::testing::Test {
 protected:
  Watched() : fleet_(3, {"--threads", "1", "--soft", "50", "--hard", "3000", "--hot", "2"}) {
    fleet_.state()->delay_ms = 5;
    for (std::size_t i = 0; i < fleet_.size(); ++i) fleet_[i].ask("watch 100");
    pass();
  }
  void TearDown() override {
    // All come to see what is new.
    const std::uint64_t version = ++fleet_.state()->version;
    for (std::size_t i = 0; i < fleet_.size(); ++i) served_until(fleet_, i, version);
    for (std::size_t i = 0; i < fleet_.size(); ++i) {
      auto watched = numbers(fleet_[i].ask("unwatch"));
      EXPECT_GT(watched["served"], 1000u);
      EXPECT_EQ(watched["too_old"], 0u) << "the oldest: " << watched["oldest_ms"] << " ms";
      EXPECT_EQ(watched["backwards"], 0u);
      EXPECT_EQ(fleet_[i].end(), 0);
    }
  }
  void pass(milliseconds time = milliseconds(300)) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      ++fleet_.state()->version;
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  Fleet fleet_;
};

TEST_F(Watched, ByDefaultAllIsWell) {
  pass();
}

TEST_F(Watched, RedisIsPaused) {
  fleet_.redis.cli("CLIENT", "PAUSE", "500");
  pass(milliseconds(700));
}

TEST_F(Watched, RedisStops) {
  fleet_.redis.pause();
  pass(milliseconds(700));
  fleet_.redis.resume();
  pass();
}

TEST_F(Watched, RedisForgetsItsScripts) {
  for (int i = 0; i < 10; ++i) {
    fleet_.redis.cli("SCRIPT", "FLUSH");
    pass(milliseconds(30));
  }
}

TEST_F(Watched, ConnectionsAreKilled) {
  for (int i = 0; i < 5; ++i) {
    fleet_.redis.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    pass(milliseconds(60));
    fleet_.redis.cli("CLIENT", "KILL", "TYPE", "pubsub");
    pass(milliseconds(60));
  }
}

TEST_F(Watched, RedisIsKilledAndStartedAgain) {
  for (int i = 0; i < 3; ++i) {
    fleet_.redis.kill();
    pass();
    fleet_.redis.start();
    pass();
  }
}

TEST_F(Watched, RedisIsAwayForLongerThanTheHardTtl) {
  fleet_.redis.kill();
  pass(milliseconds(3'300));
  for (std::size_t i = 0; i < fleet_.size(); ++i) EXPECT_EQ(fleet_[i].ask("look 3"), "miss");
  fleet_.redis.start();
}

TEST_F(Watched, RedisIsFull) {
  fleet_.redis.cli("CONFIG", "SET", "maxmemory", "1");
  pass();
  fleet_.redis.cli("CONFIG", "SET", "maxmemory", "0");
}

TEST_F(Watched, RedisIsEmptied) {
  for (int i = 0; i < 5; ++i) {
    fleet_.redis.cli("FLUSHALL");
    pass(milliseconds(50));
  }
}

TEST_F(Watched, ValuesAreNonsense) {
  for (std::uint64_t key = 0; key < 100; ++key) {
    const std::string name = value_name("thing:", {key, key * 7919});
    if (key % 2 == 0) fleet_.redis.cli("SET", name, "nonsense");
  }
  pass();
}

TEST_F(Watched, KeysAreInvalidatedAllTheTime) {
  for (int i = 0; i < 200; ++i) {
    fleet_[static_cast<std::size_t>(i % 3)].ask("invalidate " + std::to_string(i % 100) + (i % 2 == 0 ? " drop" : ""));
    ++fleet_.state()->version;
  }
}

TEST(Lease, OfAHolderThatDiedIsTakenOver) {
  Fleet fleet(2, {"--threads", "1", "--lease", "400"});
  begin_load(fleet, 0);
  fleet[0].kill();
  fleet.state()->gate_shut = 0;
  served_until(fleet, 1, 1);
  EXPECT_EQ(fleet.state()->loads, 2u) << "one by the dead, one by its successor";
}

TEST(Lease, OfAHolderThatSleptThroughItIsLost) {
  Fleet fleet(2, {"--threads", "1", "--lease", "300", "--soft", "600000", "--hard", "600000"});
  begin_load(fleet, 0);
  fleet[0].signal(SIGSTOP);
  fleet.state()->version = 2;
  fleet.state()->gate_shut = 0;
  EXPECT_TRUE(served_until(fleet, 1, 2).empty());
  fleet[0].signal(SIGCONT);
  Fleet::until([&] { return numbers(fleet[0].ask("counters"))["rejected"] == 1; });
  EXPECT_TRUE(served_until(fleet, 0, 2).empty()) << "what it brought is two leases old";
  EXPECT_EQ(Seen(fleet[1].ask("look 3")).version, 2u);
}

TEST(Lease, OfAHolderThatIsOnlySlowIsKept) {
  Fleet fleet(2, {"--threads", "1", "--lease", "5000"});
  begin_load(fleet, 0);
  EXPECT_EQ(fleet[1].ask("find 3 200"), "miss");
  fleet.state()->gate_shut = 0;
  served_until(fleet, 1, 1);
  EXPECT_EQ(fleet.state()->loads, 1u);
}

TEST(InvalidationInMidFill, TheOldValueIsNeverSeen) {
  Fleet fleet(2, {"--threads", "1", "--soft", "600000", "--hard", "600000", "--lease", "5000"});
  begin_load(fleet, 0);
  fleet.state()->version = 2;
  EXPECT_EQ(fleet[1].ask("invalidate 3 drop"), "told");
  fleet.state()->gate_shut = 0;
  EXPECT_TRUE(served_until(fleet, 0, 2).empty());
  EXPECT_TRUE(served_until(fleet, 1, 2).empty());
}

TEST(InvalidationInMidFill, ControlWithoutItTheOldValueIsSeen) {
  Fleet fleet(2, {"--threads", "1", "--soft", "600000", "--hard", "600000", "--lease", "5000"});
  begin_load(fleet, 0);
  fleet.state()->version = 2;
  fleet.state()->gate_shut = 0;
  served_until(fleet, 0, 1);
}

TEST(Invalidation, ReachesAllInstances) {
  Fleet fleet(3, {"--threads", "1", "--soft", "600000", "--hard", "600000"});
  for (std::size_t i = 0; i < fleet.size(); ++i) served_until(fleet, i, 1);
  fleet.state()->version = 2;
  EXPECT_EQ(fleet[0].ask("invalidate 3 expire"), "told");
  for (std::size_t i = 0; i < fleet.size(); ++i) served_until(fleet, i, 2);
  EXPECT_EQ(fleet.state()->loads, 2u);
}

TEST(Invalidation, ThatIsMissedIsMadeUpForByDoubt) {
  Fleet fleet(2, {"--threads", "1", "--soft", "600000", "--hard", "600000"});
  for (std::size_t i = 0; i < fleet.size(); ++i) served_until(fleet, i, 1);
  fleet.state()->version = 2;
  fleet[1].signal(SIGSTOP);
  fleet.redis.cli("CLIENT", "KILL", "TYPE", "pubsub");
  // The one that stands still does not hear of this.
  Fleet::until([&] { return fleet[0].ask("invalidate 3 expire") == "told"; });
  served_until(fleet, 0, 2);
  fleet[1].signal(SIGCONT);
  served_until(fleet, 1, 2);
}

TEST(Tracking, FindsWhatOthersWrite) {
  Fleet fleet(2, {"--threads", "1", "--soft", "600000", "--hard", "600000", "--tracked"});
  for (std::size_t i = 0; i < fleet.size(); ++i) served_until(fleet, i, 1);
  const Key key{kKey, kKey * 7919};
  fleet.redis.cli("EVAL", scripts::kPut, "2", value_name("thing:", key), lease_name("thing:", key), "0", "9 0", "0", "",
                  "");
  for (std::size_t i = 0; i < fleet.size(); ++i) served_until(fleet, i, 9);
}

}  // namespace
}  // namespace bidwell::cache::testing
