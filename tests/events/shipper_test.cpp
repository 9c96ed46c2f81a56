// The shipper between real journals and a sink of the test's: all events arrive once and in order, whatever the sink
// does, and a journal goes only when the sink has it for good.
#include "bidwell/events/shipper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>

#include "tests/events/journals_rig.h"

namespace bidwell::events {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Log;

// Keeps what it takes; a second copy is what it has "for good". Fails, hangs or forgets as told.
class TestSink final : public Sink {
 public:
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    const std::lock_guard lock(mutex_);
    ++asked;
    taken_ = kept_;
    events_.resize(events_kept_);
    std::vector<std::uint64_t> all;
    for (const std::string& journal : journals) all.push_back(kept_[journal]);
    return all;
  }
  void take(const Batch& batch) override {
    std::unique_lock lock(mutex_);
    ++takes;
    if (hangs) {
      woken_.wait(lock, [&] { return interrupted; });
      throw std::runtime_error("interrupted");
    }
    if (failures > 0) {
      --failures;
      throw std::runtime_error("no");
    }
    for (const Advance& advance : batch.advances) {
      EXPECT_EQ(advance.from, taken_[advance.journal]);
      EXPECT_GT(advance.to, advance.from);
      taken_[advance.journal] = advance.to;
    }
    for (const Row& row : batch.rows) events_.push_back(row.event.at_us);
    undecodable += batch.undecodable.size();
    if (keeps) keep();
  }
  std::uint64_t stored(std::string_view journal) const override {
    const std::lock_guard lock(mutex_);
    const auto at = kept_.find(std::string(journal));
    return at == kept_.end() ? 0 : at->second;
  }
  void tend(std::chrono::system_clock::time_point) override {
    const std::lock_guard lock(mutex_);
    ++tended;
    if (forgets) {
      forgets = false;
      kept_.clear();
      events_kept_ = 0;
      events_.clear();
      throw PositionMoved("restored from a backup");
    }
    if (fails_later && !events_.empty()) {
      fails_later = false;
      throw PositionMoved("somebody else was here");
    }
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    keep();
  }
  void interrupt() noexcept override {
    const std::lock_guard lock(mutex_);
    interrupted = true;
    woken_.notify_all();
  }

  std::vector<std::int64_t> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  template <class Set>
  void set(Set set_it) {
    const std::lock_guard lock(mutex_);
    set_it();
  }

  std::size_t takes = 0, asked = 0, tended = 0, undecodable = 0, failures = 0;
  bool keeps = true, hangs = false, fails_later = false, forgets = false, interrupted = false;

 private:
  void keep() {
    kept_ = taken_;
    events_kept_ = events_.size();
  }

  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::map<std::string, std::uint64_t> taken_, kept_;
  std::vector<std::int64_t> events_;
  std::size_t events_kept_ = 0;
};

class ShipperTest : public ::testing::Test {
 protected:
  ShipperTest() {
    options_.name = "test";
    options_.interval = milliseconds(1);
    options_.backoff_min = milliseconds(1);
    options_.backoff_max = milliseconds(2);
    options_.log = log_.writer();
  }

  void append(Journal& journal, std::int64_t number) {
    Event event;
    event.at_us = number;
    char bytes[kEventBytesMax];
    ASSERT_NE(testing::append_waiting(journal, {bytes, encode(event, bytes)}), 0u);
  }
  static std::vector<std::int64_t> numbers(std::int64_t count) {
    std::vector<std::int64_t> all;
    for (std::int64_t number = 0; number < count; ++number) all.push_back(number);
    return all;
  }
  bool arrive(std::int64_t count) {
    return eventually([&] { return sink_.events().size() >= static_cast<std::size_t>(count); });
  }

  Folder folder_;
  Log log_;
  ShipperOptions options_;
  TestSink sink_;
};

