// The honest clock: against a server that stalls, the times from when requests were due show the whole stall; those
// from when they were sent do not. Both are compared with what the server says it did.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/replay/stalling_server.h"
#include "tests/replay/tapes.h"

namespace bidwell::replay {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::Seen;
using testing::Sight;
using testing::StallingServer;

double ms(nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

struct Times {
  std::vector<double> expected, latency, service;  // ms
};

Times measure(StallingServer& server, const SendOptions& options, const Tape& tape) {
  Sight sight(options.threads);
  Run run(options, tape, sight.maker());
  run.start();
  run.join();
  Times times;
  for (const Seen& seen : sight.all()) {
    EXPECT_EQ(seen.outcome, Outcome::answered);
    times.expected.push_back(ms(server.wait_of(seen.due)));
    times.latency.push_back(ms(seen.done - seen.due));
    times.service.push_back(ms(seen.done - seen.sent));
  }
  return times;
}

// Half of the requests differ from the exact answer by less than this; a busy machine shifts the others further.
constexpr double kNear = 5, kFar = 40;

TEST(HonestClock, LatencyFromWhenItWasDueShowsTheWholeStall) {
  StallingServer server(milliseconds(1000), milliseconds(200));
  SendOptions options;
  options.target = server.target();
  options.schedule.kind = ScheduleOptions::Kind::fixed;
  options.schedule.rate = 500;
  options.connections = 4;
  const Times times = measure(server, options, testing::tape_of(2000));  // four periods
  ASSERT_EQ(times.latency.size(), 2000U);
  ASSERT_GE(server.stalls().size(), 3U);

  std::vector<double> differences;
  for (std::size_t i = 0; i < times.latency.size(); ++i) {
    differences.push_back(std::abs(times.latency[i] - times.expected[i]));
    EXPECT_GE(times.latency[i], times.expected[i] - 0.001) << "answered before it could be";
  }
  EXPECT_LT(quantile(differences, 0.5), kNear);
  for (const double q : {0.85, 0.9, 0.95, 0.99}) {
    EXPECT_NEAR(quantile(times.latency, q), quantile(times.expected, q), kFar) << q;
    // A fifth of the requests are due in a stall and wait for its end, evenly from 0 to 200 ms.
    EXPECT_NEAR(quantile(times.latency, q), 200 - (1 - q) * 1000, kFar) << q;
  }

  // The control: of those the server held it saw but one for each connection.
  const std::size_t held = 4 * server.stalls().size();
  std::vector<double> service = times.service;
  std::sort(service.begin(), service.end());
  EXPECT_LT(service[service.size() - 1 - held], 50) << "a request that was not with the server in a stall";
  EXPECT_LT(quantile(times.service, 0.95), kFar);
  RecordProperty("latency_p99_ms", std::to_string(quantile(times.latency, 0.99)));
}

TEST(HonestClock, AClosedLoopHidesTheStall) {
  StallingServer server(milliseconds(1000), milliseconds(200));
  SendOptions options;
  options.target = server.target();
  options.schedule.kind = ScheduleOptions::Kind::maximum;
  options.connections = 1;
  options.loop = true;
  options.duration = milliseconds(2000);
  const Times times = measure(server, options, testing::tape_of(10));
  ASSERT_GE(times.service.size(), 300U);
  // Exactly as many requests as there were stalls show one.
  const auto held = server.held();
  ASSERT_GE(held.size(), 2U);
  std::vector<double> service = times.service;
  std::sort(service.rbegin(), service.rend());
  std::vector<double> waits;
  for (const auto& one : held) waits.push_back(ms(one.time));
  std::sort(waits.rbegin(), waits.rend());
  for (std::size_t i = 0; i < waits.size(); ++i) EXPECT_NEAR(service[i], waits[i], kFar);
  EXPECT_LT(quantile(times.service, 0.99), kFar) << "and p99 shows none of it";
}

}  // namespace
}  // namespace bidwell::replay
