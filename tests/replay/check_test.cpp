// The checker's thread: what it finds, and what it says of what it could not look at.
#include "bidwell/replay/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace bidwell::replay {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::SizeIs;

constexpr std::string_view kHead = "POST /bid HTTP/1.1\r\n\r\n";
constexpr std::string_view kRequest =
    R"({"id":"r1","tmax":100,"imp":[{"id":"1","bidfloor":0.5,"banner":{"w":300,"h":250}}]})";
constexpr const char* kBid =
    R"({"id":"r1","seatbid":[{"bid":[{"id":"b1","impid":"1","price":1.5,"crid":"c","adomain":["a.example"],)"
    R"("cat":["IAB1"],"w":300,"h":250,"adm":"<a href=\"https://a.example\">x</a>"}]}]})";

Prepared prepared() {
  Prepared out;
  out.tmax_ms = 100;
  out.body_at = kHead.size();
  out.bytes = std::string(kHead) + std::string(kRequest);
  return out;
}

Sent answered(const Prepared& request, unsigned status, std::string_view body,
              std::chrono::milliseconds took = std::chrono::milliseconds(5)) {
  Sent out;
  out.request = &request;
  out.bytes = request.bytes;
  out.answer.status = status;
  out.answer.body = body;
  out.answer.content_length = static_cast<std::int64_t>(body.size());
  out.answer.done = out.due + took;
  return out;
}

TEST(CheckerTest, ACorrectBidAndANoBidAreNotFaulty) {
  const Prepared request = prepared();
  Checker checker({.validate = true});
  checker.offer(answered(request, 200, kBid));
  checker.offer(answered(request, 204, ""));
  checker.finish();
  const CheckResult result = checker.validated();
  EXPECT_EQ(result.checked, 2U);
  EXPECT_EQ(result.faulty, 0U) << ::testing::PrintToString(result.examples);
  EXPECT_THAT(result.by_kind, IsEmpty());
  EXPECT_EQ(checker.compared().checked, 0U);
}

TEST(CheckerTest, ABrokenRuleIsNamedWithItsPlace) {
  const Prepared request = prepared();
  Checker checker({.validate = true});
  std::string cheap = kBid;
  cheap.replace(cheap.find("1.5"), 3, "0.1");
  checker.offer(answered(request, 200, cheap));
  checker.offer(answered(request, 200, kBid, std::chrono::milliseconds(101)));
  checker.finish();
  const CheckResult result = checker.validated();
  EXPECT_EQ(result.checked, 2U);
  EXPECT_EQ(result.faulty, 2U);
  EXPECT_THAT(result.by_kind, Contains(Key("rule 7 (floors)")));
  EXPECT_THAT(result.by_kind, Contains(Key("rule 29 (tmax)")));
  EXPECT_THAT(result.examples, Contains(HasSubstr("seatbid[0].bid[0]")));
}

TEST(CheckerTest, TheRatesAreForFloors) {
  Prepared request = prepared();
  request.bytes.insert(request.bytes.find("\"bidfloor\""), R"("bidfloorcur":"EUR",)");
  const auto faulty = [&](const CheckOptions& options) {
    Checker checker(options);
    checker.offer(answered(request, 200, kBid));
    checker.finish();
    return checker.validated().faulty;
  };
  EXPECT_EQ(faulty({.validate = true}), 1U);
  EXPECT_EQ(faulty({.validate = true, .rates = {{"USD", 1.0}, {"EUR", 0.9}}}), 0U);
}

TEST(CheckerTest, WhatWasCapturedIsCompared) {
  Prepared request = prepared();
  request.answer.emplace();
  request.answer->status = 204;
  const Prepared without = prepared();
  Checker checker({.compare = true});
  checker.offer(answered(request, 204, ""));
  checker.offer(answered(request, 200, kBid));
  checker.offer(answered(without, 200, kBid));
  checker.finish();
  const CheckResult result = checker.compared();
  EXPECT_EQ(result.checked, 2U) << "what has no captured answer is not counted";
  EXPECT_EQ(result.faulty, 1U);
  EXPECT_EQ(result.by_kind.at("bid/no bid"), 1U);
  ASSERT_THAT(result.examples, SizeIs(1));
}

TEST(CheckerTest, WhatIsNoAnswerIsNotLookedAt) {
  const Prepared request = prepared();
  Checker checker({.validate = true});
  Sent closed = answered(request, 0, "");
  closed.answer.outcome = Outcome::closed;
  checker.offer(closed);
  Sent not_kept = answered(request, 204, "");
  not_kept.bytes = {};
  checker.offer(not_kept);
  checker.finish();
  EXPECT_EQ(checker.validated().checked + checker.validated().unchecked, 0U);
}

TEST(CheckerTest, WhatFindsNoRoomIsCounted) {
  const Prepared request = prepared();
  Checker checker({.validate = true, .waiting_max = 0});
  for (int i = 0; i < 10; ++i) checker.offer(answered(request, 204, ""));
  checker.finish();
  EXPECT_EQ(checker.validated().checked, 0U);
  EXPECT_EQ(checker.validated().unchecked, 10U);
}

TEST(CheckerTest, ExamplesAreFewAndOfEachKind) {
  const Prepared request = prepared();
  Checker checker({.validate = true});
  for (int i = 0; i < 100; ++i) checker.offer(answered(request, 500, ""));
  checker.offer(answered(request, 200, kBid, std::chrono::seconds(1)));
  checker.finish();
  EXPECT_EQ(checker.validated().faulty, 101U);
  EXPECT_LE(checker.validated().examples.size(), 20U);
  EXPECT_THAT(checker.validated().examples, Contains(HasSubstr("rule 29")));
}

TEST(CheckerTest, ItMayBeLeftWithoutAnEnd) {
  const Prepared request = prepared();
  Checker checker({.validate = true});
  for (int i = 0; i < 1000; ++i) checker.offer(answered(request, 200, kBid));
}

// For ThreadSanitizer, too: every answer is looked at, or counted.
TEST(CheckerTest, ManyThreadsMayOffer) {
  Prepared request = prepared();
  request.answer.emplace();
  request.answer->status = 200;
  request.answer->body = kBid;
  Checker checker({.validate = true, .compare = true, .waiting_max = 500});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) checker.offer(answered(request, 200, kBid));
    });
  }
  for (auto& thread : threads) thread.join();
  checker.finish();
  const CheckResult validated = checker.validated(), compared = checker.compared();
  EXPECT_EQ(validated.checked + validated.unchecked, 6000U);
  EXPECT_GT(validated.checked, 0U);
  EXPECT_EQ(compared.checked, validated.checked);
  EXPECT_EQ(compared.unchecked, validated.unchecked);
  EXPECT_EQ(compared.faulty, 0U);
}

}  // namespace
}  // namespace bidwell::replay
