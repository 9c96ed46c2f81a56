// The requests that are made up: whether they are what OpenRTB asks for, and as often what they shall be.
#include "market/generate.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "bidwell/openrtb/parse.h"

namespace bidwell::market {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::uint64_t kRun = 0x1234;

TEST(GenerateTest, EachRequestIsValid) {
  Options options;
  options.test_share = 0.05;
  Generator generator(options, kRun);
  openrtb::Parser parser{openrtb::ParserLimits{}};
  openrtb::BidRequest parsed;
  Ask ask;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    ASSERT_TRUE(generator.next(i, ask));
    const json request = json::parse(ask.body);
    ASSERT_EQ(request.at("id"), ask.id);
    ASSERT_EQ(request.at("tmax"), 100);
    ASSERT_EQ(request.contains("site") + request.contains("app"), 1);
    ASSERT_EQ(request.at("imp").size(), ask.impressions.size());
    std::set<std::string> ids;
    for (const json& imp : request.at("imp")) {
      ids.insert(imp.at("id"));
      ASSERT_EQ(imp.contains("banner") + imp.contains("video") + imp.contains("native"), 1) << ask.body;
      if (imp.contains("native")) {
        ASSERT_TRUE(json::accept(imp["native"]["request"].get<std::string>())) << ask.body;
      }
      if (imp.contains("banner")) {
        ASSERT_TRUE(imp["banner"].contains("format") || imp["banner"].contains("w"));
      }
    }
    ASSERT_EQ(ids.size(), ask.impressions.size());
    ASSERT_EQ(request.value("test", 0) == 1, ask.test);
    // The bidder's own parser finds nothing to refuse either. It needs room behind the text.
    std::string room = ask.body;
    room.resize(room.size() + 64);
    ASSERT_EQ(parser.parse({room.data(), ask.body.size()}, parsed), openrtb::ParseError::none) << ask.body;
  }
}

// What the generator says of a request is what anybody reads out of it.
TEST(GenerateTest, TermsAreThoseOfTheBody) {
  Generator generator({}, kRun);
  Ask made, read;
  bool deals = false;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    generator.next(i, made);
    read.body = made.body;
    ASSERT_TRUE(read_terms(read));
    ASSERT_EQ(read.id, made.id);
    ASSERT_EQ(read.currency, made.currency);
    ASSERT_EQ(read.test, made.test);
    ASSERT_EQ(read.impressions.size(), made.impressions.size());
    for (std::size_t k = 0; k < read.impressions.size(); ++k) {
      const Impression &a = read.impressions[k], &b = made.impressions[k];
      ASSERT_EQ(a.id, b.id);
      ASSERT_EQ(a.floor, b.floor) << made.body;
      ASSERT_EQ(a.deals.size(), b.deals.size());
      for (std::size_t d = 0; d < a.deals.size(); ++d) {
        deals = true;
        ASSERT_EQ(a.deals[d].id, b.deals[d].id);
        ASSERT_EQ(a.deals[d].floor, b.deals[d].floor);
      }
    }
  }
  EXPECT_TRUE(deals);
}

TEST(GenerateTest, SharesAreThoseAskedFor) {
  Options options;
  options.video_share = 0.3, options.native_share = 0.2, options.app_share = 0.6, options.test_share = 0.1;
  Generator generator(options, kRun);
  Ask ask;
  double videos = 0, natives = 0, imps = 0, apps = 0, tests = 0;
  constexpr int kRequests = 20'000;
  for (std::uint64_t i = 0; i < kRequests; ++i) {
    generator.next(i, ask);
    const json request = json::parse(ask.body);
    for (const json& imp : request["imp"]) ++imps, videos += imp.contains("video"), natives += imp.contains("native");
    apps += request.contains("app"), tests += ask.test;
  }
  EXPECT_NEAR(videos / imps, 0.3, 0.02);
  EXPECT_NEAR(natives / imps, 0.2, 0.02);
  EXPECT_NEAR(apps / kRequests, 0.6, 0.02);
  EXPECT_NEAR(tests / kRequests, 0.1, 0.01);
}

TEST(GenerateTest, FewUsersComeOftenAndMostSeldom) {
  Generator generator({}, kRun);
  Ask ask;
  std::map<std::string, int> users;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    generator.next(i, ask);
    ++users[json::parse(ask.body)["user"]["id"]];
  }
  int most = 0, once = 0;
  for (const auto& [id, count] : users) most = std::max(most, count), once += count == 1;
  EXPECT_NEAR(most, 0.0269 * 30'000, 150);  // the first of five million by Zipf's law
  EXPECT_GT(users.size(), 10'000u);
  EXPECT_GT(once, 8'000);
}

TEST(GenerateTest, SameSeedSameRequestsInAnyOrder) {
  Options options;
  Generator one(options, kRun), two(options, kRun), other_run(options, kRun + 1);
  options.seed = 2;
  Generator other_seed(options, kRun);
  Ask a, b;
  one.next(1, a), one.next(2, a);
  two.next(2, b);
  EXPECT_EQ(a.body, b.body);
  EXPECT_EQ(a.id, "x0000000001234-0000000002");
  other_run.next(2, b);
  EXPECT_NE(a.id, b.id);
  other_seed.next(2, b);
  EXPECT_NE(a.body, b.body);
}

TEST(GenerateTest, RefusesSharesThatAreNone) {
  Options options;
  options.video_share = 0.7, options.native_share = 0.5;
  EXPECT_THROW(Generator(options, 1), std::invalid_argument);
}

TEST(ReadTermsTest, OfRequestsThatOthersWrote) {
  Ask ask;
  ask.body = R"({"imp":[{"id":"a","bidfloor":1e-05,"bidfloorcur":"EUR"},{"id":"b","bidfloor":-1},{"bidfloor":"2"},7],
                 "id":"q","cur":["EUR","USD"],"test":1})";
  ASSERT_TRUE(read_terms(ask));
  EXPECT_EQ(ask.currency, "EUR");
  EXPECT_TRUE(ask.test);
  ASSERT_EQ(ask.impressions.size(), 4u);
  EXPECT_EQ(ask.impressions[0].floor, 10);
  EXPECT_EQ(ask.impressions[0].floor_currency, "EUR");
  EXPECT_EQ(ask.impressions[1].floor, 0);
  EXPECT_EQ(ask.impressions[2].floor, 0);
  for (const char* none : {"", "[]", "{", R"({"id":"q"})", R"({"imp":[{"id":"1"}]})", R"({"id":"q","imp":[]})",
                           R"({"id":7,"imp":[{}]})"}) {
    ask.body = none;
    EXPECT_FALSE(read_terms(ask)) << none;
  }
}

}  // namespace
}  // namespace bidwell::market
