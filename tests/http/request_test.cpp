// One connection, byte by byte: how requests are told apart, whatever the pieces they arrive in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/http/answer_text.h"
#include "tests/http/requests.h"
#include "tests/http/rig.h"

namespace bidwell::http::testing {
namespace {

using ::testing::HasSubstr;

std::vector<Answer> answers_of(Rig& rig) {
  const std::string text = rig.received();
  const auto answers = parse_answers(text);
  if (!answers) {
    ADD_FAILURE() << "not a sequence of answers: " << text;
    return {};
  }
  return *answers;
}

// Exactly one answer, 200 with this body.
void expect_ok(Rig& rig, const std::string& body) {
  const auto answers = answers_of(rig);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 200U);
  EXPECT_EQ(answers[0].body, body);
}

void expect_error(Rig& rig, unsigned status, const std::string& reason) {
  const auto answers = answers_of(rig);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, status);
  EXPECT_THAT(answers[0].body, HasSubstr(reason));
  EXPECT_THAT(answers[0].body, ::testing::StartsWith("{\"error\":\""));
  EXPECT_THAT(answers[0].body, ::testing::EndsWith("\"}\n"));
}

std::string echoed(const std::string& body) {
  return std::to_string(body.size()) + ":" + body;
}

struct Sample {
  std::string name;
  std::string request;
  std::string answer;
};

std::vector<Sample> samples() {
  const std::string body = text_of(700);
  const std::string large = text_of(30'000);
  return {
      {"length", post("/echo", body), echoed(body)},
      {"empty", post("/echo", ""), "0:"},
      {"get", get("/show/a/b?c=d"), "GET /show/a/b c=d show a/b"},
      {"chunked", post_chunked("/echo", chunks(body, 90)), echoed(body)},
      {"chunk_extensions", post_chunked("/echo", chunks(body, 90, ";a=b;c=\"d e\"")), echoed(body)},
      {"trailers", post_chunked("/echo", chunks(body, 90) + "X-Sum: 1\r\nY: 2\r\n"), echoed(body)},
      {"one_byte_chunks", post_chunked("/echo", chunks(text_of(100), 1)), echoed(text_of(100))},
      {"no_chunk", post_chunked("/echo", chunks("", 1)), "0:"},
      {"gzip", post("/echo", gzip(body), "Content-Encoding: gzip\r\n"), echoed(body)},
      {"gzip_chunked", post_chunked("/echo", chunks(gzip(body), 50), "Content-Encoding: x-gzip\r\n"), echoed(body)},
      {"leading_empty_lines", "\r\n\r\n" + post("/echo", body), echoed(body)},
  };
}

TEST(Request, SplitAtEveryByte) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.name);
    Rig rig;
    for (std::size_t at = 0; at <= sample.request.size(); ++at) {
      rig.send(std::string_view(sample.request).substr(0, at));
      if (at < sample.request.size()) {
        ASSERT_EQ(rig.received(), "") << "split at " << at;
      }
      rig.send(std::string_view(sample.request).substr(at));
      expect_ok(rig, sample.answer);
      if (::testing::Test::HasFailure()) FAIL() << "split at " << at;
    }
    EXPECT_EQ(rig.counters().requests.value(), sample.request.size() + 1);
    EXPECT_FALSE(rig.closed());
  }
}

TEST(Request, ByteByByte) {
  Rig rig;
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.name);
    for (const char c : sample.request) rig.send({&c, 1});
    expect_ok(rig, sample.answer);
  }
}

TEST(Request, EverySizeAroundTheBuffersEdge) {
  Rig rig;
  for (const bool chunked : {false, true}) {
    std::set<std::size_t> sizes = {1, 100, 20'000, 100'000, 256 * 1024};
    for (std::size_t size = 6'900; size < 8'400; size += 7) sizes.insert(size);
    for (const std::size_t size : sizes) {
      const std::string body = text_of(size);
      rig.send(chunked ? post_chunked("/echo", chunks(body, 1000)) : post("/echo", body));
      expect_ok(rig, echoed(body));
    }
  }
}

