// One header after the other is taken off a window of bytes that knows both how long it was on the wire and how much of
// that was captured: what is missing at its end is told from what was never there.
#include "replay/decode.h"

#include <pcap/dlt.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "replay/fragments.h"

namespace bidwell::replay {
namespace {

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;
constexpr std::uint16_t kVlan = 0x8100, kQinQ = 0x88a8, kOldQinQ = 0x9100;
constexpr std::uint8_t kHopByHop = 0, kTcp = 6, kUdp = 17, kRouting = 43, kFragment = 44, kAuthentication = 51,
                       kDestination = 60;
constexpr std::uint16_t kVxlanPort = 4789;
constexpr unsigned kTunnelsMax = 4;                 // one within the other
constexpr std::uint32_t kPacketBytesMax = 1 << 20;  // more than any network's; a length beyond it is nonsense

struct Window {
  const std::uint8_t* data = nullptr;
  std::size_t captured = 0;
  std::size_t wire = 0;  // at least `captured`

  std::uint8_t u8(std::size_t at) const noexcept { return data[at]; }
  std::uint16_t u16(std::size_t at) const noexcept { return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]); }
  std::uint32_t u32(std::size_t at) const noexcept { return std::uint32_t{u16(at)} << 16 | u16(at + 2); }
  void skip(std::size_t n) noexcept { data += n, captured -= n, wire -= n; }
  // What an inner header says of the length: less (padding follows) or more (it was cut before it was captured).
  void set_wire(std::size_t n) noexcept { wire = n, captured = std::min(captured, n); }
  std::span<const std::uint8_t> bytes() const noexcept { return {data, captured}; }
};

using Address = std::array<std::uint8_t, 16>;

Address ipv4_address(const std::uint8_t* bytes) {
  Address out{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(out.data() + 12, bytes, 4);
  return out;
}

Address ipv6_address(const std::uint8_t* bytes) {
  Address out;
  std::memcpy(out.data(), bytes, out.size());
  return out;
}

}  // namespace

struct Decoder::Impl {
  Losses& losses;
  Fragments fragments{losses};
  Segment segment{};
  unsigned tunnels = 0;

  explicit Impl(Losses& counted) : losses(counted) {}

  const Segment* lost(Loss why) {
    losses.add(why);
    return nullptr;
  }

  // Whether a header of n bytes is there; says what it means when it is not.
  bool has(const Window& in, std::size_t n) {
    if (in.captured >= n) return true;
    losses.add(in.wire >= n ? Loss::packet_truncated : Loss::packet_malformed);
    return false;
  }

  const Segment* link(int type, Window in) {
    switch (type) {
      case DLT_EN10MB: return ethernet(in);
      case DLT_LINUX_SLL: return cooked(in, 14, 16);
      case DLT_LINUX_SLL2: return cooked(in, 0, 20);
      case DLT_NULL:
      case DLT_LOOP: return family(in);
      case DLT_RAW:
      case DLT_IPV4:
      case DLT_IPV6: return raw_ip(in);
      default: return lost(Loss::link_unknown);
    }
  }

  const Segment* ethernet(Window in) { return cooked(in, 12, 14); }

  // A header of `size` bytes with an EtherType at `type_at`.
  const Segment* cooked(Window in, std::size_t type_at, std::size_t size) {
    if (!has(in, size)) return nullptr;
    const std::uint16_t type = in.u16(type_at);
    in.skip(size);
    return ether_type(type, in);
  }

  const Segment* ether_type(std::uint16_t type, Window in) {
    while (type == kVlan || type == kQinQ || type == kOldQinQ) {
      if (!has(in, 4)) return nullptr;
      type = in.u16(2);
      in.skip(4);
    }
    if (type == kIpv4) return ipv4(in);
    if (type == kIpv6) return ipv6(in);
    return lost(Loss::link_unknown);
  }

  // An address family, in the byte order of the host that captured.
  const Segment* family(Window in) {
    if (!has(in, 4)) return nullptr;
    const std::uint32_t as_is = in.u32(0);
    const std::uint32_t family = as_is > 0xffff ? __builtin_bswap32(as_is) : as_is;
    in.skip(4);
    switch (family) {
      case 2: return ipv4(in);
      case 10:  // Linux
      case 24:  // NetBSD, OpenBSD
      case 28:  // FreeBSD
      case 30:  // macOS
        return ipv6(in);
      default: return lost(Loss::link_unknown);
    }
  }

  const Segment* raw_ip(Window in) {
    if (!has(in, 1)) return nullptr;
    return in.u8(0) >> 4 == 6 ? ipv6(in) : ipv4(in);
  }

