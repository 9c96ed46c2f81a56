// A frequency cap over eight real processes and one real Redis, all of which see the same user at once.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>

#include "tests/apps/exchange_ledger.h"
#include "tests/apps/serving.h"
#include "tests/redis/redis_server.h"

namespace bidwell::apps::testing {
namespace {

using http::testing::Client;
using http::testing::get;
using http::testing::post;
using redis::testing::RedisServer;
using std::chrono::seconds;

constexpr unsigned kInstances = 8;
constexpr unsigned kTimes = 3;

constexpr std::string_view kCatalog = R"({"campaigns": [{"id": "first", "advertiser": "a", "seat": "s",
  "bid": {"model": "cpm", "price": 2}, "frequency": {"caps": [{"times": 3, "per": "1d"}]},
  "creatives": [{"id": "c", "media": "banner", "w": 300, "h": 250, "markup": "<p></p>",
                 "adomain": ["a.example"]}]}]})";

std::string request_of(const std::string& user) {
  return post("/bid/demo", fmt::format(R"({{"id": "r", "tmax": 10000, "imp": [{{"id": "1", "banner": {{"w": 300,
    "h": 250}}}}], "site": {{"id": "s"}}, "user": {{"buyeruid": "{}"}}}})",
                                       user));
}

class FrequencyTest : public ::testing::Test {
 protected:
  FrequencyTest() {
    place_.write("catalog.json", kCatalog);
    place_.write("bidwell.json",
                 fmt::format(R"({{"http": {{"listen": ["127.0.0.1:0"], "workers": 1}}, "exchanges": {{"demo": {{}}}},
      "catalog": {{"file": "catalog.json"}}, "redis": {{"url": "{}"}},
      "events": {{"directory": "events", "sinks": ["ndjson"]}},
      "histories": {{"wait_ms": 1000, "redis_timeout_ms": 1000}},
      "notices": {{"url": "http://bid.example", "markup_url": "https://bid.example"}}}})",
                             redis_.url()));
    for (unsigned i = 0; i < kInstances; ++i) bidders_.push_back(std::make_unique<Serving>(place_));
    // Of each the profiles' cache and the histories': who does not listen yet knows of a full cap only by its TTL.
    while (redis_.cli("PUBSUB", "NUMSUB", "bidwell:cache") != fmt::format("bidwell:cache\n{}\n", 2 * kInstances)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ~FrequencyTest() override {
    for (const auto& bidder : bidders_) bidder->process().signal(SIGTERM);
    for (const auto& bidder : bidders_) EXPECT_EQ(bidder->process().wait(), 0) << bidder->process().log();
  }

  RedisServer redis_;
  Workplace place_;
  std::vector<std::unique_ptr<Serving>> bidders_;
};

TEST_F(FrequencyTest, OneUserAtEightInstancesAtOnce) {
  std::atomic<unsigned> shown{0}, asked{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kInstances; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(i);
      Client asks(bidders_[i]->address()), reports(bidders_[(i + 3) % kInstances]->address());
      for (int requests = 0; requests < 500; ++requests) {
        const auto answer = asks.exchange(request_of("one"));
        ++asked;
        if (!answer || answer->status != 200) continue;
        const auto pixel = reports.exchange(get(offer_of(answer->body).paths.at("imp")));
        if (pixel && pixel->status == 200) ++shown;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  fmt::print("{} requests, shown {} times\n", asked.load(), shown.load());
  EXPECT_GE(shown, kTimes);
  // The bids that were answered before the announcement of the third showing came: on an idle machine one of each
  // instance. Without it, by the caches' times to live, it would be nearly all of the requests.
  EXPECT_LE(shown, asked / 10);
}

// One after the other, each at another instance: none too many.
TEST_F(FrequencyTest, OneAfterTheOtherItHoldsExactly) {
  unsigned shown = 0;
  std::vector<std::unique_ptr<Client>> clients;
  for (const auto& bidder : bidders_) clients.push_back(std::make_unique<Client>(bidder->address()));
  for (unsigned i = 0; i < 3 * kInstances; ++i) {
    const auto answer = clients[i % kInstances]->exchange(request_of("two"));
    ASSERT_TRUE(answer);
    if (answer->status != 200) continue;
    const auto pixel = clients[(i + 3) % kInstances]->exchange(get(offer_of(answer->body).paths.at("imp")));
    ASSERT_TRUE(pixel);
    EXPECT_EQ(pixel->status, 200u);
    ++shown;
    // A person takes longer to see the next page than a showing to be remembered.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_EQ(shown, kTimes);
}

}  // namespace
}  // namespace bidwell::apps::testing
