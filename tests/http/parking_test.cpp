// Requests that are put aside: what comes before and behind them, what wakes them, and what happens to them when it is
// not an answer that they get.
#include <gtest/gtest.h>

#include "tests/http/answer_text.h"
#include "tests/http/parker.h"
#include "tests/http/requests.h"
#include "tests/http/rig.h"

namespace bidwell::http::testing {
namespace {

using Bodies = std::vector<std::string>;

class Parked : public ::testing::Test {
 protected:
  // Of the answers that have come.
  Bodies bodies(Rig& rig) {
    rig.turn();
    rig.take();
    const std::string text = rig.received();
    const auto answers = parse_answers(text);
    if (!answers) return {"malformed: " + text.substr(0, 1000)};
    Bodies out;
    for (const Answer& answer : *answers) out.push_back(answer.body);
    return out;
  }
  Bodies bodies() { return bodies(rig_); }
  void resume_last() { rig_.worker().resume(tickets_.back()); }
  std::size_t count(Counter Counters::*counter) { return (rig_.counters().*counter).value(); }

  Tickets tickets_;
  Rig rig_{{}, parking_router(tickets_)};
};

TEST_F(Parked, ResumeAnswers) {
  rig_.send(post("/park/long", "body"));
  EXPECT_EQ(bodies(), Bodies{});
  EXPECT_EQ(count(&Counters::parked), 1U);
  resume_last();
  EXPECT_EQ(bodies(), Bodies{"resumed body"});
  EXPECT_EQ(count(&Counters::requests), 1U);
  EXPECT_EQ(count(&Counters::parks_timed_out), 0U);
  rig_.send(post("/echo", "healthy"));
  EXPECT_EQ(bodies(), Bodies{"7:healthy"});
}

TEST_F(Parked, TheDeadlineAnswers) {
  rig_.send(post("/park/past", "body"));
  EXPECT_EQ(bodies(), Bodies{"resumed body"});
  EXPECT_EQ(count(&Counters::parked), 1U);
  EXPECT_EQ(count(&Counters::parks_timed_out), 1U);
  EXPECT_EQ(count(&Counters::requests), 1U);
  resume_last();
  EXPECT_EQ(bodies(), Bodies{});
}

TEST_F(Parked, EachResumedOnce) {
  rig_.send(post("/park/long", "a"));
  const std::uint64_t first = tickets_.back();
  rig_.worker().resume(first);
  rig_.worker().resume(first);
  EXPECT_EQ(bodies(), Bodies{"resumed a"});
  // The place is taken again, under another ticket.
  rig_.send(post("/park/long", "b"));
  for (const std::uint64_t stale : {first, std::uint64_t{0}, ~std::uint64_t{0}}) {
    rig_.worker().resume(stale);
    EXPECT_EQ(bodies(), Bodies{});
  }
  resume_last();
  EXPECT_EQ(bodies(), Bodies{"resumed b"});
}

TEST_F(Parked, StayAnswersAtOnce) {
  rig_.send(post("/park/stay", "a") + post("/park/stay", "b"));
  EXPECT_EQ(bodies(), (Bodies{"at once a", "at once b"}));
  EXPECT_EQ(count(&Counters::parked), 0U);
  for (const std::uint64_t ticket : tickets_) rig_.worker().resume(ticket);
  EXPECT_EQ(bodies(), Bodies{});
}

TEST_F(Parked, AnswersStayInOrder) {
  rig_.send(post("/echo", "a") + post("/echo", "b") + post("/park/long", "c") + post("/echo", "d") +
            post("/park/past", "e") + post("/park/long", "f") + get("/nothing"));
  EXPECT_EQ(bodies(), (Bodies{"1:a", "1:b"}));
  resume_last();
  EXPECT_EQ(bodies(), (Bodies{"resumed c", "1:d", "resumed e"}));
  resume_last();
  EXPECT_EQ(bodies(), (Bodies{"resumed f", ""}));
}

TEST_F(Parked, InPieces) {
  const std::string sent = post("/echo", "a") + post("/park/past", "b") +
                           post_chunked("/park/past", chunks("chunked", 2)) + post("/echo", "c");
  for (const char& c : sent) rig_.send({&c, 1});
  EXPECT_EQ(bodies(), (Bodies{"1:a", "resumed b", "resumed chunked", "1:c"}));
}

// Whatever form a body has, it is there again when the request is handled again; so is what is pipelined behind it.
TEST_F(Parked, AllBodies) {
  const std::string large = text_of(50'000);
  const std::string zipped = "Content-Encoding: gzip\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {get("/park/long"), ""},
      {post("/park/long", ""), ""},
      {post("/park/long", "small"), "small"},
      {post_chunked("/park/long", chunks("some chunks", 3)), "some chunks"},
      {post("/park/long", gzip("small"), zipped), "small"},
      {post("/park/long", gzip(large), zipped), large},
      {post_chunked("/park/long", chunks(gzip(large), 1000), zipped), large},
      {post("/park/long", large), large},
      {post_chunked("/park/long", chunks(large, 1000)), large},
  };
  for (const auto& [request, body] : cases) {
    rig_.send(request + post("/echo", "behind"));
    EXPECT_EQ(bodies(), Bodies{});
    // Another connection's request uses the worker's scratch meanwhile.
    const int fd = rig_.open_another();
    const std::string other = post("/echo", gzip(text_of(100'000)), zipped);
    ASSERT_EQ(::send(fd, other.data(), other.size(), MSG_NOSIGNAL), static_cast<ssize_t>(other.size()));
    rig_.turn();
    ::close(fd);
    resume_last();
    EXPECT_EQ(bodies(), (Bodies{"resumed " + body, "6:behind"})) << request.substr(0, 200);
    EXPECT_EQ(rig_.worker().blocks().lent(), 0U);
  }
  EXPECT_EQ(count(&Counters::requests), 3 * std::size(cases));
}

TEST_F(Parked, RefusedBodiesAreRefusedAtOnce) {
  rig_.send(post("/park/long", "not gzip", "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(bodies().size(), 1U);
  EXPECT_EQ(count(&Counters::bad_encoding), 1U);
  EXPECT_TRUE(tickets_.empty());
}

TEST_F(Parked, ALargeRequestKeepsItsBlock) {
  rig_.send(post("/park/long", text_of(50'000)));
  EXPECT_EQ(rig_.worker().blocks().lent(), 1U);
  rig_.reconnect();  // nobody notices that the client is gone
  EXPECT_EQ(rig_.worker().blocks().lent(), 1U);
  resume_last();
  EXPECT_EQ(rig_.worker().blocks().lent(), 0U);
}

TEST_F(Parked, KeepsWhatTheRequestSaysOfItsAnswer) {
  rig_.send("POST /park/past HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\na");
  EXPECT_TRUE(rig_.closed());
  EXPECT_EQ(bodies(), Bodies{"resumed a"});
  rig_.reconnect();
  rig_.send("HEAD /park/past HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(rig_.received().ends_with("\r\n\r\n"));
}

TEST_F(Parked, HalfClosedClientsGetTheirAnswer) {
  rig_.send(post("/park/long", "a"));
  rig_.finish_sending();
  EXPECT_FALSE(rig_.closed());
  resume_last();
  EXPECT_EQ(bodies(), Bodies{"resumed a"});
  EXPECT_TRUE(rig_.closed());
  EXPECT_EQ(count(&Counters::connections_open), 0U);
}

TEST_F(Parked, ClientsThatAreGone) {
  for (int i = 0; i < 10; ++i) {
    rig_.send(post("/park/long", "a") + post("/park/long", "b"));
    rig_.reconnect();
    resume_last();
    rig_.turn();
    resume_last();
    rig_.turn();
    EXPECT_EQ(count(&Counters::connections_open), 1U);
  }
}

// The answer before it cannot be written any more.
TEST_F(Parked, GoneBeforeItIsParked) {
  const std::string sent = post("/echo", "a") + post("/park/long", "b");
  ASSERT_EQ(::send(rig_.fd(), sent.data(), sent.size(), MSG_NOSIGNAL), static_cast<ssize_t>(sent.size()));
  rig_.reconnect();
  ASSERT_EQ(tickets_.size(), 1U);
  EXPECT_TRUE(rig_.worker().parked().empty());
  resume_last();
  EXPECT_EQ(count(&Counters::connections_open), 1U);
}

TEST_F(Parked, NothingIsReadMeanwhile) {
  rig_.send(post("/park/long", "a"));
  std::string behind;
  for (int i = 0; i < 10'000; ++i) behind += post("/echo", text_of(1000));
  ssize_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    const auto left = std::string_view(behind).substr(static_cast<std::size_t>(sent));
    sent += std::max<ssize_t>(0, ::send(rig_.fd(), left.data(), left.size(), MSG_NOSIGNAL));
    rig_.turn();
  }
  EXPECT_LT(sent, static_cast<ssize_t>(behind.size()) / 4);
  EXPECT_EQ(rig_.worker().blocks().lent(), 0U);
  resume_last();
  rig_.turn();
  rig_.take();
  rig_.send(std::string_view(behind).substr(static_cast<std::size_t>(sent)));
  EXPECT_EQ(bodies().size(), 10'001U);
}

TEST_F(Parked, AtMostSoMany) {
  Options options;
  options.parked_max = 0;
  Rig rig(options, parking_router(tickets_));
  rig.send(post("/park/long", "a"));
  EXPECT_EQ(bodies(rig), Bodies{"at once a"});
  EXPECT_EQ(rig.counters().parks_refused.value(), 1U);
  EXPECT_EQ(rig.counters().parked.value(), 0U);
}

// The client takes no answers until the one before a parked request cannot be written.
TEST_F(Parked, AnswersThatAreNotTakenAreWrittenFirst) {
  const std::string sent = get("/big/50000") + post("/park/long", "a");
  std::size_t rounds = 0;
  for (std::size_t parked = 1; count(&Counters::parked) == rounds && rounds < 100; ++parked, ++rounds) {
    ASSERT_EQ(::send(rig_.fd(), sent.data(), sent.size(), MSG_NOSIGNAL), static_cast<ssize_t>(sent.size()));
    rig_.turn();
    ASSERT_EQ(tickets_.size(), parked);
    if (count(&Counters::parked) == parked) resume_last();
  }
  ASSERT_GT(rounds, 1U);
  ASSERT_LT(rounds, 100U);
  // Not parked any more, and nothing to be resumed.
  EXPECT_TRUE(rig_.worker().parked().empty());
  resume_last();
  const Bodies came = bodies();
  ASSERT_EQ(came.size(), 2 * rounds);
  for (std::size_t i = 0; i < came.size(); i += 2) {
    EXPECT_EQ(came[i].size(), 50'000U);
    EXPECT_EQ(came[i + 1], "resumed a");
  }
  EXPECT_EQ(count(&Counters::requests), 2 * rounds);
  rig_.send(post("/park/long", "b"));
  resume_last();
  EXPECT_EQ(bodies(), Bodies{"resumed b"});
}

TEST_F(Parked, GoneWithTheWorker) {
  rig_.send(post("/park/long", text_of(50'000)) + post("/echo", "behind"));
}

}  // namespace
}  // namespace bidwell::http::testing
