// TCP segments as Ethernet frames.
#include "replay/tcp_frames.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bidwell::replay {
namespace {

Tins::IPv6Address plus(const Tins::IPv6Address& address, std::uint32_t n) {
  std::array<std::uint8_t, 16> bytes;
  std::copy(address.begin(), address.end(), bytes.begin());
  for (std::size_t i = 16; n != 0 && i-- > 8;) {
    n += bytes[i];
    bytes[i] = static_cast<std::uint8_t>(n);
    n >>= 8;
  }
  return Tins::IPv6Address(bytes.data());
}

}  // namespace

TcpFrames::TcpFrames(const MakePcapOptions& options)
    : options_(options),
      v6_(options.client.find(':') != std::string::npos),
      to_server_(options.server_mac, options.client_mac),
      to_client_(options.client_mac, options.server_mac) {
  if (v6_ != (options.server.find(':') != std::string::npos)) {
    throw std::runtime_error("client and server must both be IPv4 addresses or both IPv6");
  }
  if (v6_) {
    client6_ = Tins::IPv6Address(options.client), server6_ = Tins::IPv6Address(options.server);
  } else {
    client4_ = Tins::IPv4Address(options.client), server4_ = Tins::IPv4Address(options.server);
  }
}

std::vector<std::uint8_t> TcpFrames::frame(std::uint32_t connection, bool by_client, const Tins::TCP& head,
                                           std::string_view payload) {
  const std::uint32_t ports = 65'536u - options_.client_port;
  const auto port = static_cast<std::uint16_t>(options_.client_port + connection % ports);
  const std::uint32_t address = connection / ports;
  Tins::TCP tcp = head;
  tcp.sport(by_client ? port : options_.server_port);
  tcp.dport(by_client ? options_.server_port : port);
  if (!payload.empty()) {
    tcp.inner_pdu(Tins::RawPDU(reinterpret_cast<const std::uint8_t*>(payload.data()),
                               static_cast<std::uint32_t>(payload.size())));
  }
  Tins::EthernetII frame = by_client ? to_server_ : to_client_;
  if (v6_) {
    const Tins::IPv6Address client = plus(client6_, address);
    Tins::IPv6 ip(by_client ? server6_ : client, by_client ? client : server6_);
    ip.hop_limit(64);
    ip.inner_pdu(tcp);
    frame.inner_pdu(ip);
  } else {
    const Tins::IPv4Address client(htonl(ntohl(client4_) + address));
    Tins::IP ip(by_client ? server4_ : client, by_client ? client : server4_);
    ip.ttl(64);
    ip.id(++identification_);
    ip.flags(Tins::IP::DONT_FRAGMENT);
    ip.inner_pdu(tcp);
    frame.inner_pdu(ip);
  }
  return frame.serialize();
}

}  // namespace bidwell::replay
