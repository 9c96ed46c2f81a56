// Walks X-Forwarded-For from its end.
#include "http/trusted_proxies.h"

#include <algorithm>
#include <stdexcept>

#include "bidwell/core/text.h"

namespace bidwell::http {
namespace {

// More trusted proxies than this do not stand in a row: so long a list is somebody's game.
constexpr int kHopsMax = 16;

// Some load balancers add the port: "203.0.113.7:49152", "[2001:db8::1]:49152".
std::string_view without_port(std::string_view entry) noexcept {
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    return end == std::string_view::npos ? std::string_view{} : entry.substr(1, end - 1);
  }
  const std::size_t colon = entry.find(':');
  const bool one = colon != std::string_view::npos && entry.find(':', colon + 1) == std::string_view::npos;
  return one ? entry.substr(0, colon) : entry;
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    if (text == "unix") {
      unix_ = true;
      continue;
    }
    try {
      networks_.push_back(parse_network(text));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(std::string("HTTP options: trusted_proxies: ") + error.what());
    }
  }
}

bool TrustedProxies::contains(const IpAddress& address) const noexcept {
  return std::ranges::any_of(networks_, [&](const Network& network) { return network.contains(address); });
}

std::string_view TrustedProxies::client(std::string_view peer,
                                        std::span<const std::string_view> forwarded_for) const noexcept {
  std::string_view client = peer;
  int hops = 0;
  for (std::size_t header = forwarded_for.size(); header-- > 0;) {
    std::string_view rest = forwarded_for[header];
    for (bool more = true; more;) {
      const std::size_t comma = rest.rfind(',');
      more = comma != std::string_view::npos;
      const std::string_view entry = without_port(trim(more ? rest.substr(comma + 1) : rest));
      const std::optional<IpAddress> address = parse_ip(entry);
      if (!address || ++hops > kHopsMax) return client;
      client = entry;
      if (!contains(*address)) return client;
      if (more) rest = rest.substr(0, comma);
    }
  }
  return client;
}

}  // namespace bidwell::http
