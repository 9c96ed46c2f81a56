// In virtual time: a bidder that is slow, then fine.
#include "market/throttle.h"

#include <gmock/gmock.h>

namespace bidwell::market {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ThrottleTest : public ::testing::Test {
 protected:
  // Offers so many requests, a millisecond apart; every `bad_every`-th of those that go out is answered badly (0:
  // none).
  int offer(int requests, int bad_every) {
    int out = 0;
    for (int i = 0; i < requests; ++i, now_ += milliseconds(1)) {
      if (!throttle_.admit(now_)) continue;
      ++out;
      throttle_.told(bad_every != 0 && out % bad_every == 0, now_);
    }
    return out;
  }

  Throttle throttle_{0.15};
  Throttle::Time now_{seconds(1000)};
};

TEST_F(ThrottleTest, AGoodBidderGetsEverything) {
  EXPECT_EQ(offer(20'000, 0), 20'000);
  EXPECT_EQ(offer(20'000, 10), 20'000);  // a tenth is bad: below the share
  EXPECT_FALSE(throttle_.throttled());
}

TEST_F(ThrottleTest, ABadOneGetsATenthAndComesBackAfterAGoodMinute) {
  offer(5000, 0);
  // Half of the answers are bad: 150 of the last thousand after some three hundred.
  int out = 0;
  while (!throttle_.throttled()) {
    ASSERT_LT(out, 400);
    out += offer(1, 0);
    throttle_.told(true, now_);
  }
  EXPECT_EQ(offer(10'000, 1), 1000);
  // The minute that began with it was bad, so another one decides.
  EXPECT_EQ(offer(50'000, 0), 5000);
  EXPECT_TRUE(throttle_.throttled());
  EXPECT_EQ(offer(59'000, 0), 5900);
  EXPECT_TRUE(throttle_.throttled());
  offer(2000, 0);
  EXPECT_FALSE(throttle_.throttled());
  EXPECT_EQ(offer(5000, 0), 5000);
}

TEST_F(ThrottleTest, AMinuteThatIsStillBadKeepsIt) {
  offer(1000, 2);
  ASSERT_TRUE(throttle_.throttled());
  for (int minute = 0; minute < 5; ++minute) {
    offer(60'000, 5);
    EXPECT_TRUE(throttle_.throttled());
  }
}

TEST_F(ThrottleTest, AFewAnswersSayNothing) {
  EXPECT_EQ(offer(99, 1), 99);
  EXPECT_FALSE(throttle_.throttled());
  offer(1, 1);
  EXPECT_TRUE(throttle_.throttled());
}

// A minute in which nothing was answered says nothing good.
TEST_F(ThrottleTest, SilenceIsNotGood) {
  offer(200, 1);
  ASSERT_TRUE(throttle_.throttled());
  now_ += seconds(300);
  throttle_.admit(now_);
  EXPECT_TRUE(throttle_.throttled());
}

}  // namespace
}  // namespace bidwell::market
