// A client and a server that misbehaves: slow, late, half, too much, nothing at all, or no Redis.
#include <gtest/gtest.h>

#include "bidwell/redis/client.h"
#include "tests/redis/fake_server.h"
#include "tests/redis/loop.h"

namespace bidwell::redis::testing {
namespace {

constexpr std::string_view kGreeting = "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n*1\r\n$4\r\nPING\r\n";

class ConnectionTest : public ::testing::Test {
 protected:
  Client& start(const Options& options) {
    client_ = std::make_unique<Client>(loop_.context(), options, log_.events(), 1);
    client_->start();
    return *client_;
  }
  Client& start() { return start(server_.options()); }
  // Greeted, and ready for commands.
  Client& connect(const Options& options) {
    Client& client = start(options);
    EXPECT_TRUE(server_.greet());
    EXPECT_TRUE(client.connected());
    return client;
  }
  Client& connect() { return connect(server_.options()); }

  // Its answer is noted as "name:answer".
  void ask(const std::string& name, Time deadline = much_later()) {
    client_->command(Words{"GET", name}, deadline, [this, name](Failure failure, const Reply& reply) {
      answers_.push_back(name + ":" + text_of(failure, reply));
    });
  }
  bool answered(std::size_t count) {
    return loop_.until([&] { return answers_.size() >= count; });
  }

