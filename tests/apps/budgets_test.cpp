// Budgets over real processes, a real Redis and a real PostgreSQL: whatever is killed or lost, what the ledger says was
// spent is the sum of the billing rows, to the nano, and no campaign spends more than it has. BIDWELL_BILLS=100000 in
// the environment makes the run a long one.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/apps/exchange_ledger.h"
#include "tests/apps/serving.h"
#include "tests/profile/postgres_server.h"
#include "tests/redis/redis_server.h"

namespace bidwell::apps::testing {
namespace {

using bidwell::testing::PostgresServer;
using http::testing::Client;
using http::testing::get;
using http::testing::post;
using nlohmann::json;
using redis::testing::RedisServer;
using redis::testing::ServerOptions;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// A bid of 2 USD for a thousand: one impression is 2,000,000 nanos.
constexpr std::int64_t kCost = 2'000'000;
constexpr std::int64_t kUnit = 1'000'000'000;

int bills_wanted() {
  const char* text = std::getenv("BIDWELL_BILLS");
  return text == nullptr ? 4000 : std::atoi(text);
}

// Both bid on 300x250 alone, each for its own exchange: the test chooses who bids by where it asks.
std::string catalog(const std::string& rich, const std::string& poor) {
  const auto campaign = [](const std::string& id, const std::string& budget) {
    return fmt::format(R"({{"id": "{}", "advertiser": "a", "seat": "s", "bid": {{"model": "cpm", "price": 2}},
      "budget": {}, "targeting": {{"exchange": {{"include": ["{}"]}}}},
      "creatives": [{{"id": "c", "media": "banner", "w": 300, "h": 250, "markup": "<p></p>",
                      "adomain": ["a.example"]}}]}})",
                       id, budget, id);
  };
  return fmt::format(R"({{"campaigns": [{}, {}]}})", campaign("rich", rich), campaign("poor", poor));
}

PostgresServer& postgres() {
  static PostgresServer server;
  return server;
}

// What the exchange saw billed: of each bid what it would pay, if the notice was acknowledged or might have been.
class Bills {
 public:
  void add(const std::string& campaign, const std::string& bid, std::int64_t nanos, bool acknowledged) {
    const std::lock_guard lock(mutex_);
    Bill& bill = bills_[bid];
    bill.campaign = campaign;
    bill.nanos = nanos;
    bill.acknowledged |= acknowledged;
    count_ = bills_.size();
  }
  std::size_t count() const { return count_; }
  // Least and most that can have been recorded.
  std::pair<std::int64_t, std::int64_t> bounds(const std::string& campaign) const {
    const std::lock_guard lock(mutex_);
    std::pair<std::int64_t, std::int64_t> out{0, 0};
    for (const auto& [bid, bill] : bills_) {
      if (bill.campaign != campaign) continue;
      out.second += bill.nanos;
      if (bill.acknowledged) out.first += bill.nanos;
    }
    return out;
  }

 private:
  struct Bill {
    std::string campaign;
    std::int64_t nanos = 0;
    bool acknowledged = false;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Bill> bills_;
  std::atomic<std::size_t> count_{0};
};

class BudgetsTest : public ::testing::Test {
 protected:
  void use(unsigned instances, bool shared) {
    if (shared) {
      redis_ =
          std::make_unique<RedisServer>(ServerOptions{false, "", {"--appendonly", "yes", "--appendfsync", "everysec"}});
      static int number = 0;
      const std::string database = "budgets" + std::to_string(number++);
      postgres().execute("CREATE DATABASE " + database);
      url_ = postgres().url(database);
    }
    place_.write(
        "bidwell.json",
        fmt::format(
            R"({{"http": {{"listen": ["127.0.0.1:0"], "workers": 2}},
      "exchanges": {{"rich": {{}}, "poor": {{}}}}, "catalog": {{"file": "catalog.json"}}, {}
      "events": {{"directory": "events", "sinks": ["{}"], "drain_ms": 30000}},
      "budgets": {{"ledger": "{}", "interval_ms": 200, "lease_s": 3, "reserve_s": 5, "redis_timeout_ms": 2000}},
      "notices": {{"url": "http://bid.example", "markup_url": "https://bid.example"}}}})",
            shared ? fmt::format(R"("postgres": {{"url": "{}"}}, "redis": {{"url": "{}"}},)", url_, redis_->url()) : "",
            shared ? "postgres" : "ndjson", shared ? "redis" : "file"));
    bidders_.resize(instances);
  }

  std::string socket(unsigned instance) const { return "unix:" + place_.path(fmt::format("{}.sock", instance)); }
  void start(unsigned instance) {
    const std::vector<std::string> listen = {"--listen", socket(instance)};
    bidders_[instance] = std::make_unique<Serving>(place_, listen);
  }
  void start_all() {
    for (unsigned i = 0; i < bidders_.size(); ++i) start(i);
  }
  void kill(unsigned instance) {
    bidders_[instance]->process().signal(SIGKILL);
    EXPECT_EQ(bidders_[instance]->process().wait(), 128 + SIGKILL);
  }
  void end_all() {
    for (auto& bidder : bidders_) bidder->process().signal(SIGTERM);
    for (auto& bidder : bidders_) EXPECT_EQ(bidder->process().wait(), 0) << bidder->process().log();
  }

  // As `bidwell budget` prints it.
  std::string command(std::vector<std::string> words) const {
    words.insert(words.begin(), {BIDWELL_EXECUTABLE, "budget"});
    words.insert(words.end(), {"--config", place_.config()});
    Process process(words);
    process.wait();
    return process.out();
  }
  std::int64_t ledger(const std::string& campaign) const {
    const json rows = json::parse(command({"show", campaign, "--json"}));
    return rows.at(0).at("total").at("spent_nanos").get<std::int64_t>();
  }
  std::int64_t stored(const std::string& campaign) const {
    pqxx::connection connection(url_);
    pqxx::nontransaction query(connection);
    return query
        .exec_params1(
            "SELECT coalesce(sum(price_micros), 0)::bigint FROM bidwell.notices "
            "WHERE kind = 'bill' AND campaign_id = $1",
            campaign)[0]
        .as<std::int64_t>();
  }

  Workplace place_;
  std::string url_;
  std::unique_ptr<RedisServer> redis_;
  std::vector<std::unique_ptr<Serving>> bidders_;
};

