// The VAST of video and audio creatives, read back with an XML parser.
#include <gtest/gtest.h>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <sstream>

#include "catalog/markup.h"
#include "tests/catalog/sample.h"

namespace bidwell::catalog {
namespace {

using boost::property_tree::ptree;

Campaign campaign_of(const Json& creative, std::string_view patch = "{}") {
  Json json = testing::campaign("c1", patch);
  json["creatives"] = {creative};
  Loaded loaded = load_campaigns(testing::file({json}).dump(), testing::currencies());
  EXPECT_EQ(testing::text_of(loaded.faults), "");
  return loaded.campaigns.at(0);
}

ptree read(const std::string& xml) {
  std::istringstream in(xml);
  ptree tree;
  boost::property_tree::read_xml(in, tree);
  return tree;
}

// As it leaves: cut, each macro's value filled in, unescaped from its JSON string.
std::string served(const Campaign& campaign, bool notices = false) {
  const Creative& creative = campaign.creatives[0];
  std::string text;
  for (const Piece& piece : cut_markup(markup_of(campaign, creative, notices), campaign, creative, notices)) {
    text += piece.text;
    switch (piece.macro) {
      case openrtb::Macro::none: break;
      case openrtb::Macro::imp_url: text += "https://bid.example/imp/T"; break;
      case openrtb::Macro::click_url: text += "https://bid.example/click/T"; break;
      default: text += "VALUE";
    }
  }
  return Json::parse("\"" + text + "\"").get<std::string>();
}

TEST(Vast, HoldsTheCreative) {
  const Campaign campaign = campaign_of(
      testing::creative("video", R"({"duration": 3661, "landing_page": "https://brand.example/?b={{bid_id}}&c=1",
        "media_files": [{"url": "https://a.example/{{random}}.mp4?x=1&y=2", "type": "video/mp4", "w": 640, "h": 360,
                         "bitrate_kbps": 800},
                        {"url": "https://a.example/v.webm", "type": "video/webm", "w": 1280, "h": 720}]})"),
      R"({"name": "Spring"})");
  const ptree tree = read(served(campaign));
  EXPECT_EQ(tree.get<std::string>("VAST.<xmlattr>.version"), "3.0");
  const ptree& ad = tree.get_child("VAST.Ad");
  EXPECT_EQ(ad.get<std::string>("<xmlattr>.id"), "c1");
  EXPECT_EQ(ad.get<std::string>("InLine.AdTitle"), "Spring");
  const ptree& creative = ad.get_child("InLine.Creatives.Creative");
  EXPECT_EQ(creative.get<std::string>("<xmlattr>.id"), "cr");
  EXPECT_EQ(creative.get<std::string>("Linear.Duration"), "01:01:01");
  EXPECT_EQ(creative.get<std::string>("Linear.VideoClicks.ClickThrough"), "https://brand.example/?b=VALUE&c=1");
  std::vector<std::string> files;
  for (const auto& [name, file] : creative.get_child("Linear.MediaFiles")) {
    ASSERT_EQ(name, "MediaFile");
    const ptree& attributes = file.get_child("<xmlattr>");
    files.push_back(file.data() + " " + attributes.get<std::string>("delivery") + " " +
                    attributes.get<std::string>("type") + " " + attributes.get<std::string>("width") + "x" +
                    attributes.get<std::string>("height") + " " + attributes.get<std::string>("bitrate", "-"));
  }
  EXPECT_EQ(files, (std::vector<std::string>{"https://a.example/VALUE.mp4?x=1&y=2 progressive video/mp4 640x360 800",
                                             "https://a.example/v.webm progressive video/webm 1280x720 -"}));
}

TEST(Vast, IsOfTheVersionAskedFor) {
  for (const char* version : {"2.0", "3.0", "4.0"}) {
    for (const char* media : {"video", "audio"}) {
      const Campaign campaign = campaign_of(testing::creative(media, Json{{"vast", version}}.dump()));
      EXPECT_EQ(read(served(campaign)).get<std::string>("VAST.<xmlattr>.version"), version);
    }
  }
}

// The elements' names, parents before children.
void collect(const ptree& tree, std::vector<std::string>& names) {
  for (const auto& [name, child] : tree) {
    if (name.front() == '<') continue;
    names.push_back(name);
    collect(child, names);
  }
}

TEST(Vast, CountsImpressionsAndClicksWithNotices) {
  for (const char* media : {"video", "audio"}) {
    for (const char* version : {"2.0", "3.0", "4.0"}) {
      const Campaign campaign = campaign_of(testing::creative(media, Json{{"vast", version}}.dump()));
      const ptree in_line = read(served(campaign, true)).get_child("VAST.Ad.InLine");
      EXPECT_EQ(in_line.get<std::string>("Impression"), "https://bid.example/imp/T");
      const ptree& clicks = in_line.get_child("Creatives.Creative.Linear.VideoClicks");
      EXPECT_EQ(clicks.get<std::string>("ClickThrough"), "https://brand.example/");
      EXPECT_EQ(clicks.get<std::string>("ClickTracking"), "https://bid.example/click/T?r=0");

      const ptree silent = read(served(campaign)).get_child("VAST.Ad.InLine");
      EXPECT_EQ(silent.get<std::string>("Impression"), "");
      EXPECT_FALSE(silent.get_optional<std::string>("Creatives.Creative.Linear.VideoClicks.ClickTracking"));
    }
  }
}

// IAB's schemas are sequences (vast_2.0.1.xsd, vast3_draft.xsd, vast4.xsd).
TEST(Vast, HasItsElementsInTheVersionsOrder) {
  const auto order = [](const char* version) {
    const Campaign campaign = campaign_of(testing::creative("video", Json{{"vast", version}}.dump()));
    std::vector<std::string> names;
    collect(read(served(campaign, true)), names);
    return names;
  };
  const std::vector<std::string> old = {"VAST",        "Ad",           "InLine",        "AdSystem",   "AdTitle",
                                        "Impression",  "Creatives",    "Creative",      "Linear",     "Duration",
                                        "VideoClicks", "ClickThrough", "ClickTracking", "MediaFiles", "MediaFile"};
  EXPECT_EQ(order("2.0"), old);
  EXPECT_EQ(order("3.0"), old);
  EXPECT_EQ(order("4.0"),
            (std::vector<std::string>{"VAST", "Ad", "InLine", "AdSystem", "Impression", "AdTitle", "Creatives",
                                      "Creative", "Linear", "Duration", "MediaFiles", "MediaFile", "VideoClicks",
                                      "ClickTracking", "ClickThrough", "UniversalAdId"}));
}

TEST(Vast, EscapesNamesAndUrls) {
  const std::string hard = "R&D <\"5\"> 'é' ]]>";
  const Campaign campaign = campaign_of(
      testing::creative("video", Json{{"id", hard}, {"landing_page", "https://brand.example/]]>&<\"]]>"}}.dump()),
      Json{{"id", hard}, {"name", hard}}.dump());
  const std::string xml = served(campaign);
  const ptree ad = read(xml).get_child("VAST.Ad");
  EXPECT_EQ(ad.get<std::string>("<xmlattr>.id"), hard);
  EXPECT_EQ(ad.get<std::string>("InLine.AdTitle"), hard);
  EXPECT_EQ(ad.get<std::string>("InLine.Creatives.Creative.<xmlattr>.id"), hard);
  // The reader keeps the pieces of a split CDATA section together.
  EXPECT_NE(xml.find("<![CDATA[https://brand.example/]]]]><![CDATA[>&<\"]]]]><![CDATA[>]]>"), std::string::npos) << xml;
}

TEST(Vast, TitleIsTheIdWhereThereIsNoName) {
  EXPECT_EQ(read(served(campaign_of(testing::creative("audio")))).get<std::string>("VAST.Ad.InLine.AdTitle"), "c1");
}

}  // namespace
}  // namespace bidwell::catalog
