// A loop that a test runs until what it waits for has come about, and the common questions of a client.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/redis/client.h"

namespace bidwell::redis::testing {

using std::chrono::milliseconds;
using Words = std::vector<std::string_view>;

inline Time in(milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}
// More than anything takes here.
inline Time much_later() {
  return in(milliseconds(30'000));
}

// As RedisServer::cli() has it; a failure as "!" and its description.
inline std::string text_of(const Reply& reply) {
  switch (reply.kind()) {
    case Reply::Kind::nil: return "(nil)";
    case Reply::Kind::integer: return std::to_string(reply.integer());
    case Reply::Kind::array: break;
    default: return std::string(reply.text());
  }
  std::string parts;
  for (std::size_t i = 0; i < reply.size(); ++i) parts += text_of(reply[i]) + "\n";
  return parts;
}
inline std::string text_of(Failure failure, const Reply& reply) {
  return failure == Failure::none ? text_of(reply) : "!" + std::string(describe(failure));
}

class Loop {
 public:
  boost::asio::io_context& context() { return context_; }

  // Runs until `holds()`. False: it did not within half a minute.
  template <class Condition>
  bool until(Condition holds) {
    const Time patience = much_later();
    while (!holds()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      context_.restart();
      context_.run_one_for(milliseconds(5));
    }
    return true;
  }
  // All that can be done without waiting.
  void turn() {
    context_.restart();
    context_.poll();
  }

  // Asks and waits for the answer. (Shared: an answer may come after the test has given up.)
  template <class AnyClient>
  std::string ask(AnyClient& client, const Words& words, Time deadline = much_later()) {
    const auto answer = std::make_shared<std::optional<std::string>>();
    client.command(words, deadline,
                   [answer](Failure failure, const Reply& reply) { *answer = text_of(failure, reply); });
    return wait_for(answer);
  }
  std::string evaluate(Client& client, const Script& script, const Words& keys, const Words& arguments,
                       Time deadline = much_later()) {
    const auto answer = std::make_shared<std::optional<std::string>>();
    client.evaluate(script, keys, arguments, deadline,
                    [answer](Failure failure, const Reply& reply) { *answer = text_of(failure, reply); });
    return wait_for(answer);
  }

 private:
  std::string wait_for(const std::shared_ptr<std::optional<std::string>>& answer) {
    if (answer->has_value()) return "(called inside the call)";
    return until([&] { return answer->has_value(); }) ? **answer : "(nothing came)";
  }

  boost::asio::io_context context_{1};
};

// What a client's events said, in order: "connected", "disconnected", "message <channel> <payload>", "problem <what>".
struct Log {
  std::vector<std::string> lines;

  Client::Events events() {
    return {[this] { lines.emplace_back("connected"); }, [this] { lines.emplace_back("disconnected"); },
            [this](std::string_view channel, const Reply& payload) {
              lines.push_back("message " + std::string(channel) + " " + text_of(payload));
            },
            [this](const std::string& what) { lines.push_back("problem " + what); }};
  }
  std::size_t count(std::string_view prefix) const {
    std::size_t found = 0;
    for (const std::string& line : lines) found += line.starts_with(prefix);
    return found;
  }
  bool has(std::string_view line) const { return std::find(lines.begin(), lines.end(), line) != lines.end(); }
  bool mentions(std::string_view part) const {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }
};

}  // namespace bidwell::redis::testing
