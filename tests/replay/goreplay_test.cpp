// Files of goreplay.
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/replay/written.h"

namespace bidwell::replay {
namespace {

using testing::all_of;
using testing::Folder;

const std::string kSeparator = "\n🐵🙈🙉\n";

std::string request(const std::string& id, const std::string& time, const std::string& body) {
  return "1 " + id + " " + time +
         " 0\nPOST /bid/demo HTTP/1.1\r\nHost: bidder\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body + kSeparator;
}

std::string answer(char type, const std::string& id, const std::string& time, const std::string& body) {
  return std::string(1, type) + " " + id + " " + time +
         " 1200345\nHTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body + kSeparator;
}

SourceOptions with_answers() {
  SourceOptions options;
  options.answers = true;
  return options;
}

TEST(GoreplayTest, ReadsRequests) {
  const Folder folder;
  const std::string file = folder.write("a.gor", request("a1b2", "1439818823587396305", "{\"id\":\"1\"}") +
                                                     answer('2', "a1b2", "1439818823588396305", "{}") +
                                                     answer('3', "a1b2", "1439818823589396305", "{}") +
                                                     request("c3d4", "1439818823687396305", "{\"id\":\"2\"}"));
  const auto [requests, losses] = all_of(file);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].at_ns, 1439818823587396305);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/bid/demo");
  ASSERT_NE(header_of(requests[0].headers, "host"), nullptr);
  EXPECT_EQ(*header_of(requests[0].headers, "host"), "bidder");
  EXPECT_EQ(requests[0].body, "{\"id\":\"1\"}");
  EXPECT_FALSE(requests[0].answer);
  EXPECT_EQ(requests[1].body, "{\"id\":\"2\"}");
  Losses expected;
  expected.add(Loss::replayed_answer);
  EXPECT_EQ(losses.counts, expected.counts);
}

TEST(GoreplayTest, AnswersByTheirIds) {
  const Folder folder;
  const std::string file =
      folder.write("a.gor", request("aa", "100", "{\"id\":\"1\"}") + request("bb", "200", "{\"id\":\"2\"}") +
                                request("cc", "300", "{\"id\":\"3\"}") + answer('3', "aa", "350", "replayed") +
                                answer('2', "bb", "400", "of 2") + answer('2', "aa", "500", "of 1") +
                                answer('2', "ee", "600", "of none"));
  const auto [requests, losses] = all_of(file, with_answers());
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].body, "{\"id\":\"2\"}");
  ASSERT_TRUE(requests[0].answer);
  EXPECT_EQ(requests[0].answer->body, "of 2");
  EXPECT_EQ(requests[0].answer->status, 200u);
  EXPECT_EQ(requests[0].answer->at_ns, 400);
  EXPECT_EQ(requests[1].answer->body, "of 1");
  EXPECT_EQ(requests[2].body, "{\"id\":\"3\"}");
  EXPECT_FALSE(requests[2].answer);
  EXPECT_EQ(losses.of(Loss::answer_unusable), 1u);
}

TEST(GoreplayTest, RequestsDoNotWaitForEver) {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 100; ++i) text += request("a" + std::to_string(i), "1", "{\"id\":" + std::to_string(i) + "}");
  SourceOptions options = with_answers();
  options.flows_max = 10;
  const auto source = open_requests(folder.write("a.gor", text), options);
  CapturedRequest out;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(source->next(out), Next::one);
    EXPECT_EQ(out.body, "{\"id\":" + std::to_string(i) + "}");
  }
  EXPECT_EQ(source->next(out), Next::end);
}

TEST(GoreplayTest, LargeBodiesAreWhole) {
  const Folder folder;
  std::string text;
  std::vector<std::string> bodies;
  for (const std::size_t size : {200'001u, 262'144u, 1u, 3'000'000u, 262'100u}) {
    bodies.push_back("{\"a\":\"" + std::string(size, static_cast<char>('a' + bodies.size())) + "\"}");
    text += request("ab", "1", bodies.back());
  }
  const auto [requests, losses] = all_of(folder.write("a.gor", text));
  ASSERT_EQ(requests.size(), bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(requests[i].body, bodies[i]) << i;
  EXPECT_EQ(losses.counts, Losses().counts);
}

TEST(GoreplayTest, SeparatorsAcrossAllBoundsOfReading) {
  const Folder folder;
  // The reader takes 256 KiB at a time: the first record ends around there.
  for (std::size_t size = 262'144 - 120; size < 262'144; size += 1) {
    const std::string body(size, 'x');
    const auto [requests, losses] = all_of(folder.write("a.gor", request("ab", "1", body) + request("cd", "2", "{}")));
    ASSERT_EQ(requests.size(), 2u) << size;
    ASSERT_EQ(requests[0].body.size(), size);
  }
}

TEST(GoreplayTest, FaultsAreCounted) {
  const Folder folder;
  const std::string good = request("ab", "1", "{}");
  const std::string file =
      folder.write("a.gor", good + "9 ab 1 0\nGET / HTTP/1.1\r\n\r\n" + kSeparator + "no head" + kSeparator +
                                "1 ab x 0\nGET /" + kSeparator + "1 ab 5 0\n\x01\x02\x03 no HTTP at all" + kSeparator +
                                good + "1 ab 5 0\n" + kSeparator + good.substr(0, good.size() - kSeparator.size()));
  const auto [requests, losses] = all_of(file);
  EXPECT_EQ(requests.size(), 3u);
  EXPECT_EQ(losses.of(Loss::record_malformed), 5u);
}

TEST(GoreplayTest, RecordsPastTheLimitAreSkipped) {
  const Folder folder;
  SourceOptions options;
  options.body_bytes_max = 1000, options.head_bytes_max = 1000;
  const std::string file = folder.write(
      "a.gor", request("ab", "1", "{}") + request("ab", "2", std::string(2'000'000, 'x')) + request("ab", "3", "[]"));
  const auto [requests, losses] = all_of(file, options);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[1].body, "[]");
  EXPECT_EQ(losses.of(Loss::message_too_large), 1u);
}

TEST(GoreplayTest, Gzip) {
  const Folder folder;
  const std::string file = folder.file("a.gor.gz");
  gzFile gz = gzopen(file.c_str(), "wb");
  const std::string text = request("ab", "1", "{\"id\":\"1\"}");
  gzwrite(gz, text.data(), static_cast<unsigned>(text.size()));
  gzclose(gz);
  EXPECT_EQ(all_of(file).requests.size(), 1u);
}

}  // namespace
}  // namespace bidwell::replay
