// Files of requests as lines of JSON: what is written is read again, byte for byte.
#include "bidwell/replay/lines.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "replay/read_line.h"
#include "tests/replay/corpus.h"
#include "tests/replay/written.h"

namespace bidwell::replay {
namespace {

using testing::all_of;
using testing::corpus;
using testing::expect_same;
using testing::Folder;
using testing::lines_of;

CapturedRequest post(const std::string& body) {
  CapturedRequest request;
  request.method = "POST";
  request.body = body;
  return request;
}

TEST(LinesTest, BidRequestsAsTheyStandAndEnvelopes) {
  const Folder folder;
  const std::string file = folder.write("requests.ndjson",
                                        "\xef\xbb\xbf{\"id\":\"1\",\"imp\":[{\"id\":\"1\"}]}\r\n"
                                        "\n   \r\n"
                                        "  {\"id\" : 2.50 }  \n"
                                        R"({"at":1413745931.455999001,"flow":3,"method":"GET","target":"/x?y=1",)"
                                        R"("headers":[["Host","a"],["host","b"]],"body":"\u00e9"})"
                                        "\n"
                                        R"({"method":"POST","target":"/","imp":[]})"
                                        "\n"
                                        "{\"id\":\"last\"}");
  const auto [requests, losses] = all_of(file);
  ASSERT_EQ(requests.size(), 5u);
  expect_same(requests[0], post("{\"id\":\"1\",\"imp\":[{\"id\":\"1\"}]}"));
  expect_same(requests[1], post("{\"id\" : 2.50 }"));
  CapturedRequest envelope = post("\xc3\xa9");
  envelope.method = "GET", envelope.target = "/x?y=1", envelope.flow = 3, envelope.at_ns = 1413745931455999001;
  envelope.headers = {{"Host", "a"}, {"host", "b"}};
  expect_same(requests[2], envelope);
  expect_same(requests[3], post(R"({"method":"POST","target":"/","imp":[]})"));
  EXPECT_EQ(requests[4].body, "{\"id\":\"last\"}");
  EXPECT_EQ(losses.counts, Losses().counts);
}

TEST(LinesTest, WhatIsNoRequestIsCounted) {
  const Folder folder;
  std::string text = "{\"id\":\"good\"}\n";
  const std::vector<std::string> bad = {"[1]",
                                        "x",
                                        "{\"id\":",
                                        "{\"a\":\"\x01\"}",
                                        "\"text\"",
                                        "12",
                                        R"({"method":1,"target":"/"})",
                                        R"({"method":"POST","target":"/","at":"now"})",
                                        R"({"method":"POST","target":"/","at":1e9})",
                                        R"({"method":"POST","target":"/","at":99999999999999999999})",
                                        R"({"method":"POST","target":"/","flow":-1})",
                                        R"({"method":"POST","target":"/","headers":[["a"]]})",
                                        R"({"method":"POST","target":"/","headers":{"a":"b"}})",
                                        R"({"method":"POST","target":"/","headers":[["a","b","c"]]})",
                                        R"({"method":"POST","target":"/","body":{}})",
                                        R"({"method":"POST","target":"/","body_base64":"?"})",
                                        R"({"method":"POST","target":"/","cut_off":"x"})",
                                        R"({"method":"POST","target":"/","answer":1})",
                                        R"({"method":"POST","target":"/","answer":{"status":"x"}})"};
  for (const std::string& line : bad) text += line + "\n";
  const auto [requests, losses] = all_of(folder.write("a", text));
  EXPECT_EQ(requests.size(), 1u);
  EXPECT_EQ(losses.of(Loss::line_malformed), bad.size());
}

TEST(LinesTest, CutOffOnesAndAnswersOnlyWhereAskedFor) {
  const Folder folder;
  const std::string file = folder.write("a", R"({"method":"POST","target":"/","body":"{","cut_off":"body_cut_off"})"
                                             "\n"
                                             R"({"method":"POST","target":"/","answer":{"status":204}})"
                                             "\n");
  auto [requests, losses] = all_of(file);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_FALSE(requests[0].answer);
  EXPECT_EQ(losses.of(Loss::body_cut_off), 1u);
  SourceOptions options;
  options.cut_off = options.answers = true;
  auto all = all_of(file, options);
  ASSERT_EQ(all.requests.size(), 2u);
  EXPECT_EQ(all.requests[0].cut_off, Loss::body_cut_off);
  EXPECT_EQ(all.losses.of(Loss::body_cut_off), 1u);
  ASSERT_TRUE(all.requests[1].answer);
  EXPECT_EQ(all.requests[1].answer->status, 204u);
}

TEST(LinesTest, LongLinesAndBodiesPastTheLimits) {
  const Folder folder;
  SourceOptions options;
  options.head_bytes_max = 10, options.body_bytes_max = 100;
  const std::string text = "{\"a\":\"" + std::string(80, 'x') + "\"}\n{\"a\":\"" + std::string(200, 'x') +
                           "\"}\n{\"a\":\"" + std::string(5000, 'x') + "\"}\n{\"id\":\"1\"}\n";
  const auto [requests, losses] = all_of(folder.write("a", text), options);
  EXPECT_EQ(requests.size(), 2u);
  EXPECT_EQ(losses.of(Loss::message_too_large), 2u);
}

TEST(LinesTest, BodyLinesHaveNoBreaks) {
  std::string out = "before\n";
  write_body_line(out, post("{\r\n  \"a\": \"x\\n\",\n  \"b\": 1.50\n}\n"));
  EXPECT_EQ(out, "before\n{    \"a\": \"x\\n\",   \"b\": 1.50 } \n");
}

TEST(LinesTest, UnfitSaysWhy) {
  EXPECT_EQ(unfit(post(" {\"a\":1}\n")), std::nullopt);
  EXPECT_EQ(unfit(post("[{}]")), Loss::not_json_object);
  EXPECT_EQ(unfit(post("{\"a\":\"\n\"}")), Loss::not_json_object);
  CapturedRequest get = post("{}");
  get.method = "GET";
  EXPECT_EQ(unfit(get), Loss::not_post);
}

TEST(LinesTest, TimesKeepTheirNanoseconds) {
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999'999},
                                std::int64_t{1'000'000'000}, std::int64_t{1413745931455999001}, std::int64_t{-1},
                                std::int64_t{-1'500'000'000}, std::int64_t{9'000'000'000'000'000'001}}) {
    CapturedRequest request = post("{}"), read;
    request.target = "/", request.at_ns = at;
    std::string line;
    write_envelope_line(line, request);
    line.pop_back();
    ASSERT_TRUE(read_line(line, read)) << line;
    EXPECT_EQ(read.at_ns, at) << line;
  }
}

TEST(LinesTest, TimesMayHaveFewerOrMoreDecimals) {
  for (const auto& [text, at] : std::vector<std::pair<std::string, std::int64_t>>{
           {"1", 1'000'000'000}, {"1.5", 1'500'000'000}, {"-0.25", -250'000'000}, {"1.0000000019", 1'000'000'001}}) {
    CapturedRequest read;
    ASSERT_TRUE(read_line(R"({"method":"POST","target":"/","at":)" + text + "}", read)) << text;
    EXPECT_EQ(read.at_ns, at) << text;
  }
}

std::string random_bytes(std::mt19937_64& random, std::size_t most) {
  static const std::vector<std::string> kPieces = {
      "\"",  "\\",   "\n",           "\r", "\xc3\xa9", "\xf0\x9f\x90\xb5", "\xff", "\xc3", "\xed\xa0\x80", "{",
      "imp", "\x7f", "\xe2\x80\xa8", "/",  " "};
  std::string out;
  const bool text = random() % 2 == 0;
  for (std::size_t n = random() % (most + 1); n > 0; --n) {
    if (random() % 3 == 0 && !text) {
      out += kPieces[random() % kPieces.size()];
    } else {
      out += static_cast<char>(text ? 32 + random() % 95 : random() % 256);
    }
  }
  return out;
}

std::vector<Header> random_headers(std::mt19937_64& random) {
  std::vector<Header> out(random() % 4);
  for (Header& header : out) header = {random_bytes(random, 8), random_bytes(random, 30)};
  return out;
}

TEST(LinesTest, EnvelopesBringBackAnyBytes) {
  std::mt19937_64 random(5);
  std::size_t encoded = 0;
  for (int i = 0; i < 5'000; ++i) {
    CapturedRequest request;
    if (random() % 3 != 0) request.at_ns = static_cast<std::int64_t>(random() % 2'000'000'000'000'000'000);
    request.flow = random() % 3 == 0 ? 0 : random();
    request.method = random_bytes(random, 5);
    request.target = random_bytes(random, 40);
    request.headers = random_headers(random);
    request.body = random_bytes(random, 300);
    if (random() % 4 == 0) request.cut_off = Loss::body_undecodable;
    if (random() % 2 == 0) {
      request.answer.emplace();
      if (random() % 2 == 0) request.answer->at_ns = static_cast<std::int64_t>(random() % 2'000'000'000'000'000'000);
      request.answer->status = static_cast<unsigned>(random() % 600);
      request.answer->headers = random_headers(random);
      request.answer->body = random_bytes(random, 100);
    }
    std::string line;
    write_envelope_line(line, request);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    ASSERT_TRUE(nlohmann::json::accept(line)) << line;
    encoded += line.find("base64") != std::string::npos ? 1 : 0;
    line.pop_back();
    CapturedRequest read;
    ASSERT_TRUE(read_line(line, read)) << line;
    expect_same(read, request);
    if (HasFailure()) return;
  }
  EXPECT_GT(encoded, 1'000u);
}

TEST(LinesTest, TheCorpusIsReadAndWrittenByteForByte) {
  if (!std::filesystem::exists(corpus() / "requests.ndjson")) GTEST_SKIP() << "no corpus in " << corpus();
  const std::vector<std::string> lines = lines_of(corpus() / "requests.ndjson");
  const auto [requests, losses] = all_of(corpus() / "requests.ndjson");
  ASSERT_EQ(requests.size(), lines.size());
  EXPECT_EQ(losses.counts, Losses().counts);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string out;
    write_body_line(out, requests[i]);
    EXPECT_EQ(out, lines[i] + "\n");
  }
}

}  // namespace
}  // namespace bidwell::replay
