// One connection to Redis on our own loop: commands are pipelined, each has a deadline, and the connection comes back
// by itself. hiredis reads the replies; the socket, the deadlines and the state are ours (hiredis 0.14 has no command
// timeouts).
//
// Not thread-safe: everything on the thread that runs `context`. Callbacks and events run there too, and never inside
// the call that registered them. They may make any call here, but must not destroy the client.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/core/counter.h"
#include "bidwell/redis/options.h"
#include "bidwell/redis/reply.h"
#include "bidwell/redis/script.h"

namespace bidwell::redis {

using Time = std::chrono::steady_clock::time_point;

enum class Failure : std::uint8_t {
  none,          // there is a reply, which may be an error of Redis' own
  timeout,       // none by the deadline; a late one is dropped
  disconnected,  // not connected, or the connection ended before the reply: it may have been done or not
  refused,       // too much is waiting already (Options), or the connection is one that listens
};
std::string_view describe(Failure failure) noexcept;

// `reply` is nil where `failure` is not none. May be empty.
using Callback = std::function<void(Failure failure, const Reply& reply)>;

// Written by the client's thread, readable from any.
struct ClientCounters {
  Counter connects;          // that succeeded
  Counter connect_failures;  // refused, unresolved, too slow, wrong password, ...
  Counter disconnects;       // of connections that stood, but not by stop()
  Counter commands;          // sent
  Counter replies;           // that came in time
  Counter errors;            // of those, errors of Redis' own
  Counter timeouts;
  Counter late_replies;     // dropped
  Counter disconnected;     // commands that failed for want of a connection
  Counter refused;          // commands
  Counter stalls;           // connections given up because nothing came
  Counter protocol_errors;  // connections given up because what came was no RESP, too large, or a reply to nothing
  Counter messages;         // of subscribed channels
};

class Client {
 public:
  struct Events {
    std::function<void()> connected;     // after AUTH and SELECT; again after each reconnect
    std::function<void()> disconnected;  // it stood and is gone; reconnecting has begun
    // A message of a channel this connection has subscribed to. The payload is a text; on "__redis__:invalidate"
    // (CLIENT TRACKING with REDIRECT) an array of keys, or nil where all of them are meant.
    std::function<void(std::string_view channel, const Reply& payload)> message;
    // One line for the log: why a connection could not be opened, or ended. Not repeated while it stays the same.
    std::function<void(const std::string& what)> problem;
  };

  // `seed` makes the backoff's jitter. Throws std::invalid_argument where the options name no server. Connects once
  // start() is called. `context` must outlive the client.
  Client(boost::asio::io_context& context, Options options, Events events, std::uint64_t seed);
  // Outstanding callbacks are not called.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void start();
  // Closes for good. Outstanding commands fail with `disconnected` in the loop's next turn.
  void stop();
  bool connected() const noexcept;

  // Sends at the end of this turn of the loop, together with what else was asked for in it. The arguments (one at
  // least) are copied. The callback is called exactly once, at the latest at `deadline` (to the loop's resolution of a
  // millisecond). Not for commands that change how replies come: SUBSCRIBE, MONITOR, CLIENT REPLY.
  void command(std::span<const std::string_view> arguments, Time deadline, Callback callback);

  // A Lua script by its SHA-1 (EVALSHA), and in full (EVAL) where Redis does not know it; in that case commands asked
  // for meanwhile overtake it. `script` must outlive the client.
  void evaluate(const Script& script, std::span<const std::string_view> keys,
                std::span<const std::string_view> arguments, Time deadline, Callback callback);

  // Turns this connection into one that only listens: from now on, and after each reconnect, it is subscribed to the
  // channels (one at least). To be called once. `subscribed` is called each time that all of them have been confirmed.
  // Commands are refused on it. It is pinged, as else nobody would notice a peer that died: after
  // Options::stalled_after without an answer it is opened anew.
  void subscribe(std::vector<std::string> channels, std::function<void()> subscribed);

  // Redis' own number of this connection (CLIENT ID), for CLIENT TRACKING ... REDIRECT; 0 while not connected.
  std::int64_t id() const noexcept;

  const ClientCounters& counters() const noexcept;

 private:
  std::shared_ptr<class Session> session_;
};

}  // namespace bidwell::redis
