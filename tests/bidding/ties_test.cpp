// Campaigns of equal value have equal chances, however many ways lead to them.
#include <gtest/gtest.h>

#include <map>

#include "tests/bidding/fixture.h"

namespace bidwell::bidding {
namespace {

using testing::campaign;
using testing::creative;
using testing::kNow;
using testing::Market;

constexpr int kSeeds = 3000;

std::map<std::string, int> wins(Market& market) {
  std::map<std::string, int> count;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) ++count[market.winner({kNow.unix_seconds, {}, mix(seed, 0)})];
  return count;
}

// A third, give or take far more than chance does.
void expect_thirds(const std::map<std::string, int>& count) {
  EXPECT_EQ(count.size(), 3u);
  for (const auto& [id, times] : count) {
    EXPECT_GT(times, kSeeds * 25 / 100) << id;
    EXPECT_LT(times, kSeeds * 42 / 100) << id;
  }
}

TEST(Ties, AreFair) {
  Market market{campaign("a"), campaign("b"), campaign("c"), campaign("less", R"({"bid": {"price": 0.9}})")};
  market.put(testing::request());
  expect_thirds(wins(market));
}

TEST(Ties, AreFairAcrossCurrencies) {
  Market market{campaign("a"), campaign("b", R"({"currency": "EUR", "bid": {"price": 0.5}})"),
                campaign("c", R"({"currency": "JPY", "bid": {"price": 100}})")};
  market.put(testing::request());
  expect_thirds(wins(market));
}

TEST(Ties, AreFairAcrossLists) {
  Market market{campaign("a"), campaign("b", R"({"targeting": {"country": ["US"]}})"),
                campaign("c", R"({"targeting": {"domain": ["news.example"]}})")};
  market.put(testing::request("banner", R"({"device": {"geo": {"country": "USA"}}})"));
  expect_thirds(wins(market));
}

TEST(Ties, GiveNoAdvantageToWhoIsFoundTwice) {
  Market market{campaign("a"), campaign("b", R"({"targeting": {"segment": ["s1", "s2", "s3", "s4"]}})"),
                campaign("c", R"({"targeting": {"segment": ["s1"]}})")};
  market.put(testing::request("banner", R"({"user": {"data": [{"segment": [
      {"id": "s1"}, {"id": "s2"}, {"id": "s3"}, {"id": "s4"}]}]}})"));
  expect_thirds(wins(market));
}

TEST(Ties, GiveNoAdvantageToWhoHasMoreFormats) {
  Json many = campaign("b");
  many["creatives"].push_back(creative("banner", R"({"id": "x", "w": 320, "h": 50})"));
  many["creatives"].push_back(creative("banner", R"({"id": "y", "w": 728, "h": 90})"));
  many["creatives"].push_back(creative("video", R"({"id": "z"})"));
  Market market{campaign("a"), many, campaign("c")};
  Json request = testing::request("video");
  request["imp"][0]["banner"] =
      Json::parse(R"({"format": [{"w": 300, "h": 250}, {"w": 320, "h": 50}, {"w": 728, "h": 90}]})");
  market.put(request);
  expect_thirds(wins(market));
}

TEST(Ties, ImpressionsOfOneRequestDrawForThemselves) {
  Market market{campaign("a"), campaign("b")};
  Json request = testing::request();
  request["imp"].push_back(request["imp"][0]);
  request["imp"][1]["id"] = "2";
  market.put(request);
  int differ = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Decision decision = market.decide({kNow.unix_seconds, {}, mix(seed, 0)});
    ASSERT_EQ(decision.choices.size(), 2u);
    differ += decision.choices[0].campaign != decision.choices[1].campaign;
  }
  EXPECT_GT(differ, kSeeds * 4 / 10);
  EXPECT_LT(differ, kSeeds * 6 / 10);
}

TEST(Ties, ACampaignsCreativesTakeTurns) {
  Json json = campaign("c");
  json["creatives"] = {creative("banner", R"({"id": "a"})"), creative("banner", R"({"id": "b"})"),
                       creative("banner", R"({"id": "c"})")};
  Market market{json};
  market.put(testing::request());
  std::map<std::string, int> count;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ++count[market.decide({kNow.unix_seconds, {}, mix(seed, 0)}).choices[0].creative->source->id];
  }
  expect_thirds(count);
}

TEST(Ties, CampaignsAndTheirFormatsTakeTurns) {
  std::vector<Json> campaigns;
  for (const char* id : {"a", "b"}) {
    campaigns.push_back(campaign(id));
    campaigns.back()["creatives"] = {creative("banner", R"({"id": "1"})"),
                                     creative("banner", R"({"id": "2", "w": 320, "h": 50})"),
                                     creative("banner", R"({"id": "3", "w": 728, "h": 90})")};
  }
  campaigns[1]["creatives"].erase(0);  // so that it is found when the other has been found twice
  Market market(campaigns);
  Json request = testing::request();
  request["imp"][0]["banner"] =
      Json::parse(R"({"format": [{"w": 300, "h": 250}, {"w": 320, "h": 50}, {"w": 728, "h": 90}]})");
  market.put(request);
  std::map<std::string, int> count;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Choice choice = market.decide({kNow.unix_seconds, {}, mix(seed, 0)}).choices[0];
    ++count[choice.campaign->source->id + choice.creative->source->id];
  }
  EXPECT_EQ(count.size(), 5u);
  for (const auto& [id, times] : count) {
    const int share = id[0] == 'a' ? kSeeds / 6 : kSeeds / 4;
    EXPECT_GT(times, share * 8 / 10) << id;
    EXPECT_LT(times, share * 12 / 10) << id;
  }
}

TEST(Ties, ACampaignsFormatsTakeTurns) {
  Json json = campaign("c");
  json["creatives"] = {creative("banner", R"({"id": "a"})"), creative("banner", R"({"id": "b", "w": 320, "h": 50})"),
                       creative("banner", R"({"id": "c", "w": 728, "h": 90})")};
  Market market{json};
  Json request = testing::request();
  request["imp"][0]["banner"] =
      Json::parse(R"({"format": [{"w": 300, "h": 250}, {"w": 320, "h": 50}, {"w": 728, "h": 90}]})");
  market.put(request);
  std::map<std::string, int> count;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ++count[market.decide({kNow.unix_seconds, {}, mix(seed, 0)}).choices[0].creative->source->id];
  }
  expect_thirds(count);
}

}  // namespace
}  // namespace bidwell::bidding
