// What is told of a run: for the terminal, as JSON, CSV and HTML.
#include "bidwell/replay/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "replay/chart.h"
#include "replay/words.h"
#include "tests/replay/results.h"

namespace bidwell::replay {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::make_result;
using ::testing::Not;
using Json = nlohmann::ordered_json;

constexpr const char* kHostile = "<script>alert('x')</script>\"&\x01\xff\xc3";

Result hostile_result() {
  Result out = make_result({.seconds = 3, .rate = 100});
  out.source = out.target = out.command = out.started = kHostile;
  out.was_validated = out.was_compared = true;
  out.validated = {.checked = 2, .unchecked = 0, .faulty = 1, .by_kind = {{kHostile, 1}}, .examples = {kHostile}};
  out.compared = out.validated;
  out.client_limits = {kHostile};
  Verdict verdict;
  verdict.bound = {.name = kHostile, .limit = 1, .at_least = false, .text = kHostile};
  out.verdicts = {verdict};
  return out;
}

// Each tag that opens is closed, in order: what a browser must not have to guess.
std::string tag_fault(const std::string& html) {
  static const std::regex tag(R"(<(/?)([a-zA-Z0-9]+)[^<>]*?(/?)>)");
  std::vector<std::string> open;
  for (auto found = std::sregex_iterator(html.begin(), html.end(), tag); found != std::sregex_iterator(); ++found) {
    const std::string name = (*found)[2];
    if ((*found)[3].length() > 0 || name == "meta" || name == "br") continue;
    if ((*found)[1].length() == 0) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back() + " is not closed";
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST(SummaryTest, SaysWhatCounts) {
  Result result = make_result({.seconds = 60, .stall_share = 0.2, .error_share = 0.01});
  result.losses.add(Loss::packet_truncated, 12);
  result.verdicts = judge(parse_slo("p99=5ms,errors=5%"), result);
  const std::string text = summary_text(result);
  for (const char* const words :
       {"120,000 requests", "2,000/s of 2,000/s asked", "p99.99", "latency", "service", "lateness", "503 unavailable",
        "bids", "USD", "packet_truncated", "MISSED p99", "met    errors"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
  EXPECT_LT(lines(text), 40U);
}

TEST(SummaryTest, NothingOfAnEmptyRunIsMadeUp) {
  const std::string text = summary_text(Result());
  EXPECT_THAT(text, HasSubstr("0 requests"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EXPECT_THAT(text, Not(HasSubstr("inf")));
}

TEST(SummaryTest, TheTerminalIsNotToldWhatToDo) {
  for (const char letter : summary_text(hostile_result())) {
    EXPECT_TRUE(static_cast<unsigned char>(letter) >= 0x20 || letter == '\n');
  }
}

TEST(SummaryTest, ProgressFitsALine) {
  Interval interval{.begin_s = 359'999, .sent = 123'456, .answered = 123'456, .errors = 123'456, .bids = 123'455};
  interval.p50_ns = 999'949, interval.p99_ns = 9'999'949'999;
  EXPECT_LE(progress_line(interval, 360'000).size(), 100U) << progress_line(interval, 360'000);
  EXPECT_THAT(progress_line(interval, 360'000), HasSubstr("123,456/s"));
  EXPECT_THAT(progress_line({}, 0), Not(HasSubstr("nan")));
}

TEST(WordsTest, FiguresHaveFourDigits) {
  EXPECT_EQ(time_text(999), "999 ns");
  EXPECT_EQ(time_text(1000), "1.000 us");
  EXPECT_EQ(time_text(9'999.6), "10.00 us");
  EXPECT_EQ(time_text(999'960), "1.000 ms");
  EXPECT_EQ(time_text(41'239'000), "41.24 ms");
  EXPECT_EQ(time_text(3.6e12), "3600 s");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(count_text(123), "123");
  EXPECT_EQ(share_text(0), "0.0 %");
  EXPECT_EQ(share_text(1e-9), "< 0.001 %");
  EXPECT_EQ(share_text(0.00021), "0.0210 %");
  EXPECT_EQ(share_text(1), "100.0 %");
  EXPECT_EQ(span_text(7.5), "7.5 s");
  EXPECT_EQ(span_text(600), "10:00");
  EXPECT_EQ(span_text(7205), "2:00:05");
}

TEST(WordsTest, WhatOthersWroteBecomesPlain) {
  EXPECT_EQ(plain("a\tb\x1b[31m\x7f"), "a?b?[31m?");
  EXPECT_EQ(plain("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(plain("\xc0\x80 \xed\xa0\x80 \xf5 \xe2\x82"), "?? ??? ? ??");
  EXPECT_EQ(plain("\xc2\x9b"), "??") << "a control character of Latin-1";
  EXPECT_EQ(plain("abcdef", 3), "abc...");
  EXPECT_EQ(plain("ab\xc3\xa9", 3), "ab...");
}

TEST(JsonReportTest, FieldsHaveStableNames) {
  Result result = make_result({.seconds = 5, .error_share = 0.01});
  result.verdicts = judge(parse_slo("p99=5ms,late=1%"), result);
  const Json json = json_of(result);
  EXPECT_EQ(json["schema"], kResultSchema);
  EXPECT_EQ(json["requests"]["measured"], 10'000);
  EXPECT_EQ(json["requests"]["errors"], result.tally.errors());
  EXPECT_EQ(json["latency_ns"]["p99.9"], result.tally.latency.quantile(0.999));
  EXPECT_EQ(json["service_ns"]["max"], result.tally.service.max());
  EXPECT_EQ(json["outcomes"]["answered"], 10'000);
  EXPECT_EQ(json["statuses"]["503"], result.tally.statuses.at(503));
  EXPECT_EQ(json["bidding"]["price_sums_micros"]["USD"], result.tally.price_sums.at("USD"));
  EXPECT_EQ(json["slo"][0]["bound"], "p99=5ms");
  EXPECT_EQ(json["intervals"].size(), 5U);
  EXPECT_FALSE(json.contains("validated"));
}

TEST(JsonReportTest, AHistogramCanBeMadeFromItsBuckets) {
  const Result result = make_result({.seconds = 5});
  const Json json = Json::parse(json_of(result).dump());
  Hdr again;
  for (const Json& bucket : json["latency_ns"]["buckets"]) {
    again.record(bucket[0].get<std::uint64_t>(), bucket[1].get<std::uint64_t>());
  }
  EXPECT_EQ(again.buckets(), result.tally.latency.buckets());
}

TEST(JsonReportTest, HostileWordsAndNothingAreJson) {
  EXPECT_NO_THROW(json_of(hostile_result()).dump());
  Result empty;
  empty.verdicts = judge(parse_slo("p99=1ms"), empty);
  const Json json = Json::parse(json_of(empty).dump());
  EXPECT_TRUE(json["slo"][0]["value"].is_null());
  EXPECT_EQ(json["latency_ns"]["max"], 0);
}

TEST(CsvTest, ALineForEachInterval) {
  const Result result = make_result({.seconds = 5, .rate = 100});
  std::istringstream text(csv_of(result.intervals));
  std::string line;
  std::getline(text, line);
  const auto columns = std::ranges::count(line, ',');
  EXPECT_TRUE(line.starts_with("begin_s,seconds,asked_per_s,sent,"));
  std::size_t count = 0;
  for (; std::getline(text, line); ++count) {
    EXPECT_EQ(std::ranges::count(line, ','), columns);
    EXPECT_TRUE(line.starts_with(std::to_string(count) + ".000,")) << line;
  }
  EXPECT_EQ(count, 5U);
}

TEST(HtmlTest, NothingFromOutsideBecomesMarkup) {
  const std::string html = html_of(hostile_result());
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("alert('")));
  EXPECT_THAT(html, Not(HasSubstr("\x01")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;???"));
  EXPECT_EQ(tag_fault(html), "");
}

TEST(HtmlTest, ItNeedsNothingElse) {
  const std::string html = html_of(make_result({.seconds = 20, .error_share = 0.1}));
  for (const char* const words : {"src=", "href=", "url(", "@import", "<link"}) {
    EXPECT_THAT(html, Not(HasSubstr(words))) << words;
  }
}

TEST(HtmlTest, EachKindOfRunIsWellFormed) {
  for (const testing::MadeUp& made : std::vector<testing::MadeUp>{{.seconds = 0},
                                                                  {.seconds = 1, .rate = 1},
                                                                  {.seconds = 20, .all_unanswered = true},
                                                                  {.seconds = 20, .error_share = 1},
                                                                  {.seconds = 700, .rate = 50, .stall_share = 0.2}}) {
    Result result = make_result(made);
    result.verdicts = judge(parse_slo("p99=5ms,errors=1%,late=1%,bids=1%,rate=99%"), result);
    const std::string html = html_of(result);
    EXPECT_EQ(tag_fault(html), "");
    EXPECT_FALSE(std::regex_search(html, std::regex(R"(\b(nan|inf)\b)")));
    EXPECT_LT(html.size(), 300'000U);
  }
  EXPECT_EQ(tag_fault(html_of(Result())), "");
}

TEST(HtmlTest, TheVerdictStandsAtTheTop) {
  Result result = make_result({.seconds = 5});
  result.verdicts = judge(parse_slo("p99=1s"), result);
  EXPECT_THAT(html_of(result), HasSubstr("SLO met"));
  result.verdicts = judge(parse_slo("p99=1us,max=1s"), result);
  EXPECT_THAT(html_of(result), HasSubstr("SLO missed: 1 of 2"));
  EXPECT_THAT(html_of(result), Not(HasSubstr("client was the limit")));
  result.client_limits = {"too slow"};
  EXPECT_THAT(html_of(result), HasSubstr("client was the limit"));
}

TEST(ChartTest, CoarserLinesKeepSumsAndTheWorst) {
  const Result result = make_result({.seconds = 50, .rate = 100, .stall_share = 0.5, .error_share = 0.1});
  const auto lines = coarser(result.intervals, 7);
  EXPECT_LE(lines.size(), 7U);
  std::uint64_t sent = 0, errors = 0, worst = 0;
  double span = 0;
  for (const Interval& line : lines) {
    sent += line.sent, errors += line.errors, span += line.seconds;
    worst = std::max(worst, line.max_ns);
    EXPECT_NEAR(line.asked_rate, 100, 1e-6);
  }
  EXPECT_EQ(sent, result.tally.sent);
  EXPECT_EQ(errors, result.tally.errors());
  EXPECT_EQ(worst, result.tally.latency.max());
  EXPECT_NEAR(span, 50, 0.02);
}

class WrittenReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "report-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string read(const char* name) const {
    std::ifstream file(folder_ / "new/deep" / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  fs::path folder_;
};

TEST_F(WrittenReportTest, AllFilesAreThere) {
  const Result result = make_result({.seconds = 3});
  write_report((folder_ / "new/deep").string(), result);
  EXPECT_EQ(read("index.html"), html_of(result));
  EXPECT_EQ(Json::parse(read("result.json")), json_of(result));
  EXPECT_EQ(read("latency.hgrm"), result.tally.latency.hgrm(1e6));
  EXPECT_EQ(read("service.hgrm"), result.tally.service.hgrm(1e6));
  EXPECT_EQ(read("intervals.csv"), csv_of(result.intervals));
}

TEST_F(WrittenReportTest, APlaceThatCannotBeWrittenIsNamed) {
  std::ofstream(folder_ / "file") << "x";
  EXPECT_THROW(write_report((folder_ / "file/below").string(), Result()), std::exception);
  fs::create_directories(folder_ / "report/index.html");
  try {
    write_report((folder_ / "report").string(), Result());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("index.html: cannot be written"));
  }
}

}  // namespace
}  // namespace bidwell::replay
