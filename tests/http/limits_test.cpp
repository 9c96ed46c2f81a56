// What a client may not do, and that a healthy connection survives it: sizes, encodings,
// expectations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/http/answer_text.h"
#include "tests/http/requests.h"
#include "tests/http/rig.h"

namespace bidwell::http::testing {
namespace {

using ::testing::HasSubstr;

Options small() {
  Options options;
  options.head_bytes_max = 1000;
  options.body_bytes_max = 20'000;
  options.answer_bytes_max = 30'000;
  return options;
}

constexpr std::string_view kGzip = "Content-Encoding: gzip\r\n";

class Limits : public ::testing::Test {
 protected:
  // The one answer that came; its connection stays open or not as told.
  Answer one(bool stays_open) {
    const std::string text = rig_.received();
    const auto answers = parse_answers(text);
    EXPECT_TRUE(answers && answers->size() == 1) << text.substr(0, 1000);
    if (!answers || answers->size() != 1) return {};
    const Answer& answer = answers->front();
    EXPECT_EQ(answer.header("connection"), stays_open ? "" : "close");
    EXPECT_EQ(rig_.closed(), !stays_open);
    return answer;
  }
  void expect_healthy() {
    rig_.send(post("/echo", "healthy"));
    EXPECT_EQ(one(true).body, "7:healthy");
  }
  void expect_refused(unsigned status, const std::string& reason) {
    const Answer answer = one(true);
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(answer.body, HasSubstr(reason));
    expect_healthy();
  }
  void expect_refused_and_closed(unsigned status, const std::string& reason) {
    const Answer answer = one(false);
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(answer.body, HasSubstr(reason));
    rig_.reconnect();
    expect_healthy();
  }

