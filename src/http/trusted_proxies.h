// Who a request is from: the connection's other end, or what the proxies that are trusted say of it. X-Forwarded-For is
// a list to which each proxy adds whom it heard from, so only its end is worth anything.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/http/network.h"

namespace bidwell::http {

class TrustedProxies {
 public:
  // As in Options::trusted_proxies. Throws std::runtime_error that names the one that makes no sense.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  bool contains(const IpAddress& address) const noexcept;
  // Those that connect to a Unix socket.
  bool contains_unix() const noexcept { return unix_; }

  // `peer`, who is trusted, unless the values of the request's X-Forwarded-For headers, in their order, name another:
  // the last that is no trusted proxy; or where there is none, or what comes next is no address, the last trusted one.
  std::string_view client(std::string_view peer, std::span<const std::string_view> forwarded_for) const noexcept;

 private:
  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace bidwell::http
