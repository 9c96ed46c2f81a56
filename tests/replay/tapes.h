// Prepared requests by hand, and an observer that remembers, for tests of runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bidwell/replay/send.h"
#include "tests/replay/scripted_server.h"

namespace bidwell::replay::testing {

inline Prepared prepared(std::string_view body, std::int64_t at_ns = 0, std::uint64_t flow = 0) {
  Prepared out;
  out.at_ns = at_ns;
  out.flow = flow;
  out.bytes = request_text(body);
  out.body_at = static_cast<std::uint32_t>(out.bytes.size() - body.size());
  return out;
}

// Bodies "0", "1", ...
inline Tape tape_of(std::size_t count, std::int64_t gap_ns = 0) {
  Tape tape;
  for (std::size_t i = 0; i < count; ++i) {
    tape.push_back(prepared(std::to_string(i), static_cast<std::int64_t>(i) * gap_ns));
  }
  return tape;
}

struct Seen {
  std::uint64_t index;
  std::uint64_t flow;
  Outcome outcome;
  std::string request, answer;  // bodies; request: only where bytes are kept
  SteadyTime due, given, sent, done;
};

// What all observers of a run saw; read after join().
struct Sight {
  std::vector<std::vector<Seen>> threads;
  std::vector<unsigned> ticks;
  SteadyTime start{};

  explicit Sight(unsigned count) : threads(count), ticks(count) {}

  Run::MakeObserver maker() {
    return [this](unsigned thread, SteadyTime begin) -> std::unique_ptr<Observer> {
      start = begin;
      return std::make_unique<Eye>(threads[thread], ticks[thread]);
    };
  }

  std::vector<Seen> all() const {
    std::vector<Seen> out;
    for (const auto& thread : threads) out.insert(out.end(), thread.begin(), thread.end());
    return out;
  }

  std::size_t count(Outcome outcome) const {
    std::size_t n = 0;
    for (const Seen& seen : all()) n += seen.outcome == outcome;
    return n;
  }

 private:
  class Eye : public Observer {
   public:
    Eye(std::vector<Seen>& seen, unsigned& ticks) : seen_(seen), ticks_(ticks) {}
    void observed(const Sent& sent) override {
      seen_.push_back({sent.index, sent.request->flow, sent.answer.outcome,
                       sent.bytes.empty() ? "" : std::string(sent.bytes.substr(sent.request->body_at)),
                       std::string(sent.answer.body), sent.due, sent.given, sent.answer.sent, sent.answer.done});
    }
    void tick(SteadyTime) override { ++ticks_; }

   private:
    std::vector<Seen>& seen_;
    unsigned& ticks_;
  };
};

}  // namespace bidwell::replay::testing
