// What differs between two answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bidwell/replay/check.h"

namespace bidwell::replay {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Json = nlohmann::json;

std::vector<std::string> between(unsigned status, const std::string& body, unsigned now, const std::string& now_body,
                                 double tolerance = 0) {
  CapturedAnswer captured;
  captured.status = status;
  captured.body = body;
  return differences(captured, now, now_body, tolerance);
}

std::vector<std::string> between(const std::string& body, const std::string& now_body, double tolerance = 0) {
  return between(200, body, 200, now_body, tolerance);
}

Json answer() {
  return Json::parse(R"({"id":"1","cur":"USD","seatbid":[{"seat":"s","bid":[
    {"id":"a","impid":"1","price":1.25,"crid":"c1","adomain":["x.example"],"dealid":"d","adm":"<b>"},
    {"id":"b","impid":"2","price":2,"crid":"c2","adomain":["y.example","z.example"]}]}]})");
}

TEST(DifferencesTest, OneThingChangedIsNamed) {
  const auto changed = [](const char* pointer, const Json& value) {
    Json other = answer();
    other[Json::json_pointer(pointer)] = value;
    return between(answer().dump(), other.dump());
  };
  EXPECT_THAT(changed("/seatbid/0/bid/0/price", 1.26), ElementsAre("price"));
  EXPECT_THAT(changed("/seatbid/0/bid/1/crid", "c3"), ElementsAre("creative"));
  EXPECT_THAT(changed("/seatbid/0/bid/0/adomain", {"w.example"}), ElementsAre("advertiser"));
  EXPECT_THAT(changed("/seatbid/0/bid/0/dealid", "e"), ElementsAre("deal"));
  EXPECT_THAT(changed("/seatbid/0/bid/1/dealid", "d"), ElementsAre("deal"));
  EXPECT_THAT(changed("/cur", "EUR"), ElementsAre("currency"));
  EXPECT_THAT(changed("/seatbid/0/bid/0/impid", "3"), ElementsAre("impressions bid on"));
  EXPECT_THAT(changed("/seatbid", Json::array()), ElementsAre("bid/no bid"));
}

TEST(DifferencesTest, IdsMarkupAndOrderAreNoDifference) {
  Json other = answer();
  other["id"] = "2";
  other["bidid"] = "x";
  other["seatbid"][0]["bid"][0]["id"] = "other";
  other["seatbid"][0]["bid"][0]["adm"] = "<i>";
  std::swap(other["seatbid"][0]["bid"][0], other["seatbid"][0]["bid"][1]);
  std::swap(other["seatbid"][0]["bid"][0]["adomain"][0], other["seatbid"][0]["bid"][0]["adomain"][1]);
  EXPECT_THAT(between(answer().dump(), other.dump()), IsEmpty());
  other["seatbid"][0]["bid"][1]["adomain"] = {"X.EXAMPLE"};
  EXPECT_THAT(between(answer().dump(), other.dump()), IsEmpty());
}

TEST(DifferencesTest, PricesMayDifferByTheTolerance) {
  const std::string one = R"({"seatbid":[{"bid":[{"impid":"1","price":1.00}]}]})";
  const std::string other = R"({"seatbid":[{"bid":[{"impid":"1","price":1.02}]}]})";
  EXPECT_THAT(between(one, other), ElementsAre("price"));
  EXPECT_THAT(between(one, other, 0.01), ElementsAre("price"));
  EXPECT_THAT(between(one, other, 0.02), IsEmpty());
  EXPECT_THAT(between(one, R"({"cur":"USD","seatbid":[{"bid":[{"impid":1,"price":10e-1}]}]})"), IsEmpty());
}

TEST(DifferencesTest, FormsOfNoBidAreTheSame) {
  for (const char* const body : {"{}", R"({"id":"1","seatbid":[]})", R"({"nbr":2})"}) {
    EXPECT_THAT(between(204, "", 200, body), IsEmpty()) << body;
    EXPECT_THAT(between(200, body, 204, ""), IsEmpty()) << body;
  }
  EXPECT_THAT(between(204, "", 200, answer().dump()), ElementsAre("bid/no bid"));
  EXPECT_THAT(between(200, answer().dump(), 204, ""), ElementsAre("bid/no bid"));
}

