// Every notice that was acknowledged stands in PostgreSQL exactly once, and nothing that was not sent, though the
// bidder is killed, the database stopped, its connections cut and the journal's room used up. BIDWELL_KILLS=100 in the
// environment makes the run a long one.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "tests/apps/exchange_ledger.h"
#include "tests/apps/serving.h"
#include "tests/profile/postgres_server.h"

namespace bidwell::apps::testing {
namespace {

using bidwell::testing::PostgresServer;
using http::testing::Answer;
using http::testing::Client;
using http::testing::get;
using http::testing::post;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kCatalog = R"({"campaigns": [
  {"id": "first", "advertiser": "a", "seat": "s", "bid": {"model": "cpm", "price": 2},
   "creatives": [{"id": "c", "media": "banner", "w": 300, "h": 250, "markup": "<a href=\"{{click_url}}\">x</a>",
                  "landing_page": "https://a.example/?b={{bid_id}}", "adomain": ["a.example"]}]}]})";
constexpr std::int64_t kPriceMicros = 2'000'000;

int kills() {
  const char* text = std::getenv("BIDWELL_KILLS");
  return text == nullptr ? 5 : std::atoi(text);
}

PostgresServer& postgres() {
  static PostgresServer server;
  return server;
}

// A database of the test's own and a bidder that writes to it.
class NothingLostTest : public ::testing::Test {
 protected:
  NothingLostTest() {
    static int number = 0;
    const std::string database = "lost" + std::to_string(number++);
    postgres().execute("CREATE DATABASE " + database);
    url_ = postgres().url(database);
    place_.write("catalog.json", kCatalog);
    configure(R"("postgres")");
  }

  void configure(const std::string& sinks, const std::string& more = "") {
    place_.write("bidwell.json", fmt::format(R"({{"http": {{"listen": ["127.0.0.1:0"], "workers": 2}},
      "exchanges": {{"demo": {{}}}}, "catalog": {{"file": "catalog.json"}}, "postgres": {{"url": "{}"}},
      "events": {{"directory": "events", "sinks": [{}], "drain_ms": 30000{}}},
      "notices": {{"url": "http://bid.example", "markup_url": "https://bid.example"}}}})",
                                             url_, sinks, more));
  }

  std::vector<std::string> listen() const { return {"--listen", "unix:" + place_.path("bid.sock")}; }
  std::string socket() const { return "unix:" + place_.path("bid.sock"); }

  // Ends the bidder as ops do, which stores all that is left, and looks that nothing stays behind.
  void end(Serving& bidder) {
    bidder.process().signal(SIGTERM);
    EXPECT_EQ(bidder.process().wait(), 0) << bidder.process().log();
    EXPECT_TRUE(std::filesystem::is_empty(place_.path("events/_journal"))) << bidder.process().log();
  }

  void be_killed(int kills, const std::string& executable, ExchangeLedger& ledger);

  Workplace place_;
  std::string url_;
};

// Clients that auction without end. Where the bidder is away they wait for it.
class Auctions {
 public:
  Auctions(std::string address, ExchangeLedger& ledger, unsigned clients, std::size_t auction_id_size = 8)
      : address_(std::move(address)), ledger_(ledger), auction_id_size_(auction_id_size) {
    for (unsigned i = 0; i < clients; ++i) threads_.emplace_back([this, i] { run(i); });
  }
  ~Auctions() { stop(); }
  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  std::uint64_t answers() const { return answers_; }

 private:
  void run(unsigned seed) {
    std::mt19937_64 random(seed);
    while (!stopping_) {
      try {
        Client client(address_);
        while (!stopping_ && auction(client, random)) {
        }
      } catch (const std::exception&) {
        std::this_thread::yield();  // nobody listens just now
      }
    }
  }

  // False: the connection is gone.
  bool auction(Client& client, std::mt19937_64& random) {
    const std::string id = fmt::format("{:0>{}}", random(), auction_id_size_);
    const auto answer = exchange(
        client, post("/bid/demo", fmt::format(R"({{"id": "{}", "imp": [{{"id": "1", "banner": {{"w": 300, "h": 250}}}}],
          "site": {{"id": "s"}}}})",
                                              id)));
    if (!answer) return false;
    if (answer->status != 200) return true;
    const Offer offer = offer_of(answer->body);
    ledger_.bid(offer.bid_id);
    if (random() % 2 == 0) return notice(client, offer, "loss", random);
    for (const char* kind : {"win", "imp", "bill", "click"}) {
      if (random() % 8 != 0 && !notice(client, offer, kind, random)) return false;
    }
    return true;
  }

  bool notice(Client& client, const Offer& offer, const std::string& kind, std::mt19937_64& random) {
    const bool priced = kind == "win" || kind == "bill" || kind == "loss";
    const std::int64_t price = 1 + static_cast<std::int64_t>(random() % kPriceMicros);
    const std::string path = filled(offer.paths.at(kind), price);
    const auto answer = exchange(client, random() % 2 == 0 ? get(path) : post(path, ""));
    const Sent sent = !answer ? Sent::unknown : answer->status == 503 ? Sent::refused : Sent::acknowledged;
    if (answer && answer->status >= 400 && answer->status != 503) {
      ADD_FAILURE() << path << ": " << answer->status << " " << answer->body;
    }
    ledger_.notice({offer.bid_id, kind}, priced ? price : -1, sent);
    return answer.has_value();
  }

  std::optional<Answer> exchange(Client& client, const std::string& request) {
    auto answer = client.exchange(request);
    if (answer) ++answers_;
    return answer;
  }

  const std::string address_;
  ExchangeLedger& ledger_;
  const std::size_t auction_id_size_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> answers_{0};
  std::vector<std::thread> threads_;
};

