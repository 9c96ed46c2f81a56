// The bidder against requests that real exchanges and other people's tests sent: every one gets a
// correct answer, by a validator that shares no code with the bidder.
//
// The requests are not part of the project (BIDWELL_CORPUS, or ../shared/corpus beside the
// checkout); without them these tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <tuple>

#include "bidwell/openrtb/validate.h"
#include "bidwell/ops/config.h"
#include "tests/exchange/bid_records.h"
#include "tests/exchange/bidder.h"
#include "tests/http/client.h"
#include "tests/http/requests.h"

namespace bidwell::exchange::testing {
namespace {

namespace fs = std::filesystem;
using http::testing::Answer;
using http::testing::Client;
using http::testing::post;
using Json = nlohmann::json;

fs::path corpus() {
  const char* named = std::getenv("BIDWELL_CORPUS");
  return named != nullptr ? fs::path(named) : fs::path(BIDWELL_SOURCE_DIR).parent_path() / "shared/corpus";
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::istringstream text(read_file(path.string()));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

class CorpusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(corpus() / "requests.ndjson")) {
      GTEST_SKIP() << "no requests in " << corpus() << " (BIDWELL_CORPUS names another place)";
    }
    const std::string path = source_file("config/bidwell.json");
    ops::LoadedConfig loaded = ops::load_config_file(path, {});
    ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.front().what;
    config_ = std::move(loaded.config);
    for (const auto& options : config_.exchanges) {
      exchanges_.emplace_back(options, config_.currencies);
    }
    ExchangeOptions agency;
    agency.name = "agency", agency.seat = "Agency1", agency.currency = "EUR";
    agency.answer_nbr = true;
    exchanges_.emplace_back(agency, config_.currencies);
    // The rates as the file states them: what the bidder made of them is not to be trusted here.
    const Json document = Json::parse(read_file(path), nullptr, true, true);
    for (const auto& [code, rate] : document.at("currencies").items()) {
      rules_.rates.emplace_back(code, rate.get<double>());
    }
    start(read_file(config_.catalog.file));
  }

  void start(const std::string& catalog, bool notices = false) {
    client_.reset();
    BidHandler::Options options;
    options.clock = still_clock();  // the corpus has a tmax of 1
    options.wallet = &wallet_;
    if (notices) records_.emplace().sign_and_record(options);
    // Budgets never run dry here.
    const auto open_account = [this](const catalog::Campaign& campaign) {
      if (!campaign.budget) return budget::kNoAccount;
      wallet_.make_room(accounts_);
      wallet_.purse(accounts_).fill(Nanos{1} << 60, budget::Steady::max());
      return accounts_++;
    };
    bidder_ = std::make_unique<BidServer>(
        exchanges_, compile(catalog, config_.currencies, {.account = open_account, .notices = notices}), options);
    client_ = std::make_unique<Client>(bidder_->address());
  }

  Answer bid(const std::string& body, const std::string& exchange = "demo") {
    const auto answer = client_->exchange(post("/bid/" + exchange, body));
    if (!answer) throw std::runtime_error("the bidder closed the connection");
    return *answer;
  }

  // That the connection still serves.
  bool serves() {
    static const std::string sample = read_file(source_file("config/sample-request.json"));
    return bid(sample).status == 200;
  }

  ops::Config config_;
  std::deque<Exchange> exchanges_;
  openrtb::ValidatorOptions rules_;
  std::optional<BidRecords> records_;
  budget::Wallet wallet_;
  budget::AccountNumber accounts_ = 0;
  std::unique_ptr<BidServer> bidder_;
  std::unique_ptr<Client> client_;
};

std::vector<Json> bids_of(const Answer& answer) {
  std::vector<Json> bids;
  if (answer.status != 200) return bids;
  const Json document = Json::parse(answer.body);
  for (const Json& seat : document.at("seatbid")) {
    for (const Json& bid : seat.at("bid")) bids.push_back(bid);
  }
  return bids;
}

// Requests that cannot be answered, by line.
const std::map<std::size_t, std::string> kRefused = {};

// The sample catalog as an agency has it to whom a fifth of the requests are addressed: for its
// advertiser's domain alone, in no category.
std::string agencys(const std::string& catalog) {
  Json document = Json::parse(catalog, nullptr, true, true);
  for (Json& campaign : document.at("campaigns")) {
    for (Json& creative : campaign.at("creatives")) {
      creative["adomain"] = Json::array({"ss.com"});
      creative.erase("cat");
    }
  }
  return document.dump();
}

struct Bidding {
  const char* name;
  const char* exchange;
  bool notices;
};

