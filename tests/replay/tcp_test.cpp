// Segments made by hand, and what a connection's two sides must then have said.
#include "replay/tcp.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace bidwell::replay {
namespace {

// "abc[3]def" for three bytes missing, "." at the end; a line for each side of each connection that said something.
struct Log {
  std::string first, second;
};

class TcpTest : public ::testing::Test {
 protected:
  struct Recorder final : Conversation {
    explicit Recorder(Log& its_log) : log(its_log) {}
    std::string& of(Side side) { return side == Side::first ? log.first : log.second; }
    void data(Side from, std::string_view bytes, std::int64_t) override { of(from) += bytes; }
    void gap(Side from, std::uint64_t bytes, std::int64_t) override {
      of(from) += bytes == 0 ? "[?]" : "[" + std::to_string(bytes) + "]";
    }
    void end(Side from, std::int64_t) override { of(from) += "."; }
    Log& log;
  };

  Reassembler& tcp() {
    if (!tcp_) {
      tcp_.emplace(
          limits_,
          [this](const Endpoint&, const Endpoint&) {
            ++opened_;
            if (opened_ <= 100) return std::make_unique<Recorder>(logs_[opened_]);
            return std::make_unique<Recorder>(rest_);
          },
          losses_);
    }
    return *tcp_;
  }

  void send(std::uint32_t seq, std::string_view payload, std::uint8_t flags = Segment::kAck,
            std::uint32_t missing = 0) {
    segment(false, seq, payload, flags, 0, missing);
  }
  void answer(std::uint32_t seq, std::string_view payload, std::uint32_t ack, std::uint8_t flags = Segment::kAck) {
    segment(true, seq, payload, flags, ack, 0);
  }
  void segment(bool back, std::uint32_t seq, std::string_view payload, std::uint8_t flags, std::uint32_t ack,
               std::uint32_t missing) {
    Segment one;
    one.at_ns = now_ += 1000;
    one.from.port = port_, one.to.port = 80, one.to.address[0] = 1;
    if (back) std::swap(one.from, one.to);
    one.seq = seq, one.ack = ack, one.flags = flags, one.missing = missing;
    one.payload = {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()};
    tcp().segment(one);
  }
  void syn(std::uint32_t isn) { send(isn, "", Segment::kSyn); }
  void pass(std::int64_t ns) { now_ += ns; }
  const std::string& sent(std::size_t flow = 1) { return logs_[flow].first; }

