// Notices in virtual time: delays, losses, retries, repeats, and what the book says in the end.
#include "market/notices.h"

#include <gmock/gmock.h>

#include <map>

namespace bidwell::market {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NoticesTest : public ::testing::Test {
 protected:
  std::uint32_t add_bid() {
    return *book_.add("b" + std::to_string(book_.bids().size()), 0, "1", 1'000'000, "USD", "c", false);
  }
  Notice notice(std::uint32_t bid, Kind kind = Kind::win) {
    return {"/win/" + std::to_string(bid), bid, 0, kind, 500'000};
  }
  // Sends all that is due, each to this end; how many.
  int send(NoticeQueue& queue, Delivery delivery) {
    int sent = 0;
    while (const auto ticket = queue.take(now_)) {
      ++sent;
      queue.told(*ticket, delivery, now_);
    }
    return sent;
  }
  const NoticeEntry& entry(std::uint32_t bid, Kind kind = Kind::win) { return book_.at(bid).of(kind); }

  OwnBook book_{"x-"};
  Random random_{5};
  NoticeQueue::Time now_{seconds(100)};
};

TEST_F(NoticesTest, LeaveWhenTheyAreDueInOrder) {
  NoticeQueue queue({}, book_, random_);
  const auto a = add_bid(), b = add_bid();
  queue.plan(notice(a), now_ + milliseconds(20));
  queue.plan(notice(b), now_ + milliseconds(10));
  EXPECT_EQ(queue.next_due(), now_ + milliseconds(10));
  EXPECT_FALSE(queue.take(now_ + milliseconds(9)));
  auto ticket = queue.take(now_ + milliseconds(30));
  ASSERT_TRUE(ticket);
  EXPECT_EQ(queue.notice(*ticket).bid, b);
  queue.put_back(*ticket, now_ + milliseconds(30));  // no connection was free
  ticket = queue.take(now_ + milliseconds(30));
  EXPECT_EQ(queue.notice(*ticket).bid, a);
  queue.told(*ticket, Delivery::acknowledged, now_);
  EXPECT_EQ(queue.waiting(), 1u);
  EXPECT_EQ(entry(a).told, Told::acknowledged);
  EXPECT_EQ(entry(a).price, 500'000);
  EXPECT_EQ(entry(b).told, Told::none);
}

TEST_F(NoticesTest, ARefusedOneIsSentAgainASecondLater) {
  NoticePolicy policy;
  policy.attempts = 3;
  NoticeQueue queue(policy, book_, random_);
  const auto bid = add_bid();
  queue.plan(notice(bid), now_);
  EXPECT_EQ(send(queue, Delivery::refused), 1);
  EXPECT_EQ(entry(bid).told, Told::refused);
  EXPECT_EQ(queue.next_due(), now_ + seconds(1));
  now_ += seconds(1);
  EXPECT_EQ(send(queue, Delivery::acknowledged), 1);
  EXPECT_EQ(entry(bid).told, Told::acknowledged);
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(queue.counts().sent[0], 1u);
}

TEST_F(NoticesTest, AttemptsEnd) {
  NoticePolicy policy;
  policy.attempts = 3;
  policy.repeat_share = 1;
  NoticeQueue queue(policy, book_, random_);
  const auto bid = add_bid();
  queue.plan(notice(bid), now_);
  int sent = 0;
  for (int i = 0; i < 20; ++i, now_ += seconds(1)) sent += send(queue, i == 1 ? Delivery::unsure : Delivery::unsent);
  EXPECT_EQ(sent, 3);
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(queue.counts().failed[0], 1u);
  // One of them may have arrived, so nobody knows.
  EXPECT_EQ(entry(bid).told, Told::unknown);
  EXPECT_EQ(entry(bid).sends, 1);
}

TEST_F(NoticesTest, AnAcknowledgementStays) {
  NoticePolicy policy;
  policy.repeat_share = 1;
  NoticeQueue queue(policy, book_, random_);
  const auto bid = add_bid();
  queue.plan(notice(bid), now_);
  EXPECT_EQ(send(queue, Delivery::acknowledged), 1);
  int repeats = 0;
  for (int i = 0; i < 100; ++i, now_ += seconds(1)) repeats += send(queue, Delivery::refused);
  EXPECT_GE(repeats, 1);
  EXPECT_LE(repeats, 3);
  EXPECT_EQ(queue.counts().repeated, static_cast<unsigned>(repeats));
  EXPECT_EQ(queue.counts().repeats_failed, static_cast<unsigned>(repeats));
  EXPECT_EQ(entry(bid).told, Told::acknowledged);
  EXPECT_EQ(queue.waiting(), 0u);
}

TEST_F(NoticesTest, SharesOfLossesAndRepeats) {
  NoticePolicy policy;
  policy.lost_share = 0.1;
  policy.repeat_share = 0.2;
  NoticeQueue queue(policy, book_, random_);
  constexpr int kNotices = 20'000;
  for (int i = 0; i < kNotices; ++i) queue.plan(notice(add_bid()), now_);
  for (int i = 0; i < 60; ++i, now_ += seconds(1)) send(queue, Delivery::acknowledged);
  const NoticeCounts& counts = queue.counts();
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(counts.sent[0] + counts.withheld[0], static_cast<unsigned>(kNotices));
  EXPECT_NEAR(static_cast<double>(counts.withheld[0]) / kNotices, 0.1, 0.01);
  EXPECT_NEAR(static_cast<double>(counts.repeated) / static_cast<double>(counts.sent[0]), 0.4, 0.02);  // two on average
  std::uint64_t withheld = 0;
  for (const BidEntry& bid : book_.bids()) {
    EXPECT_EQ(bid.of(Kind::win).withheld, bid.of(Kind::win).told == Told::none);
    withheld += bid.of(Kind::win).withheld;
  }
  EXPECT_EQ(withheld, counts.withheld[0]);
}

TEST(DeliveryTest, OfStatuses) {
  EXPECT_EQ(delivery_of(Kind::win, 200), Delivery::acknowledged);
  EXPECT_EQ(delivery_of(Kind::win, 204), Delivery::acknowledged);
  EXPECT_EQ(delivery_of(Kind::win, 302), Delivery::unsure);
  EXPECT_EQ(delivery_of(Kind::click, 302), Delivery::acknowledged);
  EXPECT_EQ(delivery_of(Kind::click, 404), Delivery::unsure);
  EXPECT_EQ(delivery_of(Kind::imp, 404), Delivery::refused);
  EXPECT_EQ(delivery_of(Kind::bill, 403), Delivery::refused);
  EXPECT_EQ(delivery_of(Kind::bill, 503), Delivery::unsure);
}

}  // namespace
}  // namespace bidwell::market
