// The explanation says what serving does, and why for everybody else.
#include "bidwell/bidding/explain.h"

#include <gtest/gtest.h>

#include "tests/bidding/fixture.h"

namespace bidwell::bidding {
namespace {

using testing::campaign;
using testing::creative;
using testing::kNow;
using testing::Market;

std::string id(const Verdict& verdict) {
  return verdict.campaign->source->id;
}

TEST(Explain, RanksWhoBidsAndGivesTheOthersReasons) {
  Market market{campaign("paused", R"({"status": "paused", "bid": {"price": 9}})"), campaign("1"),
                campaign("3", R"({"bid": {"price": 3}})"), campaign("wrong", R"({"targeting": {"os": ["ios"]}})"),
                campaign("2", R"({"bid": {"price": 2}})")};
  market.put(testing::request("banner", R"({"device": {"os": "Android"}})"));
  const Explanation explanation = market.explain();
  EXPECT_EQ(explanation.reason, Reason::none);
  EXPECT_EQ(explanation.currency, "USD");
  ASSERT_EQ(explanation.imps.size(), 1u);
  EXPECT_EQ(explanation.imps[0].imp->id, "1");
  EXPECT_EQ(explanation.imps[0].reason, Reason::none);
  const auto& verdicts = explanation.imps[0].verdicts;
  ASSERT_EQ(verdicts.size(), 5u);
  const std::tuple<const char*, Reason, int, Micros> expected[] = {{"3", Reason::none, 1, 3'000'000},
                                                                   {"2", Reason::outbid, 2, 2'000'000},
                                                                   {"1", Reason::outbid, 3, 1'000'000},
                                                                   {"paused", Reason::paused, 0, 0},
                                                                   {"wrong", Reason::os, 0, 0}};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(std::make_tuple(id(verdicts[i]), verdicts[i].reason, verdicts[i].rank, verdicts[i].price),
              (std::tuple<std::string, Reason, int, Micros>(expected[i])))
        << i;
    EXPECT_EQ(verdicts[i].creative != nullptr, verdicts[i].rank != 0);
  }
}

TEST(Explain, NamesTheWinnerOfTheSameMoment) {
  Market market{campaign("a"), campaign("b"), campaign("c"), campaign("d", R"({"targeting": {"domain": ["*"]}})")};
  market.put(testing::request());
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Moment moment{kNow.unix_seconds, {}, seed};
    const Explanation explanation = market.explain(moment);
    EXPECT_EQ(id(explanation.imps[0].verdicts[0]), market.winner(moment)) << seed;
    EXPECT_EQ(explanation.imps[0].verdicts[0].rank, 1);
    EXPECT_EQ(explanation.imps[0].verdicts[0].reason, Reason::none);
  }
}

TEST(Explain, ShowsTheCreativeAndDealThatServingSends) {
  Json json = campaign("c", R"({"targeting": {"deal": ["d1", "d2"]}})");
  json["creatives"].push_back(creative("banner", R"({"id": "other"})"));
  Market market{json};
  Json request = testing::request();
  request["imp"][0]["pmp"] = Json::parse(R"({"deals": [{"id": "d1", "bidfloor": 5}, {"id": "d2", "at": 3,
                                                        "bidfloor": 0.4}]})");
  market.put(request);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Moment moment{kNow.unix_seconds, {}, seed};
    const Explanation explanation = market.explain(moment);
    const Decision decision = market.decide(moment);
    ASSERT_EQ(decision.choices.size(), 1u);
    const Verdict& verdict = explanation.imps[0].verdicts[0];
    EXPECT_EQ(verdict.creative, decision.choices[0].creative);
    EXPECT_EQ(verdict.deal, decision.choices[0].deal);
    EXPECT_EQ(verdict.price, 400'000);
  }
}

TEST(Explain, SaysWhatIsWrongWithAnImpressionForEverybody) {
  Market market{campaign("a"), campaign("b")};
  Json request = testing::request();
  request["imp"].push_back({{"id", "2"}});
  market.put(request);
  const Explanation explanation = market.explain();
  ASSERT_EQ(explanation.imps.size(), 2u);
  EXPECT_EQ(explanation.imps[1].reason, Reason::nothing_offered);
  EXPECT_TRUE(explanation.imps[1].verdicts.empty());
}

TEST(Explain, SaysWhatIsWrongWithTheWholeRequest) {
  Market market{campaign("a")};
  market.put(testing::request("banner", R"({"cur": ["XTS"]})"));
  const Explanation explanation = market.explain();
  EXPECT_EQ(explanation.reason, Reason::currency_not_accepted);
  EXPECT_TRUE(explanation.imps.empty());
}

TEST(Explain, DoesNotBlameTheSizeWhereAnotherOneFailsForItself) {
  Json json = campaign("c");
  json["creatives"] = {creative("banner", R"({"id": "x", "w": 320, "h": 50})"),
                       creative("banner", R"({"id": "y", "attr": [1]})")};
  Market market{json};
  Json request = testing::request();
  request["imp"][0]["banner"]["battr"] = {1};
  market.put(request);
  EXPECT_EQ(market.reason(), Reason::attribute_blocked);
}

}  // namespace
}  // namespace bidwell::bidding