TEST_F(ShipperTest, EventsArriveOnceAndInOrderAndTheJournalGoes) {
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  shipper.start();
  for (std::int64_t number = 0; number < 5'000; ++number) append(journal, number);
  ASSERT_TRUE(arrive(5'000));
  shipper.stop(milliseconds(60'000));
  EXPECT_EQ(sink_.events(), numbers(5'000));
  EXPECT_EQ(shipper.counters().rows.value(), 5'000u);
  EXPECT_EQ(shipper.counters().failures.value(), 0u);
  EXPECT_GT(sink_.tended, 0u);
  journals.stop();
  EXPECT_TRUE(folder_.runs().empty());
}

TEST_F(ShipperTest, ASinkThatFailsGetsEverythingAgain) {
  sink_.failures = 5;
  sink_.fails_later = true;
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  shipper.start();
  for (std::int64_t number = 0; number < 2'000; ++number) append(journal, number);
  ASSERT_TRUE(arrive(2'000));
  shipper.stop(milliseconds(60'000));
  EXPECT_EQ(sink_.events(), numbers(2'000));
  EXPECT_EQ(shipper.counters().failures.value(), 6u);
  EXPECT_EQ(sink_.asked, 7u);  // at the start, and after each failure
  EXPECT_THAT(log_.text(), HasSubstr("test: no"));
  EXPECT_THAT(log_.text(), HasSubstr("test: somebody else was here"));
  EXPECT_THAT(log_.text(), HasSubstr("test: goes on"));
}

TEST_F(ShipperTest, WhatIsNotStoredForGoodStaysInTheJournal) {
  sink_.keeps = false;
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  shipper.start();
  for (std::int64_t number = 0; number < 5'000; ++number) append(journal, number);
  ASSERT_TRUE(arrive(5'000));
  EXPECT_GT(journals.unread_bytes(0), 5'000u * 100);
  EXPECT_EQ(journals.counters().segments_removed.value(), 0u);
  sink_.set([&] { sink_.keeps = true; });
  append(journal, 5'000);
  EXPECT_TRUE(eventually([&] { return journals.unread_bytes(0) == 0; }));
  EXPECT_TRUE(eventually([&] { return journals.counters().segments_removed.value() > 0; }));
  shipper.stop(milliseconds(60'000));
}

// At the default interval, batches of the smallest size would take a minute.
TEST_F(ShipperTest, BatchesGrowAndAreShippedOneAfterTheOther) {
  options_.interval = std::chrono::seconds(10);
  options_.batch_bytes_min = 4096;
  options_.batch_bytes_max = 64 * 1024;
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  for (std::int64_t number = 0; number < 5'000; ++number) append(journal, number);
  shipper.start();
  ASSERT_TRUE(arrive(5'000));
  shipper.stop(milliseconds(60'000));
  EXPECT_EQ(sink_.events(), numbers(5'000));
  EXPECT_LT(sink_.takes, 30u);  // 830 kB: 4, 8, 16, 32, then 64 at a time
  EXPECT_GT(sink_.takes, 10u);
}

// As when a database is restored from a backup: what another sink has not stored is read again, and is still there.
TEST_F(ShipperTest, ASinkThatForgotGetsAgainWhatIsStillThere) {
  TestSink other;
  other.keeps = false;
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  Shipper holds(journals, other, options_);
  journals.start();
  shipper.start();
  holds.start();
  for (std::int64_t number = 0; number < 2'000; ++number) append(journal, number);
  ASSERT_TRUE(arrive(2'000));
  sink_.set([&] { sink_.forgets = true; });
  EXPECT_TRUE(eventually([&] {
    bool forgot = false;
    sink_.set([&] { forgot = !sink_.forgets; });
    return forgot;
  }));
  ASSERT_TRUE(arrive(2'000));
  const std::string name = journals.names().at(0);
  journals.release(1, name, 1'000);
  const std::uint64_t unread = journals.unread_bytes(1);
  journals.release(1, name, 0);
  EXPECT_EQ(journals.unread_bytes(1), unread + 1'000);  // it does go back
  other.set([&] { other.keeps = true; });
  append(journal, 2'000);
  ASSERT_TRUE(arrive(2'001));
  shipper.stop(milliseconds(60'000));
  holds.stop(milliseconds(60'000));
  EXPECT_EQ(sink_.events(), numbers(2'001));
  EXPECT_EQ(other.events(), numbers(2'001));
}

TEST_F(ShipperTest, WhatIsNoEventIsHandedOverApart) {
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  append(journal, 0);
  testing::append_waiting(journal, "not an event");
  append(journal, 1);
  shipper.start();
  ASSERT_TRUE(arrive(2));
  shipper.stop(milliseconds(60'000));
  EXPECT_EQ(sink_.events(), numbers(2));
  EXPECT_EQ(sink_.undecodable, 1u);
  EXPECT_EQ(shipper.counters().undecodable.value(), 1u);
}

TEST_F(ShipperTest, WhatADeadProcessLeftIsShippedToo) {
  const auto died = testing::in_child([&] {
    Journals journals(testing::small(folder_, 77));
    Journal& journal = journals.add_worker();
    journals.start();
    for (std::int64_t number = 0; number < 1'000; ++number) append(journal, number);
    ::_exit(0);
  });
  ASSERT_EQ(died, 0);
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  append(journal, 1'000);
  shipper.start();
  ASSERT_TRUE(arrive(1'001));
  shipper.stop(milliseconds(60'000));
  std::vector<std::int64_t> events = sink_.events();
  std::sort(events.begin(), events.end());
  EXPECT_EQ(events, numbers(1'001));
}

TEST_F(ShipperTest, ASinkThatHangsDoesNotHoldUpTheEnd) {
  sink_.hangs = true;
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  shipper.start();
  append(journal, 0);
  ASSERT_TRUE(eventually([&] {
    std::size_t takes = 0;
    sink_.set([&] { takes = sink_.takes; });
    return takes > 0;
  }));
  shipper.stop(milliseconds(1));
  EXPECT_TRUE(sink_.interrupted);
  journals.stop();
  EXPECT_FALSE(folder_.runs().empty());  // for the next one
}

TEST_F(ShipperTest, TheEndWaitsForASinkThatFailsOnlyForAWhile) {
  sink_.failures = 1'000'000'000;
  options_.backoff_min = options_.backoff_max = std::chrono::hours(1);
  Journals journals(testing::small(folder_));
  Journal& journal = journals.add_worker();
  Shipper shipper(journals, sink_, options_);
  journals.start();
  shipper.start();
  append(journal, 0);
  ASSERT_TRUE(eventually([&] { return shipper.counters().failures.value() > 0; }));
  // It waits an hour until it tries again: the end does not.
  shipper.stop(milliseconds(20));
  EXPECT_TRUE(sink_.events().empty());
}

}  // namespace
}  // namespace bidwell::events
