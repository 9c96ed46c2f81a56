// Stopping: what is in progress gets its answer, what is idle goes at once, and nothing waits for
// ever.
#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "tests/http/client.h"
#include "tests/http/requests.h"
#include "tests/http/running_server.h"

namespace bidwell::http::testing {
namespace {

using std::chrono::seconds;

TEST(Stop, ClosesIdleConnectionsAtOnce) {
  RunningServer server(on_loopback(2));
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().exchange(get("/nothing")));
  }
  EXPECT_TRUE(server.stop());
  for (Client& client : clients) EXPECT_TRUE(client.closed());
  EXPECT_THROW(server.connect(), std::runtime_error);
  EXPECT_EQ(server.total(&Counters::connections_open), 0U);
  EXPECT_EQ(server.total(&Counters::client_resets), 0U);
}

TEST(Stop, WithoutAnyConnection) {
  RunningServer server;
  EXPECT_TRUE(server.stop());
  Server never_started(on_loopback(), make_router);
  EXPECT_TRUE(never_started.stop());
}

TEST(Stop, LetsAHalfSentRequestFinish) {
  RunningServer server;
  const std::string request = post("/echo", text_of(50'000));
  Client idle = server.connect();
  Client client = server.connect();
  ASSERT_TRUE(client.exchange(get("/nothing")));
  ASSERT_TRUE(client.send(request.substr(0, 20'000)));
  ASSERT_TRUE(server.becomes(&Counters::connections_open, 2));
  auto stopped = std::async(std::launch::async, [&] { return server.stop(); });
  // The idle one's end says that draining has begun.
  EXPECT_TRUE(idle.closed());
  ASSERT_TRUE(client.send(request.substr(20'000)));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "50000:" + text_of(50'000));
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(stopped.get());
}

TEST(Stop, LetsASlowReaderHaveItsAnswers) {
  RunningServer server;
  Client idle = server.connect();
  Client client(server.addresses()[0], 4096);
  std::string sent;
  for (int i = 0; i < 20; ++i) sent += get("/big/1000000");
  ASSERT_TRUE(client.send(sent));
  ASSERT_TRUE(client.receive());
  auto stopped = std::async(std::launch::async, [&] { return server.stop(); });
  EXPECT_TRUE(idle.closed());
  for (int i = 1; i < 20; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->header("connection"), i == 19 ? "close" : "");
  }
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(stopped.get());
}

TEST(Stop, AnswersWhatWasSentBefore) {
  for (int round = 0; round < 50; ++round) {
    RunningServer server;
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(server.connect());
    for (Client& client : clients) ASSERT_TRUE(client.send(post("/echo", "a") + post("/echo", "b")));
    auto stopped = std::async(std::launch::async, [&] { return server.stop(); });
    for (Client& client : clients) {
      ASSERT_EQ(client.receive().value_or(Answer{}).body, "1:a");
      ASSERT_EQ(client.receive().value_or(Answer{}).body, "1:b");
      client.finish_sending();
      EXPECT_TRUE(client.closed());
    }
    EXPECT_TRUE(stopped.get());
  }
}

TEST(Stop, GivesUpOnARequestThatNeverEnds) {
  Options options = on_loopback();
  options.shutdown_timeout = seconds(1);
  RunningServer server(options);
  Client client = server.connect();
  ASSERT_TRUE(client.exchange(get("/nothing")));
  ASSERT_TRUE(client.send("POST /echo"));
  EXPECT_FALSE(server.stop());
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(server.total(&Counters::connections_open), 0U);
}

}  // namespace
}  // namespace bidwell::http::testing
