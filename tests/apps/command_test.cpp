// The executable's command line: help, exit codes, check and explain.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "tests/apps/process.h"
#include "tests/apps/workplace.h"

namespace bidwell::apps::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

class CommandTest : public ::testing::Test {
 protected:
  Ended bidwell(std::vector<std::string> words, const Variables& variables = {}, std::string_view input = {}) {
    words.insert(words.begin(), BIDWELL_EXECUTABLE);
    return run(std::move(words), variables, input);
  }
  Ended check(const Variables& variables = {}) { return bidwell({"check", "--config", place_.config()}, variables); }
  Ended explain(std::vector<std::string> more, const Variables& variables = {}, std::string_view input = kRequest) {
    std::vector<std::string> words = {"explain", "--config", place_.config()};
    words.insert(words.end(), more.begin(), more.end());
    return bidwell(std::move(words), variables, input);
  }

  Workplace place_;
};

TEST_F(CommandTest, HelpIsNoMistake) {
  const Ended help = bidwell({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* word : {"serve", "check", "explain", "BIDWELL_<SECTION>_<KEY>"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  const std::pair<const char*, std::vector<const char*>> commands[] = {
      {"serve", {"--config", "--listen", "--workers", "unix:PATH"}},
      {"check", {"--config"}},
      {"explain", {"--config", "--request", "--exchange", "--campaign", "--json"}},
  };
  for (const auto& [command, options] : commands) {
    const Ended one = bidwell({command, "--help"});
    EXPECT_EQ(one.code, 0) << command;
    for (const char* option : options) EXPECT_THAT(one.out, HasSubstr(option)) << command;
  }
}

TEST_F(CommandTest, NamesItsVersion) {
  const Ended version = bidwell({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, ContainsRegex("^bidwell [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(CommandTest, AWrongCallExitsWith2) {
  const std::vector<std::string> calls[] = {
      {},
      {"serv"},
      {"check"},
      {"serve"},
      {"explain"},
      {"check", "--config"},
      {"check", "--config", place_.config(), "--json"},
      {"serve", "--config", place_.config(), "--workers", "many"},
      {"serve", "--config", place_.config(), "--workers", "-1"},
  };
  for (const auto& call : calls) {
    const Ended ended = bidwell(call);
    EXPECT_EQ(ended.code, 2) << ::testing::PrintToString(call);
    EXPECT_NE(ended.err, "") << ::testing::PrintToString(call);
    EXPECT_EQ(ended.out, "") << ::testing::PrintToString(call);
  }
}

TEST_F(CommandTest, CheckFindsAGoodOneGood) {
  const Ended ended = check();
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_EQ(ended.out, place_.config() +
                           ": good: 2 exchanges, 1 campaigns with 1 creatives in 1 postings of "
                           "the index\n");
}

// Each of the two limits stands for itself: by hand where it was named, else as the catalog has it.
TEST_F(CommandTest, ABudgetIsSetByHandLimitByLimit) {
  Json config = Json::parse(kConfig), catalog = Json::parse(catalog_of("first"));
  config["events"] = {{"directory", "events"}, {"sinks", {"ndjson"}}};
  config["notices"] = {{"url", "http://bid.example"}, {"markup_url", "https://bid.example"}};
  config["budgets"] = {{"ledger", "file"}};
  catalog["campaigns"][0]["budget"] = {{"total", 1000}, {"daily", 100}};
  place_.write("bidwell.json", config.dump());
  place_.write("catalog.json", catalog.dump());
  const auto set = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"budget", "set", "--config", place_.config(), "first"});
    const Ended ended = bidwell(more);
    EXPECT_EQ(ended.code, 0) << ended.err;
  };
  const auto shows = [&](std::optional<int> total, std::optional<int> daily) {
    const Json row = Json::parse(bidwell({"budget", "show", "--config", place_.config(), "--json"}).out)[0];
    const auto nanos = [](std::optional<int> units) { return units ? Json(*units * 1'000'000'000LL) : Json(); };
    return row["total"]["budget_nanos"] == nanos(total) && row["today"]["budget_nanos"] == nanos(daily);
  };
  set({"--daily", "50"});
  EXPECT_TRUE(shows(1000, 50));
  catalog["campaigns"][0]["budget"]["total"] = 2000;
  place_.write("catalog.json", catalog.dump());
  EXPECT_TRUE(shows(2000, 50)) << "what was not named is the catalog's";
  set({"--total", "300"});
  EXPECT_TRUE(shows(300, 50)) << "what was not named stays";
  set({"--daily", "none"});
  EXPECT_TRUE(shows(300, std::nullopt));
  EXPECT_THAT(bidwell({"budget", "show", "--config", place_.config()}).out, ContainsRegex("first +today +- "));
  EXPECT_EQ(bidwell({"budget", "set", "--config", place_.config(), "first", "--total", "none"}).code, 1)
      << "nothing would limit it";
  set({"--clear"});
  EXPECT_TRUE(shows(2000, 100));
}

TEST_F(CommandTest, CheckFindsTheProjectsOwnGood) {
  const std::string config = std::string(BIDWELL_SOURCE_DIR) + "/config/bidwell.json";
  const Ended ended = bidwell({"check", "--config", config});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(": good: 1 exchange, "));
}

TEST_F(CommandTest, CheckListsEachFaultOfTheConfiguration) {
  place_.write("bidwell.json", R"({"http": {"workers": -1, "port": 1}, "exchanges": {"demo": {}}})");
  const Ended ended = check();
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, AllOf(HasSubstr(place_.config() + ": /http/workers: must be"),
                               HasSubstr(place_.config() + ": /http/port: is not a known key"),
                               HasSubstr(place_.config() + ": /catalog: is required")));
}

TEST_F(CommandTest, CheckListsEachFaultOfTheCatalog) {
  place_.write("catalog.json", R"({"campaigns": [
      {"id": "a", "advertiser": "a", "seat": "s", "bid": {"model": "cpm", "price": -1},
       "creatives": []},
      {"id": "a", "seat": "s", "bid": {"model": "cpm", "price": 1}, "colour": "red",
       "creatives": [{"id": "c", "media": "banner", "w": 1, "h": 1, "markup": "{{nothing}}",
                      "adomain": ["http://a.example"]}]}]})");
  const Ended ended = check();
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  const std::string file = place_.path("catalog.json") + ": /campaigns/";
  for (const char* place : {"0/bid/price: ", "0/creatives: ", "1/id: ", "1/advertiser: ", "1/colour: ",
                            "1/creatives/0/markup: {{nothing}} is not a macro", "1/creatives/0/adomain/0: "}) {
    EXPECT_THAT(ended.err, HasSubstr(file + place));
  }
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 7) << ended.err;
}

