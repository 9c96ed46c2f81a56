// Caps and budgets over the bids of one answer, what is offered, and what first-price auctions are bid.
#include <gtest/gtest.h>

#include <set>

#include "bidwell/core/hash.h"
#include "tests/bidding/fixture.h"

namespace bidwell::bidding {
namespace {

using testing::campaign;
using testing::creative;
using testing::kNow;
using testing::Market;
using testing::request;

// So many banners on one page.
Json page(int imps, std::string_view patch = "{}") {
  Json json = request("banner", patch);
  const Json imp = json["imp"][0];
  for (int i = 1; i < imps; ++i) {
    json["imp"].push_back(imp);
    json["imp"].back()["id"] = std::to_string(i + 1);
  }
  return json;
}

std::multiset<std::string> winners(const Decision& decision) {
  std::multiset<std::string> ids;
  for (const Choice& choice : decision.choices) ids.insert(choice.campaign->source->id);
  return ids;
}
using Ids = std::multiset<std::string>;

std::uint64_t refused(const Market& market, Reason reason) {
  return market.counters->refused[static_cast<std::size_t>(reason)].value();
}

TEST(Limits, BidsOfOneAnswerCountTowardsCaps) {
  Market market{campaign("dear", R"({"bid": {"price": 2}, "frequency": {"caps": [{"times": 2, "per": "1d"}]}})"),
                campaign("cheap")};
  market.put(page(4));
  market.show({});
  EXPECT_EQ(winners(market.decide()), (Ids{"cheap", "cheap", "dear", "dear"}));
  EXPECT_EQ(refused(market, Reason::capped), 2u);
  const Explanation explanation = market.explain();
  EXPECT_EQ(explanation.imps[1].verdicts[0].campaign->source->id, "dear");
  EXPECT_EQ(explanation.imps[2].verdicts[0].campaign->source->id, "cheap");
  const Verdict& full = explanation.imps[2].verdicts[1];
  EXPECT_EQ(full.reason, Reason::capped);
  ASSERT_NE(full.cap, nullptr);
  EXPECT_EQ(full.cap->times, 2u);
  EXPECT_EQ(full.seen, 2u);
  // The next answer begins anew.
  EXPECT_EQ(winners(market.decide()), (Ids{"cheap", "cheap", "dear", "dear"}));
}

TEST(Limits, AnAdvertisersCapHoldsOverItsCampaigns) {
  const auto of = [](const char* id, const char* advertiser, const char* price) {
    return campaign(id, fmt::format(R"({{"advertiser": "{}", "bid": {{"price": {}}}, "frequency":
                                    {{"caps": [{{"times": 1, "per": "1d", "of": "advertiser"}}]}}}})",
                                    advertiser, price));
  };
  Market market{of("a", "one", "3"), of("b", "one", "2"), of("c", "two", "1")};
  market.put(page(3));
  market.show({});
  EXPECT_EQ(winners(market.decide()), (Ids{"a", "c"}));
}

TEST(Limits, ACappedCreativeLeavesItsPlaceToTheNext) {
  Json one = campaign("c", R"({"frequency": {"caps": [{"times": 1, "per": "1d", "of": "creative"}]}})");
  one["creatives"] = {creative("banner", R"({"id": "x"})"), creative("banner", R"({"id": "y"})")};
  Market market{one};
  market.put(page(3));
  market.show({});
  std::set<std::string> shown;
  for (const Choice& choice : market.decide().choices) shown.insert(choice.creative->source->id);
  EXPECT_EQ(shown, (std::set<std::string>{"x", "y"}));
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Moment moment{kNow.unix_seconds, {}, seed};
    market.show({{1, catalog::subject_of("campaign:c"), catalog::subject_of("creative:x"), 0, kNow.unix_seconds}});
    market.put(page(1));
    ASSERT_EQ(market.decide(moment).choices.size(), 1u);
    EXPECT_EQ(market.decide(moment).choices[0].creative->source->id, "y");
  }
}

