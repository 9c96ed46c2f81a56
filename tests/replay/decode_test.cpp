// One TCP segment through every link layer, tunnel and IP header, whole and cut off at each byte.
#include "replay/decode.h"

#include <gtest/gtest.h>
#include <pcap/dlt.h>

#include <numeric>
#include <optional>
#include <string>

#include "tests/replay/packet_builder.h"

namespace bidwell::replay {
namespace {

using namespace testing;

struct Layered {
  std::string name;
  int link;
  Bytes bytes;
};

Bytes null_header(unsigned family, bool little) {
  const auto low = static_cast<std::uint8_t>(family);
  return little ? Bytes{low, 0, 0, 0} : Bytes{0, 0, 0, low};
}

Bytes cooked1(unsigned type) {
  Tins::SLL header;
  header.protocol(static_cast<std::uint16_t>(type));
  return header.serialize();
}

Bytes cooked2(unsigned type) {
  Bytes out;
  put16(out, type);
  return out + Bytes{0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0};
}

Bytes with_options() {
  Bytes packet = ip_packet({});
  const Bytes route = {1, 7, 7, 4, 10, 0, 0, 9};  // no-op, record route
  packet[0] = 0x47, packet[3] = static_cast<std::uint8_t>(packet[3] + route.size());
  packet.insert(packet.begin() + 20, route.begin(), route.end());
  return packet;
}

// Hop-by-hop, routing, destination options, authentication; then TCP.
Bytes with_extensions(const TcpFields& fields) {
  Bytes packet = ip_packet(fields);
  const Bytes tcp(packet.begin() + 40, packet.end());
  packet.resize(40);
  packet[6] = 0;
  Bytes headers = {43, 0, 1, 4, 0, 0, 0, 0};  // hop-by-hop: PadN
  headers = headers + Bytes{60, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};  // routing
  headers = headers + Bytes{51, 0, 1, 4, 0, 0, 0, 0};                                                  // destination
  headers = headers + Bytes{44, 4, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5};  // AH
  headers = headers + Bytes{6, 0, 0, 0, 9, 9, 9, 9};  // a fragment alone
  const std::size_t length = headers.size() + tcp.size();
  packet[4] = static_cast<std::uint8_t>(length >> 8), packet[5] = static_cast<std::uint8_t>(length);
  return packet + headers + tcp;
}

const TcpFields kV6{.from = "2001:db8::1", .to = "2001:db8::2"};

std::vector<Layered> all_layers() {
  const Bytes v4 = ip_packet({}), v6 = ip_packet(kV6);
  const Bytes q = vlan_tag(0x8100, 7);
  return {
      {"ethernet", DLT_EN10MB,
       (Tins::EthernetII("02:00:00:00:00:02", "02:00:00:00:00:01") / Tins::IP("10.0.0.2", "10.0.0.1") / tcp_of({}))
           .serialize()},
      {"ethernet, IPv6", DLT_EN10MB, ethernet(v6, 0x86dd)},
      {"802.1Q", DLT_EN10MB,
       (Tins::EthernetII("02:00:00:00:00:02", "02:00:00:00:00:01") / Tins::Dot1Q(7) / Tins::IP("10.0.0.2", "10.0.0.1") /
        tcp_of({}))
           .serialize()},
      {"802.1Q, IPv6", DLT_EN10MB, ethernet(v6, 0x86dd, q)},
      {"QinQ", DLT_EN10MB, ethernet(v4, 0x0800, vlan_tag(0x88a8, 3) + q)},
      {"old QinQ", DLT_EN10MB, ethernet(v4, 0x0800, vlan_tag(0x9100, 3) + q)},
      {"four tags", DLT_EN10MB, ethernet(v4, 0x0800, vlan_tag(0x88a8, 3) + q + q + q)},
      {"cooked v1", DLT_LINUX_SLL, cooked1(0x0800) + v4},
      {"cooked v1, IPv6", DLT_LINUX_SLL, cooked1(0x86dd) + v6},
      {"cooked v1, 802.1Q", DLT_LINUX_SLL, cooked1(0x8100) + Bytes{0, 7, 8, 0} + v4},
      {"cooked v2", DLT_LINUX_SLL2, cooked2(0x0800) + v4},
      {"cooked v2, IPv6", DLT_LINUX_SLL2, cooked2(0x86dd) + v6},
      {"null", DLT_NULL, null_header(2, true) + v4},
      {"null of a big-endian host", DLT_NULL, null_header(2, false) + v4},
      {"null, Linux's IPv6", DLT_NULL, null_header(10, true) + v6},
      {"null, OpenBSD's IPv6", DLT_NULL, null_header(24, true) + v6},
      {"null, FreeBSD's IPv6", DLT_NULL, null_header(28, false) + v6},
      {"null, macOS's IPv6", DLT_NULL, null_header(30, true) + v6},
      {"loop", DLT_LOOP, null_header(2, false) + v4},
      {"loop, IPv6", DLT_LOOP, null_header(24, false) + v6},
      {"raw", DLT_RAW, v4},
      {"raw, IPv6", DLT_RAW, v6},
      {"DLT_IPV4", DLT_IPV4, v4},
      {"DLT_IPV6", DLT_IPV6, v6},
      {"VXLAN", DLT_EN10MB, vxlan_packet(ethernet(v4, 0x0800))},
      {"VXLAN, IPv6", DLT_EN10MB, vxlan_packet(ethernet(v6, 0x86dd))},
      {"VXLAN, 802.1Q inside", DLT_EN10MB, vxlan_packet(ethernet(v4, 0x0800, q))},
      {"VXLAN, QinQ inside", DLT_EN10MB, vxlan_packet(ethernet(v4, 0x0800, vlan_tag(0x88a8, 3) + q))},
      {"VXLAN in VXLAN", DLT_EN10MB, vxlan_packet(vxlan_packet(ethernet(v4, 0x0800)))},
      {"IPv4 options", DLT_RAW, with_options()},
      {"IPv6 extension headers", DLT_RAW, with_extensions(kV6)},
      {"padding", DLT_EN10MB, ethernet(v4, 0x0800) + Bytes(40, 0xee)},
      {"padding, IPv6", DLT_EN10MB, ethernet(v6, 0x86dd) + Bytes(40, 0xee)},
      {"padding in VXLAN", DLT_EN10MB, vxlan_packet(ethernet(v4, 0x0800) + Bytes(40, 0xee))},
  };
}

class DecodeTest : public ::testing::Test {
 protected:
  const Segment* decode(const Bytes& bytes, int link, std::uint32_t wire = 0, std::int64_t at_ns = 0) {
    return decoder.decode(packet_of(bytes, link, at_ns, wire));
  }
  const Segment* ethernet_of(const Bytes& bytes) { return decode(bytes, DLT_EN10MB); }
  std::uint64_t lost() const { return std::accumulate(losses.counts.begin(), losses.counts.end(), std::uint64_t{0}); }
  // The only one so far; forgets it.
  void expect_only(Loss loss, const std::string& where = "") {
    EXPECT_EQ(losses.of(loss), 1u) << name_of(loss) << ' ' << where;
    EXPECT_EQ(lost(), 1u) << where;
    losses = {};
  }
  static std::string text(const Segment& segment) { return {segment.payload.begin(), segment.payload.end()}; }

