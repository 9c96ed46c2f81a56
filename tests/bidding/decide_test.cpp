// The decision over a whole request: several impressions, seats, and what it counts.
#include "bidwell/bidding/decide.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/bidding/fixture.h"

namespace bidwell::bidding {
namespace {

using testing::campaign;
using testing::creative;
using testing::kNow;
using testing::Market;

Json three_impressions() {
  return Json::parse(R"({"id": "r", "imp": [
      {"id": "1", "banner": {"w": 300, "h": 250}},
      {"id": "2", "banner": {"w": 1, "h": 1}},
      {"id": "3", "banner": {"w": 300, "h": 250}, "bidfloor": 1.5}]})");
}

TEST(Decide, TakesTheDearestForEachImpression) {
  Market market{campaign("1"), campaign("2", R"({"bid": {"price": 2}})"),
                campaign("1.9", R"({"bid": {"price": 1.9}})")};
  market.put(three_impressions());
  const Decision decision = market.decide();
  EXPECT_EQ(decision.no_bid, Reason::none);
  EXPECT_EQ(decision.currency, "USD");
  ASSERT_EQ(decision.choices.size(), 2u);
  EXPECT_EQ(decision.choices[0].imp->id, "1");
  EXPECT_EQ(decision.choices[1].imp->id, "3");
  for (const Choice& choice : decision.choices) {
    EXPECT_EQ(choice.campaign->source->id, "2");
    EXPECT_EQ(choice.creative, &choice.campaign->creatives[0]);
    EXPECT_EQ(choice.deal, nullptr);
    EXPECT_EQ(choice.price, 2'000'000);
    EXPECT_EQ(choice.seat, "s1");
  }
}

TEST(Decide, ComparesValuesAcrossCurrenciesAndModels) {
  Market market({campaign("usd 3", R"({"bid": {"price": 3}})"),
                 campaign("eur 1.6", R"({"currency": "EUR", "bid": {"price": 1.6}})"),
                 campaign("jpy 310", R"({"currency": "JPY", "bid": {"price": 310}})"),
                 campaign("cpc 0.31", R"({"bid": {"model": "cpc", "price": 0.31, "expected_ctr": 0.01}})")});
  market.put(testing::request());
  EXPECT_EQ(market.winner(), "eur 1.6");
  EXPECT_EQ(market.price(), 3'200'000);
}

TEST(Decide, LooksInOpenAndDealListsAlike) {
  Market market({campaign("open"), campaign("deal", R"({"bid": {"price": 2}, "targeting": {"deal": ["d1"]}})"),
                 campaign("cheap deal", R"({"bid": {"price": 0.5}, "targeting": {"deal": ["d1"]}})")});
  market.put(testing::request());
  EXPECT_EQ(market.winner(), "open");
  Json offered = testing::request();
  offered["imp"][0]["pmp"] = Json::parse(R"({"deals": [{"id": "d1"}]})");
  market.put(offered);
  const Decision decision = market.decide();
  ASSERT_EQ(decision.choices.size(), 1u);
  EXPECT_EQ(decision.choices[0].campaign->source->id, "deal");
  ASSERT_NE(decision.choices[0].deal, nullptr);
  EXPECT_EQ(decision.choices[0].deal->id, "d1");
  // Below the impression's floor only the deals are left, whatever they are worth.
  offered["imp"][0]["bidfloor"] = 10;
  market.put(offered);
  EXPECT_EQ(market.winner(), "deal");
}

TEST(Decide, DealsOfOneImpressionDoNotLeakIntoAnother) {
  Market market{campaign("deal", R"({"targeting": {"deal": ["d1"]}})")};
  Json request = three_impressions();
  request["imp"][0]["pmp"] = Json::parse(R"({"deals": [{"id": "d1"}]})");
  market.put(request);
  const Decision decision = market.decide();
  ASSERT_EQ(decision.choices.size(), 1u);
  EXPECT_EQ(decision.choices[0].imp->id, "1");
}