TEST(DifferencesTest, StatusesAndWhatCannotBeRead) {
  EXPECT_THAT(between(204, "", 503, "busy"), ElementsAre("status"));
  EXPECT_THAT(between(400, "", 200, answer().dump()), ElementsAre("status"));
  EXPECT_THAT(between(500, "a", 500, "b"), IsEmpty());
  EXPECT_THAT(between(204, "", 200, "<html>"), ElementsAre("unreadable"));
  EXPECT_THAT(between(200, "<html>", 200, answer().dump()), ElementsAre("unreadable"));
}

TEST(DifferencesTest, HostileBodiesAreOnlyUnreadableOrEmpty) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(between(answer().dump(), deep), ElementsAre("unreadable"));
  const std::string closed = "{\"seatbid\":" + deep + std::string(deep.size(), ']') + "}";
  EXPECT_THAT(between(answer().dump(), closed), ElementsAre("bid/no bid"));
  for (const char* const body :
       {R"({"seatbid":5})", R"({"seatbid":[5,{"bid":{}},{"bid":[5,null]}]})", R"({"cur":{}})"}) {
    EXPECT_THAT(between(answer().dump(), body), ElementsAre("bid/no bid")) << body;
  }
  EXPECT_THAT(between(answer().dump(), R"({"seatbid":[{"bid":[{"impid":"\ud800"}]}]})"), ElementsAre("unreadable"));
  EXPECT_THAT(between("{\"seatbid\":[{\"bid\":[{\"impid\":{\"a\":\"x\"}}]}]}", answer().dump()),
              ElementsAre("impressions bid on"));
}

// Real answers: each is itself, and what is changed in it is named.
class CorpusAnswersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const named = std::getenv("BIDWELL_CORPUS");
    const fs::path corpus =
        named != nullptr ? fs::path(named) : fs::path(BIDWELL_SOURCE_DIR).parent_path() / "shared/corpus";
    std::ifstream file(corpus / "responses.ndjson");
    if (!file) GTEST_SKIP() << "no answers in " << corpus << " (BIDWELL_CORPUS names another place)";
    for (std::string line; std::getline(file, line);) answers_.push_back(line);
  }
  std::vector<std::string> answers_;
};

TEST_F(CorpusAnswersTest, EachDiffersInNothingFromItself) {
  ASSERT_GT(answers_.size(), 500U);
  for (const std::string& body : answers_) {
    EXPECT_THAT(between(body, body), IsEmpty()) << body;
    EXPECT_THAT(between(body, Json::parse(body).dump(2)), IsEmpty()) << body;
  }
}

TEST_F(CorpusAnswersTest, OneThingChangedInAnyIsNamed) {
  std::size_t changed = 0;
  for (const std::string& body : answers_) {
    const Json json = Json::parse(body);
    const Json::json_pointer bid("/seatbid/0/bid/0");
    if (!json.is_object() || !json.contains(bid) || !json[bid].contains("price") || !json[bid]["price"].is_number()) {
      continue;
    }
    ++changed;
    // Where an impression has several bids they are paired by creative: a change there may cross them.
    Json other = json;
    other[bid]["price"] = json[bid]["price"].get<double>() * 1.5 + 1;
    EXPECT_THAT(between(body, other.dump()), ElementsAre("price")) << body;
    other = json;
    other[bid]["impid"] = "no such impression";
    EXPECT_THAT(between(body, other.dump()), ElementsAre("impressions bid on")) << body;
    other = json;
    other["cur"] = "XTS";
    EXPECT_THAT(between(body, other.dump()), ElementsAre("currency")) << body;
    other = json;
    other["seatbid"] = Json::array();
    EXPECT_THAT(between(body, other.dump()), ElementsAre("bid/no bid")) << body;
  }
  EXPECT_GT(changed, 300U);
}

}  // namespace
}  // namespace bidwell::replay
