// What an SLO says, how a run is judged by it, and when the client was the limit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/replay/results.h"

namespace bidwell::replay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string fault_of(const std::string& text) {
  try {
    parse_slo(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(SloTest, EachUnitIsRead) {
  const Slo slo =
      parse_slo("p50=800us, p99=5ms,p99.9=0.02s,mean=1.5ms,max=2s,errors=0.1%,late=0.005,bids=20%,rate=99%");
  std::vector<std::string> names;
  std::vector<double> limits;
  std::vector<bool> at_least;
  for (const Slo::Bound& bound : slo.bounds) {
    names.push_back(bound.name), limits.push_back(bound.limit), at_least.push_back(bound.at_least);
  }
  EXPECT_THAT(names, ElementsAre("p50", "p99", "p99.9", "mean", "max", "errors", "late", "bids", "rate"));
  EXPECT_THAT(limits, ElementsAre(800e3, 5e6, 20e6, 1.5e6, 2e9, 0.001, 0.005, 0.2, 0.99));
  EXPECT_THAT(at_least, ElementsAre(false, false, false, false, false, false, false, true, true));
  EXPECT_EQ(slo.bounds[1].text, "p99=5ms");
}

TEST(SloTest, AFaultNamesItsPlaceAndWhatIsMissing) {
  EXPECT_EQ(fault_of("errors=1%,p99=5"), "p99=5: a time needs a unit, such as 5ms");
  EXPECT_EQ(fault_of("p99=5min"), "p99=5min: units of time are ns, us, ms and s");
  EXPECT_EQ(fault_of("errors=5"), "errors=5: a share is 1 at most: for 5 percent write 5%");
  EXPECT_EQ(fault_of("errors=101%"), "errors=101%: a share is 100% at most");
  EXPECT_EQ(fault_of("errors=5ms"), "errors=5ms: a share is a number such as 0.1% or 0.001");
  EXPECT_THAT(fault_of("p100=5ms"), HasSubstr("less than 100"));
  EXPECT_THAT(fault_of("p0=5ms"), HasSubstr("more than 0"));
  EXPECT_THAT(fault_of("q99=5ms"), HasSubstr("a name is"));
  EXPECT_THAT(fault_of("p99"), HasSubstr("NAME=LIMIT"));
  EXPECT_THAT(fault_of(""), HasSubstr("NAME=LIMIT"));
  EXPECT_THAT(fault_of("p99=5ms,"), HasSubstr("NAME=LIMIT"));
  EXPECT_THAT(fault_of("p99=ms"), HasSubstr("a number and a unit"));
  EXPECT_THAT(fault_of("p99=1.2.3ms"), HasSubstr("a number and a unit"));
  EXPECT_THAT(fault_of("p99=-5ms"), HasSubstr("a number and a unit"));
  EXPECT_EQ(fault_of("p99=5ms,p99=6ms"), "p99=6ms: p99 has a limit already");
}

// 1,000 requests of 1 to 1,000 ms, five of them errors.
Result known_result() {
  Result out;
  for (std::uint64_t ms = 1; ms <= 1000; ++ms) out.tally.latency.record(ms * 1'000'000);
  out.tally.sent = out.tally.answered = 1000;
  out.tally.statuses = {{200, 300}, {204, 695}, {503, 5}};
  out.tally.with_bids = 250;
  out.tally.with_tmax = 500, out.tally.late = 10;
  out.asked_rate = 100, out.achieved_rate = 98.5;
  return out;
}

TEST(SloTest, ValuesAreTheResults) {
  const auto verdicts =
      judge(parse_slo("p50=1s,p99.9=1s,mean=1s,max=1s,errors=1%,late=1%,bids=1%,rate=1%"), known_result());
  ASSERT_THAT(verdicts, SizeIs(8));
  const double exact[] = {500e6, 999e6, 500.5e6, 1000e6, 0.005, 0.02, 0.25, 0.985};
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(verdicts[i].value, exact[i], exact[i] * 0.001) << i;
}

TEST(SloTest, ABoundIsMetUpToItselfAndNotBeyond) {
  const auto met = [](const std::string& slo) { return judge(parse_slo(slo), known_result())[0].met; };
  EXPECT_TRUE(met("max=1000ms"));
  EXPECT_FALSE(met("max=999ms"));
  EXPECT_TRUE(met("errors=0.5%"));
  EXPECT_FALSE(met("errors=0.4%"));
  EXPECT_TRUE(met("bids=25%"));
  EXPECT_FALSE(met("bids=26%"));
  EXPECT_TRUE(met("rate=98%"));
  EXPECT_FALSE(met("rate=99%"));
  EXPECT_TRUE(met("late=2%"));
  EXPECT_FALSE(met("late=1.9%"));
}

TEST(SloTest, WhatWasNotMeasuredIsNotMet) {
  for (const char* const slo : {"p99=1s", "mean=1s", "errors=100%", "late=100%", "bids=0%", "rate=0%"}) {
    const auto verdicts = judge(parse_slo(slo), Result());
    EXPECT_FALSE(verdicts[0].met) << slo;
    EXPECT_TRUE(std::isnan(verdicts[0].value)) << slo;
  }
}

TEST(JudgeClientTest, AGoodRunHasNoLimits) {
  EXPECT_THAT(judge_client(testing::make_result({.seconds = 5})), IsEmpty());
  EXPECT_THAT(judge_client(Result()), IsEmpty());
}

TEST(JudgeClientTest, LatenessCountsOverATenthAndAMillisecond) {
  const auto limits = [](std::uint64_t latency_ns, std::uint64_t lateness_ns) {
    Result result;
    result.tally.latency.record(latency_ns);
    result.tally.lateness.record(lateness_ns);
    return judge_client(result);
  };
  EXPECT_THAT(limits(20'000'000, 3'000'000), ElementsAre(HasSubstr("more threads")));
  EXPECT_THAT(limits(40'000'000, 3'000'000), IsEmpty());
  EXPECT_THAT(limits(1'000'000, 900'000), IsEmpty());
}

TEST(JudgeClientTest, EachOtherLimitSaysWhatToDo) {
  Result busy = testing::make_result({.seconds = 1});
  busy.busy = {0.95, 0.2};
  EXPECT_THAT(judge_client(busy), ElementsAre(HasSubstr("1 of 2 sending threads")));
  Result skipped = testing::make_result({.seconds = 1});
  skipped.counters.skipped = 1234;
  EXPECT_THAT(judge_client(skipped), ElementsAre(HasSubstr("1,234 requests were not sent")));
  Result slow = testing::make_result({.seconds = 1});
  slow.achieved_rate = slow.asked_rate * 0.97;
  EXPECT_THAT(judge_client(slow), ElementsAre(HasSubstr("another machine")));
  slow.tally.late = 1;
  EXPECT_THAT(judge_client(slow), IsEmpty()) << "answers were late: the server may be why";
}

}  // namespace
}  // namespace bidwell::replay
