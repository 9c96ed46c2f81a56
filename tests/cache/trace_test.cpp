// Traces: files of both formats and what is wrong with them, and what the generator makes.
#include "bidwell/cache/trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <stdexcept>

namespace bidwell::cache {
namespace {

class TraceFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "bidwell-trace-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& content) const {
    const std::string path = folder_ / "trace";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  Trace read(const std::string& content, TraceFormat format = TraceFormat::automatic,
             std::size_t requests_max = 1'000'000) const {
    return read_trace(write(content), format, requests_max, nullptr);
  }
  std::string fault(const std::string& content, TraceFormat format = TraceFormat::automatic) const {
    try {
      read(content, format);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  static std::string record(std::uint64_t id, std::uint32_t size) {
    std::string bytes(24, '\0');
    bytes[0] = 9;
    for (unsigned i = 0; i < 8; ++i) bytes[4 + i] = static_cast<char>(id >> (8 * i));
    for (unsigned i = 0; i < 4; ++i) bytes[12 + i] = static_cast<char>(size >> (8 * i));
    for (unsigned i = 16; i < 24; ++i) bytes[i] = '\xff';
    return bytes;
  }

  std::filesystem::path folder_;
};

TEST_F(TraceFile, OracleGeneral) {
  const Trace trace = read(record(0xfedcba9876543210, 0x80000001) + record(7, 0) + record(7, 300));
  ASSERT_EQ(trace.requests.size(), 3u);
  EXPECT_EQ(trace.requests[0].id, 0xfedcba9876543210);
  EXPECT_EQ(trace.requests[0].size, 0x80000001);
  EXPECT_EQ(trace.requests[1].size, 1u) << "nothing costs nothing";
  EXPECT_EQ(trace.requests[2].id, 7u);
  EXPECT_EQ(trace.requests[2].size, 300u);
}

TEST_F(TraceFile, OracleGeneralOfManyBlocks) {
  std::string content;
  for (std::uint64_t i = 0; i < 10'000; ++i) content += record(i, 5);
  const Trace trace = read(content);
  ASSERT_EQ(trace.requests.size(), 10'000u);
  EXPECT_EQ(trace.requests[9'999].id, 9'999u);
  EXPECT_EQ(read(content, TraceFormat::automatic, 5'000).requests.size(), 5'000u);
}

TEST_F(TraceFile, ATruncatedRecordIsNamed) {
  EXPECT_NE(fault(record(1, 1) + record(2, 1) + record(3, 1).substr(0, 10))
                .find("record 3: the file ends after 10 of its 24 bytes"),
            std::string::npos);
}

TEST_F(TraceFile, Keys) {
  const Trace trace = read("abc\nabc,120\r\n\nde,f,7\nabc");
  ASSERT_EQ(trace.requests.size(), 4u);
  EXPECT_EQ(trace.requests[0].id, trace.requests[1].id);
  EXPECT_EQ(trace.requests[0].id, trace.requests[3].id);
  EXPECT_NE(trace.requests[0].id, trace.requests[2].id);
  EXPECT_EQ(trace.requests[0].size, 1u);
  EXPECT_EQ(trace.requests[1].size, 120u);
  EXPECT_EQ(trace.requests[2].size, 7u);
  EXPECT_EQ(population_of(trace).things, 2u);
  EXPECT_EQ(population_of(trace).bytes, 8u);
}

TEST_F(TraceFile, ABadSizeIsNamed) {
  for (const char* bad : {"a,1\nb,x\n", "a,1\nb,\n", "a,1\nb,0\n", "a,1\nb,-1\n", "a,1\nb,5000000000\n"}) {
    EXPECT_NE(fault(bad).find("line 2: the size after the comma"), std::string::npos) << bad;
  }
}

TEST_F(TraceFile, NothingToRead) {
  EXPECT_NE(fault("").find("no requests"), std::string::npos);
  EXPECT_NE(fault("\n\n").find("no requests"), std::string::npos);
  EXPECT_THROW(read_trace(folder_ / "none", TraceFormat::automatic, 1, nullptr), std::runtime_error);
}

TEST(Generate, TheSameSeedMakesTheSame) {
  const Generator generator{.keys = 100, .requests = 1000, .one_hit = 0.1, .scan = 0.1, .churn = 0.1};
  const auto ids = [&](std::uint64_t seed) {
    std::vector<std::uint64_t> out;
    for (const Request& request : generate(generator, seed).requests) out.push_back(request.id);
    return out;
  };
  EXPECT_EQ(ids(1), ids(1));
  EXPECT_NE(ids(1), ids(2));
}

TEST(Generate, ZipfsLaw) {
  for (const double alpha : {0.0, 0.7, 1.0, 1.3}) {
    constexpr std::uint64_t kRanks = 1000;
    constexpr int kDraws = 400'000;
    const Zipf zipf(kRanks, alpha);
    std::mt19937_64 random(1);
    std::vector<int> count(kRanks);
    for (int i = 0; i < kDraws; ++i) {
      ++count.at(zipf([&] { return static_cast<double>(random() >> 11) * 0x1p-53; }));
    }
    double sum = 0;
    for (std::uint64_t i = 1; i <= kRanks; ++i) sum += std::pow(static_cast<double>(i), -alpha);
    for (const std::uint64_t rank : {1, 2, 10, 100, 1000}) {
      const double expected = kDraws * std::pow(static_cast<double>(rank), -alpha) / sum;
      EXPECT_NEAR(count[rank - 1], expected, 5 * std::sqrt(expected) + 1) << alpha << ' ' << rank;
    }
  }
}

TEST(Generate, OneHitWondersAndScansMakeUpTheirShares) {
  const Trace wonders = generate({.keys = 100, .requests = 100'000, .one_hit = 0.3}, 1);
  std::map<std::uint64_t, int> count;
  for (const Request& request : wonders.requests) ++count[request.id];
  EXPECT_NEAR(static_cast<double>(count.size()) / 100'000, 0.3, 0.02);

  // Keys beyond the first 100 ranks are asked for by runs only, if Zipf's law is steep.
  const Trace scans = generate({.alpha = 8, .keys = 10'000, .requests = 400'000, .scan = 0.4}, 1);
  count.clear();
  for (const Request& request : scans.requests) ++count[request.id];
  double rare = 0;
  for (const auto& [id, times] : count) rare += times < 1000 ? times : 0;
  EXPECT_NEAR(rare / 400'000, 0.4, 0.1);
}

TEST(Generate, ParsesItsText) {
  const Generator g = parse_generator("zipf:1.1:keys=5:requests=6:one_hit=0.1:scan=0.2:churn=0.3:size=7-8");
  EXPECT_EQ(g.alpha, 1.1);
  EXPECT_EQ(g.keys, 5u);
  EXPECT_EQ(g.requests, 6u);
  EXPECT_EQ(g.one_hit, 0.1);
  EXPECT_EQ(g.scan, 0.2);
  EXPECT_EQ(g.churn, 0.3);
  EXPECT_EQ(g.size_min, 7u);
  EXPECT_EQ(g.size_max, 8u);
  EXPECT_EQ(parse_generator("zipf:0.9:size=5").size_max, 5u);
  for (const char* bad : {"", "zipf", "zipf:", "zipf:x", "zipf:-1", "uniform:1", "zipf:1:keys", "zipf:1:keys=0",
                          "zipf:1:keys=x", "zipf:1:one_hit=1.1", "zipf:1:size=9-8", "zipf:1:colour=red", "zipf:nan"}) {
    EXPECT_THROW(parse_generator(bad), std::invalid_argument) << bad;
  }
}

}  // namespace
}  // namespace bidwell::cache
