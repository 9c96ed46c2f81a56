// The public face of a session, and scripts on top of its commands.
#include "bidwell/redis/client.h"

#include <utility>

#include "redis/command_format.h"
#include "redis/session.h"

namespace bidwell::redis {
namespace {

// A call of a script, kept until Redis has said that it knows the script.
struct Evaluation {
  const Script& script;
  std::size_t words;  // of the command
  std::string tail;   // of the command: all after the script
  Time deadline;
  Callback callback;

  std::string head(std::string_view verb, std::string_view text) const {
    std::string out;
    append_size(out, words);
    append_word(out, verb);
    append_word(out, text);
    return out;
  }
};

void send_in_full(Session& session, Evaluation& call) {
  session.command(call.head("EVAL", call.script.source()), call.tail, call.deadline, std::move(call.callback));
}

}  // namespace

std::string_view describe(Failure failure) noexcept {
  switch (failure) {
    case Failure::none: return "none";
    case Failure::timeout: return "no reply in time";
    case Failure::disconnected: return "not connected";
    case Failure::refused: return "refused";
  }
  return "";
}

Client::Client(boost::asio::io_context& context, Options options, Events events, std::uint64_t seed)
    : session_(std::make_shared<Session>(context, std::move(options), std::move(events), seed)) {}

Client::~Client() {
  session_->stop();
}

void Client::start() {
  session_->start();
}

void Client::stop() {
  session_->stop();
}

bool Client::connected() const noexcept {
  return session_->connected();
}

void Client::command(std::span<const std::string_view> arguments, Time deadline, Callback callback) {
  session_->command(arguments, deadline, std::move(callback));
}

void Client::evaluate(const Script& script, std::span<const std::string_view> keys,
                      std::span<const std::string_view> arguments, Time deadline, Callback callback) {
  auto call = std::make_shared<Evaluation>(
      Evaluation{script, 3 + keys.size() + arguments.size(), {}, deadline, std::move(callback)});
  append_word(call->tail, std::to_string(keys.size()));
  for (std::string_view key : keys) append_word(call->tail, key);
  for (std::string_view argument : arguments) append_word(call->tail, argument);

  // The session outlives its callbacks.
  Session& session = *session_;
  session.command(call->head("EVALSHA", script.sha1()), call->tail, deadline,
                  [&session, call](Failure failure, const Reply& reply) {
                    if (reply.is_error() && reply.text().starts_with("NOSCRIPT")) return send_in_full(session, *call);
                    if (call->callback) call->callback(failure, reply);
                  });
}

void Client::subscribe(std::vector<std::string> channels, std::function<void()> subscribed) {
  session_->subscribe(std::move(channels), std::move(subscribed));
}

std::int64_t Client::id() const noexcept {
  return session_->id();
}

const ClientCounters& Client::counters() const noexcept {
  return session_->counters();
}

}  // namespace bidwell::redis
