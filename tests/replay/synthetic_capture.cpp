// Each connection's stream is made first, then cut, then damaged; a map of its bytes says what was left.
#include "tests/replay/synthetic_capture.h"

#include <zlib.h>

#include <algorithm>

namespace bidwell::replay::testing {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
  return bound == 0 ? 0 : random() % bound;
}

bool chance(Random& random, double share) {
  return std::uniform_real_distribution<double>(0, 1)(random) < share;
}

std::string compressed(const std::string& plain, int window) {
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

std::string chunked(Random& random, const std::string& body) {
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t size = 1 + below(random, std::min<std::size_t>(body.size() - at, 700));
    char line[64];
    std::snprintf(line, sizeof line, chance(random, 0.2) ? "%zX;name=\"v\"\r\n" : "%zx\r\n", size);
    out += line + body.substr(at, size) + "\r\n";
    at += size;
  }
  return out + (chance(random, 0.3) ? "0\r\nX-Sum: 1\r\n\r\n" : "0\r\n\r\n");
}

struct Placed {
  Fate fate;
  std::size_t begin = 0, line = 0, end = 0;  // in the stream; `line`: behind its first line
};

std::string request_text(Random& random, const std::string& body, const std::string& target, std::size_t& line) {
  std::string text = "POST " + target + " HTTP/1.1\r\n";
  line = text.size();
  text += "Host: bidder.example\r\nContent-Type: application/json\r\n";
  if (chance(random, 0.5)) text += "User-Agent: exchange/" + std::string(below(random, 200), 'u') + "\r\n";
  std::string sent = body;
  switch (below(random, 5)) {
    case 0: sent = compressed(body, 15 + 16), text += "Content-Encoding: gzip\r\n"; break;
    case 1: sent = compressed(body, chance(random, 0.5) ? 15 : -15), text += "Content-Encoding: deflate\r\n"; break;
    default: break;
  }
  if (chance(random, 0.3)) return text + "Transfer-Encoding: chunked\r\n\r\n" + chunked(random, sent);
  return text + "Content-Length: " + std::to_string(sent.size()) + "\r\n\r\n" + sent;
}

class Connection {
 public:
  Connection(Random& random, const std::vector<std::string>& bodies, const Damage& damage, std::size_t number)
      : random_(random), damage_(damage), number_(number) {
    const std::size_t requests = 1 + below(random, 12);
    for (std::size_t i = 0; i < requests; ++i) {
      Placed placed;
      placed.fate.target = "/bid/" + std::to_string(number) + "/" + std::to_string(i);
      placed.fate.body = bodies[below(random, bodies.size())];
      const std::string text = request_text(random, placed.fate.body, placed.fate.target, placed.line);
      placed.begin = stream_.size();
      placed.line += placed.begin;
      stream_ += text;
      placed.end = stream_.size();
      requests_.push_back(placed);
    }
    // Some wrap around.
    isn_ = chance(random, 0.3) ? static_cast<std::uint32_t>(0 - below(random, stream_.size() + 100))
                               : static_cast<std::uint32_t>(random());
    ipv6_ = chance(random, 0.3);
    there_.assign(stream_.size(), false);
  }

  std::vector<WireSegment> segments() {
    cut();
    disorder();
    return std::move(out_);
  }

  void tell(SyntheticCapture& capture) const {
    const std::size_t first = damage_.midway ? first_there() : 0;
    capture.bytes_missing += std::count(there_.begin() + static_cast<std::ptrdiff_t>(first), there_.end(), false);
    for (const Placed& placed : requests_) {
      Fate fate = placed.fate;
      const std::size_t lost = first_lost(placed.begin, placed.end);
      fate.whole = lost == placed.end;
      fate.must_be_cut = !fate.whole && lost >= placed.line;
      fate.may_be_cut = !fate.whole && lost < placed.line && lost >= placed.begin + 6;
      capture.fates.push_back(fate);
    }
  }

