// Real captures, with what real captures have: retransmissions, no SYN, one direction alone, packets missing. The
// numbers that they must give are stated beside them (pcaps.tsv).
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bidwell/replay/packets.h"
#include "replay/sources.h"
#include "tests/replay/corpus.h"

namespace bidwell::replay::testing {
namespace {

struct Stated {
  std::string file;
  std::uint64_t packets = 0, requests = 0;
  std::map<std::string, std::uint64_t> methods;
};

std::vector<Stated> stated() {
  std::vector<Stated> all;
  const auto lines = lines_of(corpus() / "pcaps.tsv");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::vector<std::string> fields;
    std::istringstream line(lines[i]);
    for (std::string field; std::getline(line, field, '\t');) fields.push_back(field);
    const std::string& requests = fields.at(5);
    const std::size_t brace = requests.find('{');
    all.push_back({fields.at(0), std::stoull(fields.at(4)), std::stoull(requests),
                   nlohmann::json::parse(requests.substr(brace)).get<std::map<std::string, std::uint64_t>>()});
  }
  return all;
}

struct Read {
  std::vector<CapturedRequest> requests;
  Losses losses;
  std::uint64_t packets = 0;
};

Read read(const std::string& file, const SourceOptions& options) {
  auto source = requests_of_capture(open_packets((corpus() / "pcaps" / file).string(), options.packets), options);
  Read read;
  for (CapturedRequest request; source->next(request) == Next::one;) read.requests.push_back(std::move(request));
  read.losses = source->losses();
  read.packets = source->packets();
  return read;
}

class CaptureCorpusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stated_ = stated();
    if (stated_.empty()) GTEST_SKIP() << "no captures in " << corpus() << " (BIDWELL_CORPUS names another place)";
  }
  std::vector<Stated> stated_;
};

TEST_F(CaptureCorpusTest, EachGivesTheRequestsThatAreStated) {
  for (const Stated& capture : stated_) {
    SCOPED_TRACE(capture.file);
    SourceOptions options;
    options.cut_off = true;
    const Read all = read(capture.file, options);
    EXPECT_EQ(all.packets, capture.packets);
    EXPECT_EQ(all.requests.size(), capture.requests);
    std::map<std::string, std::uint64_t> methods;
    std::uint64_t cut_off = 0;
    for (const CapturedRequest& request : all.requests) {
      ++methods[request.method];
      cut_off += request.cut_off.has_value();
      EXPECT_NE(request.target, "");
      EXPECT_NE(request.at_ns, CapturedRequest::kNoTime);
      EXPECT_GE(request.flow, 1u);
    }
    EXPECT_EQ(methods, capture.methods);
    EXPECT_EQ(cut_off, all.losses.of(Loss::head_cut_off) + all.losses.of(Loss::body_cut_off));

    options.cut_off = false;
    EXPECT_EQ(read(capture.file, options).requests.size(), capture.requests - cut_off);
  }
}

TEST_F(CaptureCorpusTest, OnlyTheOneOfFirstPacketsHasCutOffRequests) {
  for (const Stated& capture : stated_) {
    SCOPED_TRACE(capture.file);
    const Losses losses = read(capture.file, {}).losses;
    const std::uint64_t cut_off = losses.of(Loss::head_cut_off) + losses.of(Loss::body_cut_off);
    EXPECT_EQ(cut_off > 0, capture.file == "PcapPlusPlus-4KHttpRequests.pcap") << cut_off;
    EXPECT_EQ(losses.of(Loss::head_malformed), 0u);
    EXPECT_EQ(losses.of(Loss::body_undecodable), 0u);
  }
}

TEST_F(CaptureCorpusTest, AnswersChangeNothingAboutTheRequests) {
  for (const Stated& capture : stated_) {
    SCOPED_TRACE(capture.file);
    SourceOptions options;
    options.cut_off = true;
    const Read without = read(capture.file, options);
    options.answers = true;
    const Read with = read(capture.file, options);
    const auto text = [](const std::vector<CapturedRequest>& requests) {
      std::multiset<std::string> all;
      for (const auto& r : requests) all.insert(r.method + " " + r.target + " " + r.body);
      return all;
    };
    EXPECT_EQ(text(with.requests), text(without.requests));
    std::size_t answered = 0;
    for (const CapturedRequest& request : with.requests) {
      if (!request.answer) continue;
      ++answered;
      EXPECT_GE(request.answer->status, 200u);
      EXPECT_GE(request.answer->at_ns, request.at_ns);
    }
    // The one of one direction has none; all others are answered in full.
    EXPECT_EQ(answered, capture.file == "PcapPlusPlus-4KHttpRequests.pcap" ? 0 : capture.requests);
  }
}

}  // namespace
}  // namespace bidwell::replay::testing
