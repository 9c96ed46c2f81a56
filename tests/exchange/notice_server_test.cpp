// Notices over a socket, as exchanges and browsers send them.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/exchange/notice_server.h"
#include "tests/http/client.h"
#include "tests/http/requests.h"

namespace bidwell::exchange::testing {
namespace {

using events::Kind;
using http::testing::Client;
using http::testing::get;
using http::testing::post;
using Result = NoticeResult;

NoticeDesk::Options at_noon() {
  NoticeDesk::Options options;
  options.clock.wall = still_clock().wall;
  return options;
}

TEST(NoticeServer, AnswersEachKind) {
  NoticeServer server(at_noon());
  Client client(server.address());
  const auto path = [&](Kind kind) {
    return "/" + std::string(events::name(kind)) + "/" + server.token(some_token(), kind);
  };
  for (const Kind kind : {Kind::win, Kind::bill, Kind::loss}) {
    for (const std::string& request : {get(path(kind) + "?p=1.25&c=USD"), post(path(kind), "p=1.25&c=USD"),
                                       post(path(kind) + "?p=1.25", "", "Content-Type: text/plain\r\n")}) {
      const auto answer = client.exchange(request);
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 200u);
      EXPECT_EQ(answer->body, "");
      EXPECT_EQ(answer->header("content-length"), "0");
    }
    EXPECT_EQ(server.counted(kind, Result::recorded), 3u);
  }
  const auto pixel = client.exchange(get(path(Kind::imp)));
  EXPECT_EQ(pixel->status, 200u);
  EXPECT_EQ(pixel->header("content-type"), "image/gif");
  EXPECT_EQ(pixel->header("cache-control"), "no-store");
  EXPECT_EQ(pixel->body.size(), 43u);

  const auto click = client.exchange(get(path(Kind::click)));
  EXPECT_EQ(click->status, 302u);
  EXPECT_EQ(click->header("location"),
            "https://tide.example/?b=a0a1a2a3a4a5a6a7a8a9aaab&i=1&t=1715774400000&c=tide-300x250");
  EXPECT_EQ(click->header("cache-control"), "no-store");
  EXPECT_EQ(client.exchange(get(path(Kind::click) + "?r=0"))->body.size(), 43u);

  const auto recorded = server.recorded();
  ASSERT_EQ(recorded.size(), 12u);
  EXPECT_EQ(recorded[0].price, 1'250'000);
  EXPECT_EQ(recorded[9].client, "127.0.0.0/24");
}

// As a crawler may do to look at a URL.
TEST(NoticeServer, HeadRecordsNothing) {
  NoticeServer server(at_noon());
  for (const Kind kind : kNoticeKinds) {
    const std::string path = "/" + std::string(events::name(kind)) + "/" + server.token(some_token(), kind);
    Client client(server.address());
    client.send("HEAD " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_FALSE(client.receive());  // the body that its length announces
    EXPECT_EQ(server.counted(kind, Result::recorded), 0u);
    Client(server.address()).exchange(get(path));
    EXPECT_EQ(server.counted(kind, Result::recorded), 1u);
  }
  EXPECT_EQ(server.server().counters(0).requests.value(), 10u);
  EXPECT_EQ(server.recorded().size(), 5u);
}

TEST(NoticeServer, ErrorsSayWhatIsWrong) {
  NoticeServer server(at_noon());
  Client client(server.address());
  const std::string token = server.token(some_token(), Kind::win);
  const auto expect = [&](const std::string& path, unsigned status, const char* body) {
    const auto answer = client.exchange(get(path));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->body, body);
  };
  expect("/win/%22%3Cscript%3E", 400, "{\"error\":\"not a token\"}\n");
  expect("/win", 400, "{\"error\":\"not a token\"}\n");
  expect("/imp/" + token, 403, "{\"error\":\"the token's signature does not match\"}\n");
  expect("/win/" + token + "?p=3", 400, "{\"error\":\"p is above what was bid\"}\n");
  expect("/win/" + token + "?p=%22x%22", 400, "{\"error\":\"p is not a price in this exchange's form\"}\n");
  expect("/win/" + token + "?c=%0d%0aX", 400, "{\"error\":\"c is not the currency of the bid\"}\n");
  EXPECT_TRUE(server.recorded().empty());
}

TEST(NoticeServer, NetworksOfTheBrowsersBehindAProxy) {
  http::Options options;
  options.trusted_proxies = {"127.0.0.1"};
  NoticeServer server(at_noon(), events::Fsync::never, options);
  Client client(server.address());
  for (const char* who : {"203.0.113.77", "198.51.100.9, 2001:db8:7:8::9"}) {
    client.exchange(
        get("/imp/" + server.token(some_token(), Kind::imp), "X-Forwarded-For: " + std::string(who) + "\r\n"));
  }
  const auto recorded = server.recorded();
  ASSERT_EQ(recorded.size(), 2u);
  EXPECT_EQ(recorded[0].client, "203.0.113.0/24");
  EXPECT_EQ(recorded[1].client, "2001:db8:7::/48");
}

// With fsync always an answer means that the notice is on disk.
TEST(NoticeServer, AnswersWhatIsDurable) {
  NoticeDesk::Options options = at_noon();
  options.await_durable = true;
  options.durable_wait = std::chrono::seconds(30);
  NoticeServer server(options, events::Fsync::always);
  const std::string bill = get("/bill/" + server.token(some_token(), Kind::bill) + "?p=1");
  Client client(server.address());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.exchange(bill)->status, 200u);
  // Several connections at once, and several requests of one.
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(clients.emplace_back(server.address()).send(bill + bill));
  for (Client& one : clients) {
    EXPECT_EQ(one.receive()->status, 200u);
    EXPECT_EQ(one.receive()->status, 200u);
  }
  const auto click = client.exchange(get("/click/" + server.token(some_token(), Kind::click)));
  EXPECT_EQ(click->status, 302u);
  EXPECT_EQ(server.recorded().size(), 61u);
  EXPECT_EQ(server.counted(Kind::bill, Result::recorded), 60u);
  EXPECT_EQ(server.server().counters(0).parked.value(), 61u);
}

// A disk that does not write: no answer says that the notice is safe, and each is recorded once for each time it came.
TEST(NoticeServer, WhatIsNotDurableInTimeIsNotAcknowledged) {
  NoticeDesk::Options options = at_noon();
  options.await_durable = true;
  options.durable_wait = std::chrono::milliseconds(20);
  NoticeServer server(options, events::Fsync::never);
  const std::string bill = get("/bill/" + server.token(some_token(), Kind::bill) + "?p=1");
  Client client(server.address());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.exchange(bill);
    EXPECT_EQ(answer->status, 503u);
    EXPECT_EQ(answer->header("retry-after"), "2");
  }
  EXPECT_EQ(server.recorded().size(), 3u);
  EXPECT_EQ(server.counted(Kind::bill, Result::not_durable), 3u);
  EXPECT_EQ(server.counted(Kind::bill, Result::recorded), 0u);
}

}  // namespace
}  // namespace bidwell::exchange::testing
