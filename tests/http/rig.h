// A worker and one connection of it in the test's own thread, over a socket pair: what arrives in
// which piece is up to the test, with no waiting and no chance in it.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "http/worker.h"
#include "tests/http/handlers.h"

namespace bidwell::http::testing {

class Rig {
 public:
  explicit Rig(const Options& options = {}, Router router = make_router()) : worker_(options, std::move(router)) {
    reconnect();
  }
  ~Rig() { ::close(fd_); }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  void reconnect() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = open_another();
    received_.clear();
    closed_ = false;
  }
  // A connection beside it, which is up to the caller.
  int open_another() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0) {
      throw std::runtime_error("socketpair");
    }
    worker_.hand_over(pair[1], Peer{});
    turn();
    return pair[0];
  }

  // Sends and lets the worker do all it can. Answers are taken as they come.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      turn();
      take();
      if (sent < 0 && closed_) return;
    }
  }
  void finish_sending() {
    ::shutdown(fd_, SHUT_WR);
    turn();
    take();
  }
  void turn() {
    worker_.context().restart();
    worker_.context().poll();
  }
  void take() {
    char buffer[64 * 1024];
    for (;;) {
      const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) {
        if (size == 0 || (errno != EAGAIN && errno != EINTR)) closed_ = true;
        return;
      }
      received_.append(buffer, static_cast<std::size_t>(size));
      turn();
    }
  }

  // All that came since the last call.
  std::string received() { return std::exchange(received_, {}); }
  // The server said that nothing more comes.
  bool closed() const { return closed_; }
  Worker& worker() { return worker_; }
  const Counters& counters() { return worker_.counters(); }
  int fd() const { return fd_; }

 private:
  Worker worker_;
  int fd_ = -1;
  std::string received_;
  bool closed_ = false;
};

}  // namespace bidwell::http::testing
