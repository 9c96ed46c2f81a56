// bidwell-replay's command line, as processes: what it reads, sends, reports and exits with, against real bidders.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/apps/process.h"
#include "tests/apps/serving.h"
#include "tests/apps/workplace.h"

namespace bidwell::apps::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class ReplayCommandTest : public ::testing::Test {
 protected:
  Ended replay(std::vector<std::string> words, std::string_view input = {}) {
    words.insert(words.begin(), REPLAY_EXECUTABLE);
    return run(std::move(words), {}, input);
  }

  // `count` requests that the workplace's campaign bids on, but for each fourth.
  std::string lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const int width = i % 4 == 3 ? 301 : 300;
      text += Json{{"id", "r-" + std::to_string(i)},
                   {"tmax", 10'000},
                   {"imp", {{{"id", "1"}, {"banner", {{"w", width}, {"h", 250}}}}}},
                   {"site", {{"id", "s"}, {"page", "https://s.example/a?b=" + std::to_string(i)}}},
                   {"user", {{"id", "person-" + std::to_string(i % 3)}}}}
                  .dump() +
              "\n";
    }
    return text;
  }
  // Those, in a file; its path.
  std::string requests(int count) {
    place_.write("requests.ndjson", lines(count));
    return place_.path("requests.ndjson");
  }
  static std::string url(const Serving& bidder) { return "http://" + bidder.address() + "/bid/demo"; }

  Workplace place_;
};

TEST_F(ReplayCommandTest, HelpIsNoMistakeAndWrongUsageIs) {
  const Ended help = replay({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* word : {"SOURCE", "--target", "--rate", "--speed", "--duration", "--validate", "--report", "--slo",
                           "extract", "make-pcap", "iface:NAME"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  const std::string source = requests(1);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {},
           {source},
           {source, "--target", "https://127.0.0.1/"},
           {source, "--target", "http://127.0.0.1:1/", "--rate", "1", "--speed", "2"},
           {source, "--target", "http://127.0.0.1:1/", "--rate", "1", "--slo", "p99=5"},
           {source, "--target", "http://127.0.0.1:1/", "--find-max", "10"},
           {source, "--target", "http://127.0.0.1:1/", "--rate", "1", "--header", "x"}}) {
    const Ended wrong = replay(words);
    EXPECT_EQ(wrong.code, 2) << wrong.err;
    EXPECT_NE(wrong.err, "");
  }
}

TEST_F(ReplayCommandTest, SaysWhatIsWrongWithASource) {
  const Ended missing = replay({place_.path("none.pcap"), "--dry-run", "--rate", "1"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("none.pcap"), HasSubstr("No such file")));
  place_.write("empty.ndjson", "\n");
  const Ended empty = replay({place_.path("empty.ndjson"), "--target", "http://127.0.0.1:1/", "--rate", "1"});
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.err, HasSubstr("it is blank"));
  const Ended timeless = replay({requests(1), "--target", "http://127.0.0.1:1/"});
  EXPECT_EQ(timeless.code, 1);
  EXPECT_THAT(timeless.err, HasSubstr("no times of their own"));
}

TEST_F(ReplayCommandTest, SendsMeasuresChecksAndReports) {
  const Serving bidder(place_);
  const std::string report = place_.path("report"), json = place_.path("a.json");
  const Ended done = replay({requests(400), "--target", url(bidder), "--rate", "1000", "--validate", "--slo",
                             "p99=5s,errors=0%,bids=70%", "--report", report, "--json", json});
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  const Json result = Json::parse(contents_of(json));
  EXPECT_EQ(result["requests"]["given"], 400);
  EXPECT_EQ(result["requests"]["answered"], 400);
  EXPECT_EQ(result["bidding"]["answers_with_bids"], 300);
  EXPECT_EQ(result["bidding"]["answers_without"], 100);
  for (const char* file : {"index.html", "result.json", "latency.hgrm", "service.hgrm", "intervals.csv"}) {
    EXPECT_GT(std::filesystem::file_size(std::filesystem::path(report) / file), 100u) << file;
  }
  const Ended same = replay({"--compare", json, json});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("p99"));

  const Ended missed = replay({requests(100), "--target", url(bidder), "--rate", "1000", "--slo", "bids=90%"});
  EXPECT_EQ(missed.code, 1) << missed.out;
}

TEST_F(ReplayCommandTest, RepeatsUntilTheDurationIsOver) {
  const Serving bidder(place_);
  const std::string json = place_.path("b.json");
  const Ended done =
      replay({requests(4), "--target", url(bidder), "--rate", "500", "--duration", "600ms", "--json", json});
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_EQ(Json::parse(contents_of(json))["requests"]["answered"], 300);
}

