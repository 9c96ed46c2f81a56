// Remembers what a client's sink was told, for tests.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bidwell/replay/client.h"

namespace bidwell::replay::testing {

struct Told {
  std::uint64_t tag;
  Outcome outcome;
  unsigned status;
  std::string body;
  std::int64_t content_length;
  SteadyTime sent, done;
};

class Recorder final : public AnswerSink {
 public:
  void answered(const Answer& answer) override {
    told.push_back({answer.tag, answer.outcome, answer.status, std::string(answer.body), answer.content_length,
                    answer.sent, answer.done});
    if (then) then(answer);
  }

  std::size_t count(Outcome outcome) const {
    std::size_t n = 0;
    for (const Told& one : told) n += one.outcome == outcome;
    return n;
  }

  std::vector<Told> told;
  std::function<void(const Answer&)> then;
};

// Polls until it holds; false: it did not, in a time that is far longer than anything takes.
template <class Condition>
bool poll_until(Client& client, Condition&& condition) {
  const SteadyTime end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now > end) return false;
    client.poll(now + std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace bidwell::replay::testing
