// Reads and writes listening addresses.
#include "http/address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace bidwell::http {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kUnix = "unix:";

std::runtime_error fault(const std::string& text, const std::string& what) {
  return std::runtime_error("cannot listen on \"" + text + "\": " + what);
}

Address parse_unix(const std::string& text) {
  const std::string path = text.substr(kUnix.size());
  if (path.empty()) throw fault(text, "no path");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) throw fault(text, "the path is too long");
  return {asio::local::stream_protocol::endpoint(path), path};
}

}  // namespace

Address parse_address(const std::string& text) {
  if (text.starts_with(kUnix)) return parse_unix(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) throw fault(text, "expected ADDRESS:PORT or unix:PATH");
  std::string host = text.substr(0, colon);
  const std::string port_text = text.substr(colon + 1);
  unsigned port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto [after, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc{} || after != end || port > 65535) {
    throw fault(text, "the port is not a number up to 65535");
  }
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code ec;
  const asio::ip::address address = asio::ip::make_address(host, ec);
  if (ec) throw fault(text, "not a numeric IP address");
  if (address.is_v6() != bracketed) throw fault(text, "brackets are for IPv6 addresses: [::1]:8080");
  return {asio::ip::tcp::endpoint(address, static_cast<unsigned short>(port)), {}};
}

std::string to_text(const asio::generic::stream_protocol::endpoint& endpoint, const std::string& unix_path) {
  if (!unix_path.empty()) return std::string(kUnix) + unix_path;
  asio::ip::tcp::endpoint tcp;
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  tcp.resize(endpoint.size());
  const std::string host = tcp.address().to_string();
  return (tcp.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(tcp.port());
}

}  // namespace bidwell::http
