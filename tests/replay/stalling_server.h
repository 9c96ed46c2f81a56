// A server that answers at once, but nothing in the first part of each period: it takes requests in and holds their
// answers. It writes down what it held, so that what a client measures can be checked against what happened.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "tests/replay/scripted_server.h"

namespace bidwell::replay::testing {

class StallingServer {
 public:
  using Clock = std::chrono::steady_clock;
  struct Stall {
    SteadyTime begin, end;  // end: when it went on
  };
  struct Held {
    std::string body;
    std::chrono::nanoseconds time;  // between its coming and its answer
  };

  StallingServer(std::chrono::milliseconds period, std::chrono::milliseconds stall)
      : period_(period),
        stall_(stall),
        begin_(Clock::now()),
        server_([this](const std::string& body, auto, auto) { return answer(body); }) {}

  const Target& target() const { return server_.target(); }

  // How long a request that was due then could not be answered.
  std::chrono::nanoseconds wait_of(SteadyTime due) const {
    const std::lock_guard lock(mutex_);
    for (const Stall& stall : stalls_) {
      if (due >= stall.begin && due < stall.end) return stall.end - due;
    }
    return {};
  }
  std::vector<Stall> stalls() const {
    const std::lock_guard lock(mutex_);
    return stalls_;
  }
  std::vector<Held> held() const {
    const std::lock_guard lock(mutex_);
    return held_;
  }

 private:
  // The server has one thread: while this one waits, all that comes meanwhile waits.
  Reaction answer(const std::string& body) {
    const SteadyTime came = Clock::now();
    const SteadyTime begin = begin_ + (came - begin_) / period_ * period_;
    if (came >= begin + stall_) return {.bytes = answer_text(body)};
    std::this_thread::sleep_until(begin + stall_);
    const SteadyTime end = Clock::now();
    const std::lock_guard lock(mutex_);
    stalls_.push_back({begin, end});
    held_.push_back({body, end - came});
    return {.bytes = answer_text(body)};
  }

  const std::chrono::nanoseconds period_, stall_;
  const SteadyTime begin_;
  mutable std::mutex mutex_;
  std::vector<Stall> stalls_;
  std::vector<Held> held_;
  ScriptedServer server_;  // last: its thread uses the others
};

}  // namespace bidwell::replay::testing
