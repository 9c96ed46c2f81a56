// Which requests are sent.
#include <gtest/gtest.h>

#include "bidwell/replay/prepare.h"

namespace bidwell::replay {
namespace {

CapturedRequest request(const std::string& body = R"({"id":"1"})", const std::string& target = "/bid/demo") {
  CapturedRequest out;
  out.method = "POST";
  out.target = target;
  out.headers = {{"Host", "Bidder.example:8080"}};
  out.body = body;
  return out;
}

TEST(SelectionTest, TakesPostsOfJsonObjects) {
  Selection selection({});
  EXPECT_EQ(selection.refuse(request()), std::nullopt);
  CapturedRequest get = request();
  get.method = "GET";
  EXPECT_EQ(selection.refuse(get), Loss::not_post);
  EXPECT_EQ(selection.refuse(request("[1]")), Loss::not_json_object);
  EXPECT_EQ(selection.refuse(request("{\"a\":\"line\nbreak\"}")), Loss::not_json_object);
  EXPECT_EQ(selection.refuse(request("")), Loss::not_json_object);
  Selection all({.all_methods = true});
  EXPECT_EQ(all.refuse(get), std::nullopt);
  EXPECT_EQ(all.refuse(request("x")), std::nullopt);
}

TEST(SelectionTest, ByHostInAnyCaseWithItsPortOrWithout) {
  for (const auto& [host, fits] : std::vector<std::pair<std::string, bool>>{
           {"bidder.example", true}, {"BIDDER.example:8080", true}, {"bidder.example:80", false}, {"other", false}}) {
    Selection selection({.hosts = {"another", host}});
    EXPECT_EQ(selection.refuse(request()), fits ? std::nullopt : std::optional(Loss::filtered)) << host;
  }
  Selection selection({.hosts = {"bidder.example", "[::1]"}});
  CapturedRequest bare = request();
  bare.headers.clear();
  EXPECT_EQ(selection.refuse(bare), Loss::filtered);
  bare.headers = {{"host", "[::1]:8080"}};
  EXPECT_EQ(selection.refuse(bare), std::nullopt);
  bare.headers = {{"host", "[::1]"}};
  EXPECT_EQ(selection.refuse(bare), std::nullopt);
}

TEST(SelectionTest, ByPath) {
  Selection selection({.paths = {"/bid/", "/x"}});
  EXPECT_EQ(selection.refuse(request("{}", "/bid/demo?a=1")), std::nullopt);
  EXPECT_EQ(selection.refuse(request("{}", "/bi")), Loss::filtered);
  EXPECT_EQ(selection.refuse(request("{}", "/other/bid/")), Loss::filtered);
}

TEST(SelectionTest, SamplesByTheBodyAndSoEachRunAlike) {
  Selection first({.sample = 0.25}), second({.sample = 0.25}), none({.sample = 0});
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    const CapturedRequest one = request("{\"id\":\"" + std::to_string(i) + "\"}");
    const auto refused = first.refuse(one);
    EXPECT_EQ(refused, second.refuse(one));
    EXPECT_EQ(none.refuse(one), Loss::sampled_out);
    EXPECT_TRUE(!refused || *refused == Loss::sampled_out);
    taken += refused ? 0 : 1;
  }
  EXPECT_NEAR(taken, 2500, 200);
}

TEST(SelectionTest, SkipsAndLimits) {
  Selection selection({.skip = 2, .limit = 3});
  EXPECT_EQ(selection.refuse(request("[]")), Loss::not_json_object);  // is none of the two
  EXPECT_EQ(selection.refuse(request()), Loss::filtered);
  EXPECT_EQ(selection.refuse(request()), Loss::filtered);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(selection.done());
    EXPECT_EQ(selection.refuse(request()), std::nullopt);
  }
  EXPECT_TRUE(selection.done());
  EXPECT_EQ(selection.refuse(request()), Loss::filtered);
}

}  // namespace
}  // namespace bidwell::replay