// An exchange with connections to all instances: bids at one, reports to another, and repeats itself to a third.
class Exchange {
 public:
  using Address = std::function<std::string(unsigned)>;
  Exchange(Address address, unsigned instances, Bills& bills, std::uint64_t seed)
      : address_(std::move(address)), clients_(instances), bills_(bills), random_(seed) {}

  // True: there was a bid, and it was billed.
  bool auction(const std::string& campaign) {
    // Each with an id of its own: lots are drawn by it.
    const std::string request = fmt::format(
        R"({{"id": "{}", "tmax": 10000, "imp": [{{"id": "1", "banner": {{"w": 300, "h": 250}}}}], "site": {{"id": "s"}}}})",
        random_());
    const auto answer = exchange(any(), post("/bid/" + campaign, request));
    if (!answer || answer->status != 200) return false;
    const Offer offer = offer_of(answer->body);
    const std::int64_t price = 1 + static_cast<std::int64_t>(random_() % kCost);
    if (random_() % 4 == 0) {
      exchange(any(), get(filled(offer.paths.at("loss"), price)));
      return true;
    }
    const std::string path = filled(offer.paths.at("bill"), price);
    for (auto times = 1 + random_() % 3; times != 0; --times) {
      const auto acknowledged = exchange(any(), get(path));
      if (acknowledged && acknowledged->status >= 400 && acknowledged->status != 503) {
        ADD_FAILURE() << path << ": " << acknowledged->status << " " << acknowledged->body;
      }
      bills_.add(campaign, offer.bid_id, price, acknowledged && acknowledged->status == 200);
    }
    return true;
  }

 private:
  unsigned any() { return static_cast<unsigned>(random_() % clients_.size()); }

  std::optional<http::testing::Answer> exchange(unsigned instance, const std::string& request) {
    try {
      if (!clients_[instance]) clients_[instance] = std::make_unique<Client>(address_(instance));
      auto answer = clients_[instance]->exchange(request);
      if (!answer) clients_[instance].reset();
      return answer;
    } catch (const std::exception&) {
      clients_[instance].reset();
      std::this_thread::yield();  // nobody listens just now
      return std::nullopt;
    }
  }

  const Address address_;
  std::vector<std::unique_ptr<Client>> clients_;
  Bills& bills_;
  std::mt19937_64 random_;
};

// Exchanges that auction without end.
class Exchanges {
 public:
  Exchanges(const Exchange::Address& address, unsigned instances, Bills& bills, const std::vector<std::string>& asked) {
    for (unsigned i = 0; i < asked.size(); ++i) {
      threads_.emplace_back([this, address, instances, &bills, campaign = asked[i], i] {
        Exchange exchange(address, instances, bills, i);
        while (!stopping_) exchange.auction(campaign);
      });
    }
  }
  ~Exchanges() { stop(); }
  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

// True once it holds; looked at now and then for as long as such things may take on a busy machine.
bool eventually(const std::function<bool()>& holds) {
  for (const auto until = std::chrono::steady_clock::now() + seconds(60); std::chrono::steady_clock::now() < until;) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(50));
  }
  return false;
}