  Rig rig_{small()};
};

TEST_F(Limits, HeadOfExactlyTheLimit) {
  const std::string bare = get("/show", "X: \r\n");
  const std::string padding(1000 - bare.size(), 'x');
  rig_.send(get("/show", "X: " + padding + "\r\n"));
  EXPECT_EQ(one(true).status, 200U);
  rig_.send(get("/show", "X: " + padding + "x\r\n"));
  expect_refused_and_closed(431, "1000 bytes");
  EXPECT_EQ(rig_.counters().head_too_large.value(), 1U);
}

TEST_F(Limits, HeadWithoutEnd) {
  rig_.send("GET /show HTTP/1.1\r\nX: ");
  for (int i = 0; i < 1000 && !rig_.closed(); ++i) rig_.send("x");
  expect_refused_and_closed(431, "1000 bytes");
}

TEST_F(Limits, LargeHeadsOutgrowTheOwnBuffer) {
  Options options;
  options.head_bytes_max = 40'000;
  Rig rig(options);
  const std::string request = post("/echo", text_of(20'000), "X: " + std::string(30'000, 'x') + "\r\n");
  for (int i = 0; i < 3; ++i) {
    rig.send(request + request);
    const auto answers = parse_answers(rig.received());
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), 2U);
    EXPECT_EQ(answers->back().body, "20000:" + text_of(20'000));
  }
}

TEST_F(Limits, BodyOfExactlyTheLimit) {
  rig_.send(post("/echo", text_of(20'000)));
  EXPECT_EQ(one(true).status, 200U);
  rig_.send(post_chunked("/echo", chunks(text_of(20'000), 777)));
  EXPECT_EQ(one(true).status, 200U);
}

TEST_F(Limits, OversizedBodyIsThrownAway) {
  rig_.send(post("/echo", text_of(20'001)));
  expect_refused(413, "20000 bytes");
  rig_.send(post("/echo", text_of(160'000)));
  expect_refused(413, "20000 bytes");
  rig_.send(post_chunked("/echo", chunks(text_of(20'001), 1000)));
  expect_refused(413, "20000 bytes");
  rig_.send(post_chunked("/echo", chunks(text_of(150'000), 50'000)));
  expect_refused(413, "20000 bytes");
  EXPECT_EQ(rig_.counters().body_too_large.value(), 4U);
  EXPECT_EQ(rig_.counters().requests.value(), 4U);
}

TEST_F(Limits, HugeBodyClosesTheConnection) {
  rig_.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 160001\r\n\r\n");
  expect_refused_and_closed(413, "20000 bytes");
  rig_.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
  expect_refused_and_closed(413, "20000 bytes");
  const std::string request = post_chunked("/echo", chunks(text_of(200'000), 1000));
  rig_.send(request);
  expect_refused_and_closed(413, "20000 bytes");
}

TEST_F(Limits, ChunkFramingIsBounded) {
  // Extensions that never end, in one line and in many.
  rig_.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a=" + std::string(2000, 'x'));
  expect_refused_and_closed(400, "1000 bytes");
  rig_.send(post_chunked("/echo", chunks(text_of(1000), 1, ";a=" + std::string(500, 'x'))));
  expect_refused_and_closed(413, "20000 bytes");
  // Trailers.
  rig_.send(post_chunked("/echo", chunks("abc", 3) + "X: " + std::string(2000, 'x')));
  expect_refused_and_closed(400, "1000 bytes");
  // One-byte chunks are no more than slow.
  rig_.send(post_chunked("/echo", chunks(text_of(19'000), 1)));
  EXPECT_EQ(one(true).body, "19000:" + text_of(19'000));
}

TEST_F(Limits, GzipBodies) {
  const std::string body = text_of(19'000);
  rig_.send(post("/echo", gzip(body), kGzip));
  EXPECT_EQ(one(true).body, "19000:" + body);
  rig_.send(post("/echo", gzip(body.substr(0, 5000)) + gzip(body.substr(5000)), kGzip));
  EXPECT_EQ(one(true).body, "19000:" + body);
  rig_.send(post("/echo", gzip(text_of(20'000)), kGzip));
  EXPECT_EQ(one(true).status, 200U);
  rig_.send(post("/echo", body, "Content-Encoding: identity\r\n"));
  EXPECT_EQ(one(true).status, 200U);
}

TEST_F(Limits, GzipBomb) {
  rig_.send(post("/echo", gzip(text_of(20'001)), kGzip));
  expect_refused(413, "decompressed request body larger than 20000 bytes");
  rig_.send(post("/echo", gzip(std::string(10'000'000, 'x')), kGzip));
  expect_refused(413, "decompressed request body larger than 20000 bytes");
  EXPECT_EQ(rig_.counters().body_too_large.value(), 2U);
}

TEST_F(Limits, DamagedGzip) {
  const std::string good = gzip(text_of(5000));
  std::string flipped = good;
  flipped[good.size() - 6] ^= 1;  // in the checksum
  for (const std::string& bad : {good.substr(0, good.size() - 1), good + "x", good + good.substr(0, 9), flipped,
                                 std::string("not gzip"), std::string("\x1f\x8b")}) {
    rig_.send(post("/echo", bad, kGzip));
    expect_refused(400, "not valid gzip");
  }
  EXPECT_EQ(rig_.counters().bad_encoding.value(), 6U);
}

TEST_F(Limits, OtherEncodings) {
  for (const std::string name : {"br", "gzip, gzip", "zstd"}) {
    rig_.send(post("/echo", "body", "Content-Encoding: " + name + "\r\n"));
    expect_refused(415, "Content-Encoding");
    rig_.send(post_chunked("/echo", chunks("body", 2), "Content-Encoding: " + name + "\r\n"));
    expect_refused(415, "Content-Encoding");
  }
}

TEST_F(Limits, GzipAnswers) {
  const std::string plain = get("/big/20000");
  rig_.send(get("/big/20000", "Accept-Encoding: deflate, gzip;q=0.5\r\n"));
  const Answer answer = one(true);
  EXPECT_EQ(answer.header("content-encoding"), "gzip");
  EXPECT_LT(answer.body.size(), 1000U);
  rig_.send(plain);
  const Answer uncompressed = one(true);
  EXPECT_EQ(uncompressed.header("content-encoding"), "");
  EXPECT_EQ(gunzip(answer.body), uncompressed.body);
  rig_.send(get("/big/20000", "Accept-Encoding: gzip;q=0, *\r\n"));
  EXPECT_EQ(one(true).header("content-encoding"), "");
  rig_.send(get("/big/1399", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(one(true).header("content-encoding"), "");
  rig_.send(get("/big/1400", "Accept-Encoding: *\r\n"));
  EXPECT_EQ(one(true).header("content-encoding"), "gzip");
  rig_.send(get("/nothing", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(one(true).header("content-encoding"), "");
  EXPECT_EQ(rig_.counters().answers_gzip.value(), 2U);
}

TEST_F(Limits, AnswerTooLarge) {
  rig_.send(get("/big/30000"));
  EXPECT_EQ(one(true).body.size(), 30'000U);
  // Past the limit, and past the buffer.
  for (const char* path : {"/big/30001", "/big/300000"}) {
    rig_.send(get(path));
    expect_refused(500, "30000 bytes");
  }
  EXPECT_EQ(rig_.counters().answers_too_large.value(), 2U);
}

TEST_F(Limits, ExpectationIsMetOnlyWhenTheClientWaits) {
  const std::string request = post("/echo", "body", "Expect: 100-continue\r\n");
  const std::size_t head = request.size() - 4;
  rig_.send(request.substr(0, head));
  EXPECT_EQ(rig_.received(), "HTTP/1.1 100 Continue\r\n\r\n");
  rig_.send(request.substr(head, 2));
  EXPECT_EQ(rig_.received(), "");
  rig_.send(request.substr(head + 2));
  EXPECT_EQ(one(true).body, "4:body");

  rig_.send(request);
  EXPECT_EQ(one(true).body, "4:body");
  rig_.send(request.substr(0, head + 1));
  EXPECT_EQ(rig_.received(), "");
  rig_.send(request.substr(head + 1));
  EXPECT_EQ(one(true).body, "4:body");

  // Behind another request's answer, and chunked.
  rig_.send(get("/nothing") + "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n" +
            "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(rig_.received(), "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
  rig_.send("4\r\nbody\r\n0\r\n\r\n");
  EXPECT_EQ(one(true).body, "4:body");

  // Nothing to wait for.
  rig_.send(post("/echo", "", "Expect: 100-continue\r\n"));
  EXPECT_EQ(one(true).body, "0:");
}

TEST_F(Limits, RefusedExpectationGetsTheFinalStatus) {
  const auto head_of = [](const std::string& path, const std::string& headers) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" + headers + "\r\n";
  };
  rig_.send(head_of("/echo", "Content-Length: 20001\r\n"));
  expect_refused_and_closed(413, "20000 bytes");
  rig_.send(head_of("/nowhere", "Content-Length: 4\r\n"));
  expect_refused_and_closed(404, "no such path");
  rig_.send(head_of("/big/1", "Transfer-Encoding: chunked\r\n"));
  expect_refused_and_closed(405, "method");
  rig_.send(head_of("/echo", "Content-Length: 4\r\nContent-Encoding: br\r\n"));
  expect_refused_and_closed(415, "Content-Encoding");
}

TEST_F(Limits, LargeRequestsAreLentABoundedNumberOfBlocks) {
  Options options = small();
  options.large_requests_max = 0;
  Rig rig(options);
  for (const std::string& large :
       {post("/echo", text_of(19'000)), post_chunked("/echo", chunks(text_of(19'000), 100))}) {
    rig.send(large + post("/echo", "small"));
    const auto answers = parse_answers(rig.received());
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), 2U);
    EXPECT_EQ(answers->front().status, 503U);
    EXPECT_EQ(answers->back().body, "5:small");
  }
  EXPECT_EQ(rig.counters().large_requests_refused.value(), 2U);
}

}  // namespace
}  // namespace bidwell::http::testing
