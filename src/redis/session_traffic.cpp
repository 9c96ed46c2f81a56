// What goes over a session's connection: commands and their replies, messages, and what is due when.
#include <boost/asio/post.hpp>
#include <utility>

#include "redis/command_format.h"
#include "redis/session.h"

namespace bidwell::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

Time now_of_clock() {
  return std::chrono::steady_clock::now();
}

}  // namespace

void Session::command(std::span<const std::string_view> arguments, Time deadline, Callback callback) {
  if (!admit(callback)) return;
  append_command(connection_->output(), arguments);
  await(deadline, std::move(callback));
}

void Session::command(std::string_view head, std::string_view tail, Time deadline, Callback callback) {
  if (!admit(callback)) return;
  connection_->output().append(head).append(tail);
  await(deadline, std::move(callback));
}

// False: it cannot be sent, and the callback is taken.
bool Session::admit(Callback& callback) {
  if (state_ != State::ready) {
    counters_.disconnected.add();
    fail_later(std::move(callback), Failure::disconnected);
    return false;
  }
  if (subscription_ || pending_.size() >= options_.in_flight_max ||
      connection_->unsent() >= options_.unsent_bytes_max) {
    counters_.refused.add();
    fail_later(std::move(callback), Failure::refused);
    return false;
  }
  return true;
}

void Session::await(Time deadline, Callback callback) {
  counters_.commands.add();
  connection_->flush_soon();
  const Time now = now_of_clock();
  pending_.push(std::move(callback), deadline, now);
  wake_by(std::min(deadline, now + options_.stalled_after));
}

void Session::answer(const Reply& reply) {
  const Pending::Command command = pending_.pop();
  if (command.timed_out) return counters_.late_replies.add();
  counters_.replies.add();
  if (reply.is_error()) counters_.errors.add();
  if (command.callback) command.callback(Failure::none, reply);
}

void Session::fail_all() {
  for (Callback& callback : pending_.take_all()) {
    counters_.disconnected.add();
    fail_later(std::move(callback), Failure::disconnected);
  }
}

void Session::fail_later(Callback callback, Failure failure) {
  failing_.emplace_back(std::move(callback), failure);
  if (failing_.size() > 1) return;
  asio::post(context_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    for (auto& [failed, why] : std::exchange(self->failing_, {})) {
      if (failed) failed(why, Reply());
    }
  });
}

void Session::subscribe(std::vector<std::string> channels, std::function<void()> subscribed) {
  subscription_.emplace(std::move(channels), options_.stalled_after);
  subscribed_ = std::move(subscribed);
  if (state_ == State::ready) listen();
}

void Session::listen() {
  const Time now = now_of_clock();
  subscription_->begin(connection_->output(), now);
  connection_->flush_soon();
  wake_by(subscription_->next_check());
}

void Session::on_push(const Reply& reply) {
  switch (subscription_->take(reply)) {
    case Subscription::Event::none: return;
    case Subscription::Event::confirmed:
      if (subscribed_) subscribed_();
      return;
    case Subscription::Event::message:
      counters_.messages.add();
      if (events_.message) events_.message(reply[1].text(), reply[2]);
      return;
    case Subscription::Event::nonsense:
      // Such as that we may not subscribe.
      if (reply.is_error()) return lose(std::string(reply.text()));
      return on_end(true, "no message of a channel");
  }
}

void Session::wake_by(Time at) {
  if (at >= wake_at_) return;
  wake_at_ = at;
  wake_.expires_at(at);
  wake_.async_wait([weak = weak_from_this()](const error_code& ec) {
    const auto self = weak.lock();
    if (self && !ec) self->on_wake();
  });
}

void Session::on_wake() {
  wake_at_ = Time::max();
  const Time now = now_of_clock();
  call_expired(now);
  check_alive(now);
  if (state_ != State::ready) return;
  wake_by(pending_.next_deadline());
  if (!pending_.empty()) wake_by(pending_.oldest().asked + options_.stalled_after);
  if (subscription_) wake_by(subscription_->next_check());
}

void Session::call_expired(Time now) {
  while (const auto callback = pending_.take_expired(now)) {
    counters_.timeouts.add();
    if (*callback) (*callback)(Failure::timeout, Reply());
  }
}

void Session::check_alive(Time now) {
  if (state_ != State::ready) return;
  bool alive = pending_.empty() || now < pending_.oldest().asked + options_.stalled_after;
  if (alive && subscription_) {
    alive = subscription_->check(connection_->output(), now);
    connection_->flush_soon();
  }
  if (alive) return;
  counters_.stalls.add();
  lose("no answer for " + std::to_string(options_.stalled_after.count()) + " ms");
}

}  // namespace bidwell::redis
