// A server in the test's own thread that says what the test tells it to: it listens on a Unix socket in a temporary
// folder and has one connection at a time.
#pragma once

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tests/redis/loop.h"

namespace bidwell::redis::testing {

class FakeServer {
 public:
  explicit FakeServer(Loop& loop) : loop_(loop) {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-redis-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 16) != 0) {
      throw std::runtime_error("listen");
    }
  }
  ~FakeServer() {
    close();
    ::close(listener_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::string path() const { return (folder_ / "redis.sock").string(); }
  Options options() const {
    Options options;
    options.unix_path = path();
    options.backoff_max = milliseconds(50);
    return options;
  }

  // Waits for a connection.
  bool accept() {
    close();
    received_.clear();
    return loop_.until(
        [&] { return (fd_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; });
  }
  // And for its CLIENT ID and PING, which are answered.
  bool greet(int id = 1) {
    if (!accept() || !receive("PING\r\n")) return false;
    received_.clear();
    return send(":" + std::to_string(id) + "\r\n+PONG\r\n");
  }

  // Waits until what was received ends with `end`.
  bool receive(std::string_view end) {
    return loop_.until([&] {
      take();
      return received_.ends_with(end);
    });
  }
  // All that came since the last call.
  std::string received() {
    take();
    return std::exchange(received_, {});
  }
  // Waits until the other side has closed.
  bool sees_end() {
    return loop_.until([&] {
      take();
      return ended_;
    });
  }

  // And lets the client do all it can.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      loop_.turn();
    }
    return true;
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    ended_ = false;
  }

 private:
  void take() {
    char bytes[64 * 1024];
    for (;;) {
      const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
      if (size > 0) {
        received_.append(bytes, static_cast<std::size_t>(size));
        continue;
      }
      if (size == 0 || (errno != EAGAIN && errno != EINTR)) ended_ = true;
      return;
    }
  }

  Loop& loop_;
  std::filesystem::path folder_;
  int listener_ = -1, fd_ = -1;
  bool ended_ = false;
  std::string received_;
};

}  // namespace bidwell::redis::testing
