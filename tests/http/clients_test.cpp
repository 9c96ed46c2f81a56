// Clients that are idle, slow, greedy or gone: what they cost ends, and the others do not notice.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "tests/http/client.h"
#include "tests/http/requests.h"
#include "tests/http/running_server.h"

namespace bidwell::http::testing {
namespace {

using std::chrono::seconds;

TEST(Clients, ServesBesideAThousandIdleConnections) {
  allow_open_files(4096);
  RunningServer server(on_loopback(2));
  std::vector<Client> idle;
  for (int i = 0; i < 1000; ++i) idle.push_back(server.connect());
  ASSERT_TRUE(server.becomes(&Counters::connections_open, 1000));
  Client busy = server.connect();
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(busy.exchange(post("/echo", "body")));
  EXPECT_EQ(idle.back().exchange(post("/echo", "late"))->body, "4:late");
}

TEST(Clients, IdleConnectionsAreClosed) {
  Options options = on_loopback();
  options.idle_timeout = seconds(1);
  RunningServer server(options);
  Client silent = server.connect();
  Client once = server.connect();
  Client empty_lines = server.connect();
  EXPECT_TRUE(once.exchange(get("/nothing")));
  // Empty lines are no request.
  std::thread dripper([&] {
    while (empty_lines.send("\r\n")) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(once.closed());
  EXPECT_TRUE(empty_lines.closed());
  dripper.join();
  EXPECT_EQ(server.total(&Counters::timeouts_idle), 3U);
}

TEST(Clients, SlowSendersAreToldAndClosed) {
  Options options = on_loopback();
  options.request_timeout = seconds(1);
  RunningServer server(options);
  const std::string request = post("/echo", "body");
  Client in_head = server.connect();
  Client in_body = server.connect();
  // One that keeps the connection busy: the deadline is for the whole request.
  Client dripping = server.connect();
  EXPECT_TRUE(in_head.send(request.substr(0, 10)));
  EXPECT_TRUE(in_body.send(request + request.substr(0, request.size() - 1)));
  std::thread dripper([&] {
    EXPECT_TRUE(dripping.send("POST /echo HTTP/1.1\r\n"));
    while (dripping.send("X: y\r\n")) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  EXPECT_EQ(in_body.receive()->status, 200U);
  for (Client* client : {&in_head, &in_body}) {
    const auto answer = client->receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408U);
    EXPECT_EQ(answer->header("connection"), "close");
    EXPECT_TRUE(client->closed());
  }
  EXPECT_EQ(dripping.receive()->status, 408U);
  dripper.join();
  EXPECT_EQ(server.total(&Counters::timeouts_request), 3U);
}

TEST(Clients, ClientsThatNeverReadAreCutOff) {
  Options options = on_loopback();
  options.write_timeout = seconds(1);
  RunningServer server(options);
  Client client(server.addresses()[0], 4096);
  std::string sent;
  for (int i = 0; i < 100; ++i) sent += get("/big/1000000");
  EXPECT_TRUE(client.send(sent));
  ASSERT_TRUE(server.becomes(&Counters::timeouts_write, 1));
  EXPECT_TRUE(server.becomes(&Counters::connections_open, 0));
  EXPECT_LT(server.total(&Counters::requests), 100U);
}

TEST(Clients, ClientsThatLeaveInMidAnswer) {
  RunningServer server;
  for (int i = 0; i < 20; ++i) {
    Client client(server.addresses()[0], 4096);
    std::string sent;
    for (int k = 0; k < 20; ++k) sent += get("/big/1000000");
    EXPECT_TRUE(client.send(sent));
    ASSERT_TRUE(server.becomes(&Counters::connections_accepted, i + 1));
    client.reset();
  }
  EXPECT_TRUE(server.becomes(&Counters::connections_open, 0));
  EXPECT_EQ(server.connect().exchange(post("/echo", "body"))->body, "4:body");
}

// Closing at once would reset the connection, and the reset can overtake the answer.
TEST(Clients, AnErrorAnswerArrivesThoughTheClientIsStillSending) {
  RunningServer server;
  Client client = server.connect();
  EXPECT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"));
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(client.send(piece));
  client.finish_sending();
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413U);
  EXPECT_TRUE(client.closed());
  EXPECT_FALSE(client.was_reset());
}

// More than is thrown away.
TEST(Clients, AnEndlessBodyIsCutOff) {
  RunningServer server;
  Client client = server.connect();
  EXPECT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"));
  const std::string piece(100'000, 'x');
  int sent = 0;
  while (sent < 1000 && client.send(piece)) ++sent;
  EXPECT_LT(sent, 1000);
}

}  // namespace
}  // namespace bidwell::http::testing
