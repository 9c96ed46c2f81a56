// The system's functions read and write the addresses.
#include "bidwell/http/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace bidwell::http {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kV4Before = 96;  // bits

void keep_bits(IpAddress& address, unsigned bits) noexcept {
  for (std::size_t i = bits / 8; i < address.bytes.size(); ++i) {
    address.bytes[i] &= i == bits / 8 ? static_cast<std::uint8_t>(0xff00 >> bits % 8) : std::uint8_t{0};
  }
}

std::runtime_error fault(const std::string& text, const char* what) {
  return std::runtime_error("\"" + text + "\": " + what);
}

}  // namespace

IpAddress IpAddress::v4(const std::uint8_t (&octets)[4]) noexcept {
  IpAddress address;
  std::copy_n(kV4Prefix.data(), kV4Prefix.size(), address.bytes.data());
  std::copy_n(octets, 4, address.bytes.data() + kV4Prefix.size());
  return address;
}

bool IpAddress::is_v4() const noexcept {
  return std::memcmp(bytes.data(), kV4Prefix.data(), kV4Prefix.size()) == 0;
}

std::optional<IpAddress> parse_ip(std::string_view text) noexcept {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated) return std::nullopt;
  if (!text.empty()) std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  // What stands before a zero byte is not the whole.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  if (text.find(':') == std::string_view::npos) {
    std::uint8_t octets[4];
    if (::inet_pton(AF_INET, terminated, octets) != 1) return std::nullopt;
    return IpAddress::v4(octets);
  }
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated, address.bytes.data()) != 1) return std::nullopt;
  return address;
}

Network Network::around(const IpAddress& address, unsigned v4_bits, unsigned v6_bits) noexcept {
  Network network{address, static_cast<std::uint8_t>(address.is_v4() ? kV4Before + v4_bits : v6_bits)};
  keep_bits(network.address, network.bits);
  return network;
}

bool Network::contains(const IpAddress& other) const noexcept {
  if (address.is_v4() != other.is_v4()) return false;
  IpAddress kept = other;
  keep_bits(kept, bits);
  return kept == address;
}

Network parse_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> address = parse_ip(std::string_view(text).substr(0, slash));
  if (!address) throw fault(text, "not a numeric IP address or network");
  const unsigned before = address->is_v4() ? kV4Before : 0;
  unsigned bits = 128 - before;
  if (slash != std::string::npos) {
    const char* const begin = text.data() + slash + 1;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(begin, end, bits);
    if (error != std::errc{} || after != end || bits > 128 - before) throw fault(text, "no such prefix length");
  }
  const Network network = Network::around(*address, bits, bits);
  if (network.address != *address) throw fault(text, "bits are set behind the prefix");
  return network;
}

char* write_ip(char* out, const IpAddress& address) noexcept {
  char text[INET6_ADDRSTRLEN];
  const bool v4 = address.is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? kV4Prefix.size() : 0), text, sizeof text);
  return std::copy_n(text, std::strlen(text), out);
}

char* write_network(char* out, const Network& network) noexcept {
  out = write_ip(out, network.address);
  *out++ = '/';
  return std::to_chars(out, out + 3, network.address.is_v4() ? network.bits - kV4Before : network.bits).ptr;
}

}  // namespace bidwell::http
