// Streams of messages, whole and with gaps, in every cut.
#include "replay/http_message.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

namespace bidwell::replay {
namespace {

using Kind = MessageReader::Kind;

std::string gzipped(const std::string& plain, int window = 31) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string post(const std::string& body, const std::string& fields = "", const std::string& target = "/bid") {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string chunked(const std::string& framing, const std::string& fields = "") {
  return "POST /bid HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n" + framing;
}

// What is between gaps.
struct Part {
  std::string bytes;
  std::uint64_t gap = 0;  // behind it
};

struct Read final : MessageSink {
  void request(CapturedRequest&& one) override { requests.push_back(std::move(one)); }
  void answer(CapturedAnswer&& one, std::optional<Loss> fault) override {
    answers.push_back(std::move(one));
    faults.push_back(fault);
  }
  void lost_count() override { ++lost_counts; }

  // "POST /bid body" for each, with what is wrong.
  std::string text() const {
    std::string all;
    for (const auto& one : requests) {
      all += one.method + " " + one.target + " " + one.body;
      if (one.cut_off) all += " <" + std::string(name_of(*one.cut_off)) + ">";
      all += "\n";
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
      all += std::to_string(answers[i].status) + " " + answers[i].body;
      if (faults[i]) all += " <" + std::string(name_of(*faults[i])) + ">";
      all += "\n";
    }
    return all;
  }

  std::vector<CapturedRequest> requests;
  std::vector<CapturedAnswer> answers;
  std::vector<std::optional<Loss>> faults;
  std::size_t lost_counts = 0;
  Losses losses;
  bool seen = false;
};

struct Options {
  Kind kind = Kind::requests;
  MessageLimits limits;
  bool head_answer = false;
};

Read read_in_cuts(const std::vector<Part>& parts, std::size_t cut, const Options& options) {
  Read read;
  MessageReader reader(options.kind, options.limits, read, read.losses);
  if (options.head_answer) reader.expect_head_answer();
  std::int64_t now = 0;
  for (const Part& part : parts) {
    for (std::size_t at = 0; at < part.bytes.size(); at += cut) {
      reader.data(std::string_view(part.bytes).substr(at, cut), now + static_cast<std::int64_t>(at));
    }
    now += static_cast<std::int64_t>(part.bytes.size());
    if (part.gap > 0) reader.gap(part.gap, now);
  }
  reader.end(now);
  read.seen = reader.seen_message();
  return read;
}

// As one piece; and it must not matter how it is cut.
Read read(const std::vector<Part>& parts, const Options& options = {}) {
  Read whole = read_in_cuts(parts, std::string::npos, options);
  for (const std::size_t cut : {1, 2, 3, 7, 64, 1000}) {
    const Read pieces = read_in_cuts(parts, cut, options);
    EXPECT_EQ(pieces.text(), whole.text()) << "in pieces of " << cut;
    EXPECT_EQ(pieces.losses.counts, whole.losses.counts) << "in pieces of " << cut;
  }
  return whole;
}

Read read(const std::string& bytes, const Options& options = {}) {
  return read(std::vector<Part>{{bytes, 0}}, options);
}

TEST(HttpMessageTest, HeadersTargetAndBody) {
  const Read got = read(post("{}", "X-A: 1\r\nx-a:  two \r\n", "/bid/demo?x=1"));
  ASSERT_EQ(got.requests.size(), 1u);
  const CapturedRequest& one = got.requests[0];
  EXPECT_EQ(one.method, "POST");
  EXPECT_EQ(one.target, "/bid/demo?x=1");
  EXPECT_EQ(one.body, "{}");
  const std::vector<Header> headers = {{"Host", "x"}, {"X-A", "1"}, {"x-a", "two"}, {"Content-Length", "2"}};
  EXPECT_EQ(one.headers, headers);
  EXPECT_EQ(got.losses.counts, Losses().counts);
}

TEST(HttpMessageTest, PipelinedOfAnyMethodAndVersion) {
  const Read got =
      read("GET / HTTP/1.1\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\nMKCOL /x HTTP/1.0\r\n\r\n\r\n" + post("a") + post("b"));
  EXPECT_EQ(got.text(), "GET / \nOPTIONS * \nMKCOL /x \nPOST /bid a\nPOST /bid b\n");
  EXPECT_EQ(got.losses.counts, Losses().counts);
}

TEST(HttpMessageTest, ATimeIsThatOfTheFirstByte) {
  const std::string one = post("{}");
  const Read got = read_in_cuts({{one + one + one, 0}}, 1, {});
  ASSERT_EQ(got.requests.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(got.requests[i].at_ns, static_cast<std::int64_t>(i * one.size()));
}

TEST(HttpMessageTest, ChunksWithExtensionsAndTrailers) {
  EXPECT_EQ(read(chunked("3;a=\"b\"\r\nabc\r\n00A \r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n") + post("b")).text(),
            "POST /bid abc0123456789\nPOST /bid b\n");
}

TEST(HttpMessageTest, BrokenChunksAreTold) {
  const Read got = read(chunked("zz\r\nabc\r\n0\r\n\r\n") + post("b"));
  EXPECT_EQ(got.text(), "POST /bid  <body_undecodable>\nPOST /bid b\n");
  EXPECT_EQ(got.losses.of(Loss::body_undecodable), 1u);
}

TEST(HttpMessageTest, CompressedBodies) {
  const std::string plain = "{\"id\":\"" + std::string(5000, 'x') + "\"}";
  for (const std::string encoding : {"gzip", "x-gzip", "GZIP", "deflate", "Deflate", "identity"}) {
    const bool zlib = encoding == "deflate", raw = encoding == "Deflate";
    const std::string body = encoding == "identity" ? plain : gzipped(plain, zlib ? 15 : raw ? -15 : 31);
    EXPECT_EQ(read(post(body, "Content-Encoding: " + encoding + "\r\n")).text(), "POST /bid " + plain + "\n")
        << encoding;
  }
  const std::string two = gzipped("first ") + gzipped("second");
  EXPECT_EQ(read(post(two, "Content-Encoding: gzip\r\n")).text(), "POST /bid first second\n");
}

TEST(HttpMessageTest, WhatCannotBeDecompressedIsTold) {
  EXPECT_EQ(read(post("not gzip", "Content-Encoding: gzip\r\n")).losses.of(Loss::body_undecodable), 1u);
  EXPECT_EQ(read(post("x", "Content-Encoding: br\r\n")).losses.of(Loss::body_undecodable), 1u);
  const std::string torn = gzipped(std::string(1000, 'x')).substr(0, 20);
  EXPECT_EQ(read(post(torn, "Content-Encoding: gzip\r\n")).losses.of(Loss::body_undecodable), 1u);
  EXPECT_EQ(read(post("", "Content-Encoding: gzip\r\n")).text(), "POST /bid \n");
}

TEST(HttpMessageTest, BodiesHaveABound) {
  Options options;
  options.limits.body_bytes_max = 1000;
  const std::string bomb = gzipped(std::string(10'000'000, '\0'));
  const std::string chunks = chunked("800\r\n" + std::string(0x800, 'x') + "\r\n0\r\n\r\n");
  for (const std::string& large : {post(bomb, "Content-Encoding: gzip\r\n"), post(std::string(1001, 'x')), chunks}) {
    const Read got = read(large + post("b"), options);
    EXPECT_EQ(got.text(), "POST /bid b\n");
    EXPECT_EQ(got.losses.of(Loss::message_too_large), 1u);
  }
  EXPECT_EQ(read(post(std::string(1000, 'x')), options).requests.size(), 1u);
}

TEST(HttpMessageTest, HeadsHaveABound) {
  Options options;
  options.limits.head_bytes_max = 500;
  const Read got = read(post("a", "X: " + std::string(500, 'x') + "\r\n") + post("b"), options);
  EXPECT_EQ(got.text(), "POST /bid b\n");
  EXPECT_EQ(got.losses.of(Loss::message_too_large), 1u);
}

TEST(HttpMessageTest, LinesMayEndWithoutCr) {
  EXPECT_EQ(read("POST /a HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}GET /b HTTP/1.0\n\n").text(),
            "POST /a {}\nGET /b \n");
}

TEST(HttpMessageTest, AMalformedHeadIsCountedAndPassed) {
  for (const std::string bad : {"POST /a HTTP/1.1\r\nno field\r\n\r\n", "POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                                "POST /a HTTP/1.7\r\n\r\n"}) {
    const Read got = read(bad + post("b"));
    EXPECT_EQ(got.text(), "POST /bid b\n") << bad;
    EXPECT_EQ(got.losses.of(Loss::head_malformed), 1u) << bad;
    EXPECT_GT(got.losses.of(Loss::bytes_of_no_message), 0u);
  }
}

TEST(HttpMessageTest, AGapWithinABodyOfKnownLengthCostsThatRequestAlone) {
  const Read got = read({{post("abc" + std::string(10, '?')).substr(0, post(std::string(13, '?')).size() - 10), 6},
                         {"????" + post("b"), 0}});
  EXPECT_EQ(got.text(), "POST /bid abc <body_cut_off>\nPOST /bid b\n");
  EXPECT_EQ(got.losses.of(Loss::body_cut_off), 1u);
  EXPECT_EQ(got.losses.of(Loss::bytes_of_no_message), 0u);
  EXPECT_EQ(got.lost_counts, 0u);
}

TEST(HttpMessageTest, AGapToTheEndOfABody) {
  const std::string one = post("0123456789");
  EXPECT_EQ(read({{one.substr(0, one.size() - 4), 4}, {post("b"), 0}}).text(),
            "POST /bid 012345 <body_cut_off>\nPOST /bid b\n");
}

TEST(HttpMessageTest, AGapIntoAnotherRequest) {
  const std::string one = post("0123456789"), two = post("lost in part"), three = post("c");
  // From the first one's body into the second one's head, or body.
  for (const std::size_t into : {5u, 20u, 60u}) {
    const Read got = read({{one.substr(0, one.size() - 4), 4 + into}, {two.substr(into) + three, 0}});
    EXPECT_EQ(got.text(), "POST /bid 012345 <body_cut_off>\nPOST /bid c\n") << into;
    EXPECT_EQ(got.losses.of(Loss::bytes_of_no_message), two.size() - into);
    EXPECT_EQ(got.lost_counts, 1u);
  }
}

TEST(HttpMessageTest, WhatIsLeftOfAMethodIsNone) {
  const std::string one = post("a");
  for (const std::size_t missing : {1u, 2u, 3u}) {
    EXPECT_EQ(read({{"", missing}, {one.substr(missing) + post("b"), 0}}).text(), "POST /bid b\n");
  }
}

TEST(HttpMessageTest, AGapInAHead) {
  const std::string one = post("0123456789", "X-A: 1\r\n");
  const Read got = read({{one.substr(0, 38), 3}, {one.substr(41) + post("b"), 0}});
  EXPECT_EQ(got.text(), "POST /bid  <head_cut_off>\nPOST /bid b\n");
  ASSERT_EQ(got.requests[0].headers.size(), 2u);
  EXPECT_EQ(got.requests[0].headers[1].name, "X-A");
}

TEST(HttpMessageTest, AGapInATarget) {
  EXPECT_EQ(read({{"GET /a/b?c=", 100}, {"GET /d", 7}, {post("b"), 0}}).text(),
            "GET /a/b?c=  <head_cut_off>\nGET /d  <head_cut_off>\nPOST /bid b\n");
}

TEST(HttpMessageTest, GapsInChunks) {
  // Within one chunk's data it goes on exactly; over its end to the next request.
  const std::string one = chunked("a\r\n0123456789\r\n2\r\nab\r\n0\r\n\r\n");
  const std::size_t data = one.find("0123");
  EXPECT_EQ(read({{one.substr(0, data + 2), 3}, {one.substr(data + 5) + post("b"), 0}}).text(),
            "POST /bid 01 <body_cut_off>\nPOST /bid b\n");
  EXPECT_EQ(read({{one.substr(0, data + 2), 12}, {one.substr(data + 14) + post("b"), 0}}).text(),
            "POST /bid 01 <body_cut_off>\nPOST /bid b\n");
}

TEST(HttpMessageTest, ABodyThatEndsWithoutALineEnd) {
  const Read got = read({{"", 10}, {"ef\":1}" + post("b"), 0}});
  EXPECT_EQ(got.text(), "POST /bid b\n");
  EXPECT_EQ(got.losses.of(Loss::bytes_of_no_message), 6u);
}

TEST(HttpMessageTest, WhatATextSaysIsNoRequest) {
  const Read got = read({{"", 10}, {"a GET / HTTP/1.1 b\r\nGET /x HTTP/1.1\r\n{\"x\":1}\r\n" + post("b"), 0}});
  EXPECT_EQ(got.text(), "POST /bid b\n");
  EXPECT_EQ(got.losses.of(Loss::head_malformed), 0u);
}

TEST(HttpMessageTest, TheEndCutsOff) {
  const std::string one = post("0123456789");
  EXPECT_EQ(read(one.substr(0, one.size() - 4)).text(), "POST /bid 012345 <body_cut_off>\n");
  EXPECT_EQ(read(one.substr(0, 30)).text(), "POST /bid  <head_cut_off>\n");
}

TEST(HttpMessageTest, ACutOffGzipBodyIsReadAsFarAsItGoes) {
  std::string plain;
  for (int i = 0; i < 3000; ++i) plain += std::to_string(i * 7919);
  const std::string one = post(gzipped(plain), "Content-Encoding: gzip\r\n");
  const Read got = read(one.substr(0, one.size() / 2));
  ASSERT_EQ(got.requests.size(), 1u);
  EXPECT_EQ(got.requests[0].cut_off, Loss::body_cut_off);
  EXPECT_GT(got.requests[0].body.size(), 1000u);
  EXPECT_TRUE(plain.starts_with(got.requests[0].body));
}

TEST(HttpMessageTest, Answers) {
  Options options;
  options.kind = Kind::answers;
  const Read got = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
      "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
      "HTTP/1.0 200 OK\r\n\r\nuntil the end",
      options);
  EXPECT_EQ(got.text(), "200 {}\n204 \n304 \n200 x\n200 until the end\n");
  EXPECT_EQ(got.losses.counts, Losses().counts);
}

TEST(HttpMessageTest, AnAnswerToHeadHasNoBody) {
  Options options;
  options.kind = Kind::answers;
  options.head_answer = true;
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(read(answer + answer + "{}", options).text(), "200 \n200 {}\n");
}

TEST(HttpMessageTest, AnAnswerThatIsCutOff) {
  Options options;
  options.kind = Kind::answers;
  const Read got = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", options);
  EXPECT_EQ(got.text(), "200 {} <body_cut_off>\n");
  EXPECT_EQ(got.losses.of(Loss::answer_unusable), 1u);
  EXPECT_EQ(got.losses.of(Loss::body_cut_off), 0u);
}

TEST(HttpMessageTest, TheFirstMessageSaysWhichKindItIs) {
  Options options;
  options.kind = Kind::either;
  EXPECT_EQ(read("abc}" + post("b"), options).text(), "POST /bid b\n");
  EXPECT_EQ(read("abc}" + post("b"), options).losses.of(Loss::bytes_of_no_message), 4u);
  EXPECT_EQ(read("abc\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", options).text(), "200 \n");
}

TEST(HttpMessageTest, OtherProtocolsAreNone) {
  Options options;
  options.kind = Kind::either;
  const std::string tls("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (const std::string& other : {tls, std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string("SSH-2.0-x\r\n"),
                                   std::string("EHLO GET HTTP/1.1x\r\n"), std::string(1 << 20, 'A')}) {
    const Read got = read(other, options);
    EXPECT_FALSE(got.seen);
    EXPECT_EQ(got.text(), "");
  }
}

}  // namespace
}  // namespace bidwell::replay
