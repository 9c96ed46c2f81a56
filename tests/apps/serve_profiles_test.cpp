// The executable knows its users: profiles imported by the command, from the local file, Redis and PostgreSQL, while
// these work and while they do not.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <thread>

#include "tests/apps/serving.h"
#include "tests/http/client.h"
#include "tests/http/requests.h"
#include "tests/profile/postgres_server.h"
#include "tests/redis/redis_server.h"

namespace bidwell::apps::testing {
namespace {

using http::testing::Client;
using http::testing::post;
using redis::testing::RedisServer;
using ::testing::HasSubstr;

// Two campaigns: one for the segment 4711, one for income=high.
constexpr std::string_view kCatalog = R"({"campaigns": [
  {"id": "segment", "advertiser": "a", "seat": "s", "bid": {"model": "cpm", "price": 3},
   "targeting": {"segment": {"any": ["4711"]}},
   "creatives": [{"id": "c", "media": "banner", "w": 300, "h": 250, "markup": "<p></p>", "adomain": ["a.example"]}]},
  {"id": "income", "advertiser": "a", "seat": "s", "bid": {"model": "cpm", "price": 2},
   "targeting": {"segment": {"any": ["income=high"]}},
   "creatives": [{"id": "d", "media": "banner", "w": 300, "h": 250, "markup": "<p></p>", "adomain": ["a.example"]}]}
]})";

constexpr std::string_view kUsers = R"({"user": "ifa:00000000-0000-4000-8000-000000000001", "segments": [17, 4711]}
{"user": "ifa:00000000-0000-4000-8000-000000000002", "attributes": {"income": "high"}}
)";

std::string request_of(int user, std::string_view more = "") {
  return post("/bid/demo",
              fmt::format(R"({{"id": "r", "tmax": 10000, "imp": [{{"id": "1", "banner": {{"w": 300, "h": 250}}}}],
    "app": {{"id": "a"}}, "device": {{"ifa": "00000000-0000-4000-8000-00000000000{}"{}}}}})",
                          user, more));
}

class ServeProfilesTest : public ::testing::Test {
 protected:
  ServeProfilesTest() {
    place_.write("catalog.json", kCatalog);
    place_.write("users.ndjson", kUsers);
  }

  void configure(const std::string& sections) {
    place_.write("bidwell.json", R"({"http": {"listen": ["127.0.0.1:0"], "workers": 2}, "exchanges": {"demo": {}},
      "catalog": {"file": "catalog.json", "check_interval_s": 1}, )" +
                                     sections + "}");
  }
  void import(const std::string& file = "users.ndjson") {
    const Ended ended = run({BIDWELL_EXECUTABLE, "profiles", "import", place_.path(file), "--config", place_.config()});
    ASSERT_EQ(ended.code, 0) << ended.err;
  }

  // The campaign that bids, or the status.
  static std::string bids(Client& client, const std::string& request) {
    const auto answer = client.exchange(request);
    if (!answer) return "closed";
    if (answer->status != 200) return std::to_string(answer->status);
    const std::size_t at = answer->body.find("\"cid\":\"") + 7;
    return answer->body.substr(at, answer->body.find('"', at) - at);
  }
  // Asks until it does.
  static bool comes_to_bid(Client& client, const std::string& request, const std::string& campaign) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (bids(client, request) != campaign) {
      if (std::chrono::steady_clock::now() > patience) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Workplace place_;
};

TEST_F(ServeProfilesTest, FromTheLocalFile) {
  configure(R"("profiles": {"origin": "file", "file": "profiles.bin"})");
  import();
  Serving serving(place_);
  Client client(serving.address());
  EXPECT_TRUE(comes_to_bid(client, request_of(1), "segment"));
  EXPECT_TRUE(comes_to_bid(client, request_of(2), "income"));
  EXPECT_EQ(bids(client, request_of(3)), "204");
  EXPECT_EQ(bids(client, request_of(1, R"(, "lmt": 1)")), "204") << "privacy comes before the look-up";
}

TEST_F(ServeProfilesTest, ANewFileIsTakenWhileServing) {
  configure(R"("profiles": {"origin": "file", "file": "profiles.bin", "negative_ttl_s": 1})");
  Serving serving(place_);
  Client client(serving.address());
  EXPECT_EQ(bids(client, request_of(1)), "204");
  import();
  EXPECT_TRUE(comes_to_bid(client, request_of(1), "segment"));
  place_.write("more.ndjson",
               R"({"user": "ifa:00000000-0000-4000-8000-000000000001", "attributes": {"income": "high"}})");
  import("more.ndjson");
  EXPECT_TRUE(comes_to_bid(client, request_of(1), "income")) << "long before the soft TTL";
}

