// From a captured packet to a TCP segment: link layers, tunnels and IP are taken off, fragments put together.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "bidwell/replay/losses.h"
#include "bidwell/replay/packets.h"

namespace bidwell::replay {

struct Endpoint {
  std::array<std::uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct Segment {
  static constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;

  std::int64_t at_ns = 0;
  Endpoint from, to;
  std::uint32_t seq = 0;  // of the payload's first byte (of the SYN, where it is one)
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::span<const std::uint8_t> payload;  // lives until the next call of decode()
  std::uint32_t missing = 0;              // bytes behind the payload that were sent and not captured
};

// Checksums are not looked at: offloading makes them wrong in good captures. Not thread-safe.
class Decoder {
 public:
  explicit Decoder(Losses& losses);
  ~Decoder();
  // Null: no segment (why is counted), or a fragment that waits for others.
  const Segment* decode(const Packet& packet);
  // The end: fragments that still wait are counted.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