class CorpusRequestsTest : public CorpusTest, public ::testing::WithParamInterface<Bidding> {
 protected:
  // That each of a bid's URLs names it, to those whom it is for; and a test's no exchange.
  void check_notices(const Json& bid, bool test) {
    const std::string url = kNoticeUrl, markup_url = kMarkupUrl;
    const std::tuple<const char*, std::string, Audience> places[] = {
        {"nurl", url + "/win/", Audience::exchange},
        {"burl", url + "/bill/", Audience::exchange},
        {"lurl", url + "/loss/", Audience::exchange},
        {"adm", markup_url + "/imp/", Audience::browser},
        {"adm", markup_url + "/click/", Audience::browser}};
    for (const auto& [key, begin, audience] : places) {
      const std::vector<std::string> tokens = tokens_after(bid.at(key).get<std::string>(), begin);
      ASSERT_EQ(tokens.size(), 1u) << begin << " in " << bid;
      const SeenToken seen(records_->keys, tokens[0], audience);
      ASSERT_EQ(seen.error, TokenError::none) << bid;
      EXPECT_EQ(seen.token.exchange, test ? "" : GetParam().exchange);
      EXPECT_EQ(seen.token.campaign_id, bid.at("cid"));
      EXPECT_EQ(seen.token.creative_id, bid.at("crid"));
      EXPECT_EQ(seen.token.imp_id, bid.at("impid"));
    }
  }
};

TEST_P(CorpusRequestsTest, EachGetsACorrectAnswer) {
  const std::string catalog = read_file(config_.catalog.file);
  const bool agency = GetParam().exchange == std::string("agency");
  start(agency ? agencys(catalog) : catalog, GetParam().notices);
  const auto requests = lines_of(corpus() / "requests.ndjson");
  std::map<std::string, std::size_t> by_media;
  std::size_t answered = 0, refused = 0, bids = 0, tests = 0;
  for (std::size_t line = 1; line <= requests.size(); ++line) {
    const std::string& request = requests[line - 1];
    const Answer answer = bid(request, GetParam().exchange);
    if (kRefused.contains(line)) {
      EXPECT_EQ(answer.status, 400u) << "line " << line << ", since " << kRefused.at(line);
      EXPECT_TRUE(serves()) << "after line " << line;
      ++refused;
      continue;
    }
    EXPECT_TRUE(answer.status == 200 || answer.status == 204)
        << "line " << line << ": " << answer.status << " " << answer.body << request;
    const openrtb::Answer seen{answer.status, answer.body};
    for (const auto& violation : openrtb::validate(request, seen, rules_)) {
      ADD_FAILURE() << "line " << line << ", rule " << violation.rule << " at " << violation.where << ": "
                    << violation.what << "\nrequest " << request << "\nanswer " << answer.body;
    }
    const std::size_t before = bids;
    for (const auto& one : bids_of(answer)) {
      static constexpr const char* kMedia[] = {"?", "banner", "video", "audio", "native"};
      ++by_media[kMedia[one.at("mtype").get<int>()]];
      ++bids;
      if (!GetParam().notices) continue;
      const bool test = Json::parse(request).value("test", Json(0)) == 1;
      tests += test;
      check_notices(one, test);
    }
    answered += bids != before;
  }
  EXPECT_EQ(bidder_->counters().answered.value(), answered + refused);  // each refused: serves()

  if (GetParam().notices) {
    EXPECT_EQ(records_->events().size(), bids - tests);
    EXPECT_EQ(bidder_->counters().bids_on_tests.value(), tests);
    EXPECT_EQ(bidder_->counters().bids_too_long.value(), 0u);
  }

  std::printf("%s: %zu requests, %zu with bids (%.1f %%), %zu refused; %zu bids:", GetParam().name, requests.size(),
              answered, 100.0 * static_cast<double>(answered) / static_cast<double>(requests.size()), refused, bids);
  for (const auto& [media, count] : by_media) std::printf(" %s %zu", media.c_str(), count);
  std::printf("\n");
  for (const char* media : {"banner", "video", "audio", "native"}) EXPECT_GT(by_media[media], 0u);
}

INSTANTIATE_TEST_SUITE_P(As, CorpusRequestsTest,
                         ::testing::Values(Bidding{"demo", "demo", false}, Bidding{"demo_with_notices", "demo", true},
                                           Bidding{"agency", "agency", false},
                                           Bidding{"agency_with_notices", "agency", true}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(CorpusTest, BodiesThatAreNotJsonAreRefused) {
  const std::map<std::string, std::string> accepted = {};
  for (const auto& entry : fs::directory_iterator(corpus() / "malformed")) {
    const std::string name = entry.path().filename().string();
    const Answer answer = bid(read_file(entry.path().string()));
    EXPECT_EQ(answer.status == 400, !accepted.contains(name)) << name << ": " << answer.status;
    EXPECT_TRUE(serves()) << "after " << name;
  }
}

TEST_F(CorpusTest, DocumentsThatAreNoBidRequestAreRefused) {
  const std::map<std::size_t, std::string> accepted = {{6, "its id is a number, which stands for itself"}};
  const auto documents = lines_of(corpus() / "not_a_bid_request.ndjson");
  for (std::size_t line = 1; line <= documents.size(); ++line) {
    const Answer answer = bid(documents[line - 1]);
    EXPECT_EQ(answer.status == 400, !accepted.contains(line))
        << "line " << line << ": " << answer.status << " to " << documents[line - 1];
    EXPECT_TRUE(serves()) << "after line " << line;
  }
}

}  // namespace
}  // namespace bidwell::exchange::testing
