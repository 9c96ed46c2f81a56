// Puts the segments of captured TCP connections back in order. A passive capture is not what a host sees: packets are
// lost between the wire and the file, reordered and doubled by mirrors, cut by snaplen, of one direction alone, and
// begin in the middle. So a gap has a length, may be filled for a while, and is then told and stepped over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "bidwell/replay/losses.h"
#include "replay/decode.h"

namespace bidwell::replay {

// The end of a connection that bytes come from: `first` sent the first segment seen (or, of a handshake, the SYN).
enum class Side : std::uint8_t { first, second };
constexpr Side other(Side side) noexcept {
  return side == Side::first ? Side::second : Side::first;
}

// Takes what a connection's two sides sent, each in order.
class Conversation {
 public:
  virtual ~Conversation() = default;
  virtual void data(Side from, std::string_view bytes, std::int64_t at_ns) = 0;
  // That many were never captured; 0: it begins midway, and nobody knows what was before.
  virtual void gap(Side from, std::uint64_t bytes, std::int64_t at_ns) = 0;
  virtual void end(Side from, std::int64_t at_ns) = 0;  // once for each side; nothing comes after
};

struct TcpLimits {
  std::size_t flows_max = 100'000;
  std::size_t flow_bytes_max = 4 << 20;     // behind a gap, with what keeping them costs
  std::int64_t gap_ns_max = 2'000'000'000;  // capture time
  // How much later (capture time) a packet may stand in the file than one that was sent after it. So long waits a gap
  // that the receiver has acknowledged past, and the beginning of a connection that was not seen to be opened.
  std::int64_t disorder_ns = 10'000'000;
};

// Where bytes were sent twice and differ, the first copy counts: its receiver most likely took it. A SYN with another
// initial sequence number, or a jump of more than 64 MB, is a new connection of the same ports.
//
// Memory: flows_max connections; a closed one gives up its memory but is remembered among the last 4,096 for a while,
// so that a late copy of its segments is no new connection. Not thread-safe.
class Reassembler {
 public:
  // For each new connection that carries data or a SYN; null: it is of no interest.
  using Open = std::function<std::unique_ptr<Conversation>(const Endpoint& first, const Endpoint& second)>;

  Reassembler(const TcpLimits& limits, Open open, Losses& losses);
  ~Reassembler();
  void segment(const Segment& segment);
  // No segment came, but it is that late now: what has waited for too long is given up.
  void pass_time(std::int64_t now_ns);
  // The capture's end: gaps are given up and all connections end.
  void finish();

  std::size_t flows() const noexcept;          // open ones
  std::size_t waiting_bytes() const noexcept;  // behind gaps, of all

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
