// What campaign files say of money, of the bid's worth and of caps.
#include <gtest/gtest.h>

#include "tests/catalog/sample.h"

namespace bidwell::catalog {
namespace {

using testing::campaign;
using namespace std::chrono_literals;

Campaign load(std::string_view patch) {
  Loaded loaded = load_campaigns(testing::file({campaign("c", patch)}).dump(), testing::currencies());
  EXPECT_EQ(testing::text_of(loaded.faults), "") << patch;
  return loaded.campaigns.empty() ? Campaign{} : std::move(loaded.campaigns[0]);
}

TEST(Budgets, AreReadWhole) {
  const Campaign it =
      load(R"({"budget": {"total": 10000.5, "daily": 500, "time_zone": "Europe/Berlin", "pacing": "asap"}})");
  ASSERT_TRUE(it.budget);
  EXPECT_EQ(it.budget->total, 10'000'500'000);
  EXPECT_EQ(it.budget->daily, 500'000'000);
  EXPECT_EQ(it.budget->zone.name(), "Europe/Berlin");
  EXPECT_EQ(it.budget->pacing, Budget::Pacing::asap);
}

TEST(Budgets, NeedOneAmountAndAreEvenInUtc) {
  EXPECT_FALSE(load("{}").budget);
  const Campaign it = load(R"({"budget": {"daily": 500}})");
  ASSERT_TRUE(it.budget);
  EXPECT_FALSE(it.budget->total);
  EXPECT_EQ(it.budget->zone, TimeZone());
  EXPECT_EQ(it.budget->pacing, Budget::Pacing::even);
  EXPECT_TRUE(load(R"({"budget": {"total": 1, "pacing": "asap"}})").budget);
  EXPECT_TRUE(load(R"({"flight": {"end": "2030-01-01"}, "budget": {"total": 1}})").budget);
}

TEST(Budgets, GoFromOneImpressionToWhatNanosHold) {
  EXPECT_EQ(load(R"({"budget": {"daily": 0.001}})").budget->daily, 1'000);
  EXPECT_EQ(load(R"({"budget": {"total": 4000000000, "daily": 1}})").budget->total, 4'000'000'000'000'000);
}

TEST(Caps, AreReadWhole) {
  const Campaign it = load(R"({"frequency": {"unknown_users": "bid", "caps": [
      {"times": 3, "per": "1d"}, {"times": 64, "per": "30d", "of": "creative", "counted": "billing"},
      {"times": 1, "per": "1m", "of": "advertiser"}, {"times": 2, "per": "12h"}]}})");
  ASSERT_EQ(it.caps.size(), 4u);
  EXPECT_EQ(it.caps[0].times, 3u);
  EXPECT_EQ(it.caps[0].per, 24h);
  EXPECT_EQ(it.caps[0].of, Cap::Of::campaign);
  EXPECT_EQ(it.caps[0].counted, Cap::Counted::impression);
  EXPECT_EQ(it.caps[1].times, 64u);
  EXPECT_EQ(it.caps[1].per, 720h);
  EXPECT_EQ(it.caps[1].of, Cap::Of::creative);
  EXPECT_EQ(it.caps[1].counted, Cap::Counted::billing);
  EXPECT_EQ(it.caps[2].of, Cap::Of::advertiser);
  EXPECT_EQ(it.caps[2].per, 1min);
  EXPECT_EQ(it.caps[3].per, 12h);
  EXPECT_TRUE(it.bids_on_unknown_users);
  EXPECT_FALSE(load(R"({"frequency": {"caps": [{"times": 3, "per": "1d"}]}})").bids_on_unknown_users);
}

TEST(Caps, AreEightAtMost) {
  Json json = campaign("c");
  for (int i = 0; i < 9; ++i) json["frequency"]["caps"].push_back({{"times", 1}, {"per", "1d"}});
  EXPECT_EQ(testing::text_of(load_campaigns(testing::file({json}).dump(), testing::currencies()).faults),
            "/campaigns/0/frequency/caps: must have 1 to 8 entries\n");
}

TEST(Value, IsThatOfAThousandImpressions) {
  EXPECT_EQ(load(R"({"bid": {"price": 1.5}})").value(), 1'500'000);
  EXPECT_EQ(load(R"({"bid": {"model": "cpc", "price": 0.25, "expected_ctr": 0.01}})").value(), 2'500'000);
  EXPECT_EQ(load(R"({"bid": {"model": "cpa", "price": 20, "expected_ctr": 0.002, "expected_cvr": 0.05}})").value(),
            2'000'000);
  EXPECT_EQ(load(R"({"bid": {"price": 1.5, "max": 1.25}})").value(), 1'250'000);
  // Rounded once, and down: 0.0019 of a micro for a click, 1.9 x 0.7 = 1.33 for a thousand impressions.
  EXPECT_EQ(
      load(R"({"bid": {"model": "cpa", "price": 0.0019, "expected_ctr": 0.000001, "expected_cvr": 0.7}})").value(), 1);
}

TEST(Value, DoesNotOverflow) {
  const Campaign it = load(R"({"bid": {"model": "cpa", "price": 200000, "expected_ctr": 1, "expected_cvr": 1}})");
  EXPECT_EQ(it.value(), 200'000'000'000'000);
}

TEST(Subjects, AreTheLowHalvesOfWhatImportersHash) {
  const auto snapshot = testing::compile({campaign("c", R"({"advertiser": "adv"})")});
  const CompiledCampaign& it = snapshot->campaigns()[0];
  EXPECT_EQ(it.subject, static_cast<std::uint32_t>(hash64("campaign:c")));
  EXPECT_EQ(it.advertiser_subject, static_cast<std::uint32_t>(hash64("advertiser:adv")));
  EXPECT_EQ(it.creatives[0].subject, static_cast<std::uint32_t>(hash64("creative:cr")));
}

TEST(Snapshots, KnowWhoIsRemembered) {
  const auto remembered = [](const std::vector<Json>& campaigns) {
    const auto snapshot = testing::compile(campaigns);
    std::string ids;
    for (const CompiledCampaign& it : snapshot->campaigns()) ids += it.remembered ? it.source->id : "-";
    return ids;
  };
  const auto capped = [](const char* id, const char* of) {
    return campaign(
        id, fmt::format(
                R"({{"advertiser": "adv", "frequency": {{"caps": [{{"times": 1, "per": "1d", "of": "{}"}}]}}}})", of));
  };
  const Json same = campaign("d", R"({"advertiser": "adv"})"), other = campaign("e", R"({"advertiser": "x"})");
  Json another = campaign("f", R"({"advertiser": "adv"})");
  another["creatives"][0]["id"] = "another";
  EXPECT_EQ(remembered({same, other}), "--");
  EXPECT_EQ(remembered({capped("c", "campaign"), same, other}), "c--");
  EXPECT_EQ(remembered({capped("c", "advertiser"), same, other}), "cd-");
  EXPECT_EQ(remembered({capped("c", "creative"), same, another}), "cd-");
}

TEST(Snapshots, KnowCampaignsCapsAndAccounts) {
  const auto plain = testing::compile({campaign("c"), campaign("d")});
  EXPECT_FALSE(plain->has_caps());
  EXPECT_EQ(plain->campaign("d"), &plain->campaigns()[1]);
  EXPECT_EQ(plain->campaign("e"), nullptr);
  EXPECT_EQ(plain->campaigns()[0].account, kNoAccount);
  const auto capped =
      testing::compile({campaign("c"), campaign("d", R"({"frequency": {"caps": [{"times": 1, "per": "1d"}]}})")},
                       {.account = [](const Campaign& it) { return it.id == "d" ? 7 : kNoAccount; }});
  EXPECT_TRUE(capped->has_caps());
  EXPECT_EQ(capped->campaigns()[0].account, kNoAccount);
  EXPECT_EQ(capped->campaigns()[1].account, 7u);
}

}  // namespace
}  // namespace bidwell::catalog