TEST_F(CommandTest, CheckSaysWhichFileIsMissing) {
  const Ended config = bidwell({"check", "--config", "/nowhere/b.json"});
  EXPECT_EQ(config.code, 1);
  EXPECT_THAT(config.err, HasSubstr("cannot read /nowhere/b.json: No such file"));
  const Ended catalog = check({{"BIDWELL_CATALOG_FILE", "gone.json"}});
  EXPECT_EQ(catalog.code, 1);
  EXPECT_THAT(catalog.err, HasSubstr("cannot read " + place_.path("gone.json") + ": No such file"));
}

TEST_F(CommandTest, TheEnvironmentOverridesTheFile) {
  const Ended ended = check({{"BIDWELL_HTTP_WORKERS", "lots"}});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("/http/workers: must be an integer"));
  place_.write("other.json", "{\"campaigns\": []}");
  EXPECT_THAT(check({{"BIDWELL_CATALOG_FILE", "other.json"}}).out, HasSubstr(" 0 campaigns "));
}

// Two campaigns bid, one is refused by its targeting and one by the floor.
std::string four_campaigns() {
  Json catalog = Json::parse(catalog_of("dear"));
  const Json campaign = catalog["campaigns"][0];
  const auto add = [&](const char* id, double price) -> Json& {
    Json& added = catalog["campaigns"].emplace_back(campaign);
    added["id"] = id;
    added["bid"]["price"] = price;
    return added;
  };
  add("apps-only", 9)["targeting"] = Json{{"inventory", Json::array({"app"})}};
  add("cheap", 0.25);
  add("fair", 1.5);
  return catalog.dump();
}

TEST_F(CommandTest, ExplainShowsATable) {
  place_.write("catalog.json", four_campaigns());
  const Ended ended = explain({});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out, StartsWith("privacy: "));
  EXPECT_THAT(ended.out, HasSubstr("\nimpression 1\n"));
  EXPECT_THAT(ended.out, ContainsRegex("rank +campaign +reason +CPM USD"));
  EXPECT_THAT(ended.out, ContainsRegex("  1  dear +bids +2  creative c\n"));
  EXPECT_THAT(ended.out, ContainsRegex("  2  fair +outbid +1\\.5  creative c\n"));
  EXPECT_THAT(ended.out, ContainsRegex("\n +apps-only +inventory +[^\n]"));
  EXPECT_THAT(ended.out, ContainsRegex("\n +cheap +below_floor +[^\n]"));
}

