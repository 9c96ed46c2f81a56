// The load client against servers on loopback and Unix sockets: what is sent is answered or told of, once.
#include "bidwell/replay/client.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/replay/recorder.h"
#include "tests/replay/scripted_server.h"

namespace bidwell::replay {
namespace {

using std::chrono::milliseconds;
using testing::answer_text;
using testing::poll_until;
using testing::Reaction;
using testing::Recorder;
using testing::request_text;
using testing::ScriptedServer;

Reaction echo(const std::string& body, std::size_t, std::size_t) {
  return {.bytes = answer_text(body)};
}

// A TCP port of 127.0.0.1 on which nobody listens: bound, so that nobody else takes it meanwhile.
class RefusedPort {
 public:
  RefusedPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    target_.address = target_.host = "127.0.0.1";
    target_.port = std::to_string(ntohs(address.sin_port));
  }
  ~RefusedPort() { ::close(fd_); }
  const Target& target() const { return target_; }

 private:
  int fd_;
  Target target_;
};

class ClientOverBoth : public ::testing::TestWithParam<ScriptedServer::Place> {};
INSTANTIATE_TEST_SUITE_P(Places, ClientOverBoth,
                         ::testing::Values(ScriptedServer::Place::tcp, ScriptedServer::Place::unix_socket));

TEST_P(ClientOverBoth, BringsTheAnswerToARequest) {
  ScriptedServer server(echo, GetParam());
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  ASSERT_TRUE(client.send(connection, request_text("hello"), 7));
  EXPECT_EQ(client.waiting(connection), 1U);
  ASSERT_TRUE(poll_until(client, [&] { return !recorder.told.empty(); }));
  EXPECT_EQ(recorder.told[0].tag, 7U);
  EXPECT_EQ(recorder.told[0].outcome, Outcome::answered);
  EXPECT_EQ(recorder.told[0].status, 200U);
  EXPECT_EQ(recorder.told[0].body, "hello");
  EXPECT_EQ(recorder.told[0].content_length, 5);
  EXPECT_LE(recorder.told[0].sent, recorder.told[0].done);
  EXPECT_EQ(client.in_flight(), 0U);
  EXPECT_EQ(client.connected(), 1U);
  EXPECT_EQ(client.counters().connects, 1U);
  EXPECT_EQ(client.counters().bytes_sent, request_text("hello").size());
  EXPECT_EQ(client.counters().bytes_received, answer_text("hello").size());
}

TEST_P(ClientOverBoth, PipelinesInOrder) {
  ScriptedServer server(echo, GetParam());
  Recorder recorder;
  Client client({.pipeline_max = 100}, recorder);
  const std::size_t connection = client.open(server.target());
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(client.send(connection, request_text(std::to_string(i)), i));
  EXPECT_FALSE(client.send(connection, request_text("one too many"), 100));
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 100; }));
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(recorder.told[i].tag, i);
    EXPECT_EQ(recorder.told[i].body, std::to_string(i));
  }
}

TEST_P(ClientOverBoth, KeepsWhatTheSocketDoesNotTake) {
  ScriptedServer server([](const std::string& body, std::size_t,
                           std::size_t) { return Reaction{.bytes = answer_text(std::to_string(body.size()))}; },
                        GetParam());
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  ASSERT_TRUE(poll_until(client, [&] { return client.connected() == 1; }));
  const std::string large(6 << 20, 'x');
  for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(client.send(connection, request_text(large), i));
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 3; }));
  for (const auto& told : recorder.told) EXPECT_EQ(told.body, std::to_string(large.size()));
}

TEST(Client, ManyConnectionsAtOnce) {
  ScriptedServer server(echo);
  Recorder recorder;
  Client client({}, recorder);
  // As many as descriptors allow here and in the server, which is in this process.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t count = std::min<std::size_t>(1000, limit.rlim_cur / 2 - 50);
  for (std::size_t i = 0; i < count; ++i) client.send(client.open(server.target()), request_text("x"), i);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == count; }));
  EXPECT_EQ(recorder.count(Outcome::answered), count);
  EXPECT_EQ(client.connected(), count);
}

TEST(Client, TheSinkMaySendAgain) {
  ScriptedServer server(echo);
  Recorder recorder;
  Client client({.pipeline_max = 1}, recorder);
  const std::size_t connection = client.open(server.target());
  recorder.then = [&](const Answer& answer) {
    if (answer.tag == 50) return;
    EXPECT_TRUE(client.send(connection, request_text(std::string(answer.tag, 'x')), answer.tag + 1));
  };
  client.send(connection, request_text(""), 0);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 51; }));
  EXPECT_EQ(recorder.told[50].body.size(), 49U);
}

TEST(Client, TheSinkMayCloseAndOpen) {
  ScriptedServer server(echo);
  Recorder recorder;
  Client client({.pipeline_max = 1}, recorder);
  std::size_t connection = client.open(server.target());
  recorder.then = [&](const Answer& answer) {
    if (answer.tag == 20) return;
    client.close(connection);
    EXPECT_FALSE(client.send(connection, request_text("closed"), 99));
    connection = client.open(server.target());
    EXPECT_TRUE(client.send(connection, request_text("again"), answer.tag + 1));
  };
  client.send(connection, request_text("first"), 0);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 21; }));
  EXPECT_EQ(recorder.count(Outcome::answered), 21U);
  EXPECT_LE(connection, 1U) << "numbers of closed connections are given again";
  EXPECT_EQ(client.connected(), 1U);
}

