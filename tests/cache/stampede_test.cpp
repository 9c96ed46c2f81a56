// A hot key expires while everybody asks for it, and one that nobody has is asked for by all: how often the origin is
// called. The controls take away what prevents the stampede; without them the test would prove nothing.
#include <gtest/gtest.h>

#include "tests/cache/fleet.h"

namespace bidwell::cache::testing {
namespace {

constexpr unsigned kProcesses = 4, kThreads = 8, kAll = kProcesses * kThreads;
constexpr std::uint64_t kHot = 1, kCold = 2;
constexpr std::chrono::milliseconds kSoft{200};

std::vector<std::string> options(std::initializer_list<std::string> more = {}, std::chrono::milliseconds soft = kSoft) {
  std::vector<std::string> out = {
      "--threads", std::to_string(kThreads), "--soft", std::to_string(soft.count()), "--lease", "5000"};
  out.insert(out.end(), more);
  return out;
}

// Every instance holds the key, and it is past its soft TTL in all of them.
void expire_hot_key(Fleet& fleet) {
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    Fleet::until([&] { return fleet[i].ask("find 1 50") != "miss"; });
  }
  // Looking would have it refreshed, so its time is waited out.
  std::this_thread::sleep_for(kSoft + std::chrono::milliseconds(100));
  Fleet::until([&] { return fleet.state()->finished == fleet.state()->loads; });
  fleet.state()->loads = 0;
  fleet.state()->finished = 0;
}

struct Outcome {
  std::map<std::string, std::uint64_t> served;
  std::uint64_t finished_when_served = 0;
  std::uint64_t loads = 0;
};

// The origin answers nobody until all have been served, so who was served did not wait for it; nor before it has been
// called as often as it is going to be.
Outcome stampede(Fleet& fleet, std::uint64_t key, int patience_ms, std::uint64_t expected) {
  Outcome out;
  fleet.state()->gate_shut = 1;
  out.served = fleet.stampede(key, patience_ms, kThreads);
  out.finished_when_served = fleet.state()->finished;
  Fleet::until([&] { return fleet.state()->loads >= expected; });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  fleet.state()->gate_shut = 0;
  Fleet::until([&] { return fleet.state()->finished == fleet.state()->loads; });
  out.loads = fleet.state()->loads;
  return out;
}

TEST(Stampede, AnExpiredHotKeyIsLoadedOnceAndServedStaleToAll) {
  Fleet fleet(kProcesses, options());
  expire_hot_key(fleet);
  const Outcome outcome = stampede(fleet, kHot, 0, 1);
  EXPECT_EQ(outcome.loads, 1u);
  EXPECT_EQ(outcome.served.at("stale"), kAll);
  EXPECT_EQ(outcome.finished_when_served, 0u);
}

TEST(Stampede, AColdKeyIsLoadedOnceAndItsNonAnswersAreCounted) {
  // Not stale by the time it comes.
  Fleet fleet(kProcesses, options({}, std::chrono::minutes(1)));
  const Outcome outcome = stampede(fleet, kCold, 5, 1);
  EXPECT_EQ(outcome.loads, 1u);
  EXPECT_EQ(outcome.served.at("miss"), kAll);
  std::uint64_t non_answers = 0;
  for (std::size_t i = 0; i < fleet.size(); ++i) non_answers += numbers(fleet[i].ask("counters"))["non_answers"];
  EXPECT_GE(non_answers, kAll);
  for (std::size_t i = 0; i < fleet.size(); ++i) EXPECT_NE(fleet[i].ask("find 2 1000"), "miss");
  EXPECT_EQ(fleet.state()->loads, 1u);
}

TEST(Stampede, ControlWithoutLeasesEachInstanceLoads) {
  Fleet fleet(kProcesses, options({"--no-leases"}));
  expire_hot_key(fleet);
  const Outcome outcome = stampede(fleet, kHot, 0, kProcesses);
  EXPECT_EQ(outcome.loads, kProcesses);
}

TEST(Stampede, ControlWithoutSingleFlightEachThreadLoads) {
  Fleet fleet(kProcesses, options({"--no-leases", "--no-single-flight"}));
  expire_hot_key(fleet);
  const Outcome outcome = stampede(fleet, kHot, 0, kAll);
  EXPECT_EQ(outcome.loads, kAll);
}

}  // namespace
}  // namespace bidwell::cache::testing
