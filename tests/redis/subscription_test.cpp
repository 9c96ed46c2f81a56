// A listening client and a server that misbehaves.
#include <gtest/gtest.h>

#include "bidwell/redis/client.h"
#include "tests/redis/fake_server.h"
#include "tests/redis/loop.h"

namespace bidwell::redis::testing {
namespace {

constexpr std::string_view kSubscribe = "*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n*1\r\n$4\r\nPING\r\n";
constexpr std::string_view kFirst = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
constexpr std::string_view kSecond = "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n";
constexpr std::string_view kPong = "*2\r\n$4\r\npong\r\n$0\r\n\r\n";
constexpr std::string_view kMessage = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nhello\r\n";

class SubscriptionTest : public ::testing::Test {
 protected:
  void start(milliseconds stalled_after = milliseconds(20'000)) {
    Options options = server_.options();
    options.stalled_after = stalled_after;
    client_ = std::make_unique<Client>(loop_.context(), options, log_.events(), 1);
    client_->subscribe({"a", "b"}, [this] { log_.lines.emplace_back("subscribed"); });
    client_->start();
  }
  // Until it wants to subscribe.
  void greet() {
    ASSERT_TRUE(server_.greet());
    ASSERT_TRUE(server_.receive(kSubscribe));
    server_.received();
  }

  Loop loop_;
  FakeServer server_{loop_};
  Log log_;
  std::unique_ptr<Client> client_;
};

using Lines = std::vector<std::string>;

TEST_F(SubscriptionTest, ConfirmedOnceAllChannelsAre) {
  start();
  greet();
  server_.send(kFirst);
  EXPECT_EQ(log_.lines, Lines{"connected"});
  // May come before the last confirmation.
  server_.send(kMessage);
  server_.send(kSecond);
  server_.send(kPong);
  server_.send("*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
  server_.send("*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n*-1\r\n");
  EXPECT_EQ(log_.lines, (Lines{"connected", "message a hello", "subscribed", "message b x\ny\n", "message b (nil)"}));
}

TEST_F(SubscriptionTest, AnewAfterAReconnect) {
  start();
  for (int round = 0; round < 3; ++round) {
    log_.lines.clear();
    greet();
    for (std::string_view part : {kFirst, kSecond, kPong, kMessage}) server_.send(part);
    server_.close();
    ASSERT_TRUE(loop_.until([&] { return !client_->connected(); }));
    EXPECT_EQ(log_.lines, (Lines{"connected", "subscribed", "message a hello",
                                 "problem Redis at " + server_.path() + ": closed by the other side", "disconnected"}));
  }
}

TEST_F(SubscriptionTest, MayNot) {
  start();
  greet();
  server_.send("-NOPERM this user has no permissions to access one of the channels\r\n");
  EXPECT_TRUE(server_.sees_end());
  EXPECT_TRUE(log_.mentions("NOPERM"));
  EXPECT_EQ(client_->counters().protocol_errors.value(), 0U);
  greet();
}

TEST_F(SubscriptionTest, Nonsense) {
  start();
  const std::string confirmed = std::string(kFirst) + std::string(kSecond);
  std::uint64_t errors = 0;
  for (const std::string& answer : {
           std::string("+PONG\r\n"),
           std::string(":1\r\n"),
           std::string("*-1\r\n"),
           std::string("*0\r\n"),
           std::string(kFirst) + std::string(kPong),                  // a channel is not confirmed
           confirmed + std::string(kFirst),                           // one too many
           confirmed + std::string(kPong) + std::string(kPong),       // nobody asked
           confirmed + "*4\r\n$8\r\npmessage\r\n:1\r\n:1\r\n:1\r\n",  // no pattern was subscribed to
           confirmed + "*2\r\n$7\r\nmessage\r\n$1\r\na\r\n",
           confirmed + "nonsense\r\n",
       }) {
    greet();
    server_.send(answer);
    EXPECT_TRUE(server_.sees_end()) << answer;
    EXPECT_EQ(client_->counters().protocol_errors.value(), ++errors) << answer;
  }
}

TEST_F(SubscriptionTest, SilenceIsNoticed) {
  start(milliseconds(60));
  greet();
  // Even though messages come.
  for (std::string_view part : {kFirst, kSecond, kMessage}) server_.send(part);
  EXPECT_TRUE(server_.sees_end());
  EXPECT_EQ(client_->counters().stalls.value(), 1U);
  greet();
  for (std::string_view part : {kFirst, kSecond, kPong}) server_.send(part);
  // The next one comes by itself, and is not answered.
  ASSERT_TRUE(server_.receive("*1\r\n$4\r\nPING\r\n"));
  EXPECT_TRUE(server_.sees_end());
  EXPECT_EQ(client_->counters().stalls.value(), 2U);
}

}  // namespace
}  // namespace bidwell::redis::testing