TEST(Client, ClosesAConnectionWhenItsAnswersAreThere) {
  ScriptedServer server(echo);
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  client.send(connection, request_text("a"), 1);
  client.send(connection, request_text("b"), 2);
  client.close(connection);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 2; }));
  EXPECT_EQ(recorder.count(Outcome::answered), 2U);
  EXPECT_EQ(client.connected(), 0U);
  EXPECT_EQ(client.counters().closes, 0U) << "it was asked for";
}

TEST(Client, AServerThatClosesEveryFewAnswersLosesNothingUntold) {
  ScriptedServer server([](const std::string& body, std::size_t, std::size_t request) {
    return Reaction{.bytes = answer_text(body), .closes = request == 2};
  });
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  std::uint64_t next = 0;
  const auto refill = [&](std::size_t up_to) {
    while (next < 200 && client.waiting(connection) < up_to) {
      client.send(connection, request_text(std::to_string(next)), next);
      ++next;
    }
  };
  refill(5);
  recorder.then = [&](const Answer&) { refill(5); };
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 200; }));
  std::vector<int> seen(200);
  for (const auto& told : recorder.told) {
    ++seen[told.tag];
    if (told.outcome == Outcome::answered) {
      EXPECT_EQ(told.body, std::to_string(told.tag));
    }
  }
  EXPECT_EQ(seen, std::vector<int>(200, 1)) << "each is told of once";
  EXPECT_EQ(recorder.count(Outcome::answered) + recorder.count(Outcome::closed), 200U);
  EXPECT_GE(recorder.count(Outcome::answered), 1U);
  EXPECT_GE(client.counters().closes, 20U);
}

TEST(Client, WhatIsBehindConnectionCloseIsToldAsClosed) {
  ScriptedServer server([](const std::string& body, std::size_t, std::size_t) {
    return Reaction{.bytes = answer_text(body, "Connection: close\r\n"), .closes = true};
  });
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  client.send(connection, request_text("a"), 1);
  client.send(connection, request_text("b"), 2);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 2; }));
  EXPECT_EQ(recorder.told[0].outcome, Outcome::answered);
  EXPECT_EQ(recorder.told[1].outcome, Outcome::closed);
  ASSERT_TRUE(client.send(connection, request_text("c"), 3));
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 3; }));
  EXPECT_EQ(recorder.told[2].outcome, Outcome::answered) << "on a new connection";
}

TEST(Client, TellsOfAPortThatRefuses) {
  RefusedPort port;
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(port.target());
  client.send(connection, request_text("a"), 1);
  client.send(connection, request_text("b"), 2);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 2; }));
  EXPECT_EQ(recorder.count(Outcome::connect_failed), 2U);
  EXPECT_EQ(recorder.told[0].sent, recorder.told[0].done) << "never sent";
  const std::uint64_t before = client.counters().connect_failures;
  EXPECT_GE(before, 1U);
  client.send(connection, request_text("c"), 3);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 3; }));
  EXPECT_GT(client.counters().connect_failures, before) << "it went on trying";
  EXPECT_LE(client.counters().connect_failures, before + 3) << "but not all the time";
}

TEST(Client, DescriptorsThatRunOutAreFailedConnects) {
  ScriptedServer server(echo);
  Recorder recorder;
  Client client({}, recorder);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const std::size_t connection = client.open(server.target());
  EXPECT_EQ(client.counters().connect_failures, 1U);
  ::setrlimit(RLIMIT_NOFILE, &before);
  client.send(connection, request_text("a"), 1);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 1; }));
  EXPECT_EQ(recorder.told[0].outcome, Outcome::answered);
}

TEST(Client, GivesUpWhatIsNotAnsweredInTime) {
  ScriptedServer server([](const std::string& body, std::size_t, std::size_t) {
    return body == "silence" ? Reaction{} : Reaction{.bytes = answer_text(body)};
  });
  Recorder recorder;
  Client client({.answer_timeout = milliseconds(50)}, recorder);
  const std::size_t connection = client.open(server.target());
  client.send(connection, request_text("silence"), 1);
  client.send(connection, request_text("silence"), 2);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 2; }));
  EXPECT_EQ(recorder.count(Outcome::unanswered), 2U);
  EXPECT_GE(recorder.told[0].done - recorder.told[0].sent, milliseconds(50));
  client.send(connection, request_text("a"), 3);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 3; }));
  EXPECT_EQ(recorder.told[2].outcome, Outcome::answered);
}

TEST(Client, AbandonTellsOfAll) {
  ScriptedServer server([](const std::string&, std::size_t, std::size_t) { return Reaction{}; });
  RefusedPort port;
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t first = client.open(server.target()), second = client.open(port.target());
  client.send(first, request_text("a"), 1);
  ASSERT_TRUE(poll_until(client, [&] { return client.connected() == 1; }));
  client.send(first, request_text("b"), 2);
  client.send(second, request_text("c"), 3);
  client.abandon();
  EXPECT_EQ(client.in_flight(), 0U);
  EXPECT_EQ(recorder.count(Outcome::unanswered), 3U);
}

TEST(Client, PollWaitsNoLongerThanAsked) {
  Recorder recorder;
  for (const bool spin : {false, true}) {
    Client client({.spin = spin}, recorder);
    const SteadyTime until = std::chrono::steady_clock::now() + milliseconds(20);
    client.poll(until);
    EXPECT_GE(std::chrono::steady_clock::now(), until);
    client.poll(SteadyTime{});
  }
}

TEST(Client, ANameThatDoesNotResolveIsAnError) {
  Recorder recorder;
  Client client({}, recorder);
  Target target;
  target.address = "no-such-host.invalid";
  target.port = "80";
  EXPECT_THROW(client.open(target), std::runtime_error);
}

}  // namespace
}  // namespace bidwell::replay
