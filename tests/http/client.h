// A blocking client on one connection. Every wait ends after half a minute, so that a server that
// hangs fails a test instead of holding it up.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "http/address.h"
#include "tests/http/answer_text.h"

namespace bidwell::http::testing {

class Client {
 public:
  // As in Server::addresses().
  explicit Client(const std::string& address, int receive_buffer = 0) {
    const Address to = parse_address(address);
    fd_ = ::socket(to.endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) throw std::runtime_error("socket");
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const timeval patience{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(fd_, to.endpoint.data(), static_cast<socklen_t>(to.endpoint.size())) != 0) {
      ::close(fd_);
      throw std::runtime_error("connect");
    }
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), text_(std::move(other.text_)) {}
  Client& operator=(Client&&) = delete;
  ~Client() {
    if (fd_ >= 0) ::close(fd_);
  }

  // False when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  // A reset instead of an orderly close.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(fd_, -1));
  }

  // The next answer; empty when the server closes before it is complete.
  std::optional<Answer> receive() {
    Answer answer;
    for (;;) {
      switch (parse_answer(text_, answer)) {
        case Parsed::complete: return answer;
        case Parsed::malformed: throw std::runtime_error("malformed answer: " + text_);
        case Parsed::incomplete:
          if (!more()) return std::nullopt;
      }
    }
  }
  std::optional<Answer> exchange(std::string_view request) {
    if (!send(request)) return std::nullopt;
    return receive();
  }
  // Waits for the server to close, and whether that came with nothing before it.
  bool closed() {
    if (!text_.empty()) return false;
    return !more();
  }
  // After closed(): not by an orderly end.
  bool was_reset() const { return was_reset_; }

 private:
  bool more() {
    char buffer[64 * 1024];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      throw std::runtime_error("nothing came for half a minute");
    }
    was_reset_ = size < 0;
    if (size <= 0) return false;
    text_.append(buffer, static_cast<std::size_t>(size));
    return true;
  }

  int fd_ = -1;
  std::string text_;
  bool was_reset_ = false;
};

}  // namespace bidwell::http::testing
