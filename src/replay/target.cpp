// Reads where requests are to go, as people write it on a command line.
#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "bidwell/replay/client.h"

namespace bidwell::replay {
namespace {

constexpr std::size_t kUnixPathMax = 107;  // sockaddr_un's room without its final zero

[[noreturn]] void fail(const std::string& text, const std::string& why) {
  throw std::invalid_argument("target '" + text + "': " + why);
}

void check_path(const std::string& text, const std::string& path) {
  if (path.find('#') != std::string::npos) fail(text, "a fragment (#...) is never sent to a server");
  const auto hidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::any_of(path.begin(), path.end(), hidden)) fail(text, "blanks must be written as %20");
}

Target parse_unix(const std::string& text) {
  Target target;
  target.host = "localhost";
  const std::string rest = text.substr(5);
  const std::size_t colon = rest.find(":/", 1);
  target.unix_path = rest.substr(0, colon);
  if (colon != std::string::npos) target.path = rest.substr(colon + 1);
  if (target.unix_path.empty()) fail(text, "the socket's path is missing (unix:/run/x.sock:/bid/demo)");
  if (target.unix_path.size() > kUnixPathMax) fail(text, "a Unix socket's path has 107 bytes at most");
  check_path(text, target.path);
  return target;
}

void parse_port(const std::string& text, Target& target, std::string_view digits) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0 || port > 65'535) {
    fail(text, "'" + std::string(digits) + "' is no port (1 to 65535)");
  }
  target.port = std::to_string(port);
}

Target parse_http(const std::string& text) {
  Target target;
  const std::string rest = text.substr(7);
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  target.host = rest.substr(0, slash);
  target.path = rest.substr(slash);
  check_path(text, target.path);
  if (target.path.starts_with('?')) target.path.insert(0, 1, '/');
  if (target.host.find('@') != std::string::npos) fail(text, "no user names here: set an Authorization header");
  target.port = "80";
  std::string_view behind;
  if (target.host.starts_with('[')) {
    const std::size_t close = target.host.find(']');
    if (close == std::string::npos) fail(text, "the ] behind the IPv6 address is missing");
    target.address = target.host.substr(1, close - 1);
    behind = std::string_view(target.host).substr(close + 1);
    if (!behind.empty() && behind.front() != ':') fail(text, "a port must follow the ]");
  } else {
    const std::size_t colon = std::min(target.host.find(':'), target.host.size());
    target.address = target.host.substr(0, colon);
    behind = std::string_view(target.host).substr(colon);
    if (behind.size() > 1 && behind.find(':', 1) != std::string_view::npos) {
      fail(text, "an IPv6 address stands in brackets (http://[::1]:8080/)");
    }
  }
  if (target.address.empty()) fail(text, "the host is missing");
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::any_of(target.host.begin(), target.host.end(), odd)) fail(text, "a blank in the host");
  if (!behind.empty()) parse_port(text, target, behind.substr(1));
  return target;
}

}  // namespace

Target parse_target(const std::string& text) {
  if (text.starts_with("unix:")) return parse_unix(text);
  if (text.starts_with("http://")) return parse_http(text);
  if (text.starts_with("https://"))
    fail(text, "no TLS here: put a proxy that ends it before the server, and use http:");
  fail(text, "neither http://HOST:PORT/PATH nor unix:/SOCKET:/PATH");
}

}  // namespace bidwell::replay
