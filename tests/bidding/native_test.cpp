// Native: exactly the assets that are asked for, or no bid.
#include "bidwell/bidding/native.h"

#include <gtest/gtest.h>

#include "tests/bidding/fixture.h"

namespace bidwell::bidding {
namespace {

using openrtb::NativeAsset;

class NativeAssets : public ::testing::Test {
 protected:
  NativeAssets() {
    Json json = testing::campaign("c");
    json["creatives"] = {testing::creative("native", R"({
        "titles": ["A title of 20 chars.", "Ten chars."],
        "images": [{"type": "main", "url": "https://a.example/m", "w": 1200, "h": 627},
                   {"type": "main", "url": "https://a.example/s", "w": 300, "h": 250},
                   {"type": "icon", "url": "https://a.example/i", "w": 80, "h": 80}],
        "data": [{"type": "sponsored", "value": "Brand"}, {"type": "desc", "value": "A long text"},
                 {"type": "desc", "value": "Text"}]})")};
    snapshot_ = catalog::testing::compile({json});
  }
  const catalog::CompiledCreative& creative() const { return snapshot_->campaigns()[0].creatives[0]; }

  // The text or URL that answers the asset, "" if nothing does.
  std::string answer(const NativeAsset& asset) const {
    const auto text = answer_asset(asset, creative());
    if (!text) return "";
    const Json json = Json::parse("{" + Json::parse("\"" + std::string(*text) + "\"").get<std::string>() + "}");
    if (json.contains("title")) return json["title"]["text"];
    if (json.contains("img")) return json["img"]["url"];
    return json["data"]["value"];
  }

  std::shared_ptr<const catalog::Snapshot> snapshot_;
};

NativeAsset title(std::int32_t len) {
  NativeAsset asset;
  asset.id = 1;
  asset.kind = NativeAsset::Kind::title;
  asset.len = len;
  return asset;
}
struct Size {
  std::int32_t w = openrtb::kAbsent, h = openrtb::kAbsent, wmin = openrtb::kAbsent, hmin = openrtb::kAbsent;
};
NativeAsset image(std::int32_t type, Size size) {
  NativeAsset asset;
  asset.id = 2;
  asset.kind = NativeAsset::Kind::img;
  asset.type = type;
  asset.w = size.w, asset.h = size.h, asset.wmin = size.wmin, asset.hmin = size.hmin;
  return asset;
}
NativeAsset data(std::int32_t type, std::int32_t len = openrtb::kAbsent) {
  NativeAsset asset;
  asset.id = 3;
  asset.kind = NativeAsset::Kind::data;
  asset.type = type;
  asset.len = len;
  return asset;
}

TEST_F(NativeAssets, TitlesAreTheFirstThatFits) {
  EXPECT_EQ(answer(title(openrtb::kAbsent)), "A title of 20 chars.");
  EXPECT_EQ(answer(title(20)), "A title of 20 chars.");
  EXPECT_EQ(answer(title(19)), "Ten chars.");
  EXPECT_EQ(answer(title(9)), "");
  EXPECT_EQ(answer(title(0)), "A title of 20 chars.") << "no limit is meant";
}

TEST_F(NativeAssets, ImagesAreOfTheTypeAndSize) {
  EXPECT_EQ(answer(image(3, {})), "https://a.example/m");
  EXPECT_EQ(answer(image(1, {})), "https://a.example/i");
  EXPECT_EQ(answer(image(2, {})), "");
  EXPECT_EQ(answer(image(openrtb::kAbsent, {})), "https://a.example/m");
  EXPECT_EQ(answer(image(3, {.w = 300, .h = 250})), "https://a.example/s");
  EXPECT_EQ(answer(image(3, {.w = 300, .h = 251})), "");
  EXPECT_EQ(answer(image(3, {.w = 301})), "");
  EXPECT_EQ(answer(image(3, {.wmin = 1200, .hmin = 600})), "https://a.example/m");
  EXPECT_EQ(answer(image(3, {.wmin = 1201})), "");
  EXPECT_EQ(answer(image(3, {.hmin = 628})), "");
  EXPECT_EQ(answer(image(3, {.w = 300, .h = 250, .wmin = 1000})), "https://a.example/s") << "exact sizes go first";
}

TEST_F(NativeAssets, DataAreOfTheTypeAndLength) {
  EXPECT_EQ(answer(data(1)), "Brand");
  EXPECT_EQ(answer(data(2)), "A long text");
  EXPECT_EQ(answer(data(2, 10)), "Text");
  EXPECT_EQ(answer(data(2, 3)), "");
  EXPECT_EQ(answer(data(12)), "");
  EXPECT_EQ(answer(data(openrtb::kAbsent)), "");
}

TEST_F(NativeAssets, VideoAndUnknownAssetsHaveNoAnswer) {
  NativeAsset asset;
  asset.id = 1;
  EXPECT_EQ(answer(asset), "");
  asset.kind = NativeAsset::Kind::video;
  EXPECT_EQ(answer(asset), "");
}

TEST_F(NativeAssets, EveryRequiredOneMustBeAnswered) {
  const auto can = [&](std::vector<NativeAsset> assets) {
    openrtb::Native native;
    native.assets = assets;
    return can_answer(native, creative());
  };
  const auto required = [](NativeAsset asset) {
    asset.required = true;
    return asset;
  };
  NativeAsset nameless = title(25);
  nameless.id = openrtb::kAbsent;
  EXPECT_TRUE(can({required(title(25)), required(image(3, {})), required(data(1))}));
  EXPECT_FALSE(can({required(title(25)), required(image(2, {}))}));
  EXPECT_TRUE(can({required(title(25)), image(2, {}), data(12)})) << "the others are left out";
  EXPECT_TRUE(can({title(5), data(1)}));
  EXPECT_FALSE(can({title(5), data(12)})) << "an answer without any asset is none";
  EXPECT_FALSE(can({}));
  EXPECT_FALSE(can({nameless})) << "what has no id cannot be answered";
  EXPECT_FALSE(can({required(nameless), data(1)}));
  EXPECT_FALSE(can({title(25), data(1), title(25)})) << "an id twice is ambiguous";
}

}  // namespace
}  // namespace bidwell::bidding
