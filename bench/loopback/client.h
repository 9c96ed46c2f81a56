// The exchange's side: a closed loop of requests over keep-alive connections to one server, driven
// by raw epoll on the calling thread, every answer checked.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sockets.h"

namespace bidwell::loopback {

struct Answer {
  std::string head;  // with its blank line
  std::string body;
};

// One request on a connection of its own. Throws std::runtime_error unless a 200 with a body comes.
Answer fetch(std::uint16_t port, const std::string& request);

// What an answer must be like to be counted: a 200 whose body is this long.
struct ExpectedAnswer {
  std::size_t body_length = 0;  // bytes
  std::size_t tolerance = 0;    // bytes more or less; for servers whose ids differ in digits
};

struct ClientBurst {
  std::uint64_t answers = 0;
  std::chrono::nanoseconds elapsed{};  // first request sent to last answer received
  std::chrono::nanoseconds p50{};
  std::chrono::nanoseconds p99{};
};

// Not thread-safe. Errors are thrown as std::runtime_error: a wrong answer, a closed connection, or
// no answer in five seconds.
class Client {
 public:
  // Opens `connections` to `port` of 127.0.0.1. `name` is for messages. The requests are sent in
  // turn; there is at least one. Without an expected answer a 204 will do, and any length.
  Client(std::string name, std::uint16_t port, std::size_t connections, std::vector<std::string> requests,
         std::optional<ExpectedAnswer> expected);

  // One request in flight per connection until `length` has passed, then the rest is awaited.
  ClientBurst burst(std::chrono::nanoseconds length);

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    Descriptor socket;
    Clock::time_point sent;
    std::size_t used = 0;
    std::vector<char> bytes;
  };

  void send(Connection& connection, Clock::time_point now);
  bool receive(Connection& connection);
  bool is_expected(std::string_view bytes, std::size_t body_length) const;
  std::chrono::nanoseconds percentile(double share);
  [[noreturn]] void fail(const std::string& what) const;

  const std::string name_;
  const std::vector<std::string> requests_;
  const std::optional<ExpectedAnswer> expected_;
  std::size_t next_request_ = 0;
  Descriptor epoll_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> latencies_;  // nanoseconds, one per answer of this burst
};

}  // namespace bidwell::loopback
