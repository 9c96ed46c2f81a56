// One connection to Redis on our own loop: commands are pipelined, each has a deadline, and the connection comes back
// by itself. RESP2, https://redis.io/docs/reference/protocol-spec; hiredis formats commands and reads replies, the
// socket, the deadlines and the state are ours (hiredis 0.14 has no command timeouts).
//
// Not thread-safe: everything on the thread that runs `context`. Callbacks run there too, and never inside the call
// that registered them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bidwell/core/counter.h"
#include "bidwell/redis/options.h"

namespace bidwell::redis {

using Time = std::chrono::steady_clock::time_point;

// A reply, or a part of one. A view: valid only during the callback.
class Reply {
 public:
  enum class Kind : std::uint8_t { nil, text, status, error, integer, array };

  explicit Reply(const void* reply) : reply_(reply) {}
  Kind kind() const noexcept;
  bool is_nil() const noexcept { return kind() == Kind::nil; }
  std::string_view text() const noexcept;  // of text, status and error; else empty
  std::int64_t integer() const noexcept;   // of integer; else 0
  std::size_t size() const noexcept;       // of array; else 0
  Reply operator[](std::size_t i) const noexcept;

 private:
  const void* reply_;  // redisReply; null counts as nil
};

enum class Failure : std::uint8_t {
  none,          // there is a reply, which may be an error of Redis' own
  timeout,       // none by the deadline; a late one is dropped
  disconnected,  // not connected, or the connection ended before the reply
  refused,       // in_flight_max commands are waiting already
};
std::string_view describe(Failure failure) noexcept;

// `reply` is nil where `failure` is not none.
using Callback = std::function<void(Failure failure, const Reply& reply)>;

struct ClientCounters {
  Counter connects;  // that succeeded
  Counter connect_failures;
  Counter disconnects;  // of connections that stood
  Counter commands;
  Counter replies;
  Counter errors;  // replies that were Redis errors
  Counter timeouts;
  Counter late_replies;     // dropped
  Counter refused;          // past in_flight_max
  Counter protocol_errors;  // bytes that are no RESP, or a reply to nothing: the connection is opened anew
};

class Client {
 public:
  struct Events {
    std::function<void()> connected;     // after AUTH and SELECT; again after each reconnect
    std::function<void()> disconnected;  // it stood and is gone; reconnecting has begun
    // A message of a channel this connection has subscribed to.
    std::function<void(std::string_view channel, std::string_view payload)> message;
    // One line for the log: why a connection could not be opened, or ended.
    std::function<void(const std::string& what)> problem;
  };

  // `seed` makes the backoff's jitter. Connects once start() is called.
  Client(boost::asio::io_context& context, Options options, Events events, std::uint64_t seed);
  // Outstanding callbacks are not called.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void start();
  // Closes for good; outstanding commands fail with `disconnected`.
  void stop();
  bool connected() const noexcept;

  // Sends at the end of this turn of the loop, together with what else was asked for in it. The arguments are copied.
  // The callback is called exactly once, at the latest at `deadline` (to the loop's resolution of a millisecond).
  void command(std::span<const std::string_view> arguments, Time deadline, Callback callback);

  // A Lua script by its SHA-1 (EVALSHA), in full where Redis does not know it yet (NOSCRIPT). `script` must outlive
  // the client.
  void evaluate(class Script& script, std::span<const std::string_view> keys,
                std::span<const std::string_view> arguments, Time deadline, Callback callback);

  // Turns this connection into one that only listens: from now on, and after each reconnect, it is subscribed to the
  // channels. `subscribed` is called each time that all of them have been confirmed. Commands must not be sent on it,
  // but `CLIENT ID` is asked for on every connect: see id().
  void subscribe(std::vector<std::string> channels, std::function<void()> subscribed);

  // Redis' own number of this connection (CLIENT ID), for CLIENT TRACKING ... REDIRECT; 0 while not connected.
  std::int64_t id() const noexcept;

  const ClientCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A Lua script and its SHA-1.
class Script {
 public:
  explicit Script(std::string_view source);
  std::string_view source() const noexcept { return source_; }
  std::string_view sha1() const noexcept { return sha1_; }

 private:
  std::string source_, sha1_;
};

}  // namespace bidwell::redis