  Loop loop_;
  FakeServer server_{loop_};
  Log log_;
  std::vector<std::string> answers_;
  std::unique_ptr<Client> client_;
};

using Answers = std::vector<std::string>;

TEST_F(ConnectionTest, Greeting) {
  Options options = server_.options();
  start(options);
  ASSERT_TRUE(server_.accept());
  ASSERT_TRUE(server_.receive("PING\r\n"));
  EXPECT_EQ(server_.received(), kGreeting);
  options.username = "bob";
  options.password = "pw";
  options.database = 7;
  start(options);
  ASSERT_TRUE(server_.accept());
  ASSERT_TRUE(server_.receive("PING\r\n"));
  EXPECT_EQ(server_.received(),
            "*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n" + std::string(kGreeting));
  server_.send("+OK\r\n+OK\r\n:12\r\n");
  EXPECT_FALSE(client_->connected());
  server_.send("+PONG\r\n");
  EXPECT_TRUE(client_->connected());
  EXPECT_EQ(client_->id(), 12);
}

TEST_F(ConnectionTest, ByteByByte) {
  start();
  ASSERT_TRUE(server_.accept());
  ASSERT_TRUE(server_.receive("PING\r\n"));
  const auto drip = [&](std::string_view bytes) {
    for (char byte : bytes) server_.send({&byte, 1});
  };
  drip(":5\r\n+PONG\r\n");
  ASSERT_TRUE(client_->connected());
  ask("a"), ask("b"), ask("c");
  drip("$3\r\nx\r\n\r\n*2\r\n$-1\r\n:7\r\n-ERR no\r\n");
  EXPECT_EQ(answers_, (Answers{"a:x\r\n", "b:(nil)\n7\n", "c:ERR no"}));
}

TEST_F(ConnectionTest, CommandsAreEncoded) {
  connect();
  ask("a"), ask("");
  EXPECT_EQ(server_.received(), "");  // not before the end of the turn
  loop_.turn();
  EXPECT_EQ(server_.received(), "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
}

TEST_F(ConnectionTest, LateRepliesKeepTheirPlace) {
  connect();
  ask("a", in(milliseconds(40))), ask("b"), ask("c", in(milliseconds(20))), ask("d");
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(answers_, (Answers{"c:!no reply in time", "a:!no reply in time"}));
  server_.send(":1\r\n:2\r\n:3\r\n:4\r\n");
  EXPECT_EQ(answers_, (Answers{"c:!no reply in time", "a:!no reply in time", "b:2", "d:4"}));
  EXPECT_EQ(client_->counters().late_replies.value(), 2U);
  EXPECT_EQ(client_->counters().replies.value(), 2U);
}

// A reply whose callback is gone still counts against the bound.
TEST_F(ConnectionTest, LateRepliesCountAsInFlight) {
  Options options = server_.options();
  options.in_flight_max = 2;
  connect(options);
  ask("a", in(milliseconds(1))), ask("b", in(milliseconds(1)));
  ASSERT_TRUE(answered(2));
  ask("c");
  ASSERT_TRUE(answered(3));
  EXPECT_EQ(answers_.back(), "c:!refused");
  server_.send(":1\r\n");
  ask("d");
  server_.send(":2\r\n:3\r\n");
  EXPECT_EQ(answers_.back(), "d:3");
}

TEST_F(ConnectionTest, OutOfProtocol) {
  connect();
  for (int round = 0; round < 2; ++round) {
    answers_.clear();
    ask("a"), ask("b"), ask("c");
    server_.send(":1\r\nHTTP/1.1 400 Bad Request\r\n\r\n:3\r\n");
    ASSERT_TRUE(answered(3));
    EXPECT_EQ(answers_, (Answers{"a:1", "b:!not connected", "c:!not connected"}));
    EXPECT_TRUE(server_.sees_end());
    ASSERT_TRUE(server_.greet());
    ASSERT_TRUE(client_->connected());
  }
  EXPECT_EQ(client_->counters().protocol_errors.value(), 2U);
  EXPECT_EQ(client_->counters().disconnects.value(), 2U);
}

TEST_F(ConnectionTest, ReplyToNothing) {
  connect();
  ask("a");
  server_.send(":1\r\n:2\r\n");
  EXPECT_EQ(answers_, Answers{"a:1"});
  EXPECT_TRUE(server_.sees_end());
  EXPECT_EQ(client_->counters().protocol_errors.value(), 1U);
  EXPECT_TRUE(log_.mentions("a reply to nothing"));
}

TEST_F(ConnectionTest, EndsInMidReply) {
  connect();
  ask("a"), ask("b");
  server_.send(":1\r\n*3\r\n:7\r\n$100\r\nhalf");
  EXPECT_EQ(answers_, Answers{"a:1"});
  server_.close();
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(answers_.back(), "b:!not connected");
  ASSERT_TRUE(server_.greet());
  ask("c");
  server_.send(":3\r\n");
  EXPECT_EQ(answers_.back(), "c:3");
  EXPECT_EQ(client_->counters().protocol_errors.value(), 0U);
}

TEST_F(ConnectionTest, LastWordsBeforeTheEnd) {
  connect();
  ask("a"), ask("b");
  loop_.turn();
  server_.send("-ERR good-bye\r\n");
  server_.close();
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(answers_, (Answers{"a:ERR good-bye", "b:!not connected"}));
}

TEST_F(ConnectionTest, TooLargeAReply) {
  Options options = server_.options();
  options.reply_bytes_max = 300'000;
  connect(options);
  ask("a"), ask("b");
  server_.send("$250000\r\n" + std::string(250'000, 'x') + "\r\n");
  ASSERT_TRUE(answered(1));
  EXPECT_EQ(answers_[0].size(), 250'002U);
  server_.send("$1000000000\r\n" + std::string(600'000, 'x'));
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(answers_[1], "b:!not connected");
  EXPECT_EQ(client_->counters().protocol_errors.value(), 1U);
}

TEST_F(ConnectionTest, NeverAnsweringAtFirst) {
  Options options = server_.options();
  options.connect_timeout = milliseconds(30);
  start(options);
  for (std::uint64_t failures = 1; failures <= 3; ++failures) {
    ASSERT_TRUE(server_.accept());
    if (failures == 2) server_.send(":1\r\n");  // nor in the middle
    ASSERT_TRUE(server_.sees_end());
    EXPECT_EQ(client_->counters().connect_failures.value(), failures);
  }
  EXPECT_EQ(log_.lines, std::vector<std::string>{"problem Redis at " + server_.path() + ": no answer within 30 ms"});
}

TEST_F(ConnectionTest, NeverAnsweringACommand) {
  Options options = server_.options();
  options.stalled_after = milliseconds(50);
  connect(options);
  ask("a"), ask("b", in(milliseconds(10)));
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(answers_, (Answers{"b:!no reply in time", "a:!not connected"}));
  EXPECT_EQ(client_->counters().stalls.value(), 1U);
  EXPECT_TRUE(server_.sees_end());
  ASSERT_TRUE(server_.greet());
  // A stalled connection is found by a command that has timed out, too.
  ask("c", in(milliseconds(1)));
  EXPECT_TRUE(server_.sees_end());
  EXPECT_EQ(client_->counters().stalls.value(), 2U);
}

TEST_F(ConnectionTest, LoadingItsData) {
  start();
  const std::string loading = "LOADING Redis is loading the dataset in memory";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(server_.accept());
    ASSERT_TRUE(server_.receive("PING\r\n"));
    server_.send(":1\r\n-" + loading + "\r\n");
    EXPECT_TRUE(server_.sees_end());
  }
  EXPECT_EQ(log_.lines, std::vector<std::string>{"problem Redis at " + server_.path() + ": " + loading});
  ASSERT_TRUE(server_.greet());
  EXPECT_TRUE(client_->connected());
}

TEST_F(ConnectionTest, ThatCannotSave) {
  start();
  ASSERT_TRUE(server_.accept());
  ASSERT_TRUE(server_.receive("PING\r\n"));
  server_.send(":1\r\n-MISCONF Redis is configured to save RDB snapshots\r\n");
  EXPECT_TRUE(client_->connected());
}

TEST_F(ConnectionTest, NoRedis) {
  start();
  for (const char* answer : {"SSH-2.0-OpenSSH_9.2\r\n", "$1\r\nx\r\n", "+OK\r\n", ":0\r\n", ":1\r\n:2\r\n",
                             "-ERR max number of clients reached\r\n"}) {
    ASSERT_TRUE(server_.accept());
    server_.send(answer);
    EXPECT_TRUE(server_.sees_end()) << answer;
    EXPECT_FALSE(client_->connected());
  }
  EXPECT_TRUE(log_.mentions("max number of clients"));
  EXPECT_EQ(client_->counters().connect_failures.value(), 6U);
}

// More than the kernel takes at once, and no more than is allowed.
TEST_F(ConnectionTest, SlowReader) {
  Options options = server_.options();
  options.unsent_bytes_max = 8'000'000;
  connect(options);
  const std::string value(1'000'000, 'v');
  for (int i = 0; i < 12; ++i) {
    client_->command(Words{"SET", "k", value}, much_later(),
                     [this](Failure failure, const Reply& reply) { answers_.push_back(text_of(failure, reply)); });
  }
  loop_.turn();
  EXPECT_EQ(answers_, Answers(4, "!refused"));
  EXPECT_EQ(client_->counters().refused.value(), 4U);
  std::string got;
  const std::size_t one = std::string("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n").size() + value.size() + 2;
  ASSERT_TRUE(loop_.until([&] {
    got += server_.received();
    return got.size() >= 8 * one;
  }));
  EXPECT_EQ(got.size(), 8 * one);
  for (int i = 0; i < 8; ++i) server_.send("+OK\r\n");
  EXPECT_EQ(std::count(answers_.begin(), answers_.end(), "OK"), 8);
}

TEST_F(ConnectionTest, CommandsWhileOthersAreBeingWritten) {
  connect();
  const std::string value(2'000'000, 'v');
  client_->command(Words{"SET", "k", value}, much_later(), nullptr);
  loop_.turn();
  ask("a");
  loop_.turn();
  ask("b");
  std::string got;
  ASSERT_TRUE(loop_.until([&] {
    got += server_.received();
    return got.ends_with("$1\r\nb\r\n");
  }));
  EXPECT_TRUE(got.ends_with("v\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"));
}

TEST_F(ConnectionTest, CallbacksMayAskAndStop) {
  connect();
  int called = 0;
  client_->command(Words{"GET", "1"}, much_later(), [&](Failure, const Reply&) {
    ++called;
    ask("inner");
    EXPECT_EQ(called, 1);
  });
  ask("b");
  server_.send(":1\r\n:2\r\n");
  server_.send(":3\r\n");
  EXPECT_EQ(answers_, (Answers{"b:2", "inner:3"}));

  client_->command(Words{"GET", "2"}, much_later(), [&](Failure, const Reply&) {
    ++called;
    client_->stop();
    ask("refused");
  });
  ask("c");
  server_.send(":1\r\n:2\r\n");
  ASSERT_TRUE(answered(4));
  EXPECT_EQ(called, 2);
  EXPECT_EQ(answers_, (Answers{"b:2", "inner:3", "c:!not connected", "refused:!not connected"}));
}

TEST_F(ConnectionTest, StoppingInATimeout) {
  connect();
  client_->command(Words{"GET", "1"}, in(milliseconds(1)), [&](Failure, const Reply&) { client_->stop(); });
  ask("b", in(milliseconds(1)));
  ASSERT_TRUE(answered(1));
  loop_.turn();
  EXPECT_EQ(answers_, Answers{"b:!not connected"});
}

TEST_F(ConnectionTest, StoppingInAnEvent) {
  for (int which = 0; which < 3; ++which) {
    Client::Events events = log_.events();
    const auto stop = [this](auto&&...) { client_->stop(); };
    if (which == 0) events.connected = stop;
    if (which == 1) events.disconnected = stop;
    if (which == 2) events.problem = stop;
    log_.lines.clear();
    client_ = std::make_unique<Client>(loop_.context(), server_.options(), events, 1);
    client_->start();
    ASSERT_TRUE(server_.greet());
    loop_.turn();
    server_.send(":1\r\n");  // to nothing
    EXPECT_TRUE(server_.sees_end());
    EXPECT_FALSE(client_->connected());
    loop_.turn();
    EXPECT_EQ(log_.count("disconnected"), 0U);
  }
}

TEST_F(ConnectionTest, StopWhileConnecting) {
  start();
  ASSERT_TRUE(server_.accept());
  client_->stop();
  EXPECT_TRUE(server_.sees_end());
  loop_.turn();
  EXPECT_TRUE(log_.lines.empty());
}

// The other one shows that the time for it has passed.
TEST_F(ConnectionTest, NoAttemptAfterStop) {
  Options nowhere = server_.options();
  nowhere.unix_path += ".none";
  Client& client = start(nowhere);
  ASSERT_TRUE(loop_.until([&] { return client.counters().connect_failures.value() == 1; }));
  client.stop();
  Client other(loop_.context(), nowhere, {}, 2);
  other.start();
  ASSERT_TRUE(loop_.until([&] { return other.counters().connect_failures.value() == 10; }));
  EXPECT_EQ(client.counters().connect_failures.value(), 1U);
}

TEST_F(ConnectionTest, CommandsBeforeStart) {
  Client client(loop_.context(), server_.options(), {}, 1);
  EXPECT_EQ(loop_.ask(client, {"PING"}), "!not connected");
  client.command(Words{"PING"}, much_later(), nullptr);
  loop_.turn();
}

TEST_F(ConnectionTest, OptionsWithoutAServer) {
  EXPECT_THROW(Client(loop_.context(), Options(), {}, 1), std::invalid_argument);
}

}  // namespace
}  // namespace bidwell::redis::testing
