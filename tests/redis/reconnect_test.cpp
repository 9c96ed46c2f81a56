// A client and a real Redis that goes away: killed, paused, restarted, or made to close connections.
#include <gtest/gtest.h>

#include "bidwell/redis/client.h"
#include "tests/redis/loop.h"
#include "tests/redis/redis_server.h"

namespace bidwell::redis::testing {
namespace {

class ReconnectTest : public ::testing::TestWithParam<bool> {
 protected:
  Options options() {
    std::string fault;
    Options options = *parse_url(GetParam() ? server_.tcp_url() : server_.url(), fault);
    options.backoff_max = milliseconds(100);
    return options;
  }
  bool becomes_connected(const Client& client) {
    return loop_.until([&] { return client.connected(); });
  }

  RedisServer server_{{.tcp = GetParam()}};
  Loop loop_;
  Log log_;
};

INSTANTIATE_TEST_SUITE_P(Sockets, ReconnectTest, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Tcp" : "Unix"; });

TEST_P(ReconnectTest, ServerKilledAndRestarted) {
  Client client(loop_.context(), options(), log_.events(), 1);
  client.start();
  ASSERT_TRUE(becomes_connected(client));
  for (std::size_t round = 1; round <= 3; ++round) {
    server_.pause();  // so that nothing is answered
    std::string answers;
    for (int i = 0; i < 3; ++i) {
      client.command(Words{"PING"}, much_later(),
                     [&](Failure failure, const Reply& reply) { answers += text_of(failure, reply) + " "; });
    }
    loop_.turn();
    server_.kill();
    ASSERT_TRUE(loop_.until([&] { return answers.size() > 40; }));
    EXPECT_EQ(answers, "!not connected !not connected !not connected ");
    EXPECT_FALSE(client.connected());
    EXPECT_EQ(client.id(), 0);
    EXPECT_EQ(loop_.ask(client, {"PING"}), "!not connected");
    EXPECT_EQ(log_.count("disconnected"), round);
    const auto failures = client.counters().connect_failures.value();
    ASSERT_TRUE(loop_.until([&] { return client.counters().connect_failures.value() > failures + 2; }));
    server_.start();
    ASSERT_TRUE(becomes_connected(client));
    EXPECT_EQ(log_.count("connected"), round + 1);
    EXPECT_EQ(loop_.ask(client, {"PING"}), "PONG");
  }
  EXPECT_EQ(client.counters().disconnects.value(), 3U);
  EXPECT_EQ(client.counters().connects.value(), 4U);
  EXPECT_EQ(client.counters().disconnected.value(), 12U);
  EXPECT_EQ(log_.count("problem"), 6U);  // its end, and that none answers, each once
}

TEST_P(ReconnectTest, NoServerYet) {
  server_.stop();
  Client client(loop_.context(), options(), log_.events(), 1);
  client.start();
  ASSERT_TRUE(loop_.until([&] { return client.counters().connect_failures.value() == 3; }));
  EXPECT_EQ(log_.lines.size(), 1U);
  EXPECT_TRUE(log_.mentions("cannot connect: "));
  server_.start();
  EXPECT_TRUE(becomes_connected(client));
}

TEST_P(ReconnectTest, ServerThatStops) {
  Client client(loop_.context(), options(), log_.events(), 1);
  client.start();
  ASSERT_TRUE(becomes_connected(client));
  server_.restart();
  ASSERT_TRUE(loop_.until([&] { return log_.count("connected") == 2; }));
  EXPECT_TRUE(log_.mentions("closed by the other side"));
}

TEST_P(ReconnectTest, ConnectionsKilled) {
  Client data(loop_.context(), options(), log_.events(), 1);
  data.start();
  ASSERT_TRUE(becomes_connected(data));
  int subscribed = 0;
  Client listener(loop_.context(), options(), {}, 2);
  listener.subscribe({"news"}, [&] { ++subscribed; });
  listener.start();
  ASSERT_TRUE(loop_.until([&] { return subscribed == 1; }));
  for (Client* client : {&data, &listener}) {
    const std::int64_t before = client->id();
    ASSERT_EQ(server_.cli("CLIENT", "KILL", "ID", std::to_string(before)), "1");
    ASSERT_TRUE(loop_.until([&] { return client->connected() && client->id() != before; }));
  }
  ASSERT_TRUE(loop_.until([&] { return subscribed == 2; }));
  EXPECT_EQ(server_.cli("PUBLISH", "news", "x"), "1");
  EXPECT_TRUE(loop_.until([&] { return listener.counters().messages.value() == 1; }));
  EXPECT_EQ(loop_.ask(data, {"PING"}), "PONG");
  EXPECT_EQ(log_.count("disconnected"), 1U);
}

TEST_P(ReconnectTest, ServerThatStalls) {
  Options quick = options();
  quick.stalled_after = milliseconds(100);
  quick.connect_timeout = milliseconds(100);
  Client client(loop_.context(), quick, log_.events(), 1);
  client.start();
  ASSERT_TRUE(becomes_connected(client));
  server_.pause();
  EXPECT_EQ(loop_.ask(client, {"PING"}), "!not connected");
  EXPECT_EQ(client.counters().stalls.value(), 1U);
  // The kernel still takes connections for it.
  ASSERT_TRUE(loop_.until([&] { return client.counters().connect_failures.value() >= 2; }));
  EXPECT_TRUE(log_.mentions("no answer within 100 ms"));
  server_.resume();
  ASSERT_TRUE(becomes_connected(client));
  EXPECT_EQ(loop_.ask(client, {"PING"}), "PONG");
}

TEST_P(ReconnectTest, ListenerOfAServerThatStalls) {
  Options quick = options();
  quick.stalled_after = milliseconds(200);
  int subscribed = 0;
  Client listener(loop_.context(), quick, log_.events(), 1);
  listener.subscribe({"news"}, [&] { ++subscribed; });
  listener.start();
  ASSERT_TRUE(loop_.until([&] { return subscribed == 1; }));
  server_.pause();
  ASSERT_TRUE(loop_.until([&] { return log_.has("disconnected"); }));
  EXPECT_EQ(listener.counters().stalls.value(), 1U);
  server_.resume();
  ASSERT_TRUE(loop_.until([&] { return subscribed == 2; }));
  server_.cli("PUBLISH", "news", "one");
  EXPECT_TRUE(loop_.until([&] { return log_.has("message news one"); }));
}

TEST_P(ReconnectTest, StopWithCommandsOutstanding) {
  Client client(loop_.context(), options(), log_.events(), 1);
  client.start();
  ASSERT_TRUE(becomes_connected(client));
  server_.pause();
  std::vector<std::string> answers;
  const Callback note = [&](Failure failure, const Reply& reply) { answers.push_back(text_of(failure, reply)); };
  for (int i = 0; i < 3; ++i) client.command(Words{"PING"}, much_later(), note);
  loop_.turn();
  client.command(Words{"PING"}, much_later(), note);
  client.stop();
  EXPECT_TRUE(answers.empty());
  loop_.turn();
  EXPECT_EQ(answers, std::vector<std::string>(4, "!not connected"));
  client.stop();
  server_.resume();
  EXPECT_EQ(loop_.ask(client, {"PING"}), "!not connected");
  EXPECT_EQ(log_.lines, std::vector<std::string>{"connected"});
  EXPECT_EQ(client.counters().disconnects.value(), 0U);
}

TEST_P(ReconnectTest, DestroyedWithCommandsOutstanding) {
  int called = 0;
  {
    Client client(loop_.context(), options(), log_.events(), 1);
    client.start();
    ASSERT_TRUE(becomes_connected(client));
    server_.pause();
    for (int i = 0; i < 3; ++i)
      client.command(Words{"PING"}, in(milliseconds(1)), [&](Failure, const Reply&) { ++called; });
    client.stop();
  }
  loop_.turn();
  EXPECT_EQ(called, 0);
  // In every state of connecting, too.
  server_.resume();
  for (int turns = 0; turns < 8; ++turns) {
    Client client(loop_.context(), options(), log_.events(), 1);
    client.start();
    for (int i = 0; i < turns; ++i) loop_.context().restart(), loop_.context().run_one_for(milliseconds(20));
    if (client.connected())
      client.command(Words{"PING"}, in(milliseconds(1)), [&](Failure, const Reply&) { ++called; });
  }
  loop_.turn();
  EXPECT_EQ(called, 0);
}

}  // namespace
}  // namespace bidwell::redis::testing
