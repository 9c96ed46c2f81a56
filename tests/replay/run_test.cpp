// Runs of tapes against scripted servers: each request is sent once, when it is due, where it belongs, and told of.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
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
using testing::tape_of;
using Kind = ScheduleOptions::Kind;

Reaction echo(const std::string& body, std::size_t, std::size_t) {
  return {.bytes = answer_text(body)};
}

SendOptions options_for(const ScriptedServer& server, Kind kind, double rate = 10'000) {
  SendOptions options;
  options.target = server.target();
  options.schedule.kind = kind;
  options.schedule.rate = rate;
  options.connections = 4;
  return options;
}

void finish(Run& run) {
  run.start();
  run.join();
}

std::vector<std::uint64_t> indices(const Sight& sight) {
  std::vector<std::uint64_t> out;
  for (const Seen& seen : sight.all()) out.push_back(seen.index);
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Run, SendsEachRequestOnceWhenItIsDue) {
  ScriptedServer server(echo);
  const Tape tape = tape_of(500);
  for (const unsigned threads : {1U, 2U}) {
    SendOptions options = options_for(server, Kind::fixed);
    options.threads = threads;
    Sight sight(threads);
    replay::Run run(options, tape, sight.maker());
    finish(run);
    EXPECT_TRUE(run.finished());
    ASSERT_EQ(sight.all().size(), 500U);
    EXPECT_EQ(run.counters().given, 500U);
    EXPECT_EQ(run.counters().skipped, 0U);
    EXPECT_EQ(run.busy().size(), threads);
    SteadyTime last{};
    for (const Seen& seen : sight.all()) {
      EXPECT_EQ(seen.outcome, Outcome::answered);
      EXPECT_EQ(seen.answer, std::to_string(seen.index));
      EXPECT_EQ(seen.due - sight.start, nanoseconds(seen.index * 100'000));
      EXPECT_GE(seen.given, seen.due) << "never early";
      EXPECT_GE(seen.sent, seen.given);
      EXPECT_GE(seen.done, seen.sent);
      last = std::max(last, seen.given);
    }
    EXPECT_EQ(run.ended(), last);
    for (unsigned i = 0; i < threads; ++i) {
      EXPECT_GE(sight.ticks[i], 1U);
      EXPECT_EQ(sight.threads[i].size(), 500 / threads);
      for (const Seen& seen : sight.threads[i]) EXPECT_EQ(seen.index % threads, i);
    }
  }
}

TEST(Run, OriginalTimesAtASpeedRoundAndRound) {
  ScriptedServer server(echo);
  const Tape tape = tape_of(10, 2'000'000);
  SendOptions options = options_for(server, Kind::original);
  options.schedule.speed = 4;
  options.loop = true;
  options.duration = milliseconds(15);  // three rounds of 20 ms at four times the speed
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  finish(run);
  ASSERT_EQ(sight.all().size(), 30U);
  for (const Seen& seen : sight.all()) {
    EXPECT_EQ(seen.due - sight.start, nanoseconds(seen.index * 500'000));
    EXPECT_EQ(seen.answer, std::to_string(seen.index % 10));
  }
}

// More are due than the server takes: they wait for a connection, in order, and keep the times they were due.
TEST(Run, DueRequestsWaitForAFreeConnection) {
  ScriptedServer server([](const std::string& body, std::size_t, std::size_t) {
    std::this_thread::sleep_for(milliseconds(1));
    return Reaction{.bytes = answer_text(body)};
  });
  const Tape tape = tape_of(100);
  SendOptions options = options_for(server, Kind::fixed, 1'000'000);
  options.connections = 1;
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  finish(run);
  const auto all = sight.all();
  ASSERT_EQ(all.size(), 100U);
  EXPECT_GE(run.counters().waited, 90U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].index, i);
    EXPECT_EQ(all[i].due - sight.start, nanoseconds(1000 * i));
    if (i > 0) {
      EXPECT_GE(all[i].sent, all[i - 1].done) << "one at a time";
    }
  }
}

TEST(Run, PipelinesWhereAsked) {
  ScriptedServer server(echo);
  const Tape tape = tape_of(300);
  SendOptions options = options_for(server, Kind::fixed, 10'000'000);
  options.client.pipeline_max = 64;
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  finish(run);
  EXPECT_EQ(sight.count(Outcome::answered), 300U);
  for (const Seen& seen : sight.all()) EXPECT_EQ(seen.answer, std::to_string(seen.index));
}

TEST(Run, SkipsAndCountsWhatNoRoomIsLeftFor) {
  ScriptedServer server([](const std::string&, std::size_t, std::size_t) { return Reaction{}; });
  const Tape tape = tape_of(100);
  SendOptions options = options_for(server, Kind::fixed, 1'000'000);
  options.waiting_max = 10;
  options.drain = milliseconds(20);
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  finish(run);
  EXPECT_EQ(run.counters().given, 14U) << "four connections, and ten that wait";
  EXPECT_EQ(run.counters().waited, 10U);
  EXPECT_EQ(run.counters().skipped, 86U);
  EXPECT_EQ(sight.count(Outcome::unanswered), 14U) << "each is told of";
}

TEST(Run, MaximumKeepsEachConnectionBusyWithOne) {
  std::mutex mutex;
  std::map<std::size_t, std::size_t> by_connection;
  ScriptedServer server([&](const std::string& body, std::size_t connection, std::size_t) {
    const std::lock_guard lock(mutex);
    ++by_connection[connection];
    return Reaction{.bytes = answer_text(body)};
  });
  const Tape tape = tape_of(1000);
  SendOptions options = options_for(server, Kind::maximum);
  options.threads = 2;
  Sight sight(2);
  replay::Run run(options, tape, sight.maker());
  finish(run);
  EXPECT_EQ(sight.count(Outcome::answered), 1000U);
  std::vector<std::uint64_t> each(1000);
  for (std::uint64_t i = 0; i < 1000; ++i) each[i] = i;
  EXPECT_EQ(indices(sight), each);
  EXPECT_EQ(by_connection.size(), 4U);
  EXPECT_EQ(run.counters().waited, 0U);
  for (const Seen& seen : sight.all()) EXPECT_EQ(seen.due, seen.sent);
}

TEST(Run, CountsAddUpThoughTheServerCloses) {
  ScriptedServer server([](const std::string& body, std::size_t connection, std::size_t request) {
    if (connection % 3 == 1 && request == 4) return Reaction{.bytes = "nonsense", .closes = true};
    return Reaction{.bytes = answer_text(body), .closes = request == 6};
  });
  const Tape tape = tape_of(1000);
  for (const Kind kind : {Kind::fixed, Kind::maximum}) {
    SendOptions options = options_for(server, kind, 20'000);
    options.threads = 2;
    options.client.pipeline_max = kind == Kind::fixed ? 4 : 1;
    Sight sight(2);
    replay::Run run(options, tape, sight.maker());
    finish(run);
    std::size_t outcomes = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Outcome::count_); ++i) {
      outcomes += sight.count(static_cast<Outcome>(i));
    }
    EXPECT_EQ(outcomes, 1000U);
    EXPECT_EQ(run.counters().given, 1000U);
    std::vector<std::uint64_t> each(1000);
    for (std::uint64_t i = 0; i < 1000; ++i) each[i] = i;
    EXPECT_EQ(indices(sight), each) << "each is told of once";
    EXPECT_GE(sight.count(Outcome::answered), 500U);
    EXPECT_GE(sight.count(Outcome::malformed), 1U);
    EXPECT_GE(run.counters().client.closes, 20U);
  }
}

TEST(Run, AServerThatIsNotThere) {
  std::unique_ptr<ScriptedServer> server = std::make_unique<ScriptedServer>(echo, ScriptedServer::Place::unix_socket);
  SendOptions options = options_for(*server, Kind::fixed);
  server.reset();
  const Tape tape = tape_of(100);
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  finish(run);
  EXPECT_EQ(sight.count(Outcome::connect_failed), 100U);
}

TEST(Run, EachFlowHasAConnectionOfItsOwn) {
  std::mutex mutex;
  std::map<std::size_t, std::vector<std::string>> by_connection;
  ScriptedServer server([&](const std::string& body, std::size_t connection, std::size_t) {
    const std::lock_guard lock(mutex);
    by_connection[connection].push_back(body);
    return Reaction{.bytes = answer_text(body)};
  });
  Tape tape;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::uint64_t flow = i * i % 7 + 1;
    tape.push_back(
        prepared(std::to_string(flow) + "/" + std::to_string(i), static_cast<std::int64_t>(i) * 100'000, flow));
  }
  std::set<std::uint64_t> flows;
  for (const Prepared& request : tape) flows.insert(request.flow);
  for (const unsigned threads : {1U, 2U}) {
    by_connection.clear();
    SendOptions options = options_for(server, Kind::original);
    options.connections = 0;
    options.threads = threads;
    Sight sight(threads);
    replay::Run run(options, tape, sight.maker());
    finish(run);
    EXPECT_EQ(sight.count(Outcome::answered), 300U);
    EXPECT_EQ(by_connection.size(), flows.size());
    EXPECT_EQ(run.counters().client.connects, flows.size());
    for (const auto& [connection, bodies] : by_connection) {
      int last = -1;
      for (const std::string& body : bodies) {
        EXPECT_EQ(body.substr(0, 2), bodies[0].substr(0, 2)) << "one flow";
        const int number = std::stoi(body.substr(2));
        EXPECT_GT(number, last) << "in order";
        last = number;
      }
    }
    for (unsigned i = 0; i < threads; ++i) {
      for (const Seen& seen : sight.threads[i]) EXPECT_EQ(seen.flow % threads, i);
    }
  }
}

TEST(Run, FlowsComeAgainInEachRound) {
  ScriptedServer server(echo);
  Tape tape;
  for (std::uint64_t i = 0; i < 40; ++i) {
    tape.push_back(prepared(std::to_string(i), static_cast<std::int64_t>(i) * 100'000, i / 10 + 1));
  }
  SendOptions options = options_for(server, Kind::original);
  options.connections = 0;
  options.loop = true;
  options.duration = milliseconds(16);  // four rounds
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  finish(run);
  EXPECT_EQ(sight.count(Outcome::answered), 160U);
  EXPECT_EQ(run.counters().client.connects, 16U);
}

TEST(Run, KeepsBytesAndMakesIdsDifferent) {
  ScriptedServer server(echo);
  Tape tape;
  tape.push_back(prepared("id-0000000000000"));
  tape[0].slots.push_back({.offset = tape[0].body_at + 3, .kind = Slot::Kind::unique});
  SendOptions options = options_for(server, Kind::maximum);
  options.loop = true;
  options.keep_bytes = true;
  options.duration = milliseconds(30);
  std::set<std::string> bodies;
  std::size_t count = 0;
  for (const std::uint64_t run_number : {1U, 2U}) {
    options.run = run_number;
    Sight sight(1);
    replay::Run run(options, tape, sight.maker());
    finish(run);
    for (const Seen& seen : sight.all()) {
      EXPECT_EQ(seen.request, seen.answer);
      EXPECT_EQ(seen.request.size(), 16U);
      bodies.insert(seen.request);
      ++count;
    }
  }
  EXPECT_GE(count, 10U);
  EXPECT_EQ(bodies.size(), count);
}

TEST(Run, StopsAndDrains) {
  ScriptedServer server(echo);
  const Tape tape = tape_of(10, 1'000'000);
  SendOptions options = options_for(server, Kind::fixed, 1000);
  options.loop = true;
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  run.start();
  EXPECT_FALSE(run.finished());
  std::this_thread::sleep_for(milliseconds(30));
  run.stop();
  run.join();
  EXPECT_TRUE(run.finished());
  EXPECT_EQ(sight.count(Outcome::answered), run.counters().given);
}

TEST(Run, ASecondStopDoesNotWaitForAnswers) {
  ScriptedServer server([](const std::string&, std::size_t, std::size_t) { return Reaction{}; });
  const Tape tape = tape_of(10);
  SendOptions options = options_for(server, Kind::fixed, 100'000);
  options.drain = std::chrono::hours(1);
  Sight sight(1);
  replay::Run run(options, tape, sight.maker());
  run.start();
  run.stop();
  run.stop();
  run.join();
  EXPECT_EQ(sight.count(Outcome::unanswered), run.counters().given);
}

TEST(Run, RethrowsWhatAnObserverThrew) {
  class Thrower : public Observer {
   public:
    void observed(const Sent&) override { throw std::runtime_error("no more"); }
    void tick(SteadyTime) override {}
  };
  ScriptedServer server(echo);
  const Tape tape = tape_of(10);
  replay::Run run(options_for(server, Kind::fixed), tape,
                  [](unsigned, SteadyTime) { return std::make_unique<Thrower>(); });
  run.start();
  EXPECT_THROW(run.join(), std::runtime_error);
}

TEST(Run, MayBeGivenUpAtAnyTime) {
  ScriptedServer server(echo);
  const Tape tape = tape_of(10, 1'000'000'000);
  Sight sight(2);
  SendOptions options = options_for(server, Kind::original);
  options.threads = 2;
  { const replay::Run unused(options, tape, sight.maker()); }
  replay::Run begun(options, tape, sight.maker());
  begun.start();
}

TEST(Run, RefusesOptionsThatMakeNoSense) {
  ScriptedServer server(echo);
  const Tape tape = tape_of(10);
  Sight sight(1);
  SendOptions options = options_for(server, Kind::maximum);
  options.connections = 0;
  EXPECT_THROW(replay::Run(options, tape, sight.maker()), std::invalid_argument);
  options = options_for(server, Kind::fixed, 0);
  EXPECT_THROW(replay::Run(options, tape, sight.maker()), std::invalid_argument);
  options = options_for(server, Kind::fixed);
  options.threads = 0;
  EXPECT_THROW(replay::Run(options, tape, sight.maker()), std::invalid_argument);
  options = options_for(server, Kind::original);
  options.loop = true;
  EXPECT_THROW(replay::Run(options, tape, sight.maker()), std::invalid_argument) << "no times to loop over";
}

}  // namespace
}  // namespace bidwell::replay