TEST(Request, PipelinedInOnePiece) {
  Rig rig;
  std::string sent;
  std::vector<std::string> expected;
  for (int round = 0; round < 4; ++round) {
    for (const Sample& sample : samples()) {
      sent += sample.request;
      expected.push_back(sample.answer);
    }
    const std::string large = text_of(20'000 + round);
    sent += post("/echo", large);
    expected.push_back(echoed(large));
    sent += post_chunked("/echo", chunks(large, 3'000));
    expected.push_back(echoed(large));
  }
  for (const std::size_t piece : {sent.size(), std::size_t{5'000}, std::size_t{977}, std::size_t{64}}) {
    SCOPED_TRACE(piece);
    for (std::size_t at = 0; at < sent.size(); at += piece) {
      rig.send(std::string_view(sent).substr(at, piece));
    }
    const auto answers = answers_of(rig);
    ASSERT_EQ(answers.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(answers[i].body, expected[i]) << i;
  }
}

TEST(Request, NothingIsA204WithoutBodyOrLength) {
  Rig rig;
  rig.send(get("/nothing"));
  EXPECT_EQ(rig.received(), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(Request, HeadHasTheLengthAndNoBody) {
  Rig rig;
  rig.send("HEAD /show HTTP/1.1\r\nHost: test\r\n\r\n");
  const std::string text = rig.received();
  EXPECT_THAT(text, HasSubstr("Content-Length: 17\r\n"));
  EXPECT_THAT(text, ::testing::EndsWith("\r\n\r\n"));
  rig.send(get("/show"));
  expect_ok(rig, "GET /show  show ");
}

TEST(Request, AbsoluteTarget) {
  Rig rig;
  rig.send("GET http://host:80/show/x?y HTTP/1.1\r\nHost: test\r\n\r\n");
  expect_ok(rig, "GET /show/x y show x");
}

TEST(Request, UnknownPathAndMethod) {
  Rig rig;
  rig.send(post("/nowhere", "body"));
  expect_error(rig, 404, "no such path");
  rig.send(get("/echo"));
  const auto answers = answers_of(rig);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 405U);
  EXPECT_EQ(answers[0].header("allow"), "POST");
  rig.send("BREW /echo HTTP/1.1\r\nHost: test\r\n\r\n");
  expect_error(rig, 405, "method");
  EXPECT_FALSE(rig.closed());
}

TEST(Request, OldProtocolVersion) {
  Rig rig;
  rig.send("GET /show HTTP/1.0\r\n\r\n");
  auto answers = answers_of(rig);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].header("connection"), "close");
  EXPECT_TRUE(rig.closed());

  rig.reconnect();
  for (int i = 0; i < 2; ++i) {
    rig.send("GET /show HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    answers = answers_of(rig);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].header("connection"), "keep-alive");
    EXPECT_FALSE(rig.closed());
  }
}

TEST(Request, CloseIsHeeded) {
  Rig rig;
  rig.send(get("/show") + get("/show", "Connection: close\r\n") + get("/show"));
  const auto answers = answers_of(rig);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].header("connection"), "");
  EXPECT_EQ(answers[1].header("connection"), "close");
  EXPECT_TRUE(rig.closed());
}

TEST(Request, HalfClosedClientGetsItsAnswers) {
  Rig rig;
  ASSERT_GT(::send(rig.fd(), get("/show").data(), get("/show").size(), 0), 0);
  rig.finish_sending();
  expect_ok(rig, "GET /show  show ");
  EXPECT_TRUE(rig.closed());
  EXPECT_EQ(rig.counters().client_resets.value(), 0U);

  rig.reconnect();
  rig.send(post("/echo", "whole").substr(0, 50));
  rig.finish_sending();
  EXPECT_EQ(rig.received(), "");
  EXPECT_TRUE(rig.closed());
  EXPECT_EQ(rig.counters().client_resets.value(), 1U);
  EXPECT_EQ(rig.counters().connections_open.value(), 0U);
}

TEST(Request, BadHeads) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "version"},
      {"GET /show\r\nHost: a\r\n\r\n", "target"},
      {"GET /show HTTP/1.1\nHost: a\n\n", "CR LF"},
      {"GET /show HTTP/1.1\r\nHost: a\n\r\n", "CR LF"},
      {"\n", "CR LF"},
      {"\x16\x03\x01\x02", "not an HTTP/1 request"},
      {"GET  /show HTTP/1.1\r\nHost: a\r\n\r\n", "target"},
      {"GET /show HTTP/1.1\r\n\r\n", "no Host"},
      {"GET /show HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "more than one Host"},
      {"GET /show HTTP/1.1\r\nHost : a\r\n\r\n", "header name"},
      {"GET /show HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", "header value"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "Content-Length"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "Content-Length"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", "Content-Length"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\na", "Content-Length"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\na", "Content-Length"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       "Transfer-Encoding"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "Content-Length"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "not chunked"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "not chunked"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", "not chunked"},
      {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0"},
  };
  Rig rig;
  std::size_t count = 0;
  for (const auto& [text, reason] : bad) {
    SCOPED_TRACE(text);
    rig.reconnect();
    rig.send(text);
    // A request behind it must not be answered.
    rig.send(get("/show"));
    const auto answers = answers_of(rig);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].status, 400U);
    EXPECT_THAT(answers[0].body, HasSubstr(reason));
    EXPECT_EQ(answers[0].header("connection"), "close");
    EXPECT_TRUE(rig.closed());
    EXPECT_EQ(rig.counters().bad_head.value(), ++count);
  }
}

TEST(Request, BadChunks) {
  const std::vector<std::string> bad = {"x\r\n",
                                        "\r\n\r\n\r\n",
                                        "3\r\nabcd\r\n",
                                        "3\nabc\r\n\r\n",
                                        "-3\r\nabc\r\n",
                                        "3 ;\r\nabc\r\n",
                                        "3;\"\r\nabc\r\n",
                                        "11111111111111111\r\nabc\r\n",
                                        "0\r\nX : y\r\n\r\n"};
  Rig rig;
  for (const std::string& framed : bad) {
    SCOPED_TRACE(framed);
    rig.reconnect();
    rig.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + get("/show"));
    const auto answers = answers_of(rig);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].status, 400U);
    EXPECT_TRUE(rig.closed());
  }
  EXPECT_EQ(rig.counters().bad_encoding.value(), bad.size());
}

}  // namespace
}  // namespace bidwell::http::testing
