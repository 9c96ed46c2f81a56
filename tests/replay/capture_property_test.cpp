// Whatever happens to the packets: each request is recovered byte for byte, or was damaged and is reported as such.
// None is invented, none altered.
#include <gtest/gtest.h>

#include <map>

#include "replay/http_conversation.h"
#include "replay/sources.h"
#include "tests/replay/corpus.h"
#include "tests/replay/packet_builder.h"
#include "tests/replay/synthetic_capture.h"

namespace bidwell::replay::testing {
namespace {

std::vector<std::string> made_up_bodies() {
  std::vector<std::string> bodies = {"{}", R"({"id":"1","imp":[{"id":"1","banner":{"w":300,"h":250}}]})"};
  for (std::size_t size : {100, 700, 1500, 4000, 20'000}) {
    bodies.push_back(R"({"id":"x","imp":[],"ext":{"t":")" + std::string(size, 'A') + R"("}})");
    bodies.push_back(R"({"id":"y","page":"GET /fake HTTP/1.1","ext":"POST /bid HTTP/1.1 )" + std::string(size, ' ') +
                     R"("})");
  }
  return bodies;
}

struct Outcome {
  std::vector<CapturedRequest> requests;
  Losses losses;
};

SourceOptions options() {
  SourceOptions all;
  all.cut_off = true;
  return all;
}

Outcome through_segments(const SyntheticCapture& capture) {
  HttpTraffic traffic{options(), {}, 0, {}};
  Reassembler reassembler(
      {}, [&](const Endpoint& a, const Endpoint& b) { return std::make_unique<HttpConversation>(traffic, a, b); },
      traffic.losses);
  for (const WireSegment& wire : capture.segments) {
    Segment segment;
    segment.at_ns = wire.at_ns;
    segment.from.address[15] = 1, segment.from.port = wire.from_port;
    segment.to.address[15] = 2, segment.to.port = wire.to_port;
    segment.seq = wire.seq, segment.ack = wire.ack, segment.flags = wire.flags, segment.missing = wire.missing;
    segment.payload = {reinterpret_cast<const std::uint8_t*>(wire.payload.data()), wire.payload.size()};
    reassembler.segment(segment);
  }
  reassembler.finish();
  EXPECT_EQ(reassembler.flows(), 0u);
  EXPECT_EQ(reassembler.waiting_bytes(), 0u);
  return {{std::make_move_iterator(traffic.ready.begin()), std::make_move_iterator(traffic.ready.end())},
          traffic.losses};
}

// Packets in memory.
class Packets final : public PacketSource {
 public:
  explicit Packets(const SyntheticCapture& capture) {
    for (const WireSegment& wire : capture.segments) {
      TcpFields fields;
      if (wire.ipv6) fields.from = "2001:db8::1", fields.to = "2001:db8::2";
      fields.from_port = wire.from_port, fields.to_port = wire.to_port;
      fields.seq = wire.seq, fields.ack = wire.ack, fields.flags = wire.flags;
      fields.payload = wire.payload + std::string(wire.missing, '?');
      Bytes bytes = ethernet_packet(fields);
      const auto size = static_cast<std::uint32_t>(bytes.size());
      bytes.resize(bytes.size() - wire.missing);
      packets_.push_back({std::move(bytes), size, wire.at_ns});
    }
  }
  Next next(Packet& out) override {
    if (at_ == packets_.size()) return Next::end;
    const One& one = packets_[at_++];
    out.bytes = one.bytes, out.wire_bytes = one.wire_bytes, out.at_ns = one.at_ns, out.link = 1;
    return Next::one;
  }
  const Losses& losses() override { return losses_; }
  std::uint64_t packets() const override { return at_; }
  std::uint64_t bytes_read() const override { return 0; }
  std::uint64_t bytes_of() const override { return 0; }
  std::string_view fault() const override { return {}; }

