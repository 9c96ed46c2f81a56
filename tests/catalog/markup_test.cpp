// What an answer copies: markup cut at its macros and escaped, and the members that never change.
#include "catalog/markup.h"

#include <gtest/gtest.h>

#include "tests/catalog/sample.h"

namespace bidwell::catalog {
namespace {

using openrtb::Macro;

const Campaign kCampaign = [] {
  Campaign campaign;
  campaign.id = "c\"1";
  return campaign;
}();
const Creative kCreative = [] {
  Creative creative;
  creative.id = "cr";
  return creative;
}();

// "text<macro number>text...", as cut.
std::string text_of(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) {
    text += piece.text;
    if (piece.macro != Macro::none) text += "<" + std::to_string(static_cast<int>(piece.macro)) + ">";
  }
  return text;
}
std::string cut(std::string_view markup) {
  return text_of(cut_markup(markup, kCampaign, kCreative, true));
}

TEST(CutMarkup, CutsAtTheMacrosOfRequests) {
  EXPECT_EQ(cut(""), "");
  EXPECT_EQ(cut("plain"), "plain");
  EXPECT_EQ(cut("a{{auction_id}}b{{imp_id}}c{{bid_id}}d{{timestamp}}e{{random}}f"), "a<1>b<2>c<3>d<4>e<5>f");
  EXPECT_EQ(cut("{{random}}"), "<5>");
  EXPECT_EQ(cut("{{random}}{{random}}"), "<5><5>");
  const auto pieces = cut_markup("a{{random}}", kCampaign, kCreative, true);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].text, "a");
  EXPECT_EQ(pieces[1].macro, Macro::none);
}

TEST(CutMarkup, FillsInWhatIsKnownAlready) {
  EXPECT_EQ(cut("{{campaign_id}}-{{creative_id}}"), "c\\\"1-cr");
}

TEST(CutMarkup, EscapesForAJsonString) {
  EXPECT_EQ(cut("a\"b\\c\n\t\x01/é\U0001F600"), "a\\\"b\\\\c\\n\\t\\u0001/é\U0001F600");
  // Each piece alone, and so the whole, is a JSON string's content.
  for (const Piece& piece : cut_markup("\"{{imp_id}}\\{{random}}\n", kCampaign, kCreative, true)) {
    EXPECT_TRUE(Json::accept("\"" + piece.text + "\"")) << piece.text;
  }
}

// A banner with a landing page that needs escaping, as the campaign's only creative.
Campaign with_landing_page(const std::string& url) {
  Campaign campaign = kCampaign;
  campaign.creatives.push_back(kCreative);
  campaign.creatives[0].landing_page = url;
  return campaign;
}

TEST(CutMarkup, CountsWithNotices) {
  EXPECT_EQ(cut("<{{imp_url}}|{{click_url}}>"), "<<6>|<7>>");
}

TEST(CutMarkup, LeadsToTheLandingPageWithoutNotices) {
  const Campaign campaign = with_landing_page("https://b.example/?a=1&b={{bid_id}}&c={{campaign_id}}&d='{\"");
  const auto cut = [&](std::string_view markup) {
    return text_of(cut_markup(markup, campaign, campaign.creatives[0], false));
  };
  EXPECT_EQ(cut("<a href='{{click_url}}'>{{random}}"),
            "<a href='https://b.example/?a=1&amp;b=<3>&amp;c=c%221&amp;d=&#39;{&quot;'><5>");
  // The braces of page and markup do not meet.
  EXPECT_EQ(cut("{{click_url}}{random}}"), "https://b.example/?a=1&amp;b=<3>&amp;c=c%221&amp;d=&#39;{&quot;{random}}");
  EXPECT_EQ(cut("<img src=\"{{imp_url}}\">"),
            "<img src=\\\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\\\">");
}

TEST(CutLandingPage, IsAUrlAsItStands) {
  const auto cut = [](const std::string& url) {
    const Campaign campaign = with_landing_page(url);
    return text_of(cut_landing_page(campaign, campaign.creatives[0]));
  };
  EXPECT_EQ(cut("https://b.example/?a=\"&b={{bid_id}}&i={{imp_id}}"), "https://b.example/?a=\"&b=<3>&i=<2>");
  EXPECT_EQ(cut("https://b.example/{{creative_id}}/{{campaign_id}}?{{timestamp}}{{random}}"),
            "https://b.example/cr/c%221?<4><5>");
  EXPECT_EQ(cut(""), "");
  EXPECT_TRUE(cut_landing_page(kCampaign, kCreative).empty());
}

std::vector<std::string> check(std::string_view text) {
  return check_macros(text, MacroPlace::markup);
}

TEST(CheckMacros, FindsUnknownAndUnclosedOnes) {
  EXPECT_TRUE(check("{{auction_id}} {{imp_id}} {{bid_id}} {{timestamp}} {{random}} {{campaign_id}} "
                    "{{creative_id}} {{imp_url}} {{click_url}} { } {x} }}")
                  .empty());
  EXPECT_EQ(check("{{a}} {{auction_id}} {{b}} {{ random }} {{}} {{native_imp}}").size(), 5u);
  EXPECT_EQ(check("{{random}} {{random").size(), 1u);
  const auto faults = check("{{AUCTION_PRICE}}");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_NE(faults[0].find("{{AUCTION_PRICE}}"), std::string::npos) << faults[0];
  EXPECT_NE(faults[0].find("click_url"), std::string::npos) << faults[0];
}