  const Segment* ipv4(Window in) {
    if (!has(in, 20)) return nullptr;
    const std::size_t header = (in.u8(0) & 15u) * 4;
    const std::size_t total = in.u16(2);
    if (in.u8(0) >> 4 != 4 || header < 20) return lost(Loss::packet_malformed);
    // 0: the network card was to cut it into packets (TSO), and it is as long as it is.
    if (total != 0 && total < header) return lost(Loss::packet_malformed);
    if (total != 0) in.set_wire(total);
    if (!has(in, header)) return nullptr;

    const FragmentKey key{ipv4_address(in.data + 12), ipv4_address(in.data + 16), in.u16(4), in.u8(9), 4};
    const std::uint16_t place = in.u16(6);
    in.skip(header);
    segment.from.address = key.from, segment.to.address = key.to;
    const bool more = (place & 0x2000) != 0;
    const std::uint32_t offset = (place & 0x1fffu) * 8;
    if (more || offset != 0) return fragment(key, {offset, more, key.protocol, in.bytes()}, in);
    return transport(key.protocol, in);
  }

  const Segment* ipv6(Window in) {
    if (!has(in, 40)) return nullptr;
    if (in.u8(0) >> 4 != 6) return lost(Loss::packet_malformed);
    const std::size_t length = in.u16(4);
    const std::uint8_t next = in.u8(6);
    segment.from.address = ipv6_address(in.data + 8), segment.to.address = ipv6_address(in.data + 24);
    in.skip(40);
    if (length != 0) in.set_wire(length);
    return ipv6_extensions(next, in);
  }

  const Segment* ipv6_extensions(std::uint8_t next, Window in) {
    for (;;) {
      std::size_t size = 8;
      switch (next) {
        case kHopByHop:
        case kRouting:
        case kDestination:
        case kAuthentication:
          if (!has(in, 2)) return nullptr;
          size = next == kAuthentication ? (in.u8(1) + 2u) * 4 : (in.u8(1) + 1u) * 8;
          break;
        case kFragment: break;
        default: return transport(next, in);
      }
      if (!has(in, size)) return nullptr;
      const std::uint8_t type = next;
      next = in.u8(0);
      const std::uint16_t place = type == kFragment ? in.u16(2) : std::uint16_t{0};
      const std::uint32_t id = type == kFragment ? in.u32(4) : 0;
      in.skip(size);
      // A fragment that is alone is no fragment (RFC 6946).
      if ((place & 0xfff9) == 0) continue;
      const FragmentKey key{segment.from.address, segment.to.address, id, 0, 6};
      return fragment(key, {place & 0xfff8u, (place & 1) != 0, next, in.bytes()}, in);
    }
  }

  const Segment* fragment(const FragmentKey& key, const Fragment& part, const Window& in) {
    if (in.captured < in.wire) return lost(Loss::packet_truncated);
    const auto whole = fragments.add(key, part, segment.at_ns);
    if (!whole) return nullptr;
    const Window all{whole->bytes.data(), whole->bytes.size(), whole->bytes.size()};
    return key.version == 6 ? ipv6_extensions(whole->protocol, all) : transport(whole->protocol, all);
  }

  const Segment* transport(std::uint8_t protocol, const Window& in) {
    if (protocol == kTcp) return tcp(in);
    if (protocol == kUdp) return udp(in);
    return lost(Loss::not_tcp);
  }

  const Segment* udp(Window in) {
    if (!has(in, 8)) return nullptr;
    if (in.u16(2) != kVxlanPort) return lost(Loss::not_tcp);
    const std::size_t length = in.u16(4);
    if (length != 0 && length < 8) return lost(Loss::packet_malformed);
    if (length != 0) in.set_wire(length);
    in.skip(8);
    // RFC 7348: the flag says that there is a network's number.
    if (in.wire < 8 || (in.captured > 0 && (in.u8(0) & 8) == 0)) return lost(Loss::not_tcp);
    if (!has(in, 8)) return nullptr;
    in.skip(8);
    if (++tunnels > kTunnelsMax) return lost(Loss::packet_malformed);
    return ethernet(in);
  }

  const Segment* tcp(Window in) {
    if (!has(in, 20)) return nullptr;
    const std::size_t header = (in.u8(12) >> 4) * 4u;
    if (header < 20) return lost(Loss::packet_malformed);
    if (!has(in, header)) return nullptr;
    segment.from.port = in.u16(0), segment.to.port = in.u16(2);
    segment.seq = in.u32(4), segment.ack = in.u32(8);
    segment.flags = in.u8(13);
    in.skip(header);
    segment.payload = in.bytes();
    segment.missing = static_cast<std::uint32_t>(in.wire - in.captured);
    if (segment.missing > 0) losses.add(Loss::packet_truncated);
    return &segment;
  }
};

Decoder::Decoder(Losses& losses) : impl_(std::make_unique<Impl>(losses)) {}

Decoder::~Decoder() = default;

const Segment* Decoder::decode(const Packet& packet) {
  impl_->segment.at_ns = packet.at_ns;
  impl_->tunnels = 0;
  const std::size_t captured = packet.bytes.size();
  if (packet.wire_bytes > kPacketBytesMax) return impl_->lost(Loss::packet_malformed);
  return impl_->link(packet.link, {packet.bytes.data(), captured, std::max<std::size_t>(captured, packet.wire_bytes)});
}

void Decoder::finish() {
  impl_->fragments.finish();
}

}  // namespace bidwell::replay
