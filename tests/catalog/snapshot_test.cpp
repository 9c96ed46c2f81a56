// What compiling makes of campaigns.
#include "bidwell/catalog/snapshot.h"

#include <gtest/gtest.h>

#include "tests/catalog/sample.h"

namespace bidwell::catalog {
namespace {

using testing::campaign;
using testing::creative;

TEST(Snapshot, KeepsPausedCampaignsOutOfTheIndex) {
  const auto snapshot = testing::compile({campaign("on"), campaign("off", R"({"status": "paused"})")});
  ASSERT_EQ(snapshot->campaigns().size(), 2u) << "but knows them, for explain";
  EXPECT_EQ(snapshot->campaigns()[1].source->id, "off");
  const Index& index = snapshot->index();
  EXPECT_EQ(index.postings(), 1u);
  EXPECT_EQ(snapshot->line(index.plain(*index.node({1, 300, 250}, 0))[0].line).campaign->source->id, "on");
}

TEST(Snapshot, GroupsCreativesOfOneFormatInALine) {
  Json json = campaign("c");
  json["creatives"] = {creative("banner", R"({"id": "a"})"), creative("banner", R"({"id": "b", "w": 320, "h": 50})"),
                       creative("banner", R"({"id": "c"})"), creative("video", R"({"id": "d"})")};
  const auto snapshot = testing::compile({json, campaign("other")});
  const CompiledCampaign& it = snapshot->campaigns()[0];
  ASSERT_EQ(it.lines.size(), 3u);
  EXPECT_EQ(it.lines[0]->format, (Format{1, 300, 250}));
  ASSERT_EQ(it.lines[0]->creatives.size(), 2u);
  EXPECT_EQ(it.lines[0]->creatives[0]->source->id, "a");
  EXPECT_EQ(it.lines[0]->creatives[1]->source->id, "c");
  EXPECT_EQ(it.lines[2]->format, (Format{2, 0, 0}));
  for (const Line* line : it.lines) EXPECT_EQ(line->campaign, &it);
  // Another campaign's creatives of the same size are another line.
  EXPECT_NE(snapshot->campaigns()[1].lines[0], it.lines[0]);
  ASSERT_EQ(snapshot->banner_formats().size(), 2u) << "each size once";
}

TEST(Snapshot, ValuesCampaignsInTheirCurrencyAndInUsd) {
  const auto snapshot = testing::compile({campaign("c", R"({"currency": "EUR", "bid": {"price": 0.000001}})"),
                                          campaign("d", R"({"currency": "JPY", "bid": {"price": 0.000001}})")});
  EXPECT_EQ(snapshot->campaigns()[0].value, 1);
  EXPECT_EQ(snapshot->campaigns()[0].value_usd, 2);
  EXPECT_EQ(snapshot->campaigns()[1].value_usd, 0) << "rounded down";
}

TEST(Snapshot, KnowsWhichDimensionsAreAskedFor) {
  const auto snapshot = testing::compile({campaign("c", R"({"targeting": {"city": {"exclude": ["Rome"]}}})"),
                                          campaign("d", R"({"targeting": {"segment": {"all": ["s"]}}})"),
                                          campaign("e", R"({"targeting": {"deal": ["d"]}})")});
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const bool used = dimension == Dimension::city || dimension == Dimension::segment || dimension == Dimension::deal;
    EXPECT_EQ(snapshot->uses(dimension), used) << key(dimension);
  }
}

TEST(Snapshot, SortsAPredicatesTokensAndDropsRepeats) {
  const auto snapshot = testing::compile({campaign("c", R"({"targeting": {"bundle": ["com.b", "com.a", "COM.B"]}})")});
  ASSERT_EQ(snapshot->campaigns()[0].predicates.size(), 1u);
  const Predicate& predicate = snapshot->campaigns()[0].predicates[0];
  EXPECT_EQ(predicate.dimension, Dimension::bundle);
  EXPECT_EQ(predicate.kind, Predicate::Kind::include);
  ASSERT_EQ(predicate.tokens.size(), 2u);
  EXPECT_LT(predicate.tokens[0], predicate.tokens[1]);
}

TEST(Snapshot, CountsNativeLengthsInCharacters) {
  Json json = campaign("c");
  json["creatives"] = {creative("native", R"({"titles": ["é\ud83d\ude00x"],
                                              "data": [{"type": "desc", "value": "ééé"}]})")};
  const auto snapshot = testing::compile({json});
  const CompiledCreative& it = snapshot->campaigns()[0].creatives[0];
  EXPECT_EQ(it.titles[0].length, 3);
  EXPECT_EQ(it.data[0].length, 3);
  EXPECT_EQ(it.data[0].type, 2);
}

TEST(Snapshot, AddsParentsToCategoriesAndCutsLanguages) {
  Json json = campaign("c");
  json["creatives"] = {creative("banner", R"({"cat": ["IAB1-2", "IAB3"], "language": "pt-BR"})")};
  const auto snapshot = testing::compile({json});
  const CompiledCreative& it = snapshot->campaigns()[0].creatives[0];
  EXPECT_EQ(it.cat, (std::vector<std::string_view>{"IAB1-2", "IAB1", "IAB3"}));
  EXPECT_EQ(it.language, "pt");
}

TEST(Snapshot, HasTransparencyOnlyWhereThereIsSome) {
  const auto snapshot = testing::compile({campaign("c", R"({"dsa": {"behalf": "b", "paid": "p"}})"), campaign("d")});
  EXPECT_EQ(Json::parse(snapshot->campaigns()[0].dsa_by_publisher)["dsa"]["adrender"], 0);
  EXPECT_EQ(Json::parse(snapshot->campaigns()[0].dsa_by_advertiser)["dsa"]["adrender"], 1);
  EXPECT_EQ(snapshot->campaigns()[1].dsa_by_publisher, "");
}

TEST(Snapshot, KeepsMarkupPiecesWhereTheyArePointedAt) {
  std::vector<Json> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back(campaign("c" + std::to_string(i)));
    many.back()["creatives"][0]["markup"] = "{{campaign_id}}:{{random}}:end";
  }
  const auto snapshot = testing::compile(many);
  for (const CompiledCampaign& it : snapshot->campaigns()) {
    const auto& adm = it.creatives[0].adm;
    ASSERT_EQ(adm.size(), 2u);
    EXPECT_EQ(adm[0].text, it.source->id + ":");
    EXPECT_EQ(adm[0].macro, openrtb::Macro::random);
    EXPECT_EQ(adm[1].text, ":end");
    EXPECT_EQ(adm[1].macro, openrtb::Macro::none);
  }
}

