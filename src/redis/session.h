// What a Client does: keeps one connection after the other open, and answers for the commands given to it. Apart from
// Client so that tests can hand it a connected socket, and so that a handler that is still due can tell that it is
// gone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bidwell/redis/client.h"
#include "redis/backoff.h"
#include "redis/connection.h"
#include "redis/handshake.h"
#include "redis/pending.h"
#include "redis/subscription.h"

namespace bidwell::redis {

class Session final : public std::enable_shared_from_this<Session>, private Connection::User {
 public:
  // All as Client's. What was posted and is still due looks first whether the session is there.
  Session(boost::asio::io_context& context, Options options, Client::Events events, std::uint64_t seed);
  ~Session() { stop(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  // The first connection is there already.
  void start(Socket connected);
  void stop();

  bool connected() const noexcept { return state_ == State::ready; }
  std::int64_t id() const noexcept { return id_; }
  const ClientCounters& counters() const noexcept { return counters_; }

  void command(std::span<const std::string_view> arguments, Time deadline, Callback callback);
  // A command that is encoded already, in two pieces.
  void command(std::string_view head, std::string_view tail, Time deadline, Callback callback);
  void subscribe(std::vector<std::string> channels, std::function<void()> subscribed);

 private:
  enum class State : std::uint8_t {
    idle,     // not started
    opening,  // connecting, or in the handshake
    ready,
    waiting,  // before the next attempt
    stopped
  };

  // Opening and losing connections.
  void connect();
  Connection& begin_opening();
  void set_timer(std::chrono::milliseconds delay, void (Session::*then)());
  void on_open() override;
  void on_reply(const Reply& reply) override;
  void on_end(bool nonsense, const std::string& why) override;
  void become_ready();
  void give_up_opening();
  void lose(const std::string& why);
  void report(const std::string& what);

  // Commands.
  bool admit(Callback& callback);
  void await(Time deadline, Callback callback);
  void answer(const Reply& reply);
  void fail_later(Callback callback, Failure failure);
  void fail_all();

  // Listening.
  void listen();
  void on_push(const Reply& reply);

  // Time.
  void wake_by(Time at);
  void on_wake();
  void call_expired(Time now);
  void check_alive(Time now);

  boost::asio::io_context& context_;
  const Options options_;
  const Client::Events events_;
  ClientCounters counters_;

  State state_ = State::idle;
  std::shared_ptr<Connection> connection_;  // while opening or ready
  Handshake handshake_;
  std::int64_t id_ = 0;
  Time ready_at_;
  Backoff backoff_;
  std::string last_problem_;

  boost::asio::steady_timer timer_;  // of the state
  std::uint64_t timer_set_ = 0;      // which of its settings counts

  Pending pending_;
  std::vector<std::pair<Callback, Failure>> failing_;  // in the loop's next turn

  std::optional<Subscription> subscription_;
  std::function<void()> subscribed_;

  boost::asio::steady_timer wake_;  // for deadlines, stalls and pings
  Time wake_at_ = Time::max();
};

}  // namespace bidwell::redis
