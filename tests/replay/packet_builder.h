// Packets made by libtins, which shares nothing with the decoder under test, and what libtins does not know by hand.
#pragma once

#include <tins/tins.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/replay/packets.h"

namespace bidwell::replay::testing {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

inline void put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8)), out.push_back(static_cast<std::uint8_t>(value));
}

struct TcpFields {
  std::string from = "10.0.0.1", to = "10.0.0.2";  // IPv4, or both IPv6
  std::uint16_t from_port = 40'000, to_port = 8080;
  std::uint32_t seq = 1000, ack = 2000;
  std::uint8_t flags = Tins::TCP::ACK | Tins::TCP::PSH;
  std::string payload = "POST /bid HTTP/1.1\r\n\r\n";
};

inline Tins::TCP tcp_of(const TcpFields& fields) {
  Tins::TCP tcp(fields.to_port, fields.from_port);
  tcp.seq(fields.seq);
  tcp.ack_seq(fields.ack);
  tcp.flags(fields.flags);
  if (fields.payload.empty()) return tcp;
  return tcp / Tins::RawPDU(fields.payload);
}

inline bool is_ipv6(const TcpFields& fields) {
  return fields.from.find(':') != std::string::npos;
}

// The IP packet alone.
inline Bytes ip_packet(const TcpFields& fields) {
  if (is_ipv6(fields)) return (Tins::IPv6(fields.to, fields.from) / tcp_of(fields)).serialize();
  Tins::IP ip(fields.to, fields.from);
  ip.ttl(64);
  return (ip / tcp_of(fields)).serialize();
}

// Ethernet's header; `tags` lie between the addresses and the type.
inline Bytes ethernet(const Bytes& inner, unsigned type, const Bytes& tags = {}) {
  Bytes out = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  out = out + tags;
  put16(out, type);
  return out + inner;
}

inline Bytes vlan_tag(unsigned type, unsigned id) {
  Bytes out;
  put16(out, type), put16(out, id);
  return out;
}

inline Bytes ethernet_packet(const TcpFields& fields = {}) {
  return ethernet(ip_packet(fields), is_ipv6(fields) ? 0x86dd : 0x0800);
}

// An Ethernet frame within VXLAN, UDP, IPv4 and Ethernet.
inline Bytes vxlan_packet(const Bytes& frame, std::uint16_t port = 4789) {
  const Bytes header = {8, 0, 0, 0, 0, 0, 42, 0};
  Tins::IP ip("192.168.0.2", "192.168.0.1");
  return ethernet((ip / Tins::UDP(port, 50'000) / Tins::RawPDU(header + frame)).serialize(), 0x0800);
}

// An IPv4 packet's fragments, each of `size` bytes (a multiple of 8) but the last; made of a packet without options.
inline std::vector<Bytes> ipv4_fragments(const Bytes& packet, std::size_t size, std::uint16_t id) {
  std::vector<Bytes> out;
  const Bytes header(packet.begin(), packet.begin() + 20), rest(packet.begin() + 20, packet.end());
  for (std::size_t at = 0; at < rest.size(); at += size) {
    const std::size_t n = std::min(size, rest.size() - at);
    Bytes part = header;
    const unsigned place = static_cast<unsigned>(at / 8) | (at + n < rest.size() ? 0x2000u : 0u);
    part[2] = static_cast<std::uint8_t>((20 + n) >> 8), part[3] = static_cast<std::uint8_t>(20 + n);
    part[4] = static_cast<std::uint8_t>(id >> 8), part[5] = static_cast<std::uint8_t>(id);
    part[6] = static_cast<std::uint8_t>(place >> 8), part[7] = static_cast<std::uint8_t>(place);
    out.push_back(part + Bytes(rest.begin() + static_cast<std::ptrdiff_t>(at),
                               rest.begin() + static_cast<std::ptrdiff_t>(at + n)));
  }
  return out;
}

// The same of IPv6, with a fragment header in each.
inline std::vector<Bytes> ipv6_fragments(const Bytes& packet, std::size_t size, std::uint32_t id) {
  std::vector<Bytes> out;
  const Bytes header(packet.begin(), packet.begin() + 40), rest(packet.begin() + 40, packet.end());
  for (std::size_t at = 0; at < rest.size(); at += size) {
    const std::size_t n = std::min(size, rest.size() - at);
    Bytes part = header;
    part[4] = static_cast<std::uint8_t>((8 + n) >> 8), part[5] = static_cast<std::uint8_t>(8 + n);
    part[6] = 44;
    part.push_back(header[6]), part.push_back(0);
    put16(part, static_cast<unsigned>(at) | (at + n < rest.size() ? 1u : 0u));
    put16(part, id >> 16), put16(part, id & 0xffff);
    out.push_back(part + Bytes(rest.begin() + static_cast<std::ptrdiff_t>(at),
                               rest.begin() + static_cast<std::ptrdiff_t>(at + n)));
  }
  return out;
}

// `bytes` must outlive it.
inline Packet packet_of(const Bytes& bytes, int link, std::int64_t at_ns = 0, std::uint32_t wire_bytes = 0) {
  return {at_ns, bytes, wire_bytes == 0 ? static_cast<std::uint32_t>(bytes.size()) : wire_bytes, link};
}

}  // namespace bidwell::replay::testing
