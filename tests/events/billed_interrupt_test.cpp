// A reading of what was spent is cut short while PostgreSQL is busy with it.
#include <future>
#include <thread>

#include "bidwell/events/billed.h"
#include "tests/events/postgres_rig.h"

namespace bidwell::events {
namespace {

class BilledInterruptTest : public PostgresSinkTest {
 protected:
  void SetUp() override {
    PostgresSinkTest::SetUp();
    PostgresSinkOptions settings = options();
    settings.clock = {};
    PostgresSink(settings).tend(at_ms(real_ms()));
  }
  std::future<void> read_in_thread() {
    return std::async(std::launch::async,
                      [this] { read_billed(server().url(), at_ms(real_ms()), 900, &interruption_); });
  }
  // Of queries that wait for the lock below.
  static bool eventually_waiting(const char* count) {
    for (int i = 0; i < 2000; ++i) {
      if (ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  Interruption interruption_;
};

TEST_F(BilledInterruptTest, AQueryThatIsUnderWayIsCutShortAndGivenUp) {
  pqxx::connection locker(server().url());
  pqxx::work lock(locker);
  lock.exec0("LOCK TABLE bidwell.notices IN ACCESS EXCLUSIVE MODE");
  auto reading = read_in_thread();
  ASSERT_TRUE(eventually_waiting("1"));
  interruption_.interrupt();
  const bool ended = reading.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  EXPECT_TRUE(ended);
  EXPECT_TRUE(eventually_waiting("0"));  // nor does the server go on
  lock.abort();
  EXPECT_THROW(reading.get(), std::runtime_error);
  EXPECT_THROW(read_in_thread().get(), std::runtime_error);  // and none begins after it
}

TEST_F(BilledInterruptTest, WhatIsNotInterruptedIsRead) {
  EXPECT_NO_THROW(read_in_thread().get());
  EXPECT_NO_THROW(read_in_thread().get());
  interruption_.interrupt();
  EXPECT_NO_THROW(read_billed(server().url(), at_ms(real_ms()), 900));
}

}  // namespace
}  // namespace bidwell::events
