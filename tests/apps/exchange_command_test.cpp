// bidwell-exchange against real bidders: whole auctions, and books that are equal to the micro; and that it says so
// when they are not. BIDWELL_AUCTIONS=200000 in the environment makes the run a long one.
#include <gmock/gmock.h>
#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/apps/serving.h"
#include "tests/profile/postgres_server.h"
#include "tests/redis/redis_server.h"

namespace bidwell::apps::testing {
namespace {

using bidwell::testing::PostgresServer;
using nlohmann::json;
using redis::testing::RedisServer;
using ::testing::HasSubstr;

std::string auctions_wanted() {
  const char* text = std::getenv("BIDWELL_AUCTIONS");
  return text == nullptr ? "5000" : text;
}

PostgresServer& postgres() {
  static PostgresServer server;
  return server;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ExchangeCommandTest : public ::testing::Test {
 protected:
  // Bidders over a Redis and a database of their own, or one that needs neither.
  void use(unsigned instances, bool shared) {
    place_.write("catalog.json", read_file(BIDWELL_SOURCE_DIR "/config/catalog.json"));
    std::filesystem::create_directory(place_.path("events"));
    json config = json::parse(R"({
      "http": {"listen": ["127.0.0.1:0"], "workers": 1}, "catalog": {"file": "catalog.json"}, "currencies": {"EUR": 0.92, "GBP": 0.79},
      "exchanges": {"demo": {}}, "budgets": {"interval_ms": 200, "lease_s": 3},
      "events": {"directory": "events", "drain_ms": 30000, "sinks": ["ndjson"], "ndjson_file_age_s": 1},
      "notices": {"url": "https://bid.example", "markup_url": "https://bid.example",
                  "keys": ["1:0123456789abcdef0123456789abcdef"]}})");
    if (shared) {
      redis_ = std::make_unique<RedisServer>();
      static int number = 0;
      const std::string database = "exchange" + std::to_string(number++);
      postgres().execute("CREATE DATABASE " + database);
      url_ = postgres().url(database);
      config["redis"]["url"] = redis_->url();
      config["postgres"]["url"] = url_;
      config["events"]["sinks"] = {"postgres"};
      config["budgets"]["ledger"] = "redis";
      config["profiles"]["origin"] = "none";
    }
    place_.write("bidwell.json", config.dump());
    bidders_.resize(instances);
    for (unsigned i = 0; i < instances; ++i) start(i);
  }
  std::string socket(unsigned instance) const { return place_.path(std::to_string(instance) + ".sock"); }
  void start(unsigned instance) {
    bidders_[instance] =
        std::make_unique<Serving>(place_, std::vector<std::string>{"--listen", "unix:" + socket(instance)});
  }
  void end_all() {
    for (auto& bidder : bidders_) bidder->process().signal(SIGTERM);
    for (auto& bidder : bidders_) EXPECT_EQ(bidder->process().wait(), 0) << bidder->process().log();
  }

  std::unique_ptr<Process> exchange(std::vector<std::string> more) const {
    std::vector<std::string> words = {EXCHANGE_EXECUTABLE, "--json", place_.path("result.json")};
    for (unsigned i = 0; i < bidders_.size(); ++i) {
      words.insert(words.end(), {"--target", "unix:" + socket(i) + ":/bid/demo"});
    }
    if (!url_.empty()) words.insert(words.end(), {"--postgres", url_});
    words.insert(words.end(), more.begin(), more.end());
    return std::make_unique<Process>(words);
  }
  json result() const { return json::parse(read_file(place_.path("result.json"))); }

  // Once the bidders have made their tables.
  void execute(const std::vector<std::string>& statements) const {
    pqxx::connection connection(url_);
    const auto made = [&] {
      pqxx::nontransaction query(connection);
      return query.exec1("SELECT to_regclass('bidwell.budget_spend') IS NOT NULL")[0].as<bool>();
    };
    for (int attempt = 0; attempt < 600 && !made(); ++attempt) ::poll(nullptr, 0, 50);
    for (const std::string& statement : statements) pqxx::nontransaction(connection).exec(statement);
  }
  std::int64_t billed_of(const std::string& campaign) const {
    pqxx::connection connection(url_);
    pqxx::nontransaction query(connection);
    return query
        .exec_params1(
            "SELECT coalesce(sum(price_micros), 0)::bigint FROM bidwell.notices WHERE kind = 'bill' AND campaign_id = "
            "$1",
            campaign)[0]
        .as<std::int64_t>();
  }
  std::int64_t ledger_of(const std::string& campaign) const {
    Process show({BIDWELL_EXECUTABLE, "budget", "show", campaign, "--json", "--config", place_.config()});
    show.wait();
    return json::parse(show.out()).at(0).at("total").at("spent_nanos").get<std::int64_t>();
  }

  Workplace place_;
  std::string url_;
  std::unique_ptr<RedisServer> redis_;
  std::vector<std::unique_ptr<Serving>> bidders_;
};

void expect_equal_books(const json& result) {
  EXPECT_EQ(result.at("differing"), 0) << result.at("differences").dump(1);
  EXPECT_EQ(result.at("ours"), result.at("theirs"));
  for (const char* what : {"bids", "wins", "bills", "losses", "impressions"}) {
    EXPECT_GT(result.at("ours").at(what), 0) << what;
  }
}

TEST_F(ExchangeCommandTest, BooksOfThreeInstancesAreEqual) {
  use(3, true);
  const auto run = exchange({"--auctions", auctions_wanted(), "--click-delay", "300", "--clicked-share", "0.1",
                             "--test-share", "0.01", "--tmax", "1000"});
  EXPECT_EQ(run->wait(), 0) << run->log();
  std::printf("%s", run->out().c_str());
  EXPECT_THAT(run->out(), HasSubstr("books equal (PostgreSQL)"));
  const json found = result();
  expect_equal_books(found);
  EXPECT_EQ(std::to_string(found.at("auctions").get<int>()), auctions_wanted());
  EXPECT_EQ(found.at("violations"), json::object()) << found.at("examples").dump(1);
  for (const char* what : {"win", "bill", "loss", "imp"}) EXPECT_GT(found.at("notices_withheld").at(what), 0) << what;
  EXPECT_GT(found.at("notices_repeated"), 0);
  EXPECT_GT(found.at("test_bids"), 0);
  end_all();
  // What campaigns with a budget were billed went through Redis.
  EXPECT_GT(billed_of("video-everywhere"), 0);
  EXPECT_EQ(ledger_of("video-everywhere"), billed_of("video-everywhere"));
}

TEST_F(ExchangeCommandTest, SecondPriceAuctionsOfOneThatIsKilled) {
  use(3, true);
  const auto run =
      exchange({"--auctions", auctions_wanted(), "--rate", "500", "--auction-type", "2", "--win-delay", "200"});
  run->wait_for("auctions: ");  // some seconds on
  bidders_[1]->process().signal(SIGKILL);
  EXPECT_EQ(bidders_[1]->process().wait(), 128 + SIGKILL);
  start(1);
  EXPECT_EQ(run->wait(), 0) << run->log();
  expect_equal_books(result());
  EXPECT_GT(result().at("targets").at(1).at("errors").get<int>() + result().at("unknown_notices").get<int>(), 0);
  end_all();
}

// Controls: the bidder's database is made to lose or change what it is told.
TEST_F(ExchangeCommandTest, APriceThatIsStoredAMicroHigherIsFound) {
  use(1, true);
  execute({"CREATE SEQUENCE public.first",
           "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
           "IF NEW.kind = 'bill' AND nextval('public.first') = 7 THEN NEW.price_micros := NEW.price_micros + 1; "
           "END IF; RETURN NEW; END $$",
           "CREATE TRIGGER spoil BEFORE INSERT ON bidwell.notices FOR EACH ROW EXECUTE FUNCTION spoil()"});
  const auto run = exchange({"--auctions", "500", "--click-delay", "100", "--repeat-share", "0"});
  EXPECT_EQ(run->wait(), 1) << run->log();
  EXPECT_THAT(run->out(), HasSubstr("BOOKS DIFFER"));
  EXPECT_EQ(result().at("differing"), 2) << result().at("differences").dump(1);  // the notice, and the sum
}

TEST_F(ExchangeCommandTest, ABidThatIsNotStoredIsFound) {
  use(1, true);
  execute({"CREATE SEQUENCE public.first",
           "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
           "IF nextval('public.first') = 7 THEN RETURN NULL; END IF; RETURN NEW; END $$",
           "CREATE TRIGGER spoil BEFORE INSERT ON bidwell.bids FOR EACH ROW EXECUTE FUNCTION spoil()"});
  const auto run = exchange({"--auctions", "500", "--click-delay", "100", "--books-wait", "3"});
  EXPECT_EQ(run->wait(), 1) << run->log();
  EXPECT_EQ(result().at("differing"), 2) << result().at("differences").dump(1);
}

// Secure impressions whose notices are to be called by plain HTTP: it is told, and held back.
TEST_F(ExchangeCommandTest, ABidderThatBreaksRulesIsThrottled) {
  use(1, false);
  json config = json::parse(read_file(place_.config()));
  config["notices"]["url"] = "http://bid.example";
  place_.write("bidwell.json", config.dump());
  bidders_[0].reset();
  start(0);
  const auto run = exchange({"--auctions", "2000", "--events", place_.path("events")});
  EXPECT_EQ(run->wait(), 1) << run->log();
  const json found = result();
  EXPECT_EQ(found.at("won"), 0);
  EXPECT_THAT(found.at("violations").begin().key(), HasSubstr("rule 21"));
  const json& target = found.at("targets").at(0);
  EXPECT_GT(target.at("held_back"), 1500);
  EXPECT_LT(target.at("asked"), 500);
  EXPECT_EQ(found.at("differing"), 0);  // losses were told all the same
  EXPECT_GT(found.at("ours").at("losses"), 0);
}

TEST_F(ExchangeCommandTest, EmbeddedBidderWithFiles) {
  use(1, false);
  const auto run = exchange({"--auctions", "2000", "--events", place_.path("events"), "--click-delay", "200",
                             "--clicked-share", "0.1", "--repeat-share", "0.2"});
  EXPECT_EQ(run->wait(), 0) << run->log();
  expect_equal_books(result());
  EXPECT_THAT(run->out(), HasSubstr("books equal (" + place_.path("events") + ")"));
}

TEST_F(ExchangeCommandTest, AnInterruptEndsAuctionsAndNothingElse) {
  use(1, false);
  const auto run = exchange({"--auctions", "1000000000", "--rate", "200", "--events", place_.path("events")});
  run->wait_for("auctions: ");
  run->signal(SIGINT);
  EXPECT_EQ(run->wait(), 0) << run->log();
  expect_equal_books(result());
  EXPECT_LT(result().at("auctions"), 1'000'000);
}

TEST_F(ExchangeCommandTest, TheSecondInterruptQuits) {
  use(1, false);
  const auto run = exchange({"--auctions", "1000000000", "--rate", "200", "--win-delay", "3600000"});
  run->wait_for("auctions: ");
  run->signal(SIGINT);
  run->wait_for("notices: ");
  run->signal(SIGINT);
  EXPECT_EQ(run->wait(), 130) << run->log();
}

TEST_F(ExchangeCommandTest, RequestsOfAFile) {
  use(1, false);
  place_.write("asks.ndjson", std::string(kRequest).replace(kRequest.find('\n'), 1, " ") + "\n{\"none\":1}\n");
  const auto run = exchange({"--auctions", "300", "--requests", place_.path("asks.ndjson"), "--events",
                             place_.path("events"), "--rival-median", "0.5"});
  EXPECT_EQ(run->wait(), 0) << run->log();
  EXPECT_EQ(result().at("ours").at("bids"), 300);
  EXPECT_EQ(result().at("requests_left_out"), 1);
  EXPECT_EQ(result().at("differing"), 0);
}

TEST(ExchangeUsageTest, ExitCodes) {
  const auto code = [](std::vector<std::string> words, const char* says) {
    words.insert(words.begin(), EXCHANGE_EXECUTABLE);
    Process process(words);
    const int exited = process.wait();
    EXPECT_THAT(process.log(), HasSubstr(says));
    return exited;
  };
  EXPECT_EQ(code({"--help"}, "--target"), 0);
  EXPECT_EQ(code({"--version"}, "bidwell-exchange "), 0);
  EXPECT_EQ(code({}, "--target"), 2);
  EXPECT_EQ(code({"--target", "http://127.0.0.1:1/", "--rate", "x"}, "--rate"), 2);
  EXPECT_EQ(code({"--target", "http://127.0.0.1:1/", "--auction-type", "3"}, "--auction-type"), 2);
  EXPECT_EQ(code({"--target", "http://127.0.0.1:1/", "--currency-rate", "EUR"}, "EUR=0.92"), 2);
  EXPECT_EQ(code({"--target", "http://127.0.0.1:1/", "--postgres", "x", "--events", "y"}, "--postgres"), 2);
  EXPECT_EQ(code({"--target", "https://127.0.0.1:1/"}, "https://127.0.0.1:1/"), 1);
  EXPECT_EQ(code({"--target", "unix:/nowhere/at.all:/bid/demo"}, "none of the bidders takes a connection"), 1);
  EXPECT_EQ(code({"--target", "http://127.0.0.1:1/bid/x", "--events", "/nowhere"}, "/nowhere"), 1);
}

}  // namespace
}  // namespace bidwell::apps::testing
