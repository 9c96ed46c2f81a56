#include "budget/redis_caller.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "budget/redis_scripts.h"

namespace bidwell::budget {
namespace {

using redis::Failure;
using redis::Reply;
using redis::Time;

// Attempts to connect must fit into the time that a call has.
redis::Options impatient(redis::Options options, std::chrono::milliseconds timeout) {
  options.backoff_max = std::max(options.backoff_min, std::min(options.backoff_max, timeout / 2));
  return options;
}

[[noreturn]] void throw_error(std::string_view text) {
  const auto says = [&](std::string_view code) { return text.starts_with(code); };
  if (says(scripts::kMissing)) throw LedgerMissing(std::string(text.substr(scripts::kMissing.size() + 1)));
  if (says(scripts::kMoved)) throw JournalMoved(std::string(text.substr(scripts::kMoved.size() + 1)));
  const std::string what = fmt::format("Redis: {}", text);
  // Not OOM, READONLY and the like. Redis names the script in errors that its commands threw.
  if (says("WRONGTYPE") || (says("ERR") && text.find("user_script") != text.npos)) throw ScriptFailed(what);
  throw LedgerAway(what);
}

}  // namespace

RedisCaller::RedisCaller(redis::Options options, std::chrono::milliseconds timeout, std::uint64_t seed, Log log)
    : timeout_(timeout),
      log_(std::move(log)),
      client_(loop_, impatient(std::move(options), timeout),
              {[this] {
                 problem_.clear();
                 look_at_policy();
               },
               {},
               {},
               [this](const std::string& what) {
                 problem_ = what;
                 if (log_) log_("Redis: " + what);
               }},
              seed) {}

void RedisCaller::interrupt() noexcept {
  interrupted_.store(true);
  loop_.stop();
}

void RedisCaller::run_one_until(Time end) {
  if (!interrupted_.load()) loop_.run_one_until(end);
  if (interrupted_.load()) throw LedgerAway("Redis: interrupted");
}

void RedisCaller::pause(std::chrono::milliseconds duration) {
  const Time end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) run_one_until(end);
}

void RedisCaller::connect() {
  if (!started_) client_.start();
  started_ = true;
  if (!interrupted_.load()) loop_.poll();  // learns here, not by a lost command, that a connection has ended meanwhile
  const Time end = std::chrono::steady_clock::now() + timeout_;
  while (!client_.connected()) {
    if (std::chrono::steady_clock::now() >= end) {
      throw LedgerAway(fmt::format("Redis: {}", problem_.empty() ? "no connection in time" : problem_));
    }
    run_one_until(end);
  }
}

template <class Send>
void RedisCaller::ask(const Send& send, const Take& take) {
  connect();
  bool answered = false, understood = true;
  Failure failed = Failure::none;
  std::optional<std::string> error;
  const Time deadline = std::chrono::steady_clock::now() + timeout_;
  // After an interruption nobody runs the loop any more, so no callback outlives what it refers to.
  send(deadline, [&](Failure failure, const Reply& reply) {
    answered = true;
    failed = failure;
    if (failure != Failure::none) return;
    if (reply.is_error()) {
      error = std::string(reply.text());
    } else {
      understood = take(reply);
    }
  });
  while (!answered) run_one_until(deadline + timeout_);  // the client answers by the deadline, with a failure at worst
  if (failed != Failure::none) throw LedgerAway(fmt::format("Redis: {}", redis::describe(failed)));
  if (error) throw_error(*error);
  if (!understood) throw LedgerAway("Redis: an answer that makes no sense");
}

void RedisCaller::command(std::span<const std::string_view> words, const Take& take) {
  ask([&](Time deadline, redis::Callback done) { client_.command(words, deadline, std::move(done)); }, take);
}

void RedisCaller::evaluate(const redis::Script& script, std::string_view key, std::span<const std::string> arguments,
                           const Take& take) {
  const std::string_view keys[] = {key};
  const std::vector<std::string_view> words(arguments.begin(), arguments.end());
  ask([&](Time deadline, redis::Callback done) { client_.evaluate(script, keys, words, deadline, std::move(done)); },
      take);
}

// Keys of ours have no expiry, most of them, and must not be evicted. CONFIG may be forbidden: then nobody can tell.
void RedisCaller::look_at_policy() {
  if (!log_ || complained_) return;
  constexpr std::string_view words[] = {"CONFIG", "GET", "maxmemory-policy"};
  client_.command(words, std::chrono::steady_clock::now() + timeout_, [this](Failure failure, const Reply& reply) {
    if (failure != Failure::none || reply.size() != 2 || !reply[1].text().starts_with("allkeys-")) return;
    complained_ = true;
    log_(
        fmt::format("Redis may evict the budgets' ledger: maxmemory-policy is {}, and must be noeviction or volatile-*",
                    reply[1].text()));
  });
}

}  // namespace bidwell::budget
