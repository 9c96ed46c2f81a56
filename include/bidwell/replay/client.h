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
  malformed,       // what came is no HTTP answer, or past answer_bytes_max; the connection was closed
  unanswered,      // given up: after answer_timeout (with what waited behind it), or when the run ended
  count_
};
std::string_view name_of(Outcome outcome) noexcept;

struct Answer {
  std::uint64_t tag = 0;  // as given to send()
  Outcome outcome = Outcome::answered;
  unsigned status = 0;               // 0 where there is none
  std::string_view body;             // without chunk framing, not decompressed; lives for the call
  std::int64_t content_length = -1;  // as the header said
  SteadyTime sent{};  // just before the call that gave its last byte to the kernel; where it never was: as done
  SteadyTime done{};  // when the answer's last byte was read; without an answer: when that was known
};

class AnswerSink {
 public:
  // Only from within poll() and abandon(). May call open(), close() and send().
  virtual void answered(const Answer& answer) = 0;

 protected:
  ~AnswerSink() = default;
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{3000};
  std::chrono::milliseconds answer_timeout{10'000};  // from sent; then the connection is closed, as its order is lost
  std::size_t answer_bytes_max = 4 << 20;            // head and framing included
  std::size_t pipeline_max = 128;  // requests on one connection without an answer; send() refuses more. From 1
  // Wait for events without sleeping: half the lateness, a whole core.
  bool spin = false;
};

struct ClientCounters {
  std::uint64_t connects = 0;
  std::uint64_t connect_failures = 0;  // refused, timed out, or no descriptor left for it
  std::uint64_t closes = 0;            // of connections that stood: by the other end, or for want of order
  std::uint64_t unsolicited = 0;       // of them: bytes came that nothing had asked for
  std::uint64_t bytes_sent = 0, bytes_received = 0;
};

// Keeps its connections open: one that is lost is opened again at once if it has brought an answer, else (and when
// connecting fails) after a pause that doubles from 10 ms to 1 s. What was given to a lost connection is told as
// `closed` and not sent again: that is the caller's choice. Never raises SIGPIPE.
//
// Not thread-safe; may be handed to another thread before its first poll().
class Client {
 public:
  Client(const ClientOptions& options, AnswerSink& sink);
  ~Client();

  // A new connection to the target, opened now (in the background); its number: from 0 in order, but that of a
  // connection that was closed is given again. A name is resolved once (this waits for the resolver). Throws
  // std::runtime_error when it cannot be, or std::system_error.
  std::size_t open(const Target& target);
  // Closes it when its answers are there; nothing may be sent on it any more.
  void close(std::size_t connection);

  // Sends a whole request, or keeps it until the socket takes it (in order, behind what waits there). Where there is no
  // connection just now it waits for the next attempt, and fails with it. False: pipeline_max are waiting already.
  bool send(std::size_t connection, std::string_view bytes, std::uint64_t tag);

  // Requests of this connection without an answer.
  std::size_t waiting(std::size_t connection) const noexcept;
  // Of all.
  std::size_t in_flight() const noexcept;
  // Connections that stand now.
  std::size_t connected() const noexcept;

  // Takes what has come and writes what waits, then waits until `until` at most, and returns after the first events
  // (or at `until`; at once where that is past). As precise as the kernel wakes a thread (some 10 us; it sets the
  // thread's timer slack to nothing), to 1 us with `spin`. Not from a sink.
  void poll(SteadyTime until);

  // Gives up all that is in flight: each is told as `unanswered`, its connection is opened anew. Not from a
  // sink; what that sends meanwhile may be given up too.
  void abandon();

  const ClientCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
