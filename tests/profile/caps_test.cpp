// A cap of three over eight instances: how many showings one user gets.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "tests/profile/history_instance.h"

namespace bidwell::profile {
namespace {

using testing::Instance;
using testing::InstanceOptions;
using testing::until;

constexpr unsigned kInstances = 8, kCap = 3;

class CapsTest : public ::testing::Test {
 protected:
  void begin(bool announces) {
    instances.clear();
    server.cli("FLUSHALL");
    for (unsigned i = 0; i < kInstances; ++i) {
      InstanceOptions options;
      options.server = &server;
      options.seed = i + 1;
      options.announces = announces;
      instances.push_back(std::make_unique<Instance>(options));
    }
  }

  redis::testing::RedisServer server;
  std::vector<std::unique_ptr<Instance>> instances;
  std::atomic<std::uint32_t> next_bid{1};
};

// One request after the other, and what is told has arrived before the next: exactly the cap. Without announcements
// every instance shows it once more, as it has not been told.
TEST_F(CapsTest, OneAfterTheOther) {
  constexpr cache::Key kUser{1, 2};
  for (const bool announces : {true, false}) {
    begin(announces);
    for (const auto& instance : instances) ASSERT_EQ(instance->times(kUser), 0u);
    unsigned shown = 0;
    for (unsigned request = 0; request < 10 * kInstances; ++request) {
      Instance& instance = *instances[request / 10];
      if (instance.times(kUser) >= kCap) continue;
      instance.remember_now(kUser, next_bid++, kCap);
      if (++shown != kCap || !announces) continue;
      until([&] {
        return std::all_of(instances.begin(), instances.end(), [&](auto& one) { return one->times(kUser) >= kCap; });
      });
    }
    EXPECT_EQ(shown, announces ? kCap : kCap + kInstances - 1);
  }
}

struct Outcome {
  double mean = 0;
  unsigned most = 0;
};

// All at once, at their own pace: beyond the cap goes what was decided before the announcement came.
TEST_F(CapsTest, AllAtOnce) {
  constexpr unsigned kUsers = 40, kRequests = 2000;
  const auto run = [&](bool announces) {
    begin(announces);
    std::array<std::atomic<unsigned>, kUsers> shown{};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kInstances; ++i) {
      threads.emplace_back([&, i] {
        std::mt19937 random(i);
        for (unsigned user = 0; user < kUsers; ++user) instances[i]->times({user, 1});
        for (unsigned request = 0; request < kRequests; ++request) {
          const auto user = static_cast<unsigned>(random() % kUsers);
          const auto times = instances[i]->look({user, 1}, [](const History& history) {
            return history.times(History::Subject::campaign, 1, Showing::impression, testing::kNow - 3600);
          });
          if (times && *times < kCap) {
            instances[i]->remember({user, 1}, next_bid++, kCap);
            shown[user].fetch_add(1);
          }
          std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    Outcome outcome;
    for (const auto& count : shown) {
      EXPECT_GE(count, kCap);
      outcome.mean += static_cast<double>(count) / kUsers;
      outcome.most = std::max(outcome.most, count.load());
    }
    return outcome;
  };
  const Outcome told = run(true), untold = run(false);
  std::printf(
      "showings of a cap of %u over %u instances: %.2f on average, at most %u; without announcements %.2f, %u\n", kCap,
      kInstances, told.mean, told.most, untold.mean, untold.most);
  EXPECT_LT(told.mean, untold.mean);
}

}  // namespace
}  // namespace bidwell::profile