TEST_F(ReplayCommandTest, SendsWhatComesByStandardInput) {
  const Serving bidder(place_);
  const std::string json = place_.path("c.json");
  const Ended done = replay({"-", "--target", url(bidder), "--rate", "500", "--json", json}, lines(40));
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_EQ(Json::parse(contents_of(json))["requests"]["answered"], 40);
}

TEST_F(ReplayCommandTest, ARefusingTargetIsAFailedSlo) {
  const Ended done = replay({requests(5), "--target", "http://127.0.0.1:1/bid/demo", "--rate", "100", "--timeout",
                             "300ms", "--slo", "errors=1%"});
  EXPECT_EQ(done.code, 1) << done.out;
  EXPECT_THAT(done.out, HasSubstr("connect_failed"));
}

TEST_F(ReplayCommandTest, FindsTheHighestRate) {
  const Serving bidder(place_);
  // 100/s is met, and at the latest what one connection cannot do is not.
  const Ended done = replay({requests(50), "--target", url(bidder), "--find-max", "100", "--step", "200ms",
                             "--connections", "1", "--slo", "p99=100ms,rate=98%"});
  EXPECT_THAT(done.out, ContainsRegex("highest rate that met it|lowest rate already")) << done.err;
}

TEST_F(ReplayCommandTest, ACaptureIsMadeReadAndComparedWithItsAnswers) {
  const std::string pcap = place_.path("made.pcap");
  const Ended made = replay({"make-pcap", requests(60), "-o", pcap, "--rate", "1000"});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("60 requests"));
  EXPECT_EQ(replay({"extract", pcap, "--count"}).out, "60\n");
  const Ended back = replay({"extract", pcap});
  EXPECT_EQ(back.out, lines(60));

  // The made answers are 204: where the bidder bids now, that is a difference.
  const Serving bidder(place_);
  const std::string json = place_.path("d.json");
  const Ended compared = replay({pcap, "--target", url(bidder), "--diff", "--speed", "2", "--json", json});
  EXPECT_EQ(compared.code, 0) << compared.out << compared.err;
  const Json result = Json::parse(contents_of(json));
  EXPECT_EQ(result["compared"]["checked"], 60);
  EXPECT_EQ(result["compared"]["faulty"], 45);
}

TEST_F(ReplayCommandTest, ShowsWhatItWouldSend) {
  const Ended shown = replay({requests(3), "--dry-run", "--rate", "10", "--path", "/bid/other", "--host", "bid.example",
                              "--header", "x-openrtb-version: 2.6", "--tmax", "77", "--limit", "2"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("POST /bid/other HTTP/1.1"), HasSubstr("Host: bid.example"),
                               HasSubstr("x-openrtb-version: 2.6"), HasSubstr("\"tmax\":77"), HasSubstr("0.100000"),
                               HasSubstr("2 requests")));
}

TEST_F(ReplayCommandTest, ReplacesIdentifiersConsistently) {
  place_.write("secret", "0123456789abcdef0123456789abcdef");
  const std::string out = place_.path("anonymous.ndjson"), again = place_.path("again.ndjson");
  EXPECT_EQ(replay({requests(6), "--anonymise", out, "--secret-file", place_.path("secret")}).code, 0);
  EXPECT_EQ(replay({requests(6), "--anonymise", again, "--secret-file", place_.path("secret")}).code, 0);
  const std::string text = contents_of(out);
  EXPECT_THAT(text, Not(HasSubstr("person-")));
  EXPECT_EQ(text, contents_of(again));
  const Ended otherwise = replay({requests(6), "--anonymise", again});
  EXPECT_EQ(otherwise.code, 0);
  EXPECT_NE(text, contents_of(again));
}

// Each public capture of the corpus: as many requests as its list says, whole or said not to be.
TEST_F(ReplayCommandTest, FindsEachRequestOfTheCorpus) {
  const char* corpus = std::getenv("BIDWELL_CORPUS");
  const std::filesystem::path folder = corpus != nullptr ? corpus : BIDWELL_SOURCE_DIR "/../shared/corpus";
  std::ifstream list(folder / "pcaps.tsv");
  if (!list) GTEST_SKIP() << "no " << folder / "pcaps.tsv";
  std::string line;
  std::getline(list, line);
  int files = 0;
  while (std::getline(list, line)) {
    std::vector<std::string> fields;
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t tab = line.find('\t', at);
      fields.push_back(line.substr(at, tab - at));
      at = tab == std::string::npos ? tab : tab + 1;
    }
    const Ended counted = replay({"extract", "--all", "--count", (folder / "pcaps" / fields.at(0)).string()});
    EXPECT_EQ(std::atoi(counted.out.c_str()), std::atoi(fields.at(5).c_str())) << fields[0] << counted.err;
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace bidwell::apps::testing