TEST_F(BudgetsTest, FourInstancesThatAreKilledSpendWhatTheRowsSay) {
  place_.write("catalog.json", catalog(R"({"total": 1000000, "pacing": "asap"})", R"({"daily": 1, "pacing": "asap"})"));
  use(4, true);
  start_all();
  Bills bills;
  {
    Exchanges exchanges([this](unsigned i) { return socket(i); }, 4, bills, {"rich", "rich", "rich", "poor"});
    std::mt19937 random(5);
    const auto wanted = static_cast<std::size_t>(bills_wanted());
    std::size_t next_kill = 500;
    ASSERT_TRUE(eventually([&] { return bills.count() > 100; })) << bidders_[0]->process().log();
    while (bills.count() < wanted) {
      const std::size_t before = bills.count();
      ASSERT_TRUE(eventually([&] { return bills.count() >= std::min(next_kill, wanted); }))
          << before << " " << bidders_[0]->process().log();
      next_kill += wanted / 8;
      const auto victim = static_cast<unsigned>(random() % 4);
      kill(victim);
      start(victim);
    }
  }
  end_all();
  for (const std::string campaign : {"rich", "poor"}) {
    const auto [least, most] = bills.bounds(campaign);
    EXPECT_EQ(ledger(campaign), stored(campaign)) << campaign;
    EXPECT_GE(stored(campaign), least) << campaign;
    EXPECT_LE(stored(campaign), most) << campaign;
    fmt::print("{}: {} nanos in the ledger, {} in PostgreSQL; the exchange knows of {} to {}\n", campaign,
               ledger(campaign), stored(campaign), least, most);
  }
  EXPECT_LE(ledger("poor"), kUnit);
  EXPECT_GT(ledger("rich"), 0);
  EXPECT_THAT(command({"reconcile", "--pause", "0"}), HasSubstr("0 differences"));
}

TEST_F(BudgetsTest, ARedisThatLosesItsDataGivesNothingTwice) {
  place_.write("catalog.json",
               catalog(R"({"total": 1000000, "pacing": "asap"})", R"({"total": 0.5, "pacing": "asap"})"));
  use(2, true);
  start_all();
  Bills bills;
  {
    Exchanges exchanges([this](unsigned i) { return socket(i); }, 2, bills, {"poor", "rich"});
    // Most of what there is.
    EXPECT_TRUE(eventually([&] { return bills.bounds("poor").second > kUnit * 3 / 10; }));
    redis_->cli("FLUSHALL");
    EXPECT_TRUE(eventually([&] { return !command({"show"}).empty(); })) << bidders_[0]->process().log();
    const std::size_t before = bills.count();
    EXPECT_TRUE(eventually([&] { return bills.count() > before + 1000; })) << bidders_[0]->process().log();
  }
  end_all();
  command({"reconcile", "--pause", "0"});  // repeats of bills from before the loss
  EXPECT_EQ(ledger("poor"), stored("poor"));
  EXPECT_EQ(ledger("rich"), stored("rich"));
  // What was bid and not billed when it was lost is what may be spent beyond: two instances' leases and open bids.
  EXPECT_LE(stored("poor"), kUnit / 2 + kUnit / 20);
}

TEST_F(BudgetsTest, AChangedBudgetHoldsWithinSeconds) {
  const std::string rich = R"({"total": 1000, "pacing": "asap"})";
  place_.write("catalog.json", catalog(rich, R"({"total": 0.01, "pacing": "asap"})"));
  use(2, true);
  start_all();
  Bills bills;
  Exchanges exchanges([this](unsigned i) { return socket(i); }, 2, bills, {"poor"});
  const auto spent = [&] { return bills.bounds("poor").second; };
  EXPECT_TRUE(eventually([&] { return spent() > 0; }));
  place_.write("catalog.json", catalog(rich, R"({"total": 0.2, "pacing": "asap"})"));
  EXPECT_TRUE(eventually([&] { return spent() > kUnit / 20; }));
  // Down again, below what is spent: no more bids, but for what is leased just now.
  place_.write("catalog.json", catalog(rich, R"({"total": 0.01, "pacing": "asap"})"));
  std::int64_t last = -1;
  EXPECT_TRUE(eventually([&] {
    std::this_thread::sleep_for(seconds(2));
    return std::exchange(last, spent()) == last;
  }));
  EXPECT_LE(spent(), kUnit / 5);
  // By hand, in place of the catalog's.
  EXPECT_THAT(command({"set", "poor", "--total", "0.3"}), HasSubstr("total 0.30"));
  EXPECT_TRUE(eventually([&] { return spent() > last; }));
  EXPECT_THAT(command({"set", "poor", "--clear"}), HasSubstr("catalog"));
  exchanges.stop();
  end_all();
}

TEST_F(BudgetsTest, AloneItKeepsItsLedgerInAFileThatOutlivesItsKill) {
  place_.write("catalog.json", catalog(R"({"total": 1000, "pacing": "asap"})", R"({"total": 0.5, "pacing": "asap"})"));
  use(1, false);
  Bills bills;
  for (int kills = 0; kills < 4; ++kills) {
    start(0);
    Exchanges exchanges([this](unsigned i) { return socket(i); }, 1, bills, {"poor"});
    const std::size_t before = bills.count();
    EXPECT_TRUE(eventually([&] { return bills.count() > before + 20; })) << bidders_[0]->process().log();
    exchanges.stop();
    kill(0);
  }
  start(0);
  end_all();
  const auto [least, most] = bills.bounds("poor");
  EXPECT_GE(ledger("poor"), least);
  EXPECT_LE(ledger("poor"), most);
  EXPECT_LE(ledger("poor"), kUnit / 2);
}

}  // namespace
}  // namespace bidwell::apps::testing