TEST(CheckMacros, FindsOnesThatMeanNothingThere) {
  for (const auto place : {MacroPlace::url, MacroPlace::click}) {
    EXPECT_EQ(check_macros("{{imp_url}} {{click_url}}", place).size(), 2u);
    EXPECT_TRUE(check_macros("{{bid_id}}{{imp_id}}{{random}}{{timestamp}}{{campaign_id}}", place).empty());
  }
  EXPECT_TRUE(check_macros("{{auction_id}}", MacroPlace::url).empty());
  EXPECT_EQ(check_macros("{{auction_id}}", MacroPlace::click).size(), 1u) << "no token says it";
}

Campaign load(const Json& json) {
  Loaded loaded = load_campaigns(testing::file({json}).dump(), testing::currencies());
  EXPECT_EQ(testing::text_of(loaded.faults), "");
  return loaded.campaigns.at(0);
}

Json members(const Json& creative) {
  Json json = testing::campaign("c1");
  json["creatives"] = {creative};
  const Campaign campaign = load(json);
  const std::string text = fixed_members(campaign, campaign.creatives[0]);
  EXPECT_EQ(text.front(), ',');
  return Json::parse("{" + text.substr(1) + "}");
}

TEST(FixedMembers, AreThoseOfTheMedium) {
  EXPECT_EQ(members(testing::creative("banner")),
            Json::parse(
                R"({"adid": "cr", "crid": "cr", "cid": "c1", "adomain": ["brand.example"], "mtype": 1,
                            "w": 300, "h": 250})"));
  EXPECT_EQ(members(testing::creative("video", R"({"vast": "4.0"})")),
            Json::parse(
                R"({"adid": "cr", "crid": "cr", "cid": "c1", "adomain": ["brand.example"], "mtype": 2,
                            "dur": 15, "protocol": 7})"));
  EXPECT_EQ(members(testing::creative("audio")),
            Json::parse(
                R"({"adid": "cr", "crid": "cr", "cid": "c1", "adomain": ["brand.example"], "mtype": 3,
                            "dur": 15, "protocol": 3})"));
  EXPECT_EQ(members(testing::creative("native")),
            Json::parse(R"({"adid": "cr", "crid": "cr", "cid": "c1", "adomain": ["brand.example"], "mtype": 4})"));
}

TEST(FixedMembers, SayWhatTheCreativeSays) {
  EXPECT_EQ(members(testing::creative("banner", R"({"id": "q\"\\", "adomain": ["a.example", "b.example"],
                "cat": ["IAB1", "IAB2-3"], "attr": [0, 5, 63], "bundle": "com.b", "iurl": "https://a.example/i",
                "language": "en"})")),
            Json::parse(
                R"({"adid": "q\"\\", "crid": "q\"\\", "cid": "c1", "adomain": ["a.example", "b.example"],
                "cat": ["IAB1", "IAB2-3"], "attr": [0, 5, 63], "bundle": "com.b", "iurl": "https://a.example/i",
                "language": "en", "mtype": 1, "w": 300, "h": 250})"));
  EXPECT_EQ(members(testing::creative("banner", R"({"cat": ["52"], "cattax": 7})"))["cattax"], 7);
}

TEST(DsaMember, SaysWhoRenders) {
  const Transparency transparency{"Brand \"B\"", "Agency"};
  EXPECT_EQ(Json::parse(dsa_member(transparency, true)),
            Json::parse(R"({"dsa": {"behalf": "Brand \"B\"", "paid": "Agency", "adrender": 1}})"));
  EXPECT_EQ(Json::parse(dsa_member(transparency, false))["dsa"]["adrender"], 0);
}

// A fragment as it arrives: unescaped once as part of the adm string, then read as JSON.
Json fragment(const std::string& text) {
  return Json::parse("{" + Json::parse("\"" + text + "\"").get<std::string>() + "}");
}

TEST(NativeFragments, AreJsonInsideAJsonString) {
  const std::string hard = "Say \"é\\\" \n\U0001F600";
  EXPECT_EQ(fragment(native_title(hard)), (Json{{"title", {{"text", hard}}}}));
  EXPECT_EQ(fragment(native_data({2, hard})), (Json{{"data", {{"value", hard}}}}));
  EXPECT_EQ(fragment(native_image({3, "https://a.example/\"i\"", 80, 60})),
            Json::parse(R"({"img": {"url": "https://a.example/\"i\"", "w": 80, "h": 60}})"));
}

std::string markup(const Json& creative, bool notices) {
  const Campaign campaign = load(testing::campaign("c", Json{{"creatives", {creative}}}.dump()));
  return markup_of(campaign, campaign.creatives[0], notices);
}

TEST(MarkupOf, NativeIsItsLinkAndItsTrackers) {
  EXPECT_EQ(markup(testing::creative("native"), false), R"(,"link":{"url":"https://brand.example/"})");
  EXPECT_EQ(markup(testing::creative("native"), true),
            R"(,"link":{"url":"https://brand.example/","clicktrackers":["{{click_url}}?r=0"]}{{native_imp}})");
}

TEST(MarkupOf, ABannerGetsAPixelUnlessItHasOne) {
  const Json plain = testing::creative("banner"), own = testing::creative("banner", R"({"markup": "<{{imp_url}}>"})");
  EXPECT_EQ(markup(plain, false), "<b>ad</b>");
  EXPECT_EQ(markup(own, false), "<{{imp_url}}>");
  EXPECT_EQ(markup(own, true), "<{{imp_url}}>");
  EXPECT_EQ(markup(plain, true),
            "<b>ad</b><img src=\"{{imp_url}}\" width=\"1\" height=\"1\" alt=\"\" "
            "style=\"position:absolute;visibility:hidden\">");
}

}  // namespace
}  // namespace bidwell::catalog
