// The campaign file: everything that may stand in it, and what it becomes.
#include "bidwell/catalog/load.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/catalog/sample.h"

namespace bidwell::catalog {
namespace {

using testing::campaign;
using testing::creative;

// Every key there is.
constexpr std::string_view kComplete = R"(
// A comment.
{"campaigns": [{
  "id": "c1", "name": "Spring", "advertiser": "a1", "status": "paused", "seat": "s1",
  "flight": {"start": "2026-01-31", "end": "2026-02-28T12:30:15Z"},
  "currency": "EUR",
  "bid": {"model": "cpc", "price": 0.25, "expected_ctr": 0.004},
  "dsa": {"behalf": "Brand Ltd", "paid": "Agency Ltd"},
  "targeting": {
    "inventory": ["site", "app"], "device_type": {"exclude": ["tv"]}, "os": ["ios", "android"],
    "connection": ["wifi", "cellular"], "position": {"include": ["above_fold"]}, "gender": ["female", "unknown"],
    "interstitial": false, "rewarded": true,
    "exchange": ["demo"], "deal": ["d1"], "bundle": {"include": ["com.a"], "exclude": ["com.b"]},
    "domain": ["a.example"], "publisher": ["p1"], "content_category": ["IAB1"], "page_category": ["IAB2"],
    "country": ["DE", "FRA"], "region": ["BY"], "city": ["*"], "postal_code": ["80331"], "make": ["Apple"],
    "model": ["iPhone"], "language": ["de"], "carrier": ["Vodafone"],
    "segment": {"any": ["s1", "s2"], "all": ["s3"], "none": ["s4"]},
    "os_version": [{"os": "ios", "min": "15", "max": "17.2"}, {"os": "android", "min": "10"}],
    "radius": [{"lat": 48.1, "lon": 11.6, "km": 25}],
    "hour_of_week": [{"days": ["mon", "sun"], "from": 6, "to": 9}, {"from": 23}],
    "age": {"min": 18, "max": 49}
  },
  "creatives": [
    {"id": "b", "media": "banner", "w": 300, "h": 250, "markup": "<b>{{auction_id}}</b>", "btype": 1,
     "adomain": ["brand.example"], "cat": ["IAB3-1"], "cattax": 2, "attr": [1, 2], "api": [5, 7],
     "bundle": "com.brand", "language": "de", "iurl": "https://cdn.example/i.png"},
    {"id": "v", "media": "video", "vast": "4.0", "duration": 30, "landing_page": "https://brand.example/?b={{bid_id}}",
     "media_files": [{"url": "https://cdn.example/v.mp4", "type": "video/mp4", "w": 640, "h": 360,
                      "bitrate_kbps": 800}], "adomain": ["brand.example"]},
    {"id": "a", "media": "audio", "vast": "2.0", "duration": 20, "landing_page": "https://brand.example/",
     "media_files": [{"url": "https://cdn.example/a.mp3", "type": "audio/mpeg"}], "adomain": ["brand.example"]},
    {"id": "n", "media": "native", "titles": ["Long title", "Title"], "landing_page": "https://brand.example/",
     "images": [{"type": "main", "url": "https://cdn.example/m.png", "w": 1200, "h": 627},
                {"type": "icon", "url": "https://cdn.example/i.png", "w": 80, "h": 80}],
     "data": [{"type": "sponsored", "value": "Brand"}, {"type": "ctatext", "value": "Go"}],
     "adomain": ["brand.example"]}
  ]
}]})";

Campaign load_one(const Json& json) {
  Loaded loaded = load_campaigns(testing::file({json}).dump(), testing::currencies());
  EXPECT_EQ(testing::text_of(loaded.faults), "");
  return loaded.campaigns.empty() ? Campaign{} : std::move(loaded.campaigns[0]);
}

class Complete : public ::testing::Test {
 protected:
  Complete() : loaded(load_campaigns(kComplete, testing::currencies())) {
    EXPECT_EQ(testing::text_of(loaded.faults), "");
    if (loaded.campaigns.size() != 1) throw std::runtime_error("the sample did not load");
  }
  const NameRule& rule(Dimension dimension) const { return it().targeting.names[static_cast<std::size_t>(dimension)]; }
  const Campaign& it() const { return loaded.campaigns[0]; }

