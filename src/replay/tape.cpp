// A thread's part of a tape, once or round and round.
#include <stdexcept>

#include "replay/supply.h"

namespace bidwell::replay {
namespace {

std::int64_t time_of(const Prepared& request, const Tape& tape) noexcept {
  return request.at_ns == CapturedRequest::kNoTime ? 0 : request.at_ns - tape.front().at_ns;
}

class TapeSupply : public Supply {
 public:
  TapeSupply(const Tape& tape, bool loop, std::int64_t round_ns, Share share)
      : tape_(tape), loop_(loop), round_ns_(round_ns), share_(share), index_(share.by_flow ? 0 : share.thread) {
    for (const Prepared& request : tape) any_ = any_ || is_ours(request);
  }

  bool next(Item& item) override {
    for (; !ended(); advance()) {
      const Prepared& request = tape_[index_ % tape_.size()];
      if (!is_ours(request)) continue;
      item.request = &request;
      item.index = index_;
      item.since_first_ns = time_of(request, tape_) + static_cast<std::int64_t>(index_ / tape_.size()) * round_ns_;
      advance();
      return true;
    }
    return false;
  }

  bool ended() const override { return !any_ || (!loop_ && index_ >= tape_.size()); }
  SteadyTime origin(SteadyTime start) const override { return start; }

 private:
  bool is_ours(const Prepared& request) const noexcept {
    return !share_.by_flow || request.flow % share_.threads == share_.thread;
  }
  void advance() noexcept { index_ += share_.by_flow ? 1 : share_.threads; }

  const Tape& tape_;
  const bool loop_;
  const std::int64_t round_ns_;
  const Share share_;
  bool any_ = false;
  std::uint64_t index_;
};

}  // namespace

std::unique_ptr<Supply> supply_of(const Tape& tape, const SendOptions& options, Share share) {
  std::int64_t round_ns = 0;
  if (options.loop && tape.size() > 1) {
    const std::int64_t length = time_of(tape.back(), tape);
    round_ns = length + length / static_cast<std::int64_t>(tape.size() - 1);
  }
  if (options.loop && round_ns <= 0 && options.schedule.kind == ScheduleOptions::Kind::original && !tape.empty()) {
    throw std::invalid_argument("the requests' times take no time, so they cannot be looped: give a rate");
  }
  return std::make_unique<TapeSupply>(tape, options.loop, round_ns, share);
}

}  // namespace bidwell::replay