 private:
  struct One {
    Bytes bytes;
    std::uint32_t wire_bytes;
    std::int64_t at_ns;
  };
  std::vector<One> packets_;
  std::size_t at_ = 0;
  Losses losses_;
};

Outcome through_packets(const SyntheticCapture& capture) {
  auto source = requests_of_capture(std::make_unique<Packets>(capture), options());
  Outcome outcome;
  for (CapturedRequest request; source->next(request) == Next::one;) outcome.requests.push_back(std::move(request));
  outcome.losses = source->losses();
  return outcome;
}

// What the bodies above say.
bool by_body(const std::string& target) {
  return std::string_view("/fake").starts_with(target) || std::string_view("/bid").starts_with(target);
}

// How many requests may be reported as damaged under this target: it may be the beginning of one that is cut itself.
int cut_off_at_most(const std::string& target, const SyntheticCapture& capture) {
  int most = 0;
  for (const Fate& fate : capture.fates) {
    most += fate.must_be_cut ? fate.target == target : fate.may_be_cut && fate.target.starts_with(target);
    // What is left of a damaged body may say itself that a request begins.
    const bool speaks = !fate.whole && fate.body.find("HTTP/1.1") != std::string::npos;
    most += speaks && by_body(target);
  }
  return most;
}

void expect_all_told(const SyntheticCapture& capture, const Outcome& outcome) {
  std::map<std::string, const Fate*> by_target;
  for (const Fate& fate : capture.fates) by_target[fate.target] = &fate;
  std::map<std::string, int> whole, cut;
  std::uint64_t cut_off = 0;
  for (const CapturedRequest& request : outcome.requests) {
    const auto found = by_target.find(request.target);
    if (request.cut_off) {
      ++cut_off, ++cut[request.target];
      EXPECT_TRUE(found == by_target.end() || found->second->body.starts_with(request.body)) << request.target;
      continue;
    }
    ASSERT_NE(found, by_target.end()) << "invented: " << request.method << " " << request.target;
    EXPECT_EQ(request.method, "POST");
    EXPECT_TRUE(found->second->whole) << request.target << " was damaged";
    EXPECT_TRUE(request.body == found->second->body) << request.target << " was altered";
    EXPECT_EQ(++whole[request.target], 1) << request.target << " was doubled";
  }
  for (const Fate& fate : capture.fates) {
    EXPECT_TRUE(!fate.whole || whole.contains(fate.target)) << fate.target << " is whole and was not recovered";
    EXPECT_TRUE(!fate.must_be_cut || cut.contains(fate.target)) << fate.target << " is damaged and was not reported";
  }
  for (const auto& [target, count] : cut) EXPECT_LE(count, cut_off_at_most(target, capture)) << target;
  const Losses& losses = outcome.losses;
  EXPECT_EQ(cut_off, losses.of(Loss::head_cut_off) + losses.of(Loss::body_cut_off));
  EXPECT_EQ(losses.of(Loss::bytes_missing), capture.bytes_missing);
  for (const Loss none :
       {Loss::head_malformed, Loss::message_too_large, Loss::body_undecodable, Loss::flow_pushed_out}) {
    EXPECT_EQ(losses.of(none), 0u) << name_of(none);
  }
}

void run(const std::vector<std::string>& bodies, std::uint64_t first_seed, std::size_t cases,
         std::size_t packets_every) {
  const char* only = std::getenv("BIDWELL_SEED");
  if (only != nullptr) first_seed = std::stoull(only), cases = 1, packets_every = 1;
  std::uint64_t whole = 0, damaged = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + cases; ++seed) {
    SCOPED_TRACE("BIDWELL_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    const SyntheticCapture capture = make_capture(random, bodies);
    expect_all_told(capture, through_segments(capture));
    if (seed % packets_every == 0) expect_all_told(capture, through_packets(capture));
    for (const Fate& fate : capture.fates) ++(fate.whole ? whole : damaged);
    if (::testing::Test::HasFailure()) return;
  }
  // Both kinds were there, or this has shown nothing.
  if (only == nullptr) {
    EXPECT_GT(whole, cases);
    EXPECT_GT(damaged, cases / 4);
  }
  std::printf("%zu captures from seed %llu: %llu requests whole, %llu damaged\n", cases,
              static_cast<unsigned long long>(first_seed), static_cast<unsigned long long>(whole),
              static_cast<unsigned long long>(damaged));
}

TEST(CapturePropertyTest, MadeUpRequestsAreRecoveredOrReported) {
  run(made_up_bodies(), 1, 2000, 10);
}

TEST(CapturePropertyTest, RealRequestsAreRecoveredOrReported) {
  const auto bodies = lines_of(corpus() / "requests.ndjson");
  if (bodies.empty()) GTEST_SKIP() << "no requests in " << corpus() << " (BIDWELL_CORPUS names another place)";
  run(bodies, 1'000'000, 2000, 10);
}

}  // namespace
}  // namespace bidwell::replay::testing