  TcpLimits limits_;
  Losses losses_;
  std::map<std::size_t, Log> logs_;
  Log rest_;
  std::size_t opened_ = 0;
  std::uint16_t port_ = 5000;
  std::int64_t now_ = 0;
  std::optional<Reassembler> tcp_;
};

TEST_F(TcpTest, InOrderIsGivenAtOnce) {
  syn(99);
  send(100, "abc");
  EXPECT_EQ(sent(), "abc");
  send(103, "def");
  EXPECT_EQ(sent(), "abcdef");
}

TEST_F(TcpTest, ReorderedIsPutInOrder) {
  syn(99);
  send(106, "ghi");
  send(103, "def");
  EXPECT_EQ(sent(), "");
  EXPECT_GT(tcp().waiting_bytes(), 0u);
  send(100, "abc");
  EXPECT_EQ(sent(), "abcdefghi");
  EXPECT_EQ(tcp().waiting_bytes(), 0u);
}

TEST_F(TcpTest, NumbersWrapAround) {
  syn(0xfffffffc);
  send(3, "ghi");
  send(0xfffffffd, "abc");
  send(0, "def");
  EXPECT_EQ(sent(), "abcdefghi");
}

TEST_F(TcpTest, RepeatedAndOverlappingIsGivenOnce) {
  syn(99);
  send(100, "abc");
  send(100, "abc");
  send(101, "bcdef");
  send(100, "abcdefgh");
  EXPECT_EQ(sent(), "abcdefgh");
}

TEST_F(TcpTest, OfTwoCopiesTheFirstCounts) {
  syn(99);
  send(103, "def");
  send(106, "ghi");
  send(101, "XXXXXXXXXX");  // covers both, and more
  send(100, "a");
  EXPECT_EQ(sent(), "aXXdefghiXX");
}

TEST_F(TcpTest, AGapIsGivenUpByTime) {
  syn(99);
  send(100, "abc");
  send(106, "ghi");
  pass(limits_.gap_ns_max - 10'000);
  send(109, "j");
  EXPECT_EQ(sent(), "abc");
  pass(20'000);
  send(110, "k");
  EXPECT_EQ(sent(), "abc[3]ghijk");
  EXPECT_EQ(losses_.of(Loss::bytes_missing), 3u);
}

TEST_F(TcpTest, AnotherConnectionsPacketsPassTheTimeToo) {
  syn(99);
  send(100, "abc");
  send(106, "ghi");
  pass(limits_.gap_ns_max);
  port_ = 6000;
  syn(1);
  EXPECT_EQ(sent(), "abc[3]ghi");
}

TEST_F(TcpTest, WhatTheReceiverHasWillNotComeAgain) {
  syn(99);
  send(100, "abc");
  send(106, "ghi");
  answer(1, "", 109);  // within the disorder of a capture the missing part may still come
  EXPECT_EQ(sent(), "abc");
  pass(limits_.disorder_ns);
  answer(1, "", 109);
  EXPECT_EQ(sent(), "abc[3]ghi");
}

TEST_F(TcpTest, AnAcknowledgementInFrontOfItsDataLosesNothing) {
  syn(99);
  send(106, "ghi");
  answer(1, "", 109);
  send(100, "abcdef");
  pass(limits_.disorder_ns + 1);
  answer(1, "", 109);
  EXPECT_EQ(sent(), "abcdefghi");
}

TEST_F(TcpTest, WhatTheReceiverAsksForIsWaitedFor) {
  syn(99);
  send(100, "abc");
  send(106, "ghi");
  answer(1, "", 103);
  pass(10 * limits_.disorder_ns);
  answer(1, "", 103);
  EXPECT_EQ(sent(), "abc");
  send(103, "def");
  EXPECT_EQ(sent(), "abcdefghi");
}

TEST_F(TcpTest, TooMuchBehindAGapGivesItUp) {
  limits_.flow_bytes_max = 2000;
  syn(99);
  for (std::uint32_t i = 0; i < 30; ++i) send(110 + i * 100, std::string(100, 'x'));
  EXPECT_TRUE(sent().starts_with("[10]xx"));
  EXPECT_LE(tcp().waiting_bytes(), 2000u);
}

TEST_F(TcpTest, CutShortPacketsAreGapsOfKnownLength) {
  syn(99);
  send(100, "abc", Segment::kAck, 5);
  send(108, "def");
  EXPECT_EQ(sent(), "abc[5]def");
  EXPECT_EQ(losses_.of(Loss::bytes_missing), 5u);
  send(114, "jkl", Segment::kAck, 2);  // out of order
  send(111, "ghi");
  EXPECT_EQ(sent(), "abc[5]defghijkl[2]");
}

TEST_F(TcpTest, KeepAlivesAreNothing) {
  syn(99);
  send(100, "abc");
  send(102, "");
  send(102, std::string_view("\0", 1));
  send(103, "def");
  EXPECT_EQ(sent(), "abcdef");
}

TEST_F(TcpTest, BeginsMidwayInOrderAndSaysSo) {
  send(1003, "def");
  send(1000, "abc");
  send(1006, "ghi");
  EXPECT_EQ(sent(), "");
  pass(limits_.disorder_ns + 1);
  send(1009, "j");
  EXPECT_EQ(sent(), "[?]abcdefghij");
  send(990, "too late..");
  EXPECT_EQ(sent(), "[?]abcdefghij");
  tcp().finish();
  EXPECT_EQ(losses_.of(Loss::bytes_of_no_message), 10u);
}

TEST_F(TcpTest, DataInFrontOfItsSynIsNotMidway) {
  send(100, "abc");
  syn(99);
  EXPECT_EQ(sent(), "abc");
}

TEST_F(TcpTest, DataWithTheSyn) {
  send(99, "abc", Segment::kSyn);
  send(103, "def");
  EXPECT_EQ(sent(), "abcdef");
}

TEST_F(TcpTest, BothFinsEndIt) {
  syn(99);
  answer(499, "", 100, Segment::kSyn | Segment::kAck);
  send(100, "abc", Segment::kAck | Segment::kFin);
  EXPECT_EQ(sent(), "abc.");
  EXPECT_EQ(tcp().flows(), 1u);
  answer(500, "xyz", 104, Segment::kAck | Segment::kFin);
  EXPECT_EQ(logs_[1].second, "xyz.");
  EXPECT_EQ(tcp().flows(), 0u);
}

TEST_F(TcpTest, AFinWaitsForWhatIsInFrontOfIt) {
  syn(99);
  send(103, "def", Segment::kAck | Segment::kFin);
  EXPECT_EQ(sent(), "");
  send(100, "abc");
  EXPECT_EQ(sent(), "abcdef.");
}

TEST_F(TcpTest, WhatIsMissingBeforeAFinIsTold) {
  syn(99);
  send(100, "abc");
  send(110, "", Segment::kAck | Segment::kFin);
  pass(limits_.gap_ns_max);
  send(110, "");
  EXPECT_EQ(sent(), "abc[7].");
}

TEST_F(TcpTest, AResetEndsItAtOnce) {
  syn(99);
  send(100, "abc");
  send(106, "ghi");
  answer(1, "", 0, Segment::kRst);
  EXPECT_EQ(sent(), "abc[3]ghi.");
  EXPECT_EQ(tcp().flows(), 0u);
}

TEST_F(TcpTest, ALateCopyOfAClosedConnectionIsNoNewOne) {
  syn(99);
  send(100, "abc");
  answer(1, "", 0, Segment::kRst);
  send(100, "abc");
  tcp().finish();
  EXPECT_EQ(opened_, 1u);
  EXPECT_EQ(sent(), "abc.");
  EXPECT_EQ(losses_.of(Loss::bytes_of_no_message), 0u);  // it was given before
  send(103, "def");
  EXPECT_EQ(losses_.of(Loss::bytes_of_no_message), 3u);
}

TEST_F(TcpTest, PortsUsedAgain) {
  syn(99);
  send(100, "abc");
  syn(99);  // the same, again
  send(103, "d");
  syn(5'000'000);
  send(5'000'001, "xyz");
  EXPECT_EQ(opened_, 2u);
  EXPECT_EQ(sent(1), "abcd.");
  EXPECT_EQ(sent(2), "xyz");
}

TEST_F(TcpTest, PortsUsedAgainWithoutASyn) {
  syn(99);
  send(100, "abc");
  send(3'000'000'000, "xyz");
  tcp().finish();
  EXPECT_EQ(sent(1), "abc.");
  EXPECT_EQ(sent(2), "[?]xyz.");
}

TEST_F(TcpTest, OneDirectionAloneIsEnough) {
  answer(500, "xyz", 100);
  tcp().finish();
  EXPECT_EQ(sent(), "[?]xyz.");
}

TEST_F(TcpTest, TheOneThatWasSilentLongestIsPushedOut) {
  limits_.flows_max = 3;
  for (std::uint16_t i = 0; i < 3; ++i) port_ = 5000 + i, syn(99), send(100, "abc");
  port_ = 5000, send(103, "def");
  port_ = 6000, syn(99);
  EXPECT_EQ(tcp().flows(), 3u);
  EXPECT_EQ(losses_.of(Loss::flow_pushed_out), 1u);
  EXPECT_EQ(sent(1), "abcdef");
  EXPECT_EQ(sent(2), "abc.");
}

// Of a mirror of one direction no connection closes on both sides.
TEST_F(TcpTest, WhatHasEndedInOneDirectionAloneIsNotLost) {
  limits_.flows_max = 1;
  syn(99), send(100, "abc", Segment::kFin | Segment::kAck);
  port_ = 5001, syn(99), send(100, "abc");
  EXPECT_EQ(losses_.of(Loss::flow_pushed_out), 0u);
  port_ = 5002, syn(99);
  EXPECT_EQ(losses_.of(Loss::flow_pushed_out), 1u);
}

TEST_F(TcpTest, TimeAloneGivesAGapUp) {
  syn(99);
  send(100, "abc"), send(106, "ghi");
  tcp().pass_time(now_ + limits_.gap_ns_max);
  EXPECT_EQ(sent(), "abc");
  tcp().pass_time(now_ + limits_.gap_ns_max + 1);
  EXPECT_EQ(sent(), "abc[3]ghi");
}

TEST_F(TcpTest, BareAcknowledgementsBeginNothing) {
  send(100, "");
  answer(1, "", 100, Segment::kRst);
  answer(1, "", 100, Segment::kFin | Segment::kAck);
  EXPECT_EQ(opened_, 0u);
}

TEST_F(TcpTest, AMillionShortConnectionsLeaveNothing) {
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    port_ = static_cast<std::uint16_t>(i);
    syn(i * 7);
    send(i * 7 + 1, "abc", Segment::kFin | Segment::kAck);
    answer(1, "", 0, Segment::kSyn | Segment::kAck);
    answer(2, "x", 0, Segment::kFin | Segment::kAck);
    ASSERT_EQ(tcp().flows(), 0u);
    ASSERT_EQ(tcp().waiting_bytes(), 0u);
  }
  EXPECT_EQ(opened_, 1'000'000u);
}

}  // namespace
}  // namespace bidwell::replay