TEST(Decide, PutsBidsOfOneSeatTogether) {
  std::vector<Json> campaigns;
  Json request = Json::parse(R"({"id": "r", "imp": []})");
  const char* const seats[] = {"b", "a", "b", "c", "a", "b"};
  for (int i = 0; i < 6; ++i) {
    const int w = 100 + i;
    campaigns.push_back(campaign("c" + std::to_string(i), Json{{"seat", seats[i]}}.dump()));
    campaigns.back()["creatives"][0]["w"] = w;
    request["imp"].push_back({{"id", std::to_string(i)}, {"banner", {{"w", w}, {"h", 250}}}});
  }
  Market market(campaigns);
  market.put(request);
  std::string order;
  for (const Choice& choice : market.decide().choices) order += std::string(choice.seat) + std::string(choice.imp->id);
  EXPECT_EQ(order, "a1a4b0b2b5c3") << "and within a seat in the impressions' order";
}

TEST(Decide, BidsUnderTheExchangesSeatWhereItHasOne) {
  Market market{campaign("c")};
  market.terms.seat = "ours";
  market.put(testing::request("banner", R"({"wseat": ["ours"], "bseat": ["s1"]})"));
  const Decision decision = market.decide();
  ASSERT_EQ(decision.choices.size(), 1u);
  EXPECT_EQ(decision.choices[0].seat, "ours");
  market.put(testing::request("banner", R"({"wseat": ["s1"]})"));
  EXPECT_EQ(market.winner(), "");
}

TEST(Decide, AnswersInTheExchangesCurrencyWhereItMay) {
  Market market{campaign("c")};
  market.terms.currency = "EUR";
  market.put(testing::request("banner", R"({"cur": ["JPY", "EUR"]})"));
  EXPECT_EQ(market.decide().currency, "EUR");
  EXPECT_EQ(market.price(), 500'000);
  market.put(testing::request("banner", R"({"cur": ["JPY"]})"));
  EXPECT_EQ(market.decide().currency, "JPY");
  market.put(testing::request());
  EXPECT_EQ(market.decide().currency, "USD") << "where the request says nothing it is the dollar";
}

TEST(Decide, UsesAnotherCreativeWhereOneIsKeptOut) {
  Json json = campaign("c");
  json["creatives"] = {creative("banner", R"({"id": "loud", "attr": [1]})"), creative("banner", R"({"id": "calm"})")};
  Market market{json};
  Json request = testing::request();
  request["imp"][0]["banner"]["battr"] = {1};
  market.put(request);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Decision decision = market.decide({kNow.unix_seconds, {}, seed});
    ASSERT_EQ(decision.choices.size(), 1u);
    EXPECT_EQ(decision.choices[0].creative->source->id, "calm");
  }
}

TEST(Decide, SaysWhyThereIsNoBidAndCountsIt) {
  Market market{campaign("c")};
  const auto no_bids = [&](Reason reason) { return market.counters->no_bid[static_cast<std::size_t>(reason)].value(); };
  market.put(testing::request("banner", R"({"cur": ["XTS"]})"));
  EXPECT_EQ(market.decide().no_bid, Reason::currency_not_accepted);
  EXPECT_EQ(no_bids(Reason::currency_not_accepted), 1u);
  market.put(testing::request("video"));
  EXPECT_EQ(market.decide().no_bid, Reason::no_candidate);
  EXPECT_TRUE(market.decide().choices.empty());
  EXPECT_EQ(no_bids(Reason::no_candidate), 2u);
  market.put(testing::request());
  EXPECT_EQ(market.decide().no_bid, Reason::none);
  EXPECT_EQ(no_bids(Reason::none), 0u);
}

TEST(Decide, CountsWhoWasLookedAtAndRefused) {
  Market market{campaign("ios", R"({"targeting": {"os": ["ios"]}})"),
                campaign("seat", R"({"seat": "x", "bid": {"price": 3}})"),
                campaign("wins", R"({"bid": {"price": 2}})"),
                campaign("poor", R"({"bid": {"price": 0.1}})"),
                campaign("pauper", R"({"bid": {"price": 0.2}})"),
                campaign("elsewhere", R"({"targeting": {"bundle": ["x"]}})")};
  Json request = testing::request("banner", R"({"bseat": ["x"], "device": {"os": "Android"}})");
  request["imp"][0]["bidfloor"] = 2.5;
  request["imp"].push_back({{"id", "2"}, {"banner", Json::object()}});
  market.put(request);
  market.decide();
  std::map<std::string, std::uint64_t> refused;
  for (std::size_t i = 0; i < kReasons; ++i) {
    const std::uint64_t count = market.counters->refused[i].value();
    if (count != 0) refused[std::string(name(static_cast<Reason>(i)))] = count;
  }
  EXPECT_EQ(refused, (std::map<std::string, std::uint64_t>{{"seat", 1}, {"below_floor", 4}, {"nothing_offered", 1}}));
}

