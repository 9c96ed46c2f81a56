// Whom a handler is told that a request comes from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/http/parker.h"
#include "tests/http/requests.h"
#include "tests/http/rig.h"
#include "tests/http/running_server.h"

namespace bidwell::http::testing {
namespace {

// "<client>", also when it has been parked once before: "/who/park".
class Who : public Handler {
 public:
  void handle(const Request& request, Response& response) override {
    if (request.rest == "park" && !request.resumed && response.park({}) != 0) return;
    response.set_status(200);
    response.body().append('<');
    response.body().append(request.client);
    response.body().append('>');
  }
};

Router who(unsigned = 0) {
  Router router;
  router.add({Method::get, Method::post}, "who", std::make_unique<Who>());
  return router;
}

Options listening(const char* address, std::vector<std::string> trusted) {
  Options options;
  options.listen = {address};
  options.workers = 1;
  options.trusted_proxies = std::move(trusted);
  return options;
}

std::string forwarded(const char* list) {
  return get("/who", "X-Forwarded-For: " + std::string(list) + "\r\n");
}

TEST(ClientAddress, IsTheOtherEnd) {
  RunningServer server(listening("127.0.0.1:0", {}), who);
  Client client = server.connect();
  EXPECT_EQ(client.exchange(get("/who"))->body, "<127.0.0.1>");
  // Nobody is trusted.
  EXPECT_EQ(client.exchange(forwarded("203.0.113.7"))->body, "<127.0.0.1>");
}

TEST(ClientAddress, OfIpv6) {
  RunningServer server(listening("[::1]:0", {}), who);
  EXPECT_EQ(server.connect().exchange(get("/who"))->body, "<::1>");
}

TEST(ClientAddress, IsWhatATrustedProxySays) {
  RunningServer server(listening("127.0.0.1:0", {"127.0.0.0/8"}), who);
  Client client = server.connect();
  EXPECT_EQ(client.exchange(get("/who"))->body, "<127.0.0.1>");
  EXPECT_EQ(client.exchange(forwarded("198.51.100.1, 203.0.113.7"))->body, "<203.0.113.7>");
  EXPECT_EQ(client.exchange(forwarded("203.0.113.7, 127.0.0.9"))->body, "<203.0.113.7>");
  EXPECT_EQ(client.exchange(get("/who", "x-forwarded-FOR:203.0.113.7\r\nX-Forwarded-For: 127.0.0.9\r\n"))->body,
            "<203.0.113.7>");
  EXPECT_EQ(client.exchange(forwarded("nonsense"))->body, "<127.0.0.1>");
  // A request says nothing of the next.
  EXPECT_EQ(client.exchange(get("/who"))->body, "<127.0.0.1>");
}

TEST(ClientAddress, AnotherPeersWordIsNotBelieved) {
  RunningServer server(listening("127.0.0.1:0", {"10.0.0.0/8", "::1", "unix"}), who);
  EXPECT_EQ(server.connect().exchange(forwarded("203.0.113.7"))->body, "<127.0.0.1>");
}

TEST(ClientAddress, OnAUnixSocket) {
  const std::string path =
      "unix:" + (std::filesystem::temp_directory_path() / ("who" + std::to_string(::getpid()))).string();
  {
    RunningServer server(listening(path.c_str(), {"127.0.0.0/8"}), who);
    EXPECT_EQ(server.connect().exchange(forwarded("203.0.113.7"))->body, "<>");
  }
  RunningServer server(listening(path.c_str(), {"unix", "10.0.0.0/8"}), who);
  EXPECT_EQ(server.connect().exchange(get("/who"))->body, "<>");
  EXPECT_EQ(server.connect().exchange(forwarded("203.0.113.7, 10.0.0.1"))->body, "<203.0.113.7>");
  EXPECT_EQ(server.connect().exchange(forwarded("nonsense"))->body, "<>");
}

TEST(ClientAddress, OfManyHeadersTheLastCount) {
  Rig rig(listening("", {"unix", "10.0.0.0/8"}), who());
  std::string headers;
  for (int i = 0; i < 9; ++i) headers += "X-Forwarded-For: 203.0.113." + std::to_string(i) + "\r\n";
  rig.send(get("/who", headers));
  EXPECT_THAT(rig.received(), ::testing::EndsWith("<203.0.113.8>"));
  for (int i = 0; i < 3; ++i) headers += "X-Forwarded-For: 10.0.0." + std::to_string(i) + "\r\n";
  rig.send(get("/who", headers));
  EXPECT_THAT(rig.received(), ::testing::EndsWith("<203.0.113.8>"));
}

// Beast unfolds it into a buffer of its own.
TEST(ClientAddress, AFoldedHeaderIsGarbage) {
  Rig rig(listening("", {"unix"}), who());
  rig.send(get("/who", "X-Forwarded-For: 203.0.113.7,\r\n  203.0.113.8\r\n"));
  EXPECT_THAT(rig.received(), ::testing::EndsWith("<>"));
  rig.send(get("/who", "X-Forwarded-For: 203.0.113.7,\r\n  203.0.113.8\r\nX-Forwarded-For: 203.0.113.9\r\n"));
  EXPECT_THAT(rig.received(), ::testing::EndsWith("<203.0.113.9>"));
}

// Views into a buffer that moves, with a request before it and a body behind.
TEST(ClientAddress, OfALargeRequestInPieces) {
  Rig rig(listening("", {"unix"}), who());
  const std::string first = post("/who", "x", "X-Forwarded-For: 203.0.113.1\r\n");
  const std::string second = post("/who", std::string(50'000, 'x'), "X-Forwarded-For: 203.0.113.2\r\n");
  const std::string third =
      post_chunked("/who", chunks(std::string(20'000, 'x'), 100), "X-Forwarded-For: 203.0.113.3\r\n");
  const std::string all = first + second + third;
  for (std::size_t at = 0; at < all.size(); at += 777) rig.send(std::string_view(all).substr(at, 777));
  const auto answers = parse_answers(rig.received());
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*answers)[i].body, "<203.0.113." + std::to_string(i + 1) + ">");
}

TEST(ClientAddress, OfAParkedRequest) {
  RunningServer server(listening("127.0.0.1:0", {"127.0.0.1"}), who);
  EXPECT_EQ(server.connect().exchange(get("/who/park", "X-Forwarded-For: 203.0.113.7\r\n"))->body, "<203.0.113.7>");
}

TEST(ClientAddress, NetworksThatMakeNoSenseAreRefused) {
  try {
    const RunningServer server(listening("127.0.0.1:0", {"10.0.0.0/8", "elb.internal"}), who);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("trusted_proxies: \"elb.internal\""));
  }
}

}  // namespace
}  // namespace bidwell::http::testing
