// Parked requests of real clients on a running server: many at once, deadlines, and a server that stops meanwhile.
#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "tests/http/client.h"
#include "tests/http/parker.h"
#include "tests/http/requests.h"
#include "tests/http/running_server.h"

namespace bidwell::http::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ParkedClients : public ::testing::Test {
 protected:
  RunningServer& start(const Options& options = on_loopback()) {
    return server_.emplace(options, [this](unsigned) { return parking_router(tickets_); });
  }
  // All that were given out up to then.
  void resume_all() {
    server_->post(0, [this] {
      for (const std::uint64_t ticket : tickets_) server_->resume(0, ticket);
    });
  }

  Tickets tickets_;
  std::optional<RunningServer> server_;
};

TEST_F(ParkedClients, AThousandBesideOthers) {
  allow_open_files(4096);
  RunningServer& server = start();
  std::vector<Client> parked;
  for (int i = 0; i < 1000; ++i) {
    parked.push_back(server.connect());
    ASSERT_TRUE(parked.back().send(post("/park/long", std::to_string(i))));
  }
  ASSERT_TRUE(server.becomes(&Counters::parked, 1000));
  Client busy = server.connect();
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(busy.exchange(post("/echo", "body"))->body, "4:body");
  resume_all();
  for (int i = 0; i < 1000; ++i) {
    const auto answer = parked[static_cast<std::size_t>(i)].receive();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->body, "resumed " + std::to_string(i));
  }
  EXPECT_EQ(server.total(&Counters::requests), 3000U);
  EXPECT_EQ(server.total(&Counters::parks_timed_out), 0U);
}

TEST_F(ParkedClients, DeadlinesInAnyOrder) {
  RunningServer& server = start();
  Client forever = server.connect();
  ASSERT_TRUE(forever.send(post("/park/long", "")));
  const auto begun = std::chrono::steady_clock::now();
  std::vector<Client> clients;
  for (const int ms : {60, 20, 40, 30, 20, 1, 50}) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(post("/park/" + std::to_string(ms), "")));
  }
  for (const auto& [at, ms] : {std::pair{5, 1}, {1, 20}, {4, 20}, {3, 30}, {2, 40}, {6, 50}, {0, 60}}) {
    ASSERT_EQ(clients[static_cast<std::size_t>(at)].receive().value_or(Answer{}).body, "resumed ");
    EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(ms));
  }
  EXPECT_EQ(server.total(&Counters::parks_timed_out), 7U);
  resume_all();
  EXPECT_EQ(forever.receive()->body, "resumed ");
}

TEST_F(ParkedClients, AtMostSoManyAtOnce) {
  Options options = on_loopback();
  options.parked_max = 2;
  RunningServer& server = start(options);
  std::vector<Client> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(post("/park/long", "a")));
  }
  ASSERT_TRUE(server.becomes(&Counters::parked, 2));
  Client third = server.connect();
  EXPECT_EQ(third.exchange(post("/park/long", "b"))->body, "at once b");
  resume_all();
  for (Client& client : clients) EXPECT_EQ(client.receive()->body, "resumed a");
  ASSERT_TRUE(third.send(post("/park/long", "c")));
  ASSERT_TRUE(server.becomes(&Counters::parked, 3));
}

// The timeouts of what is read and written do not count while it is parked.
TEST_F(ParkedClients, ForLongerThanTheTimeouts) {
  Options options = on_loopback();
  options.idle_timeout = options.request_timeout = options.write_timeout = seconds(1);
  RunningServer& server = start(options);
  Client client = server.connect();
  EXPECT_EQ(client.exchange(post("/park/2200", "a"))->body, "resumed a");
  EXPECT_EQ(server.total(&Counters::timeouts_idle) + server.total(&Counters::timeouts_request), 0U);
}

TEST_F(ParkedClients, ResetWhileParked) {
  RunningServer& server = start();
  for (std::uint64_t i = 1; i <= 20; ++i) {
    Client client = server.connect();
    ASSERT_TRUE(client.send(post("/echo", "a") + post("/park/long", "b") + post("/echo", "c")));
    ASSERT_EQ(client.receive()->body, "1:a");
    ASSERT_TRUE(server.becomes(&Counters::parked, i));
    client.reset();
    resume_all();
    ASSERT_TRUE(server.becomes(&Counters::connections_open, 0));
  }
}

TEST_F(ParkedClients, StopWaitsForThem) {
  RunningServer& server = start();
  Client idle = server.connect();
  Client timed = server.connect();
  Client resumed = server.connect();
  ASSERT_TRUE(resumed.send(post("/park/long", "a") + post("/echo", "b")));
  ASSERT_TRUE(timed.send(post("/park/100", "c")));
  ASSERT_TRUE(server.becomes(&Counters::parked, 2));
  ASSERT_TRUE(server.becomes(&Counters::connections_open, 3));
  auto stopped = std::async(std::launch::async, [&] { return server.stop(); });
  // The idle one's end says that draining has begun.
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(timed.receive().value_or(Answer{}).body, "resumed c");
  EXPECT_TRUE(timed.closed());
  resume_all();
  EXPECT_EQ(resumed.receive().value_or(Answer{}).body, "resumed a");
  const auto last = resumed.receive();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->body, "1:b");
  EXPECT_EQ(last->header("connection"), "close");
  EXPECT_TRUE(resumed.closed());
  EXPECT_TRUE(stopped.get());
}

TEST_F(ParkedClients, StopGivesThemUpAtItsDeadline) {
  Options options = on_loopback();
  options.shutdown_timeout = seconds(0);
  RunningServer& server = start(options);
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(post("/park/long", "a")));
  }
  ASSERT_TRUE(server.becomes(&Counters::parked, 100));
  EXPECT_FALSE(server.stop());
  for (Client& client : clients) EXPECT_FALSE(client.receive());
  EXPECT_EQ(server.total(&Counters::connections_open), 0U);
}

}  // namespace
}  // namespace bidwell::http::testing
