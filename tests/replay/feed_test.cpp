// Runs of requests that come while they go on.
#include <gtest/gtest.h>

#include <set>

#include "tests/replay/tapes.h"

namespace bidwell::replay {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::answer_text;
using testing::prepared;
using testing::Reaction;
using testing::ScriptedServer;
using testing::Seen;
using testing::Sight;

Reaction echo(const std::string& body, std::size_t, std::size_t) {
  return {.bytes = answer_text(body)};
}

SendOptions options_for(const ScriptedServer& server, unsigned threads) {
  SendOptions options;
  options.target = server.target();
  options.threads = threads;
  options.connections = 4;
  return options;
}

void offer_all(Feed& feed, std::size_t count, std::int64_t gap_ns) {
  for (std::size_t i = 0; i < count; ++i) {
    Prepared request = prepared(std::to_string(i), 1'000'000'000 + static_cast<std::int64_t>(i) * gap_ns, i % 5);
    while (!feed.offer(std::move(request))) std::this_thread::yield();  // a refused one is as it was
  }
  feed.end();
}

TEST(Feed, EachRequestIsSentAtItsTimeBehindTheFirst) {
  ScriptedServer server(echo);
  for (const unsigned threads : {1U, 2U}) {
    Feed feed(threads, 16);
    Sight sight(threads);
    replay::Run run(options_for(server, threads), feed, sight.maker());
    run.start();
    offer_all(feed, 500, 20'000);
    run.join();
    ASSERT_EQ(sight.count(Outcome::answered), 500U);
    std::set<std::uint64_t> seen_indices;
    SteadyTime first{};
    for (const Seen& seen : sight.all()) {
      if (seen.index == 0) first = seen.due;
    }
    EXPECT_GE(first - sight.start, milliseconds(10)) << "feed_delay";
    for (const Seen& seen : sight.all()) {
      seen_indices.insert(seen.index);
      EXPECT_EQ(seen.answer, std::to_string(seen.index));
      EXPECT_EQ(seen.due - first, nanoseconds(seen.index * 20'000));
      EXPECT_GE(seen.given, seen.due);
    }
    EXPECT_EQ(seen_indices.size(), 500U);
  }
}

TEST(Feed, ByFlow) {
  ScriptedServer server(echo);
  Feed feed(2, 100);
  Sight sight(2);
  SendOptions options = options_for(server, 2);
  options.connections = 0;
  replay::Run run(options, feed, sight.maker());
  run.start();
  offer_all(feed, 200, 10'000);
  run.join();
  EXPECT_EQ(sight.count(Outcome::answered), 200U);
  EXPECT_LE(run.counters().client.connects, 6U) << "four flows, and those without one on either thread";
  for (unsigned i = 0; i < 2; ++i) {
    for (const Seen& seen : sight.threads[i]) {
      if (seen.flow != 0) {
        EXPECT_EQ(seen.flow % 2, i);
      }
    }
  }
}

TEST(Feed, AsFastAsItGoes) {
  ScriptedServer server(echo);
  Feed feed(1, 8);
  Sight sight(1);
  SendOptions options = options_for(server, 1);
  options.schedule.kind = ScheduleOptions::Kind::maximum;
  replay::Run run(options, feed, sight.maker());
  run.start();
  offer_all(feed, 300, 0);
  run.join();
  EXPECT_EQ(sight.count(Outcome::answered), 300U);
}

TEST(Feed, AFullQueueRefuses) {
  Feed feed(1, 2);
  EXPECT_TRUE(feed.offer(prepared("a")));
  EXPECT_TRUE(feed.offer(prepared("b")));
  Prepared third = prepared("c");
  EXPECT_FALSE(feed.offer(std::move(third)));
  EXPECT_EQ(third.bytes, prepared("c").bytes) << "and leaves it as it was";
}

TEST(Feed, TheDurationEndsARunThatGetsNothing) {
  ScriptedServer server(echo);
  Feed feed(1, 8);
  Sight sight(1);
  SendOptions options = options_for(server, 1);
  options.duration = milliseconds(20);
  replay::Run run(options, feed, sight.maker());
  run.start();
  run.join();
  EXPECT_EQ(run.counters().given, 0U);
}

TEST(Feed, IsMadeForTheRunsThreads) {
  ScriptedServer server(echo);
  Feed feed(1, 8);
  Sight sight(2);
  EXPECT_THROW(replay::Run(options_for(server, 2), feed, sight.maker()), std::invalid_argument);
}

}  // namespace
}  // namespace bidwell::replay
