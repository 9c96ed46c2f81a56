// A client and a real Redis that is well: commands and their replies, deadlines, scripts, listening.
#include "bidwell/redis/client.h"

#include <gtest/gtest.h>

#include "tests/redis/loop.h"
#include "tests/redis/redis_server.h"

namespace bidwell::redis::testing {
namespace {

Options options_of(const std::string& url) {
  std::string fault;
  const auto options = parse_url(url, fault);
  EXPECT_TRUE(options) << fault;
  return options.value_or(Options());
}

class ClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> start(const Options& options) {
    auto client = std::make_unique<Client>(loop_.context(), options, log_.events(), 1);
    client->start();
    return client;
  }
  std::unique_ptr<Client> connect(const Options& options) {
    auto client = start(options);
    EXPECT_TRUE(loop_.until([&] { return client->connected(); }));
    return client;
  }
  std::unique_ptr<Client> connect() { return connect(options_of(server_.url())); }

  // A number out of INFO.
  long info(const std::string& section, const std::string& name) {
    const std::string text = server_.cli("INFO", section);
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stol(text.substr(at + name.size()));
  }

  RedisServer server_{{.tcp = true}};
  Loop loop_;
  Log log_;
};

TEST_F(ClientTest, OverUnixTcpAndByName) {
  const std::string port = std::to_string(server_.port());
  for (const std::string& url : {server_.url(), server_.tcp_url(), "redis://localhost:" + port}) {
    const auto client = connect(options_of(url));
    EXPECT_EQ(loop_.ask(*client, {"SET", "k", url}), "OK");
    EXPECT_EQ(loop_.ask(*client, {"GET", "k"}), url);
    EXPECT_EQ(server_.cli("GET", "k"), url);
    EXPECT_EQ(loop_.ask(*client, {"CLIENT", "ID"}), std::to_string(client->id()));
  }
  EXPECT_EQ(log_.count("connected"), 3U);
  EXPECT_EQ(log_.lines.size(), 3U);
}

TEST_F(ClientTest, CommandsOfOneTurnGoTogether) {
  constexpr int kCommands = 5000;
  const auto client = connect();
  const long reads = info("stats", "total_reads_processed:");
  std::vector<std::string> answers;
  for (int i = 0; i < kCommands; ++i) {
    const std::string key = "k" + std::to_string(i);
    const Words words = i % 2 == 0 ? Words{"SET", key, key} : Words{"ECHO", key};
    client->command(words, much_later(),
                    [&](Failure failure, const Reply& reply) { answers.push_back(text_of(failure, reply)); });
  }
  EXPECT_TRUE(answers.empty());
  ASSERT_TRUE(loop_.until([&] { return answers.size() == kCommands; }));
  for (int i = 0; i < kCommands; ++i) {
    ASSERT_EQ(answers[static_cast<std::size_t>(i)], i % 2 == 0 ? "OK" : "k" + std::to_string(i));
  }
  EXPECT_EQ(server_.cli("DBSIZE"), std::to_string(kCommands / 2));
  EXPECT_LT(info("stats", "total_reads_processed:") - reads, kCommands / 20);  // one by one: 5000
  EXPECT_EQ(client->counters().commands.value(), kCommands);
  EXPECT_EQ(client->counters().replies.value(), kCommands);
}

TEST_F(ClientTest, ManyTurns) {
  const auto client = connect();
  int left = 3000;
  Callback again = [&](Failure failure, const Reply& reply) {
    EXPECT_EQ(text_of(failure, reply), std::to_string(3001 - left));
    if (--left > 0) client->command(Words{"INCR", "n"}, much_later(), again);
  };
  client->command(Words{"INCR", "n"}, much_later(), again);
  EXPECT_TRUE(loop_.until([&] { return left == 0; }));
}

TEST_F(ClientTest, MgetWithNils) {
  const auto client = connect();
  loop_.ask(*client, {"MSET", "a", "1", "c", ""});
  EXPECT_EQ(loop_.ask(*client, {"MGET", "a", "b", "c"}), "1\n(nil)\n\n");
  bool looked = false;
  client->command(Words{"MGET", "a", "b", "c"}, much_later(), [&](Failure, const Reply& reply) {
    looked = true;
    ASSERT_EQ(reply.size(), 3U);
    EXPECT_FALSE(reply[0].is_nil());
    EXPECT_TRUE(reply[1].is_nil());
    EXPECT_FALSE(reply[2].is_nil());
  });
  EXPECT_TRUE(loop_.until([&] { return looked; }));
}

TEST_F(ClientTest, ValuesAreBinaryAndOfAnySize) {
  const auto client = connect();
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  std::string large;
  while (large.size() < 5'000'000) large += all;
  for (const std::string& value : {std::string(), std::string("\r\n"), std::string("\0", 1), all, large}) {
    EXPECT_EQ(loop_.ask(*client, {"SET", all, value}), "OK");
    EXPECT_TRUE(loop_.ask(*client, {"GET", all}) == value);
  }
}

TEST_F(ClientTest, ErrorsAreReplies) {
  const auto client = connect();
  loop_.ask(*client, {"SET", "text", "x"});
  EXPECT_TRUE(loop_.ask(*client, {"LPUSH", "text", "x"}).starts_with("WRONGTYPE"));
  EXPECT_TRUE(loop_.ask(*client, {"NONSENSE"}).starts_with("ERR unknown command"));
  EXPECT_EQ(loop_.ask(*client, {"GET", "text"}), "x");
  EXPECT_EQ(client->counters().errors.value(), 2U);
  EXPECT_EQ(client->counters().replies.value(), 4U);
}

TEST_F(ClientTest, LateRepliesAreDropped) {
  const auto client = connect();
  server_.cli("CLIENT", "PAUSE", "60000", "WRITE");
  std::vector<std::string> order;
  const auto note = [&](std::string name) {
    return [&order, name](Failure failure, const Reply& reply) { order.push_back(name + text_of(failure, reply)); };
  };
  client->command(Words{"SET", "a", "late"}, in(milliseconds(60)), note("first "));
  client->command(Words{"SET", "b", "late"}, in(milliseconds(10)), note("second "));
  client->command(Words{"ECHO", "in time"}, much_later(), note("third "));
  ASSERT_TRUE(loop_.until([&] { return order.size() == 2; }));
  server_.cli("CLIENT", "UNPAUSE");
  ASSERT_TRUE(loop_.until([&] { return order.size() == 3; }));
  EXPECT_EQ(order, (std::vector<std::string>{"second !no reply in time", "first !no reply in time", "third in time"}));
  EXPECT_EQ(client->counters().timeouts.value(), 2U);
  EXPECT_EQ(client->counters().late_replies.value(), 2U);
  EXPECT_EQ(loop_.ask(*client, {"GET", "a"}), "late");
  EXPECT_EQ(log_.lines, std::vector<std::string>{"connected"});
}

TEST_F(ClientTest, DeadlineThatHasPassed) {
  const auto client = connect();
  server_.cli("CLIENT", "PAUSE", "60000", "WRITE");
  EXPECT_EQ(loop_.ask(*client, {"SET", "a", "x"}, in(milliseconds(-10))), "!no reply in time");
}

TEST_F(ClientTest, InFlightMax) {
  Options options = options_of(server_.url());
  options.in_flight_max = 3;
  const auto client = connect(options);
  for (int round = 0; round < 2; ++round) {
    std::string answers;
    for (int i = 0; i < 5; ++i) {
      client->command(Words{"ECHO", "e"}, much_later(),
                      [&](Failure failure, const Reply& reply) { answers += text_of(failure, reply) + " "; });
    }
    EXPECT_EQ(answers, "");
    ASSERT_TRUE(
        loop_.until([&] { return std::count(answers.begin(), answers.end(), 'e') >= 3 && answers.size() > 20; }));
    EXPECT_EQ(answers, "!refused !refused e e e ");
  }
  EXPECT_EQ(client->counters().refused.value(), 4U);
  EXPECT_EQ(client->counters().commands.value(), 6U);
}

TEST_F(ClientTest, UserAndDatabase) {
  server_.cli("ACL", "SETUSER", "bob", "on", ">p@ss w:rd", "~*", "&*", "+@all");
  const auto client = connect(options_of("redis+unix://bob:p%40ss%20w%3Ard@" + server_.socket_path() + "?database=3"));
  EXPECT_EQ(loop_.ask(*client, {"ACL", "WHOAMI"}), "bob");
  loop_.ask(*client, {"SET", "k", "v"});
  EXPECT_EQ(server_.cli("GET", "k"), "(nil)");
  EXPECT_EQ(loop_.ask(*client, {"GET", "k"}), "v");
}

TEST_F(ClientTest, NoSuchDatabase) {
  const auto client = start(options_of(server_.url(99)));
  ASSERT_TRUE(loop_.until([&] { return client->counters().connect_failures.value() == 3; }));
  EXPECT_EQ(log_.lines,
            std::vector<std::string>{"problem Redis at " + server_.socket_path() + ": ERR DB index is out of range"});
}

TEST(ClientPassword, RightAndWrong) {
  RedisServer server{{.password = "se@cret"}};
  Loop loop;
  Log log;
  std::string url = server.url();
  url.replace(url.find("se@cret"), 7, "wrong");
  Client client(loop.context(), options_of(url), log.events(), 1);
  client.start();
  ASSERT_TRUE(loop.until([&] { return client.counters().connect_failures.value() == 4; }));
  EXPECT_EQ(log.lines.size(), 1U);  // once, although it tries again
  EXPECT_TRUE(log.mentions("WRONGPASS"));
  EXPECT_EQ(loop.ask(client, {"PING"}), "!not connected");

  Options without = options_of(url);
  without.password = "";
  Log log_without;
  Client without_password(loop.context(), without, log_without.events(), 1);
  without_password.start();
  ASSERT_TRUE(loop.until([&] { return log_without.mentions("NOAUTH"); }));

  without.password = "se@cret";
  Client right(loop.context(), without, log.events(), 1);
  right.start();
  ASSERT_TRUE(loop.until([&] { return right.connected(); }));
  EXPECT_EQ(loop.ask(right, {"PING"}), "PONG");

  // And it comes to be right.
  EXPECT_EQ(server.cli("CONFIG", "SET", "requirepass", "wrong"), "OK");
  EXPECT_TRUE(loop.until([&] { return client.connected(); }));
}

TEST_F(ClientTest, EvaluatesByDigestAndInFull) {
  const Script script("return {KEYS[1], ARGV[1], ARGV[2], #KEYS}");
  const auto client = connect();
  const std::string binary("\0\r\n", 3);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(loop_.evaluate(*client, script, {"k"}, {binary, "2"}), "k\n" + binary + "\n2\n1\n");
    EXPECT_EQ(loop_.evaluate(*client, script, {"k"}, {binary, "2"}), "k\n" + binary + "\n2\n1\n");
    EXPECT_EQ(server_.cli("SCRIPT", "EXISTS", script.sha1()), "1\n");
    EXPECT_EQ(server_.cli("SCRIPT", "FLUSH"), "OK");
  }
  EXPECT_EQ(info("commandstats", "cmdstat_eval:calls="), 3);
  EXPECT_EQ(info("commandstats", "cmdstat_evalsha:calls="), 6);
  EXPECT_EQ(client->counters().errors.value(), 3U);  // NOSCRIPT
}