TEST(Limits, MoneyThatTheAnswerPromisedIsNotPromisedTwice) {
  Market market{campaign("dear", R"({"bid": {"price": 2}, "budget": {"daily": 10}})"), campaign("cheap")};
  market.put(page(4));
  market.purse().fill(5'000'000, Market::kForever);
  const Decision decision = market.decide();
  EXPECT_EQ(winners(decision), (Ids{"cheap", "cheap", "dear", "dear"}));
  EXPECT_EQ(decision.choices[0].cost, 2'000'000);
  EXPECT_EQ(refused(market, Reason::over_budget), 2u);
  EXPECT_EQ(market.purse().offered(), 8'000'000);
  EXPECT_EQ(market.purse().used(), 0) << "that is for whoever sends the bids";
  const Explanation explanation = market.explain();
  EXPECT_EQ(explanation.imps[1].verdicts[0].campaign->source->id, "dear");
  EXPECT_EQ(explanation.imps[2].verdicts[1].reason, Reason::over_budget);
}

TEST(Limits, WithoutAWalletBudgetsAreNotBid) {
  Market market{campaign("dear", R"({"bid": {"price": 2}, "budget": {"total": 10, "pacing": "asap"}})"),
                campaign("cheap")};
  market.put(request());
  EXPECT_EQ(market.winner(), "dear");
  market.wallet = nullptr;
  EXPECT_EQ(market.winner(), "cheap");
  EXPECT_EQ(market.reason(0), Reason::over_budget);
}

TEST(Limits, NothingIsBidFromTheLeasesEndOn) {
  Market market{campaign("c", R"({"budget": {"daily": 10}})")};
  market.put(request());
  const budget::Steady end{std::chrono::seconds(100)};
  market.purse().fill(Market::kPlenty, end);
  EXPECT_EQ(market.winner({kNow.unix_seconds, end - std::chrono::nanoseconds(1), 1}), "c");
  EXPECT_EQ(market.winner({kNow.unix_seconds, end, 1}), "");
}

// Whatever is held back, it is offered once for each impression that would have been bid on, whichever lists and
// formats lead to it; and not where others bid more.
TEST(Limits, OffersAreWhatWouldHaveBeenBid) {
  Json dear = campaign("dear", R"({"bid": {"price": 2}, "budget": {"daily": 10}})");
  dear["creatives"].push_back(creative("banner", R"({"id": "small", "w": 320, "h": 50})"));
  Market market{dear, campaign("cheap", R"({"budget": {"daily": 10}})")};
  market.put(request("banner",
                     R"({"imp": [{"id": "1", "banner": {"format": [{"w": 300, "h": 250}, {"w": 320, "h": 50}]}}]})"));
  EXPECT_EQ(market.winner(), "dear");
  EXPECT_EQ(market.purse(0).offered(), 2'000'000);
  EXPECT_EQ(market.purse(1).offered(), 0);
  market.purse(0).set_chance(0);
  EXPECT_EQ(market.winner(), "cheap");
  EXPECT_EQ(market.purse(0).offered(), 4'000'000);
  EXPECT_EQ(market.purse(1).offered(), 1'000'000);
  market.put(request("banner", R"({"test": 1})"));
  EXPECT_EQ(market.winner(), "cheap");
  EXPECT_EQ(market.purse(0).offered(), 4'000'000) << "tests are no traffic";
}

// Of equals each is offered its share, and what one is refused goes to the others.
TEST(Limits, EqualsAreOfferedTheirShare) {
  Market market{campaign("a", R"({"budget": {"daily": 10}})"), campaign("b", R"({"budget": {"daily": 10}})")};
  market.put(request());
  int bids_of_b = 0;
  constexpr int kRequests = 4000;
  for (std::uint64_t seed = 0; seed < kRequests; ++seed) {
    bids_of_b += market.winner({kNow.unix_seconds, {}, mix(seed, 0)}) == "b";
  }
  EXPECT_NEAR(bids_of_b, kRequests / 2, 160);
  EXPECT_EQ(market.purse(0).offered() + market.purse(1).offered(), kRequests * 1'000'000LL);
  market.purse(0).set_chance(budget::Purse::kAlways / 4);
  bids_of_b = 0;
  for (std::uint64_t seed = 0; seed < kRequests; ++seed) {
    bids_of_b += market.winner({kNow.unix_seconds, {}, mix(seed, 1)}) == "b";
  }
  EXPECT_NEAR(bids_of_b, kRequests * 7 / 8, 160);
}

