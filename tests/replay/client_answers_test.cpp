// The answers that servers send: every framing of HTTP/1.1, cut anywhere, and what is no answer.
#include <gtest/gtest.h>

#include "replay/answer_reader.h"
#include "tests/replay/recorder.h"
#include "tests/replay/scripted_server.h"

namespace bidwell::replay {
namespace {

using testing::answer_text;
using testing::poll_until;
using testing::Reaction;
using testing::Recorder;
using testing::request_text;
using testing::ScriptedServer;
using State = AnswerReader::State;

struct Read {
  State state = State::more;
  unsigned status = 0;
  std::string body;
  std::size_t size = 0;
  bool keeps_alive = false;
  friend bool operator==(const Read&, const Read&) = default;
};

std::ostream& operator<<(std::ostream& out, const Read& read) {
  return out << static_cast<int>(read.state) << ' ' << read.status << " '" << read.body << "' " << read.size << ' '
             << read.keeps_alive;
}

// One answer that comes in pieces of `piece` bytes, then the end.
Read read(const std::string& bytes, std::size_t piece, bool to_head = false, std::size_t max = 1 << 20) {
  AnswerReader reader(max);
  State state = State::more;
  std::string moved;  // a new place each time
  for (std::size_t end = std::min(piece, bytes.size());; end = std::min(end + piece, bytes.size())) {
    moved = bytes.substr(0, end);
    state = reader.read(moved, to_head);
    if (state != State::more || end == bytes.size()) break;
  }
  if (state == State::more) state = reader.end(moved);
  Read out;
  out.state = state;
  if (state != State::whole) return out;
  return {state, reader.status(), std::string(reader.body(moved)), reader.size(), reader.keeps_alive()};
}

// The same in pieces of any size.
Read read_any(const std::string& bytes, bool to_head = false, std::size_t max = 1 << 20) {
  const Read whole = read(bytes, bytes.size(), to_head, max);
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    EXPECT_EQ(read(bytes, piece, to_head, max), whole) << "in pieces of " << piece << ": " << bytes;
  }
  return whole;
}

Read whole(unsigned status, std::string body, std::size_t size, bool keeps_alive = true) {
  return {State::whole, status, std::move(body), size, keeps_alive};
}

TEST(Answers, OfAKnownLength) {
  const std::string text = answer_text("0123456789");
  EXPECT_EQ(read_any(text), whole(200, "0123456789", text.size()));
  EXPECT_EQ(read_any(text + "HTTP/1.1 20"), whole(200, "0123456789", text.size())) << "what is behind is the next's";
  EXPECT_EQ(read_any(answer_text("")).body, "");
  EXPECT_EQ(read_any("HTTP/1.1 200 OK\r\ncontent-LENGTH:3\r\n\r\nabc").body, "abc");
  EXPECT_EQ(read_any("HTTP/1.1 200\r\nContent-Length: 1 \r\n\r\nx").body, "x") << "no reason";
}

TEST(Answers, Chunked) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string text = head + "5\r\nhello\r\n6;name=\"v\"\r\n world\r\n0\r\n\r\n";
  EXPECT_EQ(read_any(text), whole(200, "hello world", text.size()));
  const std::string trailers = head + "1\r\nx\r\n000\r\nDigest: a\r\nB: c\r\n\r\n";
  EXPECT_EQ(read_any(trailers), whole(200, "x", trailers.size()));
  EXPECT_EQ(read_any(head + "A\r\n0123456789\r\n0\r\n\r\n").body, "0123456789") << "hexadecimal";
  EXPECT_EQ(read_any("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n0\r\n\r\n").state,
            State::whole);
  for (const char* bad :
       {"x\r\n", "\r\n", "-1\r\n", "5\r\nhelloXX", "1000000000000000000000\r\n", "5 5\r\nhello\r\n"}) {
    EXPECT_EQ(read_any(head + bad + std::string(8, 'z')).state, State::malformed) << bad;
  }
}

TEST(Answers, WithoutABody) {
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    const std::string text = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 99\r\n\r\n";
    EXPECT_EQ(read_any(text), whole(status[0] == '2' ? 204 : 304, "", text.size()));
  }
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
  EXPECT_EQ(read_any(head, true), whole(200, "", head.size())) << "to HEAD";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read_any(chunked, true), whole(200, "", chunked.size())) << "to HEAD";
}

TEST(Answers, BehindInterimOnes) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer_text("a");
  EXPECT_EQ(read_any(text), whole(200, "a", text.size()));
  EXPECT_EQ(read_any("HTTP/1.1 101 Switching Protocols\r\n\r\n").state, State::malformed);
}

TEST(Answers, UntilTheEnd) {
  const std::string text = "HTTP/1.1 200 OK\r\n\r\nall of it";
  EXPECT_EQ(read_any(text), whole(200, "all of it", text.size(), false));
  EXPECT_EQ(read_any("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc").body, "abc");
}