TEST_F(ClientTest, ScriptsThatFail) {
  const auto client = connect();
  const Script broken("return nonsense("), raising("return redis.error_reply('NO such luck')");
  EXPECT_TRUE(loop_.evaluate(*client, broken, {}, {}).starts_with("ERR Error compiling script"));
  EXPECT_EQ(loop_.evaluate(*client, raising, {}, {}), "NO such luck");
  EXPECT_EQ(loop_.evaluate(*client, raising, {}, {}), "NO such luck");
  server_.cli("CLIENT", "PAUSE", "60000", "WRITE");
  EXPECT_EQ(loop_.evaluate(*client, raising, {}, {}, in(milliseconds(5))), "!no reply in time");
  server_.cli("CLIENT", "UNPAUSE");
  EXPECT_EQ(loop_.ask(*client, {"ECHO", "after"}), "after");
  client->stop();
  EXPECT_EQ(loop_.evaluate(*client, raising, {}, {}), "!not connected");
}

TEST_F(ClientTest, Messages) {
  int subscribed = 0;
  Client listener(loop_.context(), options_of(server_.url()), log_.events(), 1);
  listener.subscribe({"news", "weather"}, [&] { ++subscribed; });
  listener.start();
  ASSERT_TRUE(loop_.until([&] { return subscribed == 1; }));
  EXPECT_EQ(server_.cli("PUBLISH", "news", "one"), "1");
  EXPECT_EQ(server_.cli("PUBLISH", "sports", "no"), "0");
  EXPECT_EQ(server_.cli("PUBLISH", "weather", std::string_view("\0\r\n", 3)), "1");
  ASSERT_TRUE(loop_.until([&] { return listener.counters().messages.value() == 2; }));
  EXPECT_EQ(log_.lines,
            (std::vector<std::string>{"connected", "message news one", "message weather " + std::string("\0\r\n", 3)}));
  EXPECT_EQ(loop_.ask(listener, {"GET", "a"}), "!refused");
  EXPECT_GT(listener.id(), 0);
}

