// The addresses that a server listens on, between their text and what the socket functions take.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <string>
#include <string_view>

namespace bidwell::http {

struct Address {
  boost::asio::generic::stream_protocol::endpoint endpoint;
  std::string unix_path;  // empty for TCP
};

// "127.0.0.1:8080", "[::1]:8080" or "unix:/path". Throws std::runtime_error that names the text.
Address parse_address(const std::string& text);

// The same form again, with the port that the system chose.
std::string to_text(const boost::asio::generic::stream_protocol::endpoint& endpoint, const std::string& unix_path);

}  // namespace bidwell::http