TEST(Limits, LotsAreFairAndOfEachImpressionAndCampaign) {
  Market market{campaign("a", R"({"bid": {"price": 2}, "budget": {"daily": 10}})"),
                campaign("b", R"({"budget": {"daily": 10}})")};
  market.put(page(2));
  for (const std::size_t i : {0, 1}) market.purse(i).set_chance(budget::Purse::kAlways / 2);
  int a = 0, b = 0, both_a = 0;
  constexpr int kRequests = 4000;
  for (std::uint64_t seed = 0; seed < kRequests; ++seed) {
    const auto ids = winners(market.decide({kNow.unix_seconds, {}, mix(seed, 2)}));
    a += static_cast<int>(ids.count("a"));
    b += static_cast<int>(ids.count("b"));
    both_a += ids.count("a") == 2;
  }
  EXPECT_NEAR(a, kRequests, 160);
  EXPECT_NEAR(b, kRequests / 2, 160);
  EXPECT_NEAR(both_a, kRequests / 4, 120);
}

// A tenth above the floor, whatever it is worth.
class AboveTheFloor final : public Shading {
 public:
  Micros bid(Micros, Micros floor, const openrtb::Imp&, const catalog::CompiledCampaign&) const noexcept override {
    return floor + floor / 10;
  }
};
class Fixed final : public Shading {
 public:
  explicit Fixed(Micros price) : price_(price) {}
  Micros bid(Micros, Micros, const openrtb::Imp&, const catalog::CompiledCampaign&) const noexcept override {
    return price_;
  }

 private:
  Micros price_;
};

TEST(Shading, IsAskedInFirstPriceAuctionsAlone) {
  Market market{campaign("c", R"({"budget": {"daily": 10}})")};
  const AboveTheFloor policy;
  const auto price = [&](std::string_view patch) {
    Json json = request("banner", patch);
    json["imp"][0]["bidfloor"] = 0.5;
    market.put(json);
    return market.price();
  };
  EXPECT_EQ(price(R"({"at": 1})"), 1'000'000) << "the plain default";
  market.terms.shading = &policy;
  EXPECT_EQ(price(R"({"at": 1})"), 550'000);
  EXPECT_EQ(market.decide().choices[0].cost, 550'000);
  EXPECT_EQ(market.explain().imps[0].verdicts[0].price, 550'000);
  EXPECT_EQ(price(R"({"at": 2})"), 1'000'000);
  EXPECT_EQ(price("{}"), 1'000'000) << "OpenRTB's default is the second price";
}

TEST(Shading, IsHeldBetweenFloorAndValue) {
  Market market{campaign("c")};
  Json json = request("banner", R"({"at": 1})");
  json["imp"][0]["bidfloor"] = 0.5;
  market.put(json);
  for (const auto& [asked, expected] : {std::pair<Micros, Micros>{0, 500'000},
                                        {-5, 500'000},
                                        {700'000, 700'000},
                                        {2'000'000, 1'000'000},
                                        {kMaxMicros, 1'000'000}}) {
    const Fixed policy(asked);
    market.terms.shading = &policy;
    EXPECT_EQ(market.price(), expected);
  }
  json["imp"][0].erase("bidfloor");
  market.put(json);
  const Fixed nothing(0);
  market.terms.shading = &nothing;
  EXPECT_EQ(market.price(), 1) << "there is no bid of zero";
}

TEST(Shading, ADealsFloorAndAuctionTypeAreItsOwn) {
  Market market{campaign("c", R"({"targeting": {"deal": ["d"]}})")};
  const AboveTheFloor policy;
  market.terms.shading = &policy;
  const auto price = [&](int at, const char* deal) {
    Json json = request();
    json["at"] = at;
    json["imp"][0]["pmp"]["deals"] = {Json::parse(deal)};
    market.put(json);
    return market.price();
  };
  EXPECT_EQ(price(1, R"({"id": "d", "bidfloor": 0.6})"), 660'000);
  EXPECT_EQ(price(1, R"({"id": "d", "bidfloor": 0.6, "at": 2})"), 1'000'000);
  EXPECT_EQ(price(2, R"({"id": "d", "bidfloor": 0.6, "at": 1})"), 660'000);
  EXPECT_EQ(price(1, R"({"id": "d", "bidfloor": 0.6, "at": 3})"), 600'000);
}

TEST(Shading, KeepsToTheFloorOfEachSecond) {
  Json video = campaign("c");
  video["creatives"] = {creative("video")};  // of 15 s
  Market market{video};
  const Fixed nothing(0);
  market.terms.shading = &nothing;
  Json json = request("video", R"({"at": 1})");
  json["imp"][0]["video"]["mincpmpersec"] = 0.04;
  market.put(json);
  EXPECT_EQ(market.price(), 600'000);
}

}  // namespace
}  // namespace bidwell::bidding