TEST_F(ClientTest, SubscribingLater) {
  const auto listener = connect();
  EXPECT_EQ(loop_.ask(*listener, {"ECHO", "a command before"}), "a command before");
  std::string answer;
  bool subscribed = false;
  listener->command(Words{"ECHO", "in flight"}, much_later(),
                    [&](Failure failure, const Reply& reply) { answer = text_of(failure, reply); });
  listener->subscribe({"news"}, [&] { subscribed = true; });
  ASSERT_TRUE(loop_.until([&] { return subscribed; }));
  EXPECT_EQ(answer, "in flight");
  server_.cli("PUBLISH", "news", "one");
  EXPECT_TRUE(loop_.until([&] { return log_.has("message news one"); }));
}

TEST_F(ClientTest, TrackingInvalidations) {
  const auto data = connect();
  Client listener(loop_.context(), options_of(server_.url()), log_.events(), 1);
  bool subscribed = false;
  listener.subscribe({"__redis__:invalidate", "news"}, [&] { subscribed = true; });
  listener.start();
  ASSERT_TRUE(loop_.until([&] { return subscribed; }));
  ASSERT_EQ(loop_.ask(*data,
                      {"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(listener.id()), "BCAST", "PREFIX", "p:"}),
            "OK");
  server_.cli("SET", "q:1", "x");
  server_.cli("SET", "p:1", "x");
  ASSERT_TRUE(loop_.until([&] { return log_.has("message __redis__:invalidate p:1\n"); }));
  server_.cli("MSET", "p:2", "x", "p:3", "x");
  ASSERT_TRUE(loop_.until([&] { return log_.mentions("p:2") && log_.mentions("p:3"); }));
  server_.cli("FLUSHALL");
  ASSERT_TRUE(loop_.until([&] { return log_.has("message __redis__:invalidate (nil)"); }));
  EXPECT_FALSE(log_.mentions("q:1"));
  EXPECT_EQ(listener.counters().protocol_errors.value(), 0U);
}

TEST_F(ClientTest, QuietListenersArePinged) {
  Options options = options_of(server_.url());
  options.stalled_after = milliseconds(400);
  Client listener(loop_.context(), options, log_.events(), 1);
  listener.subscribe({"news"}, nullptr);
  listener.start();
  EXPECT_TRUE(loop_.until([&] { return info("commandstats", "cmdstat_ping:calls=") >= 6; }));
  EXPECT_EQ(listener.counters().stalls.value(), 0U);
  EXPECT_EQ(log_.lines, std::vector<std::string>{"connected"});
}

}  // namespace
}  // namespace bidwell::redis::testing
