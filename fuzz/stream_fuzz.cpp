// Bytes that a peer or a capture may hold, as a stream in arbitrary cuts with gaps, and as segments in any order. By
// the first byte: even, HTTP; odd, TCP.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "replay/http_message.h"
#include "replay/tcp.h"

namespace {

using namespace bidwell::replay;

void require(bool holds) {
  if (!holds) std::abort();
}

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  unsigned byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<unsigned char>(bytes_[0]);
    bytes_.remove_prefix(1);
    return first;
  }
  std::string_view take(std::size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() { return take(bytes_.size()); }

 private:
  std::string_view bytes_;
};

// All that came out, as text.
struct Log final : MessageSink {
  void request(CapturedRequest&& r) override {
    require(r.body.size() <= 4096);
    text += "Q" + r.method + " " + r.target + " " + std::to_string(r.headers.size()) + " " + r.body +
            (r.cut_off ? std::string(name_of(*r.cut_off)) : "") + "\n";
  }
  void answer(CapturedAnswer&& a, std::optional<Loss> fault) override {
    require(a.body.size() <= 4096);
    text += "A" + std::to_string(a.status) + " " + a.body + (fault ? std::string(name_of(*fault)) : "") + "\n";
  }
  void lost_count() override { text += "L\n"; }
  std::string text;
};

// A stream: gaps stand in it at the same places whatever the cuts are.
std::string read(MessageReader::Kind kind, const std::vector<std::pair<std::string_view, unsigned>>& parts,
                 unsigned cut, Losses& losses) {
  Log log;
  MessageReader reader(kind, {2048, 4096}, log, losses);
  std::int64_t now = 0;
  for (auto [bytes, gap] : parts) {
    unsigned size = cut;
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, size == 0 ? bytes.size() : size);
      reader.data(piece, ++now);
      bytes.remove_prefix(piece.size());
      if (cut > 1) size = size % 61 * 7 % 53 + 1;
    }
    if (gap > 0) reader.gap(gap - 1, ++now);
  }
  reader.end(now);
  return log.text;
}

void http(Input input) {
  const auto kind = static_cast<MessageReader::Kind>(input.byte() % 3);
  const unsigned cut = input.byte();
  std::vector<std::pair<std::string_view, unsigned>> parts;
  const unsigned gaps = input.byte() % 4;
  for (unsigned i = 0; i < gaps; ++i) {
    const unsigned size = input.byte() * 4, gap = 1 + input.byte();
    parts.emplace_back(input.take(size), gap);
  }
  parts.emplace_back(input.rest(), 0);
  Losses whole, bytewise, pieces;
  const std::string text = read(kind, parts, 0, whole);
  require(read(kind, parts, 1, bytewise) == text);
  require(read(kind, parts, cut + 2, pieces) == text);
  require(whole.counts == bytewise.counts && whole.counts == pieces.counts);
}

// Each byte that is put in says at which position it was; what comes out of a stream must go up by what is not missing.
struct Checked final : Conversation {
  explicit Checked(std::size_t& its_bytes) : bytes(its_bytes) {}
  void data(Side from, std::string_view data, std::int64_t) override {
    require(!data.empty() && !ended[static_cast<std::size_t>(from)]);
    auto& next = at[static_cast<std::size_t>(from)];
    for (const char c : data) {
      const auto place = static_cast<unsigned char>(c);
      if (next >= 0) require(place == static_cast<unsigned char>(next));
      next = place + 1;
    }
    bytes += data.size();
  }
  void gap(Side from, std::uint64_t missing, std::int64_t) override {
    require(!ended[static_cast<std::size_t>(from)]);
    auto& next = at[static_cast<std::size_t>(from)];
    if (next >= 0) next += static_cast<std::int64_t>(missing);
    if (missing == 0) require(next < 0);
  }
  void end(Side from, std::int64_t) override {
    require(!ended[static_cast<std::size_t>(from)]);
    ended[static_cast<std::size_t>(from)] = true;
  }
  std::size_t& bytes;
  std::array<std::int64_t, 2> at = {-1, -1};
  std::array<bool, 2> ended{};
};

void tcp(Input input) {
  Losses losses;
  TcpLimits limits;
  limits.flows_max = 1 + input.byte() % 4;
  limits.flow_bytes_max = 500 + input.byte() * 10;
  limits.gap_ns_max = 1000;
  limits.disorder_ns = 10;
  std::size_t put_in = 0, came_out = 0;
  Reassembler reassembler(
      limits, [&](const Endpoint&, const Endpoint&) { return std::make_unique<Checked>(came_out); }, losses);
  std::int64_t now = 0;
  std::vector<std::uint8_t> payload;
  while (!input.empty()) {
    const unsigned what = input.byte();
    Segment segment;
    segment.at_ns = now += (what & 1) != 0 ? input.byte() * 8 : 1;
    segment.from.port = 1, segment.to.port = static_cast<std::uint16_t>(2 + (what >> 1) % 4);
    if ((what & 8) != 0) std::swap(segment.from, segment.to);
    const unsigned flags = input.byte();
    segment.flags = static_cast<std::uint8_t>((flags & 16) | ((flags & 0xc0) == 0xc0 ? flags & 7 : 0));
    // Around the wrap, or anywhere.
    const auto near = static_cast<std::int8_t>(input.byte());
    segment.seq = static_cast<std::uint32_t>(near * 5);
    if ((flags & 0x28) == 0x28) segment.seq += input.byte() << 24;
    segment.ack = segment.seq + input.byte() * 3;
    payload.resize(input.byte() % 64);
    const std::uint32_t first = segment.seq + ((segment.flags & Segment::kSyn) != 0 ? 1 : 0);
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::uint8_t>(first + i);
    segment.payload = payload;
    segment.missing = (what & 0xc0) == 0xc0 ? input.byte() : 0;
    put_in += payload.size();
    reassembler.segment(segment);
    if ((what & 0x30) == 0x30) reassembler.pass_time(now += input.byte() * 8);
    require(reassembler.flows() <= limits.flows_max);
    require(reassembler.waiting_bytes() <= limits.flows_max * 2 * (limits.flow_bytes_max + 256));
  }
  reassembler.finish();
  require(reassembler.flows() == 0 && reassembler.waiting_bytes() == 0);
  require(came_out <= put_in);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Input input({reinterpret_cast<const char*>(data) + 1, size - 1});
  data[0] % 2 == 0 ? http(input) : tcp(input);
  return 0;
}
