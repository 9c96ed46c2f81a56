// The queue of commands and their deadlines, with the time as the test says.
#include "redis/pending.h"

#include <gtest/gtest.h>

#include <random>

namespace bidwell::redis {
namespace {

Time at(int ms) {
  return Time() + std::chrono::milliseconds(ms);
}

class PendingTest : public ::testing::Test {
 protected:
  // Its callback appends `name`.
  void push(int name, int deadline) {
    pending_.push([this, name](Failure, const Reply&) { called_.push_back(name); }, at(deadline), at(0));
  }
  void expire(int now) {
    while (const auto callback = pending_.take_expired(at(now))) (*callback)(Failure::timeout, Reply());
  }

  Pending pending_;
  std::vector<int> called_;
};

TEST_F(PendingTest, ExpiresInTheOrderOfDeadlines) {
  push(1, 30), push(2, 10), push(3, 20);
  EXPECT_EQ(pending_.next_deadline(), at(10));
  expire(9);
  EXPECT_TRUE(called_.empty());
  expire(20);
  EXPECT_EQ(called_, (std::vector{2, 3}));
  EXPECT_EQ(pending_.next_deadline(), at(30));
  EXPECT_EQ(pending_.size(), 3U);
}

TEST_F(PendingTest, RepliesComeInTheOrderOfCommands) {
  push(1, 30), push(2, 10), push(3, 20);
  expire(10);
  EXPECT_FALSE(pending_.pop().timed_out);
  EXPECT_TRUE(pending_.pop().timed_out);
  EXPECT_EQ(pending_.next_deadline(), at(20));
  EXPECT_FALSE(pending_.pop().timed_out);
  EXPECT_TRUE(pending_.empty());
  EXPECT_EQ(pending_.next_deadline(), Time::max());
  expire(1000);
  EXPECT_EQ(called_, std::vector{2});
}

TEST_F(PendingTest, TakesAllThatHaveNotTimedOut) {
  push(1, 30), push(2, 10), push(3, 20);
  expire(10);
  for (const Callback& callback : pending_.take_all()) callback(Failure::disconnected, Reply());
  EXPECT_EQ(called_, (std::vector{2, 1, 3}));
  EXPECT_TRUE(pending_.empty());
  EXPECT_EQ(pending_.next_deadline(), Time::max());
  push(4, 5);
  expire(5);
  EXPECT_EQ(called_, (std::vector{2, 1, 3, 4}));
}

// Against a plain list, with deadlines before and behind one another.
TEST_F(PendingTest, AgreesWithASimpleOne) {
  struct Simple {
    int name, deadline;
    bool timed_out;
  };
  std::vector<Simple> simple;
  std::mt19937 random(1);
  int now = 0, names = 0, timed_out = 0;
  for (int i = 0; i < 20'000; ++i) {
    switch (random() % 4) {
      case 0:
      case 1:
        simple.push_back({names, now + static_cast<int>(random() % 300), false});
        push(names++, simple.back().deadline);
        break;
      case 2:
        if (simple.empty()) break;
        ASSERT_EQ(pending_.pop().timed_out, simple.front().timed_out);
        simple.erase(simple.begin());
        break;
      default:
        now += static_cast<int>(random() % 10);
        called_.clear();
        expire(now);
        std::vector<Simple*> due;
        for (Simple& one : simple) {
          if (!one.timed_out && one.deadline <= now) due.push_back(&one);
        }
        std::stable_sort(due.begin(), due.end(), [](auto* a, auto* b) { return a->deadline < b->deadline; });
        ASSERT_EQ(called_.size(), due.size());
        for (std::size_t k = 0; k < due.size(); ++k) {
          ASSERT_EQ(called_[k], due[k]->name);
          due[k]->timed_out = true;
          ++timed_out;
        }
    }
    ASSERT_EQ(pending_.size(), simple.size());
  }
  EXPECT_GT(timed_out, 1000);
}

}  // namespace
}  // namespace bidwell::redis
