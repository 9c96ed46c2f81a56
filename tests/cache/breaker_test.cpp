// The breaker's states, with time and chance played.
#include "cache/breaker.h"

#include <gtest/gtest.h>

namespace bidwell::cache {
namespace {

using std::chrono::milliseconds;

class BreakerTest : public ::testing::Test {
 protected:
  void fail(unsigned times) {
    for (unsigned i = 0; i < times; ++i) breaker_.failed(now_);
  }
  Breaker breaker_{42};
  Time now_{std::chrono::hours(1)};
};

TEST_F(BreakerTest, OpensWhenMostCallsOfASecondFail) {
  fail(Breaker::kSamplesMin - 1);
  EXPECT_TRUE(breaker_.allow(now_));
  fail(1);
  EXPECT_FALSE(breaker_.allow(now_));
  EXPECT_FALSE(breaker_.would_allow(now_));
}

TEST_F(BreakerTest, StaysClosedWhileHalfSucceeds) {
  for (int i = 0; i < 1000; ++i) {
    breaker_.succeeded(now_);
    breaker_.succeeded(now_);
    breaker_.failed(now_);
  }
  EXPECT_EQ(breaker_.state(), Breaker::State::closed);
}

TEST_F(BreakerTest, ForgetsWhatFailedASecondAgo) {
  for (int i = 0; i < 100; ++i) {
    fail(Breaker::kSamplesMin - 1);
    now_ += milliseconds(1000);
  }
  EXPECT_EQ(breaker_.state(), Breaker::State::closed);
}

TEST_F(BreakerTest, LetsOneProbeThrough) {
  fail(Breaker::kSamplesMin);
  now_ += Breaker::kOpenMin;
  EXPECT_TRUE(breaker_.allow(now_));
  EXPECT_FALSE(breaker_.allow(now_));
  breaker_.succeeded(now_);
  EXPECT_TRUE(breaker_.allow(now_));
  EXPECT_EQ(breaker_.state(), Breaker::State::closed);
}

TEST_F(BreakerTest, WaitsLongerAfterEachProbeThatFails) {
  fail(Breaker::kSamplesMin);
  Duration longest{};
  for (int i = 0; i < 12; ++i) {
    const Time opened = now_;
    while (!breaker_.would_allow(now_)) now_ += milliseconds(1);
    longest = std::max(longest, now_ - opened);
    EXPECT_LE(now_ - opened, Breaker::kOpenMax + milliseconds(1));
    EXPECT_GE(now_ - opened, Breaker::kOpenMin / 2);
    ASSERT_TRUE(breaker_.allow(now_));
    breaker_.failed(now_);
  }
  EXPECT_GE(longest, Breaker::kOpenMax / 2);
}

TEST_F(BreakerTest, AProbeThatIsNeverHeardOfIsReplaced) {
  fail(Breaker::kSamplesMin);
  now_ += Breaker::kOpenMin;
  ASSERT_TRUE(breaker_.allow(now_));
  now_ += Breaker::kProbeMax;
  EXPECT_TRUE(breaker_.allow(now_));
}

}  // namespace
}  // namespace bidwell::cache
