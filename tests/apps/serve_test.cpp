// The executable while it serves: where it listens, how it takes a new catalog, how it ends.
#include <arpa/inet.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/apps/serving.h"
#include "tests/apps/workplace.h"
#include "tests/http/client.h"
#include "tests/http/requests.h"

namespace bidwell::apps::testing {
namespace {

using http::testing::Answer;
using http::testing::Client;
using http::testing::get;
using http::testing::post;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

const std::string& bid_request() {
  static const std::string text = post("/bid/demo", kRequest);
  return text;
}

// The campaign that bids now.
std::string bidding(Client& client) {
  const auto answer = client.exchange(bid_request());
  if (!answer) return "closed";
  if (answer->status != 200) return std::to_string(answer->status);
  return Json::parse(answer->body).at("/seatbid/0/bid/0/cid"_json_pointer);
}

// Whether `campaign` bids before long on every worker. A new catalog reaches a worker between two
// requests, after the log has named it. Connections go to the workers in turn.
::testing::AssertionResult comes_to_bid(const std::string& address, const std::string& campaign) {
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(address);
  std::string last;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (Client& client : clients) {
    while ((last = bidding(client)) != campaign) {
      if (std::chrono::steady_clock::now() > deadline) {
        return ::testing::AssertionFailure() << last << " still bids";
      }
    }
  }
  return ::testing::AssertionSuccess();
}

TEST(ServeTest, AFirstBid) {
  const Workplace place;
  Serving bidwell(place);
  EXPECT_THAT(bidwell.address(), ::testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  Client client(bidwell.address());
  EXPECT_EQ(client.exchange(get("/readyz")).value().body, "ready\n");
  EXPECT_EQ(bidding(client), "first");
  EXPECT_EQ(client.exchange(post("/bid/demo", "{")).value().status, 400u);
  EXPECT_EQ(client.exchange(post("/bid/nobody", kRequest)).value().status, 404u);
  EXPECT_EQ(client.exchange(get("/bid/demo")).value().status, 405u);
  const Answer euro = client.exchange(post("/bid/euro", kRequest)).value();
  EXPECT_EQ(euro.header("x-openrtb-version"), "2.6");
  EXPECT_EQ(Json::parse(euro.body).at("cur"), "EUR");
  EXPECT_EQ(bidding(client), "first");

  bidwell.process().signal(SIGTERM);
  EXPECT_EQ(bidwell.process().wait(), 0) << bidwell.process().log();
  EXPECT_THAT(bidwell.process().log(), HasSubstr("4 bid requests: 3 with bids, 0 without, 1 refused"));
}

TEST(ServeTest, ListensOnAUnixSocket) {
  const Workplace place;
  const std::string address = "unix:" + place.path("bidwell.sock");
  Serving bidwell(place, {"--listen", address, "--listen", "127.0.0.1:0", "--workers", "1"});
  EXPECT_EQ(bidwell.address(), address);
  const std::string second = bidwell.next_address();
  Client local(address), remote(second);
  EXPECT_EQ(bidding(local), "first");
  EXPECT_EQ(bidding(remote), "first");
  bidwell.process().signal(SIGINT);
  EXPECT_EQ(bidwell.process().wait(), 0) << bidwell.process().log();
}

TEST(ServeTest, TheEnvironmentOverridesTheFileAndACommandLineBoth) {
  const Workplace place;
  place.write("other.json", catalog_of("other"));
  const std::string from_environment = "unix:" + place.path("environment.sock");
  const Variables variables = {{"BIDWELL_HTTP_LISTEN", from_environment}, {"BIDWELL_CATALOG_FILE", "other.json"}};
  Serving bidwell(place, {}, variables);
  EXPECT_EQ(bidwell.address(), from_environment);
  Client client(bidwell.address());
  EXPECT_EQ(bidding(client), "other");
  const std::string from_call = "unix:" + place.path("call.sock");
  EXPECT_EQ(Serving(place, {"--listen", from_call}, variables).address(), from_call);
}

TEST(ServeTest, HangUpReadsTheCatalogAgain) {
  const Workplace place;
  Serving bidwell(place);
  Client client(bidwell.address());
  EXPECT_EQ(bidding(client), "first");
  place.write("catalog.json", catalog_of("second"));
  bidwell.process().signal(SIGHUP);
  bidwell.process().wait_for("catalog: 1 campaigns");
  EXPECT_TRUE(comes_to_bid(bidwell.address(), "second"));
  EXPECT_EQ(bidding(client), "second");  // nor is a connection lost
}

TEST(ServeTest, AChangedCatalogIsTakenByItself) {
  const Workplace place;
  Serving bidwell(place, {}, {{"BIDWELL_CATALOG_CHECK_INTERVAL_S", "1"}});
  Client client(bidwell.address());
  EXPECT_EQ(bidding(client), "first");
  place.write("catalog.json", catalog_of("second"));
  bidwell.process().wait_for("catalog: 1 campaigns");
  EXPECT_TRUE(comes_to_bid(bidwell.address(), "second"));
}

TEST(ServeTest, ABadCatalogChangesNothing) {
  const Workplace place;
  Serving bidwell(place);
  Client client(bidwell.address());
  std::string bad = catalog_of("second");
  bad.replace(bad.find("\"price\": 2"), 10, "\"price\": 0");
  for (const std::string& text : {bad, std::string("{")}) {
    place.write("catalog.json", text);
    bidwell.process().signal(SIGHUP);
    EXPECT_THAT(bidwell.process().wait_for("the catalog stays as it was"),
                AllOf(HasSubstr("[error] "), HasSubstr(text == "{" ? "not JSON" : "/campaigns/0/bid/price: must be")));
    EXPECT_EQ(bidding(client), "first");
  }
  place.write("catalog.json", catalog_of("third"));
  bidwell.process().signal(SIGHUP);
  bidwell.process().wait_for("catalog: 1 campaigns");
  EXPECT_TRUE(comes_to_bid(bidwell.address(), "third"));
}

TEST(ServeTest, TerminateFinishesWhatIsInFlight) {
  const Workplace place;
  Serving bidwell(place);
  Client client(bidwell.address()), idle(bidwell.address());
  EXPECT_EQ(bidding(idle), "first");
  // The first request's answer shows that the half behind it has been read, too.
  const std::string& request = bid_request();
  const std::size_t half = request.size() - 100;
  EXPECT_EQ(client.exchange(request + request.substr(0, half)).value().status, 200u);
  bidwell.process().signal(SIGTERM);
  bidwell.process().wait_for("SIGTERM: finishing what is in flight");
  EXPECT_TRUE(idle.closed());
  const Answer answer = client.exchange(request.substr(half)).value();
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(bidwell.process().wait(), 0) << bidwell.process().log();
}

TEST(ServeTest, WhatIsNotFinishedInTimeIsAFailure) {
  const Workplace place;
  Serving bidwell(place, {}, {{"BIDWELL_HTTP_SHUTDOWN_TIMEOUT_S", "0"}});
  Client client(bidwell.address());
  EXPECT_EQ(client.exchange(bid_request() + "POST /bid").value().status, 200u);
  bidwell.process().signal(SIGTERM);
  EXPECT_EQ(bidwell.process().wait(), 1);
  EXPECT_THAT(bidwell.process().log(), HasSubstr("requests still in flight"));
}

TEST(ServeTest, DoesNotStartOnWhatCheckRefuses) {
  const Workplace place;
  const auto serve = [&](const Variables& variables) {
    return run({BIDWELL_EXECUTABLE, "serve", "--config", place.config()}, variables);
  };
  const Ended config = serve({{"BIDWELL_HTTP_WORKERS", "x"}});
  EXPECT_EQ(config.code, 1);
  EXPECT_THAT(config.err, HasSubstr(place.config() + ": /http/workers: must be"));
  const Ended address = serve({{"BIDWELL_HTTP_LISTEN", "nowhere"}});
  EXPECT_EQ(address.code, 1);
  EXPECT_THAT(address.err, AllOf(HasSubstr("bidwell: "), HasSubstr("nowhere")));
  place.write("catalog.json", "{}");
  const Ended catalog = serve({});
  EXPECT_EQ(catalog.code, 1);
  EXPECT_THAT(catalog.out + catalog.err, HasSubstr("/campaigns: is required"));
}

TEST(ServeTest, AnAddressInUseIsNamed) {
  const Workplace place;
  Serving first(place);
  const Ended second = run({BIDWELL_EXECUTABLE, "serve", "--config", place.config(), "--listen", first.address()});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr(first.address()));
}

// A port that was free a moment ago.
std::string free_address() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof any;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&any), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&any), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("bind");
  return "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
}

TEST(ServeTest, TheScriptShowsAFirstBid) {
  const std::string script = std::string(BIDWELL_SOURCE_DIR) + "/scripts/first-bid";
  const std::string address = free_address();
  const Ended shown = run({script, BIDWELL_EXECUTABLE, "--once"}, {{"BIDWELL_HTTP_LISTEN", address}});
  EXPECT_EQ(shown.code, 0) << shown.out << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("http://" + address + "/bid/demo"), HasSubstr("\"seatbid\""),
                               HasSubstr("a1b2c3d4-first-request")));
}

}  // namespace
}  // namespace bidwell::apps::testing