TEST(Answers, KeepAlive) {
  const auto keeps_alive = [](const std::string& begin) {
    return read_any(begin + "Content-Length: 0\r\n\r\n").keeps_alive;
  };
  EXPECT_TRUE(keeps_alive("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1 200 OK\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0 200 OK\r\n"));
  EXPECT_TRUE(keeps_alive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"));
}

TEST(Answers, ThatAreNone) {
  for (const char* bad :
       {"garbage", "\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "HTTP/1.1 200 OK\r\n folded: x\r\nfolded\r\n\r\n"}) {
    EXPECT_EQ(read_any(bad).state, State::malformed) << bad;
  }
  EXPECT_EQ(read_any("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell").state, State::more) << "cut off";
}

TEST(Answers, ThatAreTooLarge) {
  const std::string ten = answer_text("0123456789");
  EXPECT_EQ(read_any(ten, false, ten.size()).state, State::whole);
  EXPECT_EQ(read_any(ten, false, ten.size() - 1).state, State::malformed);
  EXPECT_EQ(read_any("HTTP/1.1 200 OK\r\n\r\n" + std::string(100, 'x'), false, 100).state, State::malformed);
  EXPECT_EQ(read_any("HTTP/1.1 200 OK\r\nX: " + std::string(100, 'x') + "\r\n\r\n", false, 100).state,
            State::malformed);
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read_any(chunked + "40\r\n" + std::string(64, 'x') + "\r\n0\r\n\r\n", false, 100).state, State::malformed);
  std::string drops;
  for (int i = 0; i < 30; ++i) drops += "1\r\nx\r\n";
  EXPECT_EQ(read_any(chunked + drops + "0\r\n\r\n", false, 100).state, State::malformed) << "framing counts";
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), 1000).state, State::malformed) << "a head";
}

// Through sockets, each byte by itself.
TEST(ClientAnswers, SplitAtEveryByte) {
  const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
                           std::string("HTTP/1.1 204 No Content\r\n\r\n") + answer_text("last");
  ScriptedServer server([&](const std::string&, std::size_t, std::size_t request) {
    return request == 2 ? Reaction{.bytes = text, .closes = false, .piece = 1} : Reaction{};
  });
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  for (std::uint64_t i = 0; i < 3; ++i) client.send(connection, request_text("x"), i);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 3; }));
  EXPECT_EQ(recorder.told[0].body, "hello");
  EXPECT_EQ(recorder.told[1].status, 204U);
  EXPECT_EQ(recorder.told[2].body, "last");
}

TEST(ClientAnswers, LargeOnes) {
  const std::string large(3 << 20, 'x');
  ScriptedServer server([&](const std::string&, std::size_t, std::size_t request) {
    return Reaction{.bytes = answer_text(request == 1 ? large + large : large)};
  });
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  client.send(connection, request_text("x"), 0);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 1; }));
  EXPECT_EQ(recorder.told[0].body, large);
  client.send(connection, request_text("x"), 1);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 2; }));
  EXPECT_EQ(recorder.told[1].outcome, Outcome::malformed) << "past answer_bytes_max";
}

TEST(ClientAnswers, Outcomes) {
  // By the request's body.
  ScriptedServer server([](const std::string& body, std::size_t, std::size_t) {
    if (body == "garbage") return Reaction{.bytes = "what?\r\n\r\n"};
    if (body == "half") return Reaction{.bytes = answer_text("whole").substr(0, 40), .closes = true};
    if (body == "nothing") return Reaction{.bytes = {}, .closes = true};
    if (body == "until close") return Reaction{.bytes = "HTTP/1.1 200 OK\r\n\r\nrest", .closes = true};
    if (body == "1.0") return Reaction{.bytes = "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", .closes = true};
    return Reaction{.bytes = answer_text("fine")};
  });
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  const auto outcome_of = [&](const std::string& body) {
    const std::size_t before = recorder.told.size();
    client.send(connection, request_text(body), before);
    EXPECT_TRUE(poll_until(client, [&] { return recorder.told.size() > before; }));
    return recorder.told.back().outcome;
  };
  EXPECT_EQ(outcome_of("garbage"), Outcome::malformed);
  EXPECT_EQ(outcome_of("half"), Outcome::closed);
  EXPECT_EQ(outcome_of("nothing"), Outcome::closed);
  EXPECT_EQ(outcome_of("until close"), Outcome::answered);
  EXPECT_EQ(recorder.told.back().body, "rest");
  EXPECT_EQ(outcome_of("1.0"), Outcome::answered);
  EXPECT_EQ(outcome_of("x"), Outcome::answered);
  EXPECT_EQ(recorder.told.back().body, "fine");
}

TEST(ClientAnswers, WhatNobodyAskedForEndsTheConnection) {
  ScriptedServer server([](const std::string& body, std::size_t, std::size_t) {
    return Reaction{.bytes = answer_text("a") + (body == "two" ? answer_text("b") : "")};
  });
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  client.send(connection, request_text("two"), 1);
  ASSERT_TRUE(poll_until(client, [&] { return client.counters().unsolicited == 1; }));
  ASSERT_EQ(recorder.told.size(), 1U);
  client.send(connection, request_text("one"), 2);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 2; }));
  EXPECT_EQ(recorder.told[1].outcome, Outcome::answered);
  EXPECT_EQ(client.counters().connects, 2U);
}

TEST(ClientAnswers, ToHead) {
  ScriptedServer server([](const std::string&, std::size_t, std::size_t request) {
    return Reaction{.bytes = request == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : answer_text("abc")};
  });
  Recorder recorder;
  Client client({}, recorder);
  const std::size_t connection = client.open(server.target());
  client.send(connection, request_text("", "HEAD"), 1);
  client.send(connection, request_text(""), 2);
  ASSERT_TRUE(poll_until(client, [&] { return recorder.told.size() == 2; }));
  EXPECT_EQ(recorder.told[0].content_length, 5);
  EXPECT_EQ(recorder.told[0].body, "");
  EXPECT_EQ(recorder.told[1].body, "abc");
}

}  // namespace
}  // namespace bidwell::replay
