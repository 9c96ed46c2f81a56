// IP addresses and networks, between their text and their bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bidwell::http {

// IPv4 addresses stand in IPv6 (RFC 4291, 2.5.5.2), so "::ffff:10.0.0.1" and "10.0.0.1" are the same.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static IpAddress v4(const std::uint8_t (&octets)[4]) noexcept;
  bool is_v4() const noexcept;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

// "203.0.113.7", "2001:db8::1" and nothing around it: no brackets, port or zone.
std::optional<IpAddress> parse_ip(std::string_view text) noexcept;

// The first `bits` of an address; the others are zero.
struct Network {
  IpAddress address;
  std::uint8_t bits = 128;  // of the 128: 120 for an IPv4 /24

  // The network of this size that the address is in.
  static Network around(const IpAddress& address, unsigned v4_bits, unsigned v6_bits) noexcept;
  // An IPv6 network holds no IPv4 address, "::/0" neither.
  bool contains(const IpAddress& other) const noexcept;
};

// "10.0.0.0/8", "2001:db8::/32", or an address alone. Throws std::runtime_error that names the text: no such network,
// or bits set behind the prefix.
Network parse_network(const std::string& text);

// Both write at most kNetworkTextSize characters and return their end.
inline constexpr std::size_t kNetworkTextSize = 49;
char* write_ip(char* out, const IpAddress& address) noexcept;
char* write_network(char* out, const Network& network) noexcept;  // with its prefix length: "203.0.113.0/24"

}  // namespace bidwell::http