TEST_F(CommandTest, ExplainSpeaksJson) {
  place_.write("catalog.json", four_campaigns());
  const Ended ended = explain({"--json", "--exchange", "euro"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Json said = Json::parse(ended.out);
  EXPECT_EQ(said.at("reason"), "none");
  EXPECT_EQ(said.at("currency"), "EUR");
  ASSERT_EQ(said.at("imps").size(), 1u);
  EXPECT_EQ(said.at("imps")[0].at("id"), "1");
  std::map<std::string, Json> campaigns;
  for (const Json& one : said.at("imps")[0].at("campaigns")) campaigns[one.at("id")] = one;
  ASSERT_EQ(campaigns.size(), 4u);
  const Json& dear = campaigns.at("dear");
  EXPECT_EQ(dear.at("rank"), 1);
  EXPECT_EQ(dear.at("price"), 1);  // half a euro for a dollar
  EXPECT_EQ(dear.at("creative"), "c");
  EXPECT_EQ(dear.at("reason"), "none");
  EXPECT_EQ(campaigns.at("fair").at("rank"), 2);
  EXPECT_EQ(campaigns.at("fair").at("reason"), "outbid");
  EXPECT_EQ(campaigns.at("apps-only").at("reason"), "inventory");
  EXPECT_NE(campaigns.at("apps-only").at("meaning"), "");
  EXPECT_FALSE(campaigns.at("apps-only").contains("rank"));
  EXPECT_EQ(campaigns.at("cheap").at("reason"), "below_floor");
}

TEST_F(CommandTest, ExplainOneCampaign) {
  place_.write("catalog.json", four_campaigns());
  const Ended table = explain({"--campaign", "fair"});
  EXPECT_EQ(table.code, 0);
  EXPECT_THAT(table.out, AllOf(HasSubstr("fair"), Not(HasSubstr("dear"))));
  const Json said = Json::parse(explain({"--campaign", "fair", "--json"}).out);
  ASSERT_EQ(said.at("imps")[0].at("campaigns").size(), 1u);
  EXPECT_EQ(said.at("imps")[0].at("campaigns")[0].at("rank"), 2);
}

TEST_F(CommandTest, ExplainReadsAFileAsItReadsStandardInput) {
  const Ended piped = explain({"--json"});
  EXPECT_EQ(explain({"--json", "--request", "-"}).out, piped.out);
  EXPECT_EQ(explain({"--json", "--request", place_.path("request.json")}, {}, "").out, piped.out);
}

TEST_F(CommandTest, ExplainSaysWhyThereIsNoBidAtAll) {
  Json request = Json::parse(kRequest);
  request["cur"] = Json::array({"XAU"});
  const Ended ended = explain({"--json"}, {}, request.dump());
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(Json::parse(ended.out).at("reason"), "currency_not_accepted");
  EXPECT_THAT(explain({}, {}, request.dump()).out, HasSubstr("\nno bid: "));

  request = Json::parse(kRequest);
  request["imp"][0].erase("id");
  EXPECT_EQ(Json::parse(explain({"--json"}, {}, request.dump()).out).at("imps")[0].at("reason"), "imp_id_missing");
}

TEST_F(CommandTest, ExplainRefusesWhatItDoesNotKnow) {
  const struct {
    std::vector<std::string> words;
    std::string_view input;
    const char* complaint;
  } cases[] = {
      {{"--exchange", "nobody"}, kRequest, "no exchange \"nobody\""},
      {{"--campaign", "nobody"}, kRequest, "no campaign \"nobody\""},
      {{"--request", "/nowhere/r.json"}, "", "cannot read the request /nowhere/r.json: No such"},
      {{}, "{\"id\":", "standard input: the body is not one valid JSON document"},
      {{}, "{\"id\":\"1\"}", "standard input: imp is missing"},
      {{}, "", "standard input: "},
  };
  for (const auto& [words, input, complaint] : cases) {
    const Ended ended = explain(words, {}, input);
    EXPECT_EQ(ended.code, 1) << complaint;
    EXPECT_EQ(ended.out, "") << complaint;
    EXPECT_THAT(ended.err, AllOf(HasSubstr(complaint), EndsWith("\n")));
  }
}

}  // namespace
}  // namespace bidwell::apps::testing
