// An HTTP/1.1 client for load: many keep-alive connections on one thread, driven by epoll without a lock or an
// allocation in the steady state. The caller says when to send; nothing here waits on its own account.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bidwell::replay {

using SteadyTime = std::chrono::steady_clock::time_point;

// "http://HOST:PORT/PATH", "http://[::1]:8080/bid/demo", "unix:/run/x.sock:/bid/demo" (the path behind the second
// colon may be left out).
struct Target {
  std::string host;     // as a Host header has it, port included; "localhost" for a Unix socket
  std::string address;  // numeric or a name
  std::string port;
  std::string unix_path;  // not empty: a Unix socket
  std::string path = "";  // "/bid/demo"; empty: none given
};
// Throws std::invalid_argument that says what is wrong (https: put a proxy that ends TLS before it).
Target parse_target(const std::string& text);

// What became of a request.
enum class Outcome : std::uint8_t {
  answered,        // a whole answer came, of any status
  connect_failed,  // no connection
  closed,          // the connection was closed or reset before the answer was whole
  malformed,       // what came is no HTTP answer; the connection was closed
  unanswered,      // given up: after answer_timeout, or when the run ended
  count_
};
std::string_view name_of(Outcome outcome) noexcept;

struct Answer {
  std::uint64_t tag = 0;  // as given to send()
  Outcome outcome = Outcome::answered;
  unsigned status = 0;               // 0 where there is none
  std::string_view body;             // without chunk framing, not decompressed; lives for the call
  std::int64_t content_length = -1;  // as the header said
  SteadyTime sent{};  // when its last byte was given to the kernel; where it never was: the time of giving up
  SteadyTime done{};  // when the answer's last byte was read
};

class AnswerSink {
 public:
  // On the thread that calls poll() or send(). May call send().
  virtual void answered(const Answer& answer) = 0;

 protected:
  ~AnswerSink() = default;
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{3000};   // also the pause between attempts, growing from 10 ms
  std::chrono::milliseconds answer_timeout{10'000};  // from sent; then the connection is closed, as its order is lost
  std::size_t answer_bytes_max = 4 << 20;
  std::size_t pipeline_max = 128;  // requests on one connection without an answer; send() refuses more
  // Wait for events without sleeping: half the lateness, a whole core.
  bool spin = false;
};

struct ClientCounters {
  std::uint64_t connects = 0, connect_failures = 0, closes = 0;  // closes: by the other end or for want of order
  std::uint64_t bytes_sent = 0, bytes_received = 0;
};

// Not thread-safe.
class Client {
 public:
  Client(const ClientOptions& options, AnswerSink& sink);
  ~Client();

  // A new connection to the target, opened now (in the background); its number, from 0 in order. Throws
  // std::runtime_error when the name cannot be resolved.
  std::size_t open(const Target& target);
  // Closes it when its answers are there; its number is not given again.
  void close(std::size_t connection);

  // Sends a whole request, or keeps it until the socket takes it (in order, behind what waits there). A connection that
  // was closed is opened again. False: pipeline_max are waiting already.
  bool send(std::size_t connection, std::string_view bytes, std::uint64_t tag);

  // Requests of this connection without an answer.
  std::size_t waiting(std::size_t connection) const noexcept;
  // Of all.
  std::size_t in_flight() const noexcept;

  // Takes what has come and writes what waits, then waits until `until` at most, and returns after the first events
  // (or at `until`; at once where that is past). Precise to some 20 us (epoll_pwait2), to 1 us with `spin`.
  void poll(SteadyTime until);

  // Gives up all that is in flight: each is told as `unanswered`.
  void abandon();

  const ClientCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