TEST(Snapshot, CountsWhereNoticesAreWanted) {
  const std::vector<Json> campaigns = {campaign("c")};
  EXPECT_EQ(testing::compile(campaigns)->campaigns()[0].creatives[0].adm.size(), 1u);
  const auto counting = testing::compile(campaigns, {.notices = true});
  const auto& adm = counting->campaigns()[0].creatives[0].adm;
  ASSERT_EQ(adm.size(), 2u);
  EXPECT_EQ(adm[0].macro, openrtb::Macro::imp_url);
}

TEST(Snapshot, FindsCreativesByTheirIds) {
  std::vector<Json> many;
  for (const char* id : {"c", "d", "e"}) {
    many.push_back(campaign(id));
    many.back()["creatives"] = {creative("banner", R"({"id": "a"})"), creative("banner", R"({"id": "b"})")};
  }
  many[2]["status"] = "paused";
  const auto snapshot = testing::compile(many);
  for (const CompiledCampaign& it : snapshot->campaigns()) {
    for (const CompiledCreative& creative : it.creatives) {
      EXPECT_EQ(snapshot->creative(it.source->id, creative.source->id), &creative);
    }
  }
  EXPECT_EQ(snapshot->creative("c", "c"), nullptr);
  EXPECT_EQ(snapshot->creative("a", "c"), nullptr);
  EXPECT_EQ(snapshot->creative("", ""), nullptr);
  EXPECT_EQ(testing::compile({})->creative("c", "a"), nullptr);
}

TEST(Snapshot, KnowsWhereClicksLead) {
  Json json = campaign("c");
  json["creatives"] = {creative("banner", R"({"id": "a", "landing_page": "https://b.example/?\"&b={{bid_id}}&x"})"),
                       creative("banner", R"({"id": "b"})")};
  const auto snapshot = testing::compile({json});
  const auto& landing = snapshot->creative("c", "a")->landing;
  ASSERT_EQ(landing.size(), 2u);
  EXPECT_EQ(landing[0].text, "https://b.example/?\"&b=");
  EXPECT_EQ(landing[0].macro, openrtb::Macro::bid_id);
  EXPECT_EQ(landing[1].text, "&x");
  EXPECT_TRUE(snapshot->creative("c", "b")->landing.empty());
}

}  // namespace
}  // namespace bidwell::catalog