  Losses losses;
  Decoder decoder{losses};
};

std::array<std::uint8_t, 16> mapped(std::uint8_t last) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last};
}

TEST_F(DecodeTest, EveryLinkAndNesting) {
  const auto v6 = [](std::uint8_t last) {
    return std::array<std::uint8_t, 16>{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
  };
  for (const Layered& each : all_layers()) {
    const Segment* segment = decode(each.bytes, each.link, 0, 12'345);
    ASSERT_NE(segment, nullptr) << each.name;
    const bool six = each.name.find("IPv6") != std::string::npos || each.name.find("IPV6") != std::string::npos;
    EXPECT_EQ(segment->from, (Endpoint{six ? v6(1) : mapped(1), 40'000})) << each.name;
    EXPECT_EQ(segment->to, (Endpoint{six ? v6(2) : mapped(2), 8080})) << each.name;
    EXPECT_EQ(segment->seq, 1000u) << each.name;
    EXPECT_EQ(segment->ack, 2000u) << each.name;
    EXPECT_EQ(segment->flags, Tins::TCP::ACK | Tins::TCP::PSH) << each.name;
    EXPECT_EQ(text(*segment), TcpFields().payload) << each.name;
    EXPECT_EQ(segment->missing, 0u) << each.name;
    EXPECT_EQ(segment->at_ns, 12'345) << each.name;
    EXPECT_EQ(lost(), 0u) << each.name;
  }
}

// Captured shorter than it was: either the segment lacks its end, or there is none; counted once in any case.
TEST_F(DecodeTest, CutOffByTheCapture) {
  for (const Layered& each : all_layers()) {
    const std::size_t padding = each.name.starts_with("padding") ? 40 : 0;
    for (std::size_t n = 0; n < each.bytes.size() - padding; ++n) {
      const Bytes part(each.bytes.begin(), each.bytes.begin() + static_cast<std::ptrdiff_t>(n));
      const std::string where = each.name + " at " + std::to_string(n);
      const Segment* segment = decode(part, each.link, static_cast<std::uint32_t>(each.bytes.size()));
      if (segment != nullptr) {
        EXPECT_EQ(segment->payload.size() + segment->missing, TcpFields().payload.size()) << where;
        EXPECT_TRUE(TcpFields().payload.starts_with(text(*segment))) << where;
      }
      expect_only(Loss::packet_truncated, where);
    }
  }
}

// Shorter on the wire than its headers say, as mirroring with a limit makes them.
TEST_F(DecodeTest, CutOffBeforeTheCapture) {
  for (const Layered& each : all_layers()) {
    for (std::size_t n = 0; n < each.bytes.size(); ++n) {
      const Bytes part(each.bytes.begin(), each.bytes.begin() + static_cast<std::ptrdiff_t>(n));
      const std::string where = each.name + " at " + std::to_string(n);
      const Segment* segment = decode(part, each.link);
      if (segment != nullptr) {
        EXPECT_EQ(segment->payload.size() + segment->missing, TcpFields().payload.size()) << where;
      }
      const bool padding_alone = segment != nullptr && segment->missing == 0;
      EXPECT_EQ(lost(), padding_alone ? 0u : 1u) << where;
      EXPECT_EQ(losses.of(Loss::packet_truncated) + losses.of(Loss::packet_malformed), lost()) << where;
      losses = {};
    }
  }
}

TEST_F(DecodeTest, AnyByteWrongDoesNoHarm) {
  for (const Layered& each : all_layers()) {
    for (std::size_t at = 0; at < each.bytes.size(); ++at) {
      for (const unsigned value : {0x00u, 0x01u, 0x0fu, 0x45u, 0x7fu, 0x80u, 0xf0u, 0xffu}) {
        Bytes wrong = each.bytes;
        wrong[at] = static_cast<std::uint8_t>(value);
        const Segment* segment = decode(wrong, each.link);
        if (segment != nullptr) {
          EXPECT_LE(segment->payload.size(), wrong.size());
          EXPECT_GE(segment->payload.data(), wrong.data());
          EXPECT_LE(segment->payload.data() + segment->payload.size(), wrong.data() + wrong.size());
        }
      }
    }
  }
}

TEST_F(DecodeTest, WhatHoldsNoTcpIsCounted) {
  const auto lose = [&](const Bytes& bytes, int link, Loss loss) {
    EXPECT_EQ(decode(bytes, link), nullptr);
    expect_only(loss);
  };
  using Tins::IP;
  lose(Tins::ARP::make_arp_request("10.0.0.2", "10.0.0.1", "02:00:00:00:00:01").serialize(), DLT_EN10MB,
       Loss::link_unknown);
  lose((IP("10.0.0.2") / Tins::UDP(53, 5353) / Tins::RawPDU("x")).serialize(), DLT_RAW, Loss::not_tcp);
  lose((IP("10.0.0.2") / Tins::ICMP()).serialize(), DLT_RAW, Loss::not_tcp);
  lose((IP("10.0.0.2") / Tins::UDP(4789, 4789) / Tins::RawPDU("short")).serialize(), DLT_RAW, Loss::not_tcp);
  lose((IP("10.0.0.2") / Tins::UDP(4789, 4789) / Tins::RawPDU("a flag is missing")).serialize(), DLT_RAW,
       Loss::not_tcp);
  lose(vxlan_packet(ethernet_packet(), 4790), DLT_EN10MB, Loss::not_tcp);
  lose(vxlan_packet((IP("10.0.0.2") / Tins::ICMP()).serialize()), DLT_EN10MB, Loss::link_unknown);
  lose(ip_packet({}), DLT_IEEE802_11, Loss::link_unknown);
  lose(null_header(7, true) + ip_packet({}), DLT_NULL, Loss::link_unknown);
}

TEST_F(DecodeTest, HeadersThatContradictThemselvesAreCounted) {
  const auto lose = [&](Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = value;
    EXPECT_EQ(decode(bytes, DLT_RAW), nullptr) << at;
    expect_only(Loss::packet_malformed, std::to_string(at));
  };
  const Bytes v4 = ip_packet({}), v6 = ip_packet(kV6);
  lose(v4, 0, 0x35);                           // version 3
  lose(v4, 0, 0x44);                           // a header of 16 bytes
  lose(v4, 3, 19);                             // shorter than its header
  lose(v4, 32, 0x40);                          // TCP: a header of 16 bytes
  lose(ip_packet({.payload = ""}), 32, 0xf0);  // TCP: a header longer than the packet
  lose(v6, 52, 0x40);
  Bytes tunnels = ethernet_packet();
  for (int i = 0; i < 5; ++i) tunnels = vxlan_packet(tunnels);
  EXPECT_EQ(ethernet_of(tunnels), nullptr);
  expect_only(Loss::packet_malformed);
  EXPECT_EQ(decode(v4, DLT_RAW, 0x7fffffff), nullptr);
  expect_only(Loss::packet_malformed);
}

TEST_F(DecodeTest, LengthZeroIsWhatWasCaptured) {
  Bytes v4 = ip_packet({}), v6 = ip_packet(kV6);
  v4[2] = v4[3] = 0, v6[4] = v6[5] = 0;
  for (const Bytes& bytes : {v4, v6}) {
    const Segment* segment = decode(bytes, DLT_RAW);
    ASSERT_NE(segment, nullptr);
    EXPECT_EQ(text(*segment), TcpFields().payload);
    EXPECT_EQ(segment->missing, 0u);
  }
  EXPECT_EQ(lost(), 0u);
}

TEST_F(DecodeTest, PutsFragmentsTogether) {
  std::string payload;
  for (int i = 0; i < 700; ++i) payload += std::to_string(i);
  TcpFields four{.payload = payload}, six = kV6;
  six.payload = payload;
  for (const auto& parts : {ipv4_fragments(ip_packet(four), 512, 77), ipv6_fragments(ip_packet(six), 512, 77)}) {
    ASSERT_GT(parts.size(), 3u);
    // The second one first; Ethernet's padding is no part of the last.
    ASSERT_EQ(decode(parts[1], DLT_RAW), nullptr);
    ASSERT_EQ(decode(parts[0], DLT_RAW), nullptr);
    for (std::size_t i = 2; i + 1 < parts.size(); ++i) ASSERT_EQ(decode(parts[i], DLT_RAW), nullptr);
    const Segment* segment = decode(parts.back() + Bytes(20, 0xee), DLT_RAW, 0, 9);
    ASSERT_NE(segment, nullptr);
    EXPECT_EQ(text(*segment), payload);
    EXPECT_EQ(segment->from.port, 40'000);
    EXPECT_EQ(segment->at_ns, 9);
  }
  decoder.finish();
  EXPECT_EQ(lost(), 0u);
}

TEST_F(DecodeTest, PutsFragmentsOfATunnelTogether) {
  // The inner packet in fragments, and the outer packet of one of them, too.
  const auto inner = ipv4_fragments(ip_packet({.payload = std::string(1000, 'x')}), 600, 5);
  ASSERT_EQ(inner.size(), 2u);
  EXPECT_EQ(ethernet_of(vxlan_packet(ethernet(inner[0], 0x0800))), nullptr);
  const Bytes outer = vxlan_packet(ethernet(inner[1], 0x0800));
  const auto parts = ipv4_fragments(Bytes(outer.begin() + 14, outer.end()), 200, 6);
  const Segment* segment = nullptr;
  for (const Bytes& part : parts) {
    EXPECT_EQ(segment, nullptr);
    segment = decode(part, DLT_RAW);
  }
  ASSERT_NE(segment, nullptr);
  EXPECT_EQ(text(*segment), std::string(1000, 'x'));
  EXPECT_EQ(lost(), 0u);
}

TEST_F(DecodeTest, FragmentsThatNeverComeAreCounted) {
  const auto parts = ipv4_fragments(ip_packet({.payload = std::string(1000, 'x')}), 504, 5);
  EXPECT_EQ(decode(parts[0], DLT_RAW), nullptr);
  // One that was cut off is as good as lost.
  Bytes cut = parts[1];
  cut.pop_back();
  EXPECT_EQ(decode(cut, DLT_RAW, static_cast<std::uint32_t>(parts[1].size())), nullptr);
  expect_only(Loss::packet_truncated);
  decoder.finish();
  expect_only(Loss::fragment_missing);
}

TEST_F(DecodeTest, FlagsAsTheyAre) {
  const Bytes bytes = ethernet_packet({.flags = Tins::TCP::SYN, .payload = ""});
  const Segment* segment = ethernet_of(bytes);
  ASSERT_NE(segment, nullptr);
  EXPECT_EQ(segment->flags, Segment::kSyn);
  EXPECT_TRUE(segment->payload.empty());
}

}  // namespace
}  // namespace bidwell::replay