TEST_F(ServeProfilesTest, FromRedisKnownNextTime) {
  RedisServer redis;
  configure(fmt::format(R"("redis": {{"url": "{}"}})", redis.url()));
  import();
  Serving serving(place_);
  Client client(serving.address());
  EXPECT_TRUE(comes_to_bid(client, request_of(1), "segment"));
  // What is known stays known without Redis, and whom nobody knows is answered at once.
  redis.kill();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(bids(client, request_of(1)), "segment");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(bids(client, request_of(4)), "204");
  redis.start();
  import();
  EXPECT_TRUE(comes_to_bid(client, request_of(2), "income"));
}

TEST_F(ServeProfilesTest, FromRedisInTimeForTheFirstRequest) {
  RedisServer redis;
  configure(fmt::format(R"("redis": {{"url": "{}"}}, "profiles": {{"wait_ms": 1000}})", redis.url()));
  import();
  Serving serving(place_);
  Client client(serving.address());
  // Redis is connected once it has answered for somebody.
  EXPECT_TRUE(comes_to_bid(client, request_of(1), "segment"));
  EXPECT_EQ(bids(client, request_of(2)), "income");
  // Pipelined: answers stay in order, whoever has to wait.
  Client another(serving.address());
  another.send(request_of(1) + request_of(5) + request_of(2));
  EXPECT_EQ(another.receive()->status, 200u);
  EXPECT_EQ(another.receive()->status, 204u);
  EXPECT_EQ(another.receive()->status, 200u);
  serving.process().signal(SIGTERM);
  EXPECT_EQ(serving.process().wait(), 0);
  EXPECT_THAT(serving.process().log(), HasSubstr("waited with success"));
}

TEST_F(ServeProfilesTest, ARemovalReachesWhoServes) {
  RedisServer redis;
  configure(fmt::format(R"("redis": {{"url": "{}"}})", redis.url()));
  import();
  Serving one(place_), two(place_);
  Client first(one.address()), second(two.address());
  EXPECT_TRUE(comes_to_bid(first, request_of(1), "segment"));
  EXPECT_TRUE(comes_to_bid(second, request_of(1), "segment"));
  const Ended removed = run({BIDWELL_EXECUTABLE, "profiles", "remove", "ifa:00000000-0000-4000-8000-000000000001",
                             "--config", place_.config()});
  EXPECT_EQ(removed.code, 0) << removed.err;
  EXPECT_TRUE(comes_to_bid(first, request_of(1), "204"));
  EXPECT_TRUE(comes_to_bid(second, request_of(1), "204"));
}

TEST_F(ServeProfilesTest, ExplainKnowsTheUserToo) {
  RedisServer redis;
  configure(fmt::format(R"("redis": {{"url": "{}"}})", redis.url()));
  import();
  place_.write("request.json", R"({"id": "r", "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}], "app": {"id": "a"},
    "device": {"ifa": "00000000-0000-4000-8000-000000000001"}})");
  const std::vector<std::string> command = {BIDWELL_EXECUTABLE, "explain",   "--config",
                                            place_.config(),    "--request", place_.path("request.json")};
  const Ended known = run(command);
  EXPECT_THAT(known.out, HasSubstr("known by redis; 0 showings remembered; segments 17 4711"));
  EXPECT_THAT(known.out, ::testing::ContainsRegex("1  segment +bids"));
  redis.kill();
  const Ended unknown = run(command);
  EXPECT_THAT(unknown.err, HasSubstr("redis cannot be asked"));
  EXPECT_THAT(unknown.out, HasSubstr("nothing is known under the key"));
}

TEST_F(ServeProfilesTest, NoRawIdentifierStandsInRedis) {
  RedisServer redis;
  configure(fmt::format(R"("redis": {{"url": "{}"}})", redis.url()));
  import();
  EXPECT_EQ(redis.cli("DBSIZE"), "2");
  EXPECT_EQ(redis.cli("KEYS", "*0000-4000*").size(), 0u);
  EXPECT_THAT(redis.cli("KEYS", "*"), HasSubstr("bidwell:profile:{"));
}

TEST_F(ServeProfilesTest, FromPostgresOverRedis) {
  RedisServer redis;
  bidwell::testing::PostgresServer postgres;
  configure(
      fmt::format(R"("redis": {{"url": "{}"}}, "postgres": {{"url": "{}"}}, "profiles": {{"origin": "postgres"}})",
                  redis.url(), postgres.url()));
  import();
  redis.cli("FLUSHALL");
  Serving serving(place_);
  Client client(serving.address());
  EXPECT_TRUE(comes_to_bid(client, request_of(1), "segment"));
  EXPECT_TRUE(comes_to_bid(client, request_of(2), "income"));
  EXPECT_EQ(redis.cli("DBSIZE"), "2") << "the next instance finds them there";
  serving.process().signal(SIGTERM);
  EXPECT_EQ(serving.process().wait(), 0);
}

}  // namespace
}  // namespace bidwell::apps::testing