void sleep_some(std::mt19937& random, int from_ms, int to_ms) {
  std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution(from_ms, to_ms)(random)));
}

// Kills the bidder again and again, half of the time with trouble in the database, and fills the ledger meanwhile.
void NothingLostTest::be_killed(int kills, const std::string& executable, ExchangeLedger& ledger) {
  std::mt19937 random(7);
  const auto start = [&] { return std::make_unique<Serving>(place_, listen(), Variables{}, executable); };
  auto bidder = start();
  Auctions auctions(socket(), ledger, 2);
  for (int kill = 0; kill < kills; ++kill) {
    sleep_some(random, 50, 600);
    switch (random() % 3) {
      case 0: break;
      case 1:
        postgres().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'bidwell%'");
        break;
      case 2:
        postgres().stop();
        sleep_some(random, 0, 500);
        break;
    }
    bidder->process().signal(SIGKILL);
    EXPECT_EQ(bidder->process().wait(), 128 + SIGKILL);
    postgres().start_if_stopped();
    bidder = start();
  }
  sleep_some(random, 200, 300);
  auctions.stop();
  end(*bidder);
}

// With both sinks: each has its own position, and a journal stays until both have it.
TEST_F(NothingLostTest, WhenTheBidderIsKilledAndTheDatabaseFails) {
  configure(R"("postgres", "ndjson")", R"(, "ndjson_file_age_s": 1)");
  ExchangeLedger ledger;
  be_killed(kills(), BIDWELL_EXECUTABLE, ledger);
  EXPECT_GT(ledger.acknowledged(), 100u);
  EXPECT_EQ(ledger.refused(), 0u);  // or bids may be missing
  EXPECT_THAT(ledger.compare(url_), IsEmpty());
  EXPECT_THAT(ledger.compare_files(place_.path("events")), IsEmpty());
  fmt::print("{} kills: {} bids answered; notices: {} acknowledged, {} cut off, {} refused\n", kills(), ledger.bids(),
             ledger.acknowledged(), ledger.unknown(), ledger.refused());
}

// The control: the same with a bidder that stores positions and rows in transactions of their own (leaky_sinks.cpp).
TEST_F(NothingLostTest, ABidderThatStoresItsPositionApartIsFoundOut) {
  ExchangeLedger ledger;
  be_killed(5, LEAKY_BIDDER_EXECUTABLE, ledger);
  EXPECT_GT(ledger.acknowledged(), 100u);
  EXPECT_THAT(ledger.compare(url_), Contains(HasSubstr("was acknowledged and is not stored")));
}

// The database is away until the journal's allowance is used up: bids go unrecorded, notices are refused, and what was
// acknowledged before and after is there.
TEST_F(NothingLostTest, WhenTheAllowanceIsUsedUp) {
  configure(R"("postgres")", R"(, "segment_mb": 1, "journal_mb": 8, "notice_share": 0.2)");
  std::mt19937 random(7);
  ExchangeLedger ledger;
  auto bidder = std::make_unique<Serving>(place_, listen());
  {
    Auctions auctions(socket(), ledger, 2, 400);
    sleep_some(random, 200, 300);
    postgres().stop();
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < patience) {
      sleep_some(random, 100, 100);
      if (ledger.refused_now() > 100) break;
    }
    // Killed while it is full: the next one begins with no room at all.
    bidder->process().signal(SIGKILL);
    EXPECT_EQ(bidder->process().wait(), 128 + SIGKILL);
    postgres().start_if_stopped();
    bidder = std::make_unique<Serving>(place_, listen());
    sleep_some(random, 500, 600);
  }
  end(*bidder);
  EXPECT_GT(ledger.refused(), 100u);
  EXPECT_THAT(ledger.compare(url_, false), IsEmpty());
}

// Three instances, and an exchange that repeats itself to all of them.
TEST_F(NothingLostTest, ARepeatedNoticeIsStoredOnce) {
  ExchangeLedger ledger;
  std::vector<std::unique_ptr<Serving>> bidders;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    bidders.push_back(std::make_unique<Serving>(place_));
    clients.push_back(std::make_unique<Client>(bidders.back()->address()));
  }
  for (int auction = 0; auction < 100; ++auction) {
    const auto answer = clients[0]->exchange(post("/bid/demo", kRequest));
    ASSERT_TRUE(answer);
    const Offer offer = offer_of(answer->body);
    ASSERT_EQ(offer.paths.size(), 5u) << answer->body;
    ledger.bid(offer.bid_id);
    for (const auto& [kind, path] : offer.paths) {
      for (int repeat = 0; repeat < 5; ++repeat) {
        for (const auto& client : clients) {
          const auto acknowledged = client->exchange(get(filled(path, 1'234'567)));
          ASSERT_TRUE(acknowledged);
          EXPECT_EQ(acknowledged->status, kind == "click" ? 302u : 200u) << acknowledged->body;
        }
      }
      ledger.notice({offer.bid_id, kind}, kind == "imp" || kind == "click" ? -1 : 1'234'567, Sent::acknowledged);
    }
  }
  for (const auto& bidder : bidders) {
    bidder->process().signal(SIGTERM);
    EXPECT_EQ(bidder->process().wait(), 0) << bidder->process().log();
  }
  EXPECT_THAT(ledger.compare(url_), IsEmpty());
}

}  // namespace
}  // namespace bidwell::apps::testing
