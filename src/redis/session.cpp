// Opening and losing connections. What goes over them is in session_traffic.cpp.
#include "redis/session.h"

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

namespace bidwell::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

std::string name_of(const Options& options) {
  return options.unix_path.empty() ? options.host + ":" + std::to_string(options.port) : options.unix_path;
}

}  // namespace

Session::Session(asio::io_context& context, Options options, Client::Events events, std::uint64_t seed)
    : context_(context),
      options_(std::move(options)),
      events_(std::move(events)),
      backoff_(options_.backoff_min, options_.backoff_max, seed),
      timer_(context),
      wake_(context) {
  if (const std::string fault = fault_of(options_); !fault.empty()) throw std::invalid_argument(fault);
}

void Session::start() {
  if (state_ == State::idle) connect();
}

void Session::start(Socket connected) {
  begin_opening().adopt(std::move(connected));
}

void Session::connect() {
  begin_opening().open(options_);
}

Connection& Session::begin_opening() {
  state_ = State::opening;
  Connection::User& user = *this;
  connection_ = std::make_shared<Connection>(context_, user, options_.reply_bytes_max);
  set_timer(options_.connect_timeout, &Session::give_up_opening);
  return *connection_;
}

void Session::set_timer(std::chrono::milliseconds delay, void (Session::*then)()) {
  timer_.expires_after(delay);
  timer_.async_wait([weak = weak_from_this(), then, set = ++timer_set_](const error_code& ec) {
    const auto self = weak.lock();
    if (self && !ec && set == self->timer_set_) (*self.*then)();
  });
}

void Session::on_open() {
  handshake_ = Handshake();
  handshake_.begin(options_, connection_->output());
  connection_->flush_soon();
}

void Session::on_reply(const Reply& reply) {
  if (state_ == State::opening) {
    switch (handshake_.take(reply)) {
      case Handshake::State::going: return;
      case Handshake::State::done: return become_ready();
      case Handshake::State::refused: return lose(handshake_.refusal());
    }
  }
  if (!pending_.empty()) return answer(reply);
  if (subscription_) return on_push(reply);
  on_end(true, "a reply to nothing");
}

void Session::become_ready() {
  state_ = State::ready;
  ++timer_set_;
  timer_.cancel();
  id_ = handshake_.id();
  ready_at_ = std::chrono::steady_clock::now();
  last_problem_.clear();
  counters_.connects.add();
  if (subscription_) listen();
  if (events_.connected) events_.connected();
}

void Session::on_end(bool nonsense, const std::string& why) {
  if (nonsense) counters_.protocol_errors.add();
  lose(why);
}

void Session::give_up_opening() {
  lose("no answer within " + std::to_string(options_.connect_timeout.count()) + " ms");
}

void Session::lose(const std::string& why) {
  const bool stood = state_ == State::ready;
  state_ = State::waiting;
  id_ = 0;
  connection_->close();
  connection_.reset();
  fail_all();
  (stood ? counters_.disconnects : counters_.connect_failures).add();
  if (stood && std::chrono::steady_clock::now() - ready_at_ >= options_.backoff_max) backoff_.reset();
  set_timer(backoff_.next(), &Session::connect);
  report(why);
  if (stood && state_ == State::waiting && events_.disconnected) events_.disconnected();
}

void Session::report(const std::string& what) {
  if (what == last_problem_) return;
  last_problem_ = what;
  if (events_.problem) events_.problem("Redis at " + name_of(options_) + ": " + what);
}

void Session::stop() {
  if (state_ == State::stopped) return;
  state_ = State::stopped;
  id_ = 0;
  if (connection_) connection_->close();
  connection_.reset();
  ++timer_set_;
  timer_.cancel();
  wake_.cancel();
  fail_all();
}

}  // namespace bidwell::redis