  Loaded loaded;
};

using Names = std::vector<std::string>;

TEST_F(Complete, CampaignIsRead) {
  EXPECT_EQ(it().id, "c1");
  EXPECT_EQ(it().name, "Spring");
  EXPECT_EQ(it().advertiser_id, "a1");
  EXPECT_EQ(it().seat, "s1");
  EXPECT_FALSE(it().active);
  EXPECT_EQ(it().flight_start, 1769817600);  // date -ud 2026-01-31 +%s
  EXPECT_EQ(it().flight_end, 1772281815);
  EXPECT_EQ(it().currency, "EUR");
  EXPECT_EQ(it().model, BidModel::cpc);
  EXPECT_EQ(it().price, 250'000);
  EXPECT_EQ(it().expected_ctr, 4'000);
  EXPECT_EQ(it().value(), 1'000'000) << "0.25 a click, 4 clicks in a thousand";
  ASSERT_TRUE(it().dsa.has_value());
  EXPECT_EQ(it().dsa->behalf, "Brand Ltd");
  EXPECT_EQ(it().dsa->paid, "Agency Ltd");
}

TEST_F(Complete, TraitsAreRead) {
  const auto accepts = [&](Trait trait, int value) { return (it().targeting.traits & trait_bit(trait, value)) != 0; };
  EXPECT_TRUE(accepts(Trait::inventory, 1) && accepts(Trait::inventory, 2));
  EXPECT_FALSE(accepts(Trait::inventory, 3) || accepts(Trait::inventory, 0));
  EXPECT_TRUE(accepts(Trait::device_type, 0) && accepts(Trait::device_type, 2));
  EXPECT_FALSE(accepts(Trait::device_type, 3));
  EXPECT_TRUE(accepts(Trait::os, 1) && accepts(Trait::os, 2));
  EXPECT_FALSE(accepts(Trait::os, 3));
  EXPECT_TRUE(accepts(Trait::connection, 2) && accepts(Trait::connection, 7)) << "5G is cellular";
  EXPECT_FALSE(accepts(Trait::connection, 1) || accepts(Trait::connection, 0));
  EXPECT_TRUE(accepts(Trait::position, 1));
  EXPECT_FALSE(accepts(Trait::position, 0));
  EXPECT_TRUE(accepts(Trait::gender, 2) && accepts(Trait::gender, 0));
  EXPECT_FALSE(accepts(Trait::gender, 1));
  EXPECT_TRUE(accepts(Trait::instl, 0));
  EXPECT_FALSE(accepts(Trait::instl, 1));
  EXPECT_TRUE(accepts(Trait::rewarded, 1));
  EXPECT_FALSE(accepts(Trait::rewarded, 0));
}

TEST_F(Complete, NamesAreRead) {
  const std::pair<Dimension, Names> included[] = {
      {Dimension::exchange, {"demo"}},      {Dimension::deal, {"d1"}},
      {Dimension::bundle, {"com.a"}},       {Dimension::domain, {"a.example"}},
      {Dimension::publisher, {"p1"}},       {Dimension::content_category, {"IAB1"}},
      {Dimension::page_category, {"IAB2"}}, {Dimension::country, {"DE", "FRA"}},
      {Dimension::region, {"BY"}},          {Dimension::city, {"*"}},
      {Dimension::postal_code, {"80331"}},  {Dimension::make, {"Apple"}},
      {Dimension::model, {"iPhone"}},       {Dimension::language, {"de"}},
      {Dimension::carrier, {"Vodafone"}},   {Dimension::segment, {"s1", "s2"}}};
  ASSERT_EQ(std::size(included), kDimensions);
  for (const auto& [dimension, names] : included) EXPECT_EQ(rule(dimension).include, names) << key(dimension);
  EXPECT_EQ(rule(Dimension::bundle).exclude, Names{"com.b"});
  EXPECT_EQ(rule(Dimension::segment).all, Names{"s3"});
  EXPECT_EQ(rule(Dimension::segment).exclude, Names{"s4"});
}

TEST_F(Complete, SpecialTargetingIsRead) {
  const Targeting& targeting = it().targeting;
  ASSERT_EQ(targeting.os_versions.size(), 2u);
  EXPECT_EQ(targeting.os_versions[0].os, 1u);
  EXPECT_EQ(targeting.os_versions[0].min, parse_version("15", 0));
  EXPECT_EQ(targeting.os_versions[0].max, parse_version("17.2.65535", 0)) << "17.2 includes 17.2.1";
  EXPECT_EQ(targeting.os_versions[1].max, ~std::uint64_t{0});
  ASSERT_EQ(targeting.radius.size(), 1u);
  EXPECT_EQ(targeting.radius[0].km, 25);
  ASSERT_TRUE(targeting.hours.has_value());
  std::bitset<168> hours;
  for (const std::size_t day : {0u, 6u}) {
    for (const std::size_t hour : {6u, 7u, 8u}) hours.set(day * 24 + hour);
  }
  for (std::size_t day = 0; day < 7; ++day) hours.set(day * 24 + 23);
  EXPECT_EQ(*targeting.hours, hours);
  EXPECT_EQ(targeting.age_min, 18);
  EXPECT_EQ(targeting.age_max, 49);
}

TEST_F(Complete, CreativesAreRead) {
  ASSERT_EQ(it().creatives.size(), 4u);
  const Creative &banner = it().creatives[0], &video = it().creatives[1], &audio = it().creatives[2],
                 &native = it().creatives[3];
  EXPECT_EQ(banner.media, Media::banner);
  EXPECT_EQ(banner.w, 300);
  EXPECT_EQ(banner.h, 250);
  EXPECT_EQ(banner.markup, "<b>{{auction_id}}</b>");
  EXPECT_EQ(banner.btype, 1);
  EXPECT_EQ(banner.adomain, Names{"brand.example"});
  EXPECT_EQ(banner.cat, Names{"IAB3-1"});
  EXPECT_EQ(banner.cattax, 2);
  EXPECT_EQ(banner.attr.bits(), 0b110u);
  EXPECT_EQ(banner.api.bits(), 0b10100000u);
  EXPECT_EQ(banner.bundle, "com.brand");
  EXPECT_EQ(banner.language, "de");
  EXPECT_EQ(banner.iurl, "https://cdn.example/i.png");
  EXPECT_EQ(video.media, Media::video);
  EXPECT_EQ(video.protocol, 7);
  EXPECT_EQ(video.duration, 30);
  ASSERT_EQ(video.media_files.size(), 1u);
  EXPECT_EQ(video.media_files[0].bitrate_kbps, 800);
  EXPECT_EQ(video.landing_page, "https://brand.example/?b={{bid_id}}");
  EXPECT_EQ(audio.media, Media::audio);
  EXPECT_EQ(audio.protocol, 2);
  EXPECT_EQ(native.media, Media::native);
  EXPECT_EQ(native.titles, (Names{"Long title", "Title"}));
  ASSERT_EQ(native.images.size(), 2u);
  EXPECT_EQ(native.images[0].type, 3);
  EXPECT_EQ(native.images[1].type, 1);
  ASSERT_EQ(native.data.size(), 2u);
  EXPECT_EQ(native.data[0].type, 1);
  EXPECT_EQ(native.data[1].type, 12);
}

TEST(LoadCampaigns, LeavesEverythingOpenThatIsNotSaid) {
  const Campaign it = load_one(campaign("c"));
  EXPECT_TRUE(it.active);
  EXPECT_EQ(it.currency, "USD");
  EXPECT_EQ(it.flight_start, 0);
  EXPECT_EQ(it.flight_end, std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(it.dsa.has_value());
  EXPECT_EQ(it.targeting.traits, ~std::uint64_t{0});
  for (const NameRule& rule : it.targeting.names) EXPECT_TRUE(rule.empty());
  EXPECT_TRUE(it.creatives[0].secure);
  EXPECT_EQ(it.creatives[0].cattax, 1);
}

TEST(LoadCampaigns, TakesNullAsAbsent) {
  const Campaign it = load_one(Json::parse(R"({
      "id": "c", "advertiser": "a", "seat": "s", "name": null, "flight": null, "dsa": null,
      "bid": {"price": 1, "expected_ctr": null}, "targeting": {"bundle": null, "age": null},
      "creatives": [{"id": "x", "media": "banner", "w": 1, "h": 1, "markup": "m", "adomain": ["b.example"],
                     "iurl": null, "cat": null}]})"));
  EXPECT_EQ(it.value(), 1'000'000);
}

TEST(LoadCampaigns, ReadsEmptyListOfCampaigns) {
  const Loaded loaded = load_campaigns(R"({"campaigns": []})", testing::currencies());
  EXPECT_EQ(testing::text_of(loaded.faults), "");
  EXPECT_TRUE(loaded.campaigns.empty());
}

TEST(LoadCampaigns, FindsInsecureAssetsWhereverTheyAre) {
  const std::pair<Json, bool> creatives[] = {
      {creative("banner"), true},
      {creative("banner", R"({"markup": "<img src='http://a.example/i.png'>"})"), false},
      {creative("banner", R"({"markup": "<img src='HTTP://a.example/i.png'>"})"), false},
      {creative("banner", R"({"iurl": "http://a.example/i.png"})"), false},
      {creative("banner", R"({"landing_page": "http://brand.example/"})"), true},
      {creative("banner", R"({"markup": "<a href='{{click_url}}'>", "landing_page": "http://brand.example/"})"), false},
      {creative("banner", R"({"markup": "<a href='{{click_url}}'>", "landing_page": "https://b.example/"})"), true},
      {creative("video"), true},
      {creative("video", R"({"landing_page": "http://brand.example/"})"), true},  // not an asset
      {creative("video",
                R"({"media_files": [{"url": "http://a.example/v.mp4", "type": "video/mp4", "w": 1,
                             "h": 1}]})"),
       false},
      {creative("native", R"({"images": [{"type": "icon", "url": "http://a.example/i.png", "w": 1, "h": 1}]})"), false},
  };
  for (const auto& [json, secure] : creatives) {
    Json c = campaign("c");
    c["creatives"] = {json};
    EXPECT_EQ(load_one(c).creatives[0].secure, secure) << json;
  }
}

TEST(LoadCampaignFile, ReadsTheSampleCatalogWithTheSampleRates) {
  std::ifstream file(BIDWELL_SOURCE_DIR "/config/bidwell.json");
  const Json config = Json::parse(file, nullptr, true, true);
  CurrencyTable table;
  for (const auto& [code, rate] : config["currencies"].items()) EXPECT_TRUE(table.set(code, rate));
  const Loaded loaded = load_campaign_file(BIDWELL_SOURCE_DIR "/config/catalog.json", table);
  EXPECT_EQ(testing::text_of(loaded.faults), "");
  EXPECT_FALSE(loaded.campaigns.empty());
}

TEST(LoadCampaignFile, SaysWhichFileCannotBeRead) {
  const std::string path = ::testing::TempDir() + "no-such-catalog.json";
  const Loaded loaded = load_campaign_file(path, testing::currencies());
  ASSERT_EQ(loaded.faults.size(), 1u);
  EXPECT_EQ(loaded.faults[0].where, "");
  EXPECT_NE(loaded.faults[0].what.find(path), std::string::npos);
}

}  // namespace
}  // namespace bidwell::catalog
