// Captures with everything that goes wrong in real ones, made from known requests, so that what must come out can be
// worked out beside the code under test.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "replay/decode.h"

namespace bidwell::replay::testing {

// A segment that owns its bytes.
struct WireSegment {
  std::int64_t at_ns = 0;
  bool ipv6 = false;
  std::uint16_t from_port = 0, to_port = 0;
  bool from_server = false;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = Segment::kAck;
  std::string payload;
  std::uint32_t missing = 0;
};

// What one request came to.
struct Fate {
  std::string target, body;  // decoded
  bool whole = false;        // none of its bytes was destroyed
  // Whether it must, or may, be reported as cut off: its first line is there; or only some of that.
  bool must_be_cut = false, may_be_cut = false;
};

struct Damage {
  double lose = 0, repeat = 0, recut = 0, truncate = 0, swap = 0;
  bool midway = false;  // no SYN, and the first segments are not there
};

struct SyntheticCapture {
  std::vector<WireSegment> segments;
  std::vector<Fate> fates;
  std::uint64_t bytes_missing = 0;  // between a stream's first byte that is there and its end
};

SyntheticCapture make_capture(std::mt19937_64& random, const std::vector<std::string>& bodies);

}  // namespace bidwell::replay::testing
