// RESP2 on a subscribed connection: everything is an array whose first part says what it is.
#include "redis/subscription.h"

#include "redis/command_format.h"

namespace bidwell::redis {

void Subscription::begin(std::string& out, Time now) {
  confirmed_ = 0;
  append_size(out, 1 + channels_.size());
  append_word(out, "SUBSCRIBE");
  for (const std::string& channel : channels_) append_word(out, channel);
  ping(out, now);
}

Subscription::Event Subscription::take(const Reply& reply) {
  const std::string_view kind = reply[0].text();
  if (kind == "message" && reply.size() == 3) return Event::message;
  if (kind == "subscribe" && confirmed_ < channels_.size()) {
    return ++confirmed_ == channels_.size() ? Event::confirmed : Event::none;
  }
  // The answers come in order: a pong before the last confirmation means that there will be none.
  if (kind == "pong" && unanswered_ && confirmed_ == channels_.size()) {
    unanswered_ = false;
    return Event::none;
  }
  return Event::nonsense;
}

Time Subscription::next_check() const {
  return pinged_ + (unanswered_ ? stalled_after_ : stalled_after_ / 2);
}

bool Subscription::check(std::string& out, Time now) {
  if (now < next_check()) return true;
  if (unanswered_) return false;
  ping(out, now);
  return true;
}

void Subscription::ping(std::string& out, Time now) {
  append_size(out, 1);
  append_word(out, "PING");
  pinged_ = now;
  unanswered_ = true;
}

}  // namespace bidwell::redis
