// Requests of a file, asked as ours.
#include "market/captured.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace bidwell::market {
namespace {

TEST(PutInTest, ReplacesOrAddsAndLeavesTheRest) {
  std::string out;
  ASSERT_TRUE(put_in(R"({"id" : "a","imp":[{"id":"1","x":1.50}],"tmax":7})", "n", 80, out));
  EXPECT_EQ(out, R"({"id" : "n","imp":[{"id":"1","x":1.50}],"tmax":80})");
  ASSERT_TRUE(put_in(R"( {"imp":[{"id":"1"}]})", "n", 80, out));
  EXPECT_EQ(out, R"( {"id":"n","tmax":80,"imp":[{"id":"1"}]})");
  ASSERT_TRUE(put_in("{ }", "n", 80, out));
  EXPECT_EQ(out, R"({"id":"n","tmax":80 })");
  ASSERT_TRUE(put_in(R"({"id":null,"tmax":"x"})", "n", 80, out));
  EXPECT_EQ(out, R"({"id":"n","tmax":80})");
  for (const char* none : {"", "[1]", "{", "7", R"("{}")"}) EXPECT_FALSE(put_in(none, "n", 80, out)) << none;
}

class CapturedTest : public ::testing::Test {
 protected:
  CapturedTest() : path_(std::filesystem::temp_directory_path() / ("bidwell-asks-" + std::to_string(::getpid()))) {}
  ~CapturedTest() override { std::filesystem::remove(path_); }
  Options options(const std::string& lines) const {
    std::ofstream(path_) << lines;
    Options options;
    options.requests = path_;
    options.tmax_ms = 90;
    return options;
  }
  const std::filesystem::path path_;
};

TEST_F(CapturedTest, BeginsAgainAtTheEnd) {
  CapturedAsks asks(options("{\"id\":\"a\",\"imp\":[{\"id\":\"1\",\"bidfloor\":0.5}]}\n{\"no\":1}\nnot json\n"
                            "{\"id\":\"b\",\"imp\":[{\"id\":\"2\"}],\"cur\":[\"EUR\"]}\n"),
                    5);
  Ask ask;
  for (std::uint64_t i = 0; i < 6; ++i) {
    ASSERT_TRUE(asks.next(i, ask));
    EXPECT_EQ(ask.id, auction_id(5, i));
    EXPECT_EQ(nlohmann::json::parse(ask.body)["id"], ask.id);
    EXPECT_EQ(nlohmann::json::parse(ask.body)["tmax"], 90);
    EXPECT_EQ(ask.impressions.at(0).id, i % 2 == 0 ? "1" : "2");
    EXPECT_EQ(ask.currency, i % 2 == 0 ? "USD" : "EUR");
  }
  EXPECT_EQ(asks.left_out(), 2u);
}

TEST_F(CapturedTest, NothingToAsk) {
  CapturedAsks asks(options("{\"no\":1}\n"), 5);
  Ask ask;
  EXPECT_FALSE(asks.next(0, ask));
  Options missing;
  missing.requests = path_.string() + ".none";
  EXPECT_THROW(CapturedAsks(missing, 5), std::runtime_error);
}

}  // namespace
}  // namespace bidwell::market
