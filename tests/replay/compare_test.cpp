// Two results side by side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/replay/results.h"

namespace bidwell::replay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

std::string line_of(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return line;
  }
  return "no line " + name;
}

std::string fault_of(const Json& a, const Json& b) {
  try {
    compare_text(a, b);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(CompareTest, ChangesAreAbsoluteAndRelative) {
  Result a, b;
  a.tally.sent = b.tally.sent = a.tally.answered = b.tally.answered = 100'000;
  a.tally.statuses = {{204, 100'000}}, b.tally.statuses = {{204, 99'000}, {503, 1000}};
  a.tally.latency.record(1'000'000, 100'000), b.tally.latency.record(1'500'000, 100'000);
  a.achieved_rate = 20'000, b.achieved_rate = 19'000;
  const std::string text = compare_text(json_of(a), json_of(b));
  EXPECT_EQ(line_of(text, "achieved"), "achieved           20,000/s    19,000/s        -1,000/s     -5.0 %");
  EXPECT_EQ(line_of(text, "latency p99"), "latency p99        1.000 ms    1.500 ms       +500.0 us    +50.0 %");
  EXPECT_EQ(line_of(text, "errors"), "errors                0.0 %      1.00 %   +1.000 points        new");
  EXPECT_EQ(line_of(text, "late"), "late                  0.0 %       0.0 %    0.000 points        0 %");
  EXPECT_THAT(text, Not(HasSubstr("fewer than ten")));
}

TEST(CompareTest, PercentilesOfTooFewRequestsAreMarked) {
  const Json json = json_of(testing::make_result({.seconds = 10, .rate = 500}));
  const std::string text = compare_text(json, json);
  EXPECT_THAT(line_of(text, "latency p99"), Not(HasSubstr("*")));
  EXPECT_THAT(line_of(text, "latency p99.9"), HasSubstr(" *"));
  EXPECT_THAT(text, HasSubstr("fewer than ten"));
}

TEST(CompareTest, AClientAtItsLimitIsSaid) {
  Result limited = testing::make_result({.seconds = 1});
  limited.client_limits = {"too slow"};
  const std::string text = compare_text(json_of(testing::make_result({.seconds = 1})), json_of(limited));
  EXPECT_THAT(text, HasSubstr("In B the client was the limit"));
  EXPECT_THAT(text, Not(HasSubstr("In A")));
}

TEST(CompareTest, WhatIsNoResultIsRefused) {
  const Json good = json_of(testing::make_result({.seconds = 1}));
  EXPECT_EQ(fault_of(good, good), "");
  for (const char* const text : {"{}", "[]", "5", R"({"schema":7})", R"({"schema":"other"})"}) {
    EXPECT_THAT(fault_of(Json::parse(text), good), StartsWith("the first is no result of bidwell-replay")) << text;
  }
  Json newer = good;
  newer["schema"] = "bidwell-replay/2";
  EXPECT_EQ(fault_of(good, newer),
            "the second is of bidwell-replay/2, this program reads bidwell-replay/1: make both with one version");
  Json torn = good;
  torn["latency_ns"].erase("p99");
  EXPECT_EQ(fault_of(good, torn), "the second has no number at /latency_ns/p99");
}

}  // namespace
}  // namespace bidwell::replay
