// The chain from packets to requests: who asks, who answers, what is counted.
#include <gtest/gtest.h>

#include "replay/sources.h"
#include "tests/replay/packet_builder.h"

namespace bidwell::replay::testing {
namespace {

constexpr std::uint8_t kFin = 1, kSyn = 2, kAck = 16;

class Packets final : public PacketSource {
 public:
  Packets(std::vector<Bytes> packets, std::int64_t step_ns, bool live)
      : packets_(std::move(packets)), step_ns_(step_ns), live_(live) {}
  Next next(Packet& out) override {
    if (at_ == packets_.size()) {
      if (!live_) return Next::end;
      out = {};
      out.at_ns = static_cast<std::int64_t>(at_) * step_ns_ + (silent_ns_ += 100'000'000);
      return Next::none;
    }
    out = packet_of(packets_[at_], 1, static_cast<std::int64_t>(at_ + 1) * step_ns_);
    ++at_;
    return Next::one;
  }
  const Losses& losses() override { return losses_; }
  std::uint64_t packets() const override { return at_; }
  std::uint64_t bytes_read() const override { return 0; }
  std::uint64_t bytes_of() const override { return 0; }
  std::string_view fault() const override { return {}; }

 private:
  std::vector<Bytes> packets_;
  std::int64_t step_ns_, silent_ns_ = 0;
  bool live_;
  std::size_t at_ = 0;
  Losses losses_;
};

class CaptureRequestsTest : public ::testing::Test {
 protected:
  // A connection of `port` to port 80 and back.
  void open(std::uint16_t port) {
    packet(port, false, "", kSyn);
    packet(port, true, "", kSyn | kAck);
  }
  void ask(std::uint16_t port, const std::string& bytes) { packet(port, false, bytes, kAck); }
  void answer(std::uint16_t port, const std::string& bytes) { packet(port, true, bytes, kAck); }
  void close(std::uint16_t port) {
    packet(port, false, "", kFin | kAck);
    packet(port, true, "", kFin | kAck);
  }
  // Sent, and not captured.
  void lose(std::uint16_t port, bool back, const std::string& bytes) {
    sent_[{port, back}] += static_cast<std::uint32_t>(bytes.size());
  }
  void packet(std::uint16_t port, bool back, const std::string& bytes, std::uint8_t flags) {
    TcpFields fields;
    fields.from_port = port, fields.to_port = 80;
    if (back) std::swap(fields.from, fields.to), std::swap(fields.from_port, fields.to_port);
    std::uint32_t& sent = sent_[{port, back}];
    fields.seq = 1000 + sent, fields.ack = 1000 + sent_[{port, !back}];
    fields.flags = flags;
    fields.payload = bytes;
    sent += static_cast<std::uint32_t>(bytes.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
    packets_.push_back(ethernet_packet(fields));
  }

  // "1 POST /a body 200 answer" for each, by flow.
  std::vector<std::string> read() {
    const auto source = requests_of_capture(std::make_unique<Packets>(packets_, step_ns_, false), options_);
    std::vector<std::string> all;
    for (CapturedRequest one; source->next(one) == Next::one;) {
      std::string text = std::to_string(one.flow) + " " + one.method + " " + one.target + " " + one.body;
      if (one.answer) text += " -> " + std::to_string(one.answer->status) + " " + one.answer->body;
      all.push_back(text);
    }
    losses_ = source->losses();
    return all;
  }

  // How many come from an interface on which then nothing is sent for so many tenths of a second.
  std::size_t come_in_silence(std::size_t tenths) {
    const auto source = requests_of_capture(std::make_unique<Packets>(packets_, step_ns_, true), options_);
    std::size_t count = 0;
    for (CapturedRequest one; tenths > 0;) source->next(one) == Next::one ? ++count : --tenths;
    return count;
  }
  // A packet that is no IP.
  void noise() { packets_.push_back(ethernet(Bytes(46), 0x0806)); }

  using Texts = std::vector<std::string>;
  SourceOptions options_;
  std::int64_t step_ns_ = 1000;
  Losses losses_;

 private:
  std::map<std::pair<std::uint16_t, bool>, std::uint32_t> sent_;
  std::vector<Bytes> packets_;
};

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target + " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(CaptureRequestsTest, FlowsAreNumberedAsTheyAsk) {
  open(1), open(2);
  ask(2, post("/a", "1")), ask(1, post("/b", "2")), ask(2, post("/c", "3"));
  EXPECT_EQ(read(), (Texts{"1 POST /a 1", "2 POST /b 2", "1 POST /c 3"}));
}

TEST_F(CaptureRequestsTest, EachWithItsAnswer) {
  options_.answers = true;
  open(1), open(2);
  ask(1, post("/a", "1")), ask(2, post("/b", "2"));
  answer(2, ok("y")), answer(1, ok("x"));
  ask(1, post("/c", "3") + post("/d", "4")), answer(1, ok("z") + ok("zz"));
  close(1), close(2);
  EXPECT_EQ(read(),
            (Texts{"1 POST /b 2 -> 200 y", "2 POST /a 1 -> 200 x", "2 POST /c 3 -> 200 z", "2 POST /d 4 -> 200 zz"}));
  EXPECT_EQ(losses_.counts, Losses().counts);
}

TEST_F(CaptureRequestsTest, AnAnswerToHeadHasNoBody) {
  options_.answers = true;
  open(1);
  ask(1, "HEAD /a HTTP/1.1\r\n\r\n"), answer(1, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
  ask(1, post("/b", "2")), answer(1, ok("y"));
  EXPECT_EQ(read(), (Texts{"1 HEAD /a  -> 200 ", "1 POST /b 2 -> 200 y"}));
}

TEST_F(CaptureRequestsTest, WithoutAnAnswerItComesAtTheEnd) {
  options_.answers = true;
  open(1);
  ask(1, post("/a", "1")), answer(1, ok("x")), ask(1, post("/b", "2"));
  EXPECT_EQ(read(), (Texts{"1 POST /a 1 -> 200 x", "1 POST /b 2"}));
}

TEST_F(CaptureRequestsTest, ALostAnswerMakesNoWrongPair) {
  options_.answers = true;
  open(1);
  ask(1, post("/a", "1")), lose(1, true, ok("lost")), ask(1, post("/b", "2")), answer(1, ok("y"));
  ask(1, post("/c", "3")), answer(1, ok("z"));
  const Texts texts = read();
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_EQ(losses_.of(Loss::bytes_missing), ok("lost").size());
  for (const std::string& text : texts) {
    EXPECT_EQ(text.find("/a 1 ->"), std::string::npos) << text;
    EXPECT_EQ(text.find("2 -> 200 z"), std::string::npos) << text;
    EXPECT_EQ(text.find("3 -> 200 y"), std::string::npos) << text;
  }
}

TEST_F(CaptureRequestsTest, ALostRequestMakesNoWrongPair) {
  options_.answers = true;
  open(1);
  ask(1, post("/a", "1")), answer(1, ok("x"));
  lose(1, false, post("/b", "2")), answer(1, ok("of b"));
  ask(1, post("/c", "3")), answer(1, ok("z"));
  ask(1, post("/d", "4")), answer(1, ok("zz"));
  for (const std::string& text : read()) {
    EXPECT_EQ(text.find("of b"), std::string::npos) << text;
    EXPECT_EQ(text.find("3 -> 200 zz"), std::string::npos) << text;
  }
}

// The request's body waits for what never comes, and meanwhile its answer comes and the next one's.
TEST_F(CaptureRequestsTest, AnAnswerInFrontOfItsRequestMakesNoWrongPair) {
  options_.answers = true, options_.cut_off = true;
  open(1);
  const std::string torn = post("/a", "0123456789");
  ask(1, torn.substr(0, torn.size() - 9)), lose(1, false, torn.substr(torn.size() - 9, 3));
  ask(1, torn.substr(torn.size() - 6)), answer(1, ok("x"));
  ask(1, post("/b", "2")), answer(1, ok("y"));
  ask(1, post("/c", "3")), answer(1, ok("z"));
  for (const std::string& text : read()) {
    EXPECT_EQ(text.find("0 -> 200 y"), std::string::npos) << text;
    EXPECT_EQ(text.find("2 -> 200 z"), std::string::npos) << text;
  }
}

// The last request before a pause must not wait for the next one.
TEST_F(CaptureRequestsTest, APauseOfALiveSourceEndsAStartAndAGap) {
  ask(1, post("/a", "1"));
  EXPECT_EQ(come_in_silence(2), 1u);
  open(2), lose(2, false, post("/b", "2")), ask(2, post("/c", "3"));
  EXPECT_EQ(come_in_silence(19), 1u);
  EXPECT_EQ(come_in_silence(22), 2u);
}

TEST_F(CaptureRequestsTest, PacketsOfOthersBringTheTimeForward) {
  step_ns_ = 6'000'000;
  options_.port = 80;
  ask(1, post("/a", "1"));
  for (int i = 0; i < 3; ++i) noise();
  EXPECT_EQ(come_in_silence(1), 1u);
}

TEST_F(CaptureRequestsTest, OtherProtocolsCountOnce) {
  open(1), open(2);
  for (int i = 0; i < 3; ++i) ask(1, std::string("\x16\x03\x01", 3)), answer(1, "SSH-2.0\r\n");
  ask(2, post("/a", "1"));
  EXPECT_EQ(read(), (Texts{"1 POST /a 1"}));
  EXPECT_EQ(losses_.of(Loss::flow_not_http), 1u);
  EXPECT_EQ(losses_.of(Loss::bytes_of_no_message), 0u);
}

TEST_F(CaptureRequestsTest, OnePortAlone) {
  open(1), ask(1, post("/a", "1"));
  options_.port = 80;
  EXPECT_EQ(read().size(), 1u);
  EXPECT_EQ(losses_.of(Loss::other_port), 0u);
  options_.port = 81;
  EXPECT_EQ(read().size(), 0u);
  EXPECT_EQ(losses_.of(Loss::other_port), 3u);
}

TEST_F(CaptureRequestsTest, CutOffOnesAreGivenWhereAskedFor) {
  open(1), ask(1, post("/a", "12345").substr(0, 41));
  EXPECT_EQ(read().size(), 0u);
  EXPECT_EQ(losses_.of(Loss::head_cut_off) + losses_.of(Loss::body_cut_off), 1u);
  options_.cut_off = true;
  EXPECT_EQ(read().size(), 1u);
}

TEST_F(CaptureRequestsTest, BeginsInTheMiddleOfAnAnswer) {
  step_ns_ = 15'000'000;  // more than the disorder of a capture
  answer(1, "of an answer} GET / HTTP/1.1");
  ask(1, post("/a", "1")), answer(1, ok("x"));
  options_.answers = true;
  EXPECT_EQ(read(), (Texts{"1 POST /a 1 -> 200 x"}));
}

TEST_F(CaptureRequestsTest, OneDirectionIsBounded) {
  options_.answers = true;
  open(1);
  for (int i = 0; i < 3000; ++i) ask(1, post("/a", std::to_string(i)));
  const Texts texts = read();
  ASSERT_EQ(texts.size(), 3000u);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], "1 POST /a " + std::to_string(i));
}

TEST_F(CaptureRequestsTest, OneDirectionIsNotWaitedForLong) {
  options_.answers = true;
  step_ns_ = 100'000'000;
  open(1);
  for (int i = 0; i < 30; ++i) ask(1, post("/a", "1"));
  EXPECT_EQ(come_in_silence(1), 0u);
  for (int i = 0; i < 20; ++i) ask(1, post("/a", "1"));
  EXPECT_EQ(come_in_silence(1), 50u);
}

}  // namespace
}  // namespace bidwell::replay::testing