TEST(Decide, CountsMismatchesThatItSkips) {
  Market market{campaign("ios", R"({"bid": {"price": 3}, "targeting": {"os": ["ios"]}})"),
                campaign("en", R"({"bid": {"price": 2}, "targeting": {"language": ["en"]}})"), campaign("wins")};
  market.put(testing::request("banner", R"({"device": {"os": "Android", "language": "de"}})"));
  EXPECT_EQ(market.winner(), "wins");
  EXPECT_EQ(market.counters->refused[static_cast<std::size_t>(Reason::os)].value(), 1u);
  EXPECT_EQ(market.counters->refused[static_cast<std::size_t>(Reason::language)].value(), 1u);
}

// Its list would be gone through twice.
TEST(Decide, ASegmentThatRequestAndProfileNameCountsOnce) {
  Market market{campaign("ended", R"({"targeting": {"segment": ["7"]}, "flight": {"end": "2026-01-01T00:00:00Z"}})"),
                campaign("other", R"({"targeting": {"segment": ["8"]}})")};
  market.put(testing::request("banner", R"({"user": {"data": [{"segment": [{"id": "7"}]}]}})"));
  market.know({{7, 8}, {}, {}});
  EXPECT_EQ(market.winner(), "other");
  EXPECT_EQ(market.counters->refused[static_cast<std::size_t>(Reason::flight_over)].value(), 1u);
}

TEST(Decide, IsTheSameForTheSameMoment) {
  std::vector<Json> campaigns;
  for (int i = 0; i < 20; ++i) campaigns.push_back(campaign("c" + std::to_string(i)));
  Market market(campaigns);
  market.put(three_impressions());
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(market.winner({kNow.unix_seconds, {}, seed}), market.winner({kNow.unix_seconds, {}, seed}));
  }
}

TEST(Decide, HasNothingToSayToAnEmptyCatalog) {
  Market market{};
  market.put(three_impressions());
  EXPECT_EQ(market.decide().no_bid, Reason::no_candidate);
}

TEST(Decide, LooksAtNoMoreFormatsThanItHasRoomFor) {
  Market market{campaign("c")};
  Json request = testing::request("banner", R"({"imp": [{"id": "1", "banner": {"format": []}}]})");
  for (int i = 1; i <= 200; ++i) request["imp"][0]["banner"]["format"].push_back({{"w", i}, {"h", 1}});
  request["imp"][0]["banner"]["format"][0] = {{"w", 300}, {"h", 250}};
  market.put(request);
  EXPECT_EQ(market.winner(), "c");
}

TEST(Decide, KnowsTheHourBefore1970) {
  Market market{campaign("c", R"({"targeting": {"hour_of_week": [{"days": ["wed"], "from": 23}]}})")};
  market.put(testing::request("banner", R"({"device": {"geo": {"utcoffset": -1}}})"));
  EXPECT_EQ(market.winner({0, {}, 0}), "c") << "the epoch began on a Thursday";
  EXPECT_EQ(market.winner({60, {}, 0}), "");
}

TEST(Decide, TakesNamesOfAnyLength) {
  const std::string longest(300, 'x');
  Market market{campaign("c", Json{{"targeting", {{"segment", {longest}}}}}.dump()),
                campaign("d", Json{{"targeting", {{"bundle", {longest}}}}}.dump())};
  Json request = testing::request();
  request["user"]["data"] = {{{"id", longest}, {"segment", {{{"id", longest}}}}}};
  market.put(request);
  EXPECT_EQ(market.winner(), "c");
  market.put(testing::request("banner", Json{{"app", {{"bundle", longest}, {"domain", longest + ".example"}}}}.dump()));
  EXPECT_EQ(market.winner(), "d");
}

TEST(Decide, TakesRequestsOfAnySizeOneAfterAnother) {
  Market market{campaign("c", R"({"targeting": {"segment": ["s4000"]}})")};
  Json large = testing::request();
  for (int i = 1; i <= 4000; ++i) large["user"]["data"][0]["segment"].push_back({{"id", "s" + std::to_string(i)}});
  large["user"]["data"][0]["id"] = "provider";
  for (int round = 0; round < 3; ++round) {
    market.put(large);
    EXPECT_EQ(market.winner(), "c");
    market.put(testing::request());
    EXPECT_EQ(market.winner(), "");
  }
}

}  // namespace
}  // namespace bidwell::bidding
