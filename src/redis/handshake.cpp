// Which answers let a connection stand, and which do not.
#include "redis/handshake.h"

#include <initializer_list>
#include <string_view>

#include "redis/command_format.h"

namespace bidwell::redis {

void Handshake::begin(const Options& options, std::string& out) {
  const auto add = [&](Step step, std::initializer_list<std::string_view> words) {
    steps_.push_back(step);
    append_command(out, {words.begin(), words.size()});
  };
  if (!options.password.empty()) {
    if (options.username.empty()) {
      add(Step::auth, {"AUTH", options.password});
    } else {
      add(Step::auth, {"AUTH", options.username, options.password});
    }
  }
  if (options.database != 0) add(Step::select, {"SELECT", std::to_string(options.database)});
  add(Step::id, {"CLIENT", "ID"});
  add(Step::ping, {"PING"});
}

Handshake::State Handshake::take(const Reply& reply) {
  const Step step = steps_[taken_++];
  bool good = false;
  switch (step) {
    case Step::auth:
    case Step::select: good = reply.kind() == Reply::Kind::status; break;
    case Step::id:
      good = reply.kind() == Reply::Kind::integer && reply.integer() > 0;
      id_ = reply.integer();
      break;
    // MISCONF: it cannot save to disk, and takes no writes until it can; reads are fine.
    case Step::ping: good = reply.kind() == Reply::Kind::status || reply.text().starts_with("MISCONF"); break;
  }
  if (!good) {
    refusal_ = reply.is_error() ? std::string(reply.text()) : "no Redis: its first answers make no sense";
    return State::refused;
  }
  return taken_ == steps_.size() ? State::done : State::going;
}

}  // namespace bidwell::redis
