// An HTTP request as it was captured or written down, and where such requests come from.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/replay/losses.h"
#include "bidwell/replay/packets.h"

namespace bidwell::replay {

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct CapturedAnswer {
  std::int64_t at_ns = kNoTime;  // of its last byte
  unsigned status = 0;
  std::vector<Header> headers;
  std::string body;  // decoded

  static constexpr std::int64_t kNoTime = INT64_MIN;
};

struct CapturedRequest {
  static constexpr std::int64_t kNoTime = CapturedAnswer::kNoTime;

  std::int64_t at_ns = kNoTime;  // of its first byte, since 1970; kNoTime: the source has no times
  std::uint64_t flow = 0;        // which connection of the capture; from 1, 0: unknown
  std::string method;            // "POST"
  std::string target;            // "/bid/demo?x=1"
  std::vector<Header> headers;   // in their order
  std::string body;              // decoded: no chunk framing, no gzip (the headers still name them)
  std::optional<Loss> cut_off;   // not whole: head_cut_off, body_cut_off or body_undecodable; what there is, is here
  std::optional<CapturedAnswer> answer;  // where asked for and captured
};

// The first header of this name in any case; null: none.
const std::string* header_of(const std::vector<Header>& headers, std::string_view name) noexcept;

struct SourceOptions {
  PacketOptions packets;
  bool answers = false;    // give each request with its answer: it comes when the answer is whole, or cannot come
  bool cut_off = false;    // give those too that are not whole (they are counted in any case)
  std::uint16_t port = 0;  // only connections to this TCP port; 0: whichever end sends requests

  // Memory is bounded by these. Past flows_max the connection that was silent longest is given up.
  std::size_t flows_max = 100'000;
  std::size_t flow_bytes_max = 4 << 20;     // waiting behind a gap in one direction; more: the gap is given up
  std::int64_t gap_ns_max = 2'000'000'000;  // how long (capture time) a gap may wait to be filled
  std::size_t head_bytes_max = 64 << 10;
  std::size_t body_bytes_max = 8 << 20;  // decoded
};

// Not thread-safe.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  // In the order in which they became whole.
  virtual Next next(CapturedRequest& out) = 0;
  // By now; whole at the end.
  virtual Losses losses() = 0;
  // At the end: why a capture ended early, in words; empty: it did not.
  virtual std::string_view fault() const { return {}; }
  virtual std::uint64_t packets() const { return 0; }
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_of() const = 0;
};

// `where` as open_packets() takes it. By the first bytes: a capture; NDJSON (a line is a bid request as such, or an
// envelope as write_envelope() makes them); goreplay's file format (docs/LOADTEST.md). All may be .gz or .zst.
// Throws as open_packets().
std::unique_ptr<RequestSource> open_requests(const std::string& where, const SourceOptions& options);

}  // namespace bidwell::replay
