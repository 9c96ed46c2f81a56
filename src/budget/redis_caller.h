// A connection to Redis for callers that wait: a loop of its own, run until what was asked for is there.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "bidwell/budget/ledger.h"
#include "bidwell/redis/client.h"

namespace bidwell::budget {

// A script stumbled over what stands in some key, such as one of another type: others may do.
struct ScriptFailed : LedgerAway {
  using LedgerAway::LedgerAway;
};

// For one thread, but for interrupt(). Connects when first used and again when it has to.
class RedisCaller {
 public:
  using Log = std::function<void(const std::string& line)>;
  // `timeout` is that of connecting, and of each answer.
  RedisCaller(redis::Options options, std::chrono::milliseconds timeout, std::uint64_t seed, Log log);

  // Sees the answer; false: it makes no sense. Must not throw.
  using Take = std::function<bool(const redis::Reply&)>;

  // Both wait. Throw LedgerAway where there is no answer, or it is an error (ScriptFailed); LedgerMissing and
  // JournalMoved for the scripts' errors that say so.
  void command(std::span<const std::string_view> words, const Take& take);
  void evaluate(const redis::Script& script, std::string_view key, std::span<const std::string> arguments,
                const Take& take);

  // Throws LedgerAway when interrupted.
  void pause(std::chrono::milliseconds duration);

  // Any thread: whatever waits throws LedgerAway at once, and so does all that comes after.
  void interrupt() noexcept;

 private:
  template <class Send>
  void ask(const Send& send, const Take& take);
  void connect();
  void run_one_until(redis::Time end);
  void look_at_policy();

  const std::chrono::milliseconds timeout_;
  const Log log_;
  std::atomic<bool> interrupted_{false};
  bool started_ = false, complained_ = false;
  std::string problem_;
  boost::asio::io_context loop_{1};
  redis::Client client_;  // last: its callbacks use the others
};

}  // namespace bidwell::budget
