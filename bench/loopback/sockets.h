// IPv4 loopback sockets for the benchmark. Errors are thrown as std::system_error.
#pragma once

#include <cstdint>

namespace bidwell::loopback {

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

struct Listener {
  Descriptor socket;
  std::uint16_t port;
};

// A non-blocking listener on a port of 127.0.0.1 that the kernel picks.
Listener listen_on_free_port();

// A port that was free a moment ago, for a server that is told its port.
std::uint16_t find_free_port();

// Connects to 127.0.0.1, blocking and with TCP_NODELAY.
Descriptor connect_to(std::uint16_t port);

// Whether something listens there now.
bool is_listening(std::uint16_t port);

}  // namespace bidwell::loopback