 private:
  WireSegment segment(std::size_t at, std::size_t size) const {
    WireSegment one;
    one.ipv6 = ipv6_;
    one.from_port = static_cast<std::uint16_t>(20'000 + number_);
    one.to_port = 80;
    one.seq = isn_ + 1 + static_cast<std::uint32_t>(at);
    one.payload = stream_.substr(at, size);
    return one;
  }

  void cut() {
    const std::size_t mss = chance(random_, 0.1) ? 8 : chance(random_, 0.3) ? 200 : 1460;
    std::size_t at = 0;
    if (damage_.midway) at = below(random_, std::min<std::size_t>(stream_.size(), 3000));
    if (!damage_.midway) {
      WireSegment syn = segment(0, 0);
      syn.seq = isn_, syn.flags = Segment::kSyn;
      out_.push_back(syn);
    }
    while (at < stream_.size()) {
      const std::size_t size = 1 + below(random_, std::min(mss, stream_.size() - at));
      if (!chance(random_, damage_.lose)) add(at, size);
      at += size;
    }
    if (chance(random_, 0.2)) out_.push_back(probe(stream_.size()));
    WireSegment fin = segment(stream_.size(), 0);
    fin.flags |= Segment::kFin;
    out_.push_back(fin);
  }

  void add(std::size_t at, std::size_t size) {
    WireSegment one = segment(at, size);
    if (chance(random_, damage_.truncate)) {
      one.missing = static_cast<std::uint32_t>(below(random_, size + 1));
      one.payload.resize(size - one.missing);
    }
    out_.push_back(one);
    mark(one);
    if (chance(random_, damage_.repeat)) out_.push_back(one);
    // Sent again in another cut, that overlaps with others; never over what was cut short or lost.
    if (one.missing > 0 || !chance(random_, damage_.recut)) return;
    const std::size_t from = at + below(random_, size);
    out_.push_back(segment(from, 1 + below(random_, at + size - from)));
    std::size_t back = at;
    while (back > 0 && at - back < 500 && was_sent(back - 1)) --back;
    if (back < at) out_.push_back(segment(back, at + size - back));
  }

  bool was_sent(std::size_t at) const { return there_[at]; }

  // A keep-alive: one byte that was sent before, or none.
  WireSegment probe(std::size_t at) const {
    WireSegment one = segment(at, 0);
    --one.seq;
    if (at % 2 == 0 && was_sent(at - 1)) one.payload.assign(1, '\0');
    return one;
  }

  void mark(const WireSegment& one) {
    const std::size_t begin = one.seq - isn_ - 1;
    for (std::size_t i = 0; i < one.payload.size() && begin + i < there_.size(); ++i) there_[begin + i] = true;
  }

  void disorder() {
    for (std::size_t i = 1; i < out_.size(); ++i) {
      if (!chance(random_, damage_.swap)) continue;
      const std::size_t other = i - std::min(i, below(random_, 8));
      const bool fixed = other == 0 && (out_[0].flags & Segment::kSyn) != 0 && chance(random_, 0.5);
      // A probe's byte is a fake: it may not come before the true one.
      const auto is_probe = [](const WireSegment& s) { return s.payload.size() == 1 && s.payload[0] == '\0'; };
      const bool probes = std::any_of(out_.begin() + static_cast<std::ptrdiff_t>(other),
                                      out_.begin() + static_cast<std::ptrdiff_t>(i) + 1, is_probe);
      if (!fixed && !probes) std::swap(out_[i], out_[other]);
    }
  }

  std::size_t first_there() const {
    return static_cast<std::size_t>(std::find(there_.begin(), there_.end(), true) - there_.begin());
  }
  std::size_t first_lost(std::size_t begin, std::size_t end) const {
    const auto from = there_.begin();
    return static_cast<std::size_t>(
        std::find(from + static_cast<std::ptrdiff_t>(begin), from + static_cast<std::ptrdiff_t>(end), false) - from);
  }

  Random& random_;
  const Damage damage_;
  const std::size_t number_;
  std::string stream_;
  std::vector<Placed> requests_;
  std::uint32_t isn_ = 0;
  bool ipv6_ = false;
  std::vector<bool> there_;
  std::vector<WireSegment> out_;
};

}  // namespace

SyntheticCapture make_capture(Random& random, const std::vector<std::string>& bodies) {
  Damage damage;
  if (chance(random, 0.7)) damage.lose = chance(random, 0.5) ? 0.01 : 0.1;
  if (chance(random, 0.5)) damage.repeat = 0.1;
  if (chance(random, 0.5)) damage.recut = 0.1;
  if (chance(random, 0.3)) damage.truncate = 0.03;
  if (chance(random, 0.6)) damage.swap = 0.2;

  SyntheticCapture capture;
  std::vector<std::vector<WireSegment>> flows;
  const std::size_t connections = 1 + below(random, 4);
  for (std::size_t i = 0; i < connections; ++i) {
    damage.midway = chance(random, 0.2);
    Connection connection(random, bodies, damage, i);
    flows.push_back(connection.segments());
    connection.tell(capture);
  }
  // Interleaved; slow enough that gaps are given up by time in some captures.
  std::int64_t now = 1'700'000'000'000'000'000;
  const std::int64_t step = chance(random, 0.5) ? 10'000 : 100'000;
  std::vector<std::size_t> at(flows.size());
  for (std::size_t left = flows.size(); left > 0;) {
    const std::size_t which = below(random, flows.size());
    if (at[which] == flows[which].size()) continue;
    WireSegment& one = flows[which][at[which]++];
    one.at_ns = now += static_cast<std::int64_t>(below(random, static_cast<std::size_t>(step)));
    capture.segments.push_back(std::move(one));
    if (at[which] == flows[which].size()) --left;
  }
  return capture;
}

}  // namespace bidwell::replay::testing
