// The loop of a sending thread; sender_requests.cpp has the way of one request.
#include "replay/sender.h"

#include <time.h>

#include <algorithm>
#include <utility>

namespace bidwell::replay {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kConnectWait{1000};
constexpr milliseconds kNapMax{20};  // to see that it is to stop
constexpr milliseconds kFeedNap{1};
constexpr milliseconds kTick{50};
constexpr milliseconds kAhead{100};
constexpr int kBurst = 32;  // requests between looks at answers, when behind

std::chrono::duration<double> cpu_time() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

void Sender::run() {
  connect();
  state_.connected.count_down();
  state_.go.wait();
  if (observer_ == nullptr) return;  // the run was given up before it began
  sending_ = true;
  const SteadyTime begun = Clock::now();
  const auto cpu = cpu_time();
  send_all();
  sending_ = false;
  const std::chrono::duration<double> wall = Clock::now() - begun;
  busy_ = wall.count() > 0 ? std::min(1.0, (cpu_time() - cpu) / wall) : 0;
  drain();
}

// So that the first requests do not measure how long connecting takes. Where it fails they will tell.
void Sender::connect() {
  const SteadyTime end = Clock::now() + kConnectWait;
  while (client_.connected() < pool_ && client_.counters().connect_failures == 0 && Clock::now() < end &&
         state_.stops.load(std::memory_order_relaxed) == 0) {
    client_.poll(Clock::now() + kNapMax);
  }
}

void Sender::send_all() {
  while (state_.stops.load(std::memory_order_relaxed) == 0) {
    const SteadyTime due = send_due();
    if (due == SteadyTime::max()) return;
    const SteadyTime now = Clock::now();
    if (ahead_ != nullptr) open_ahead(now);
    tick(now);
    client_.poll(std::min(due, now + kNapMax));
  }
}

// When to look again; SteadyTime::max(): never, all have been taken up.
SteadyTime Sender::send_due() {
  for (int i = 0; i < kBurst; ++i) {
    const bool has = has_next();
    if (!has && supply_->ended()) return SteadyTime::max();
    const SteadyTime now = Clock::now();
    const SteadyTime due = has && !maximum_ ? next_due_ : now;
    if (is_over(due)) return SteadyTime::max();
    if (!has) return now + kFeedNap;
    if (maximum_ && !lanes_->has_idle()) return now + kNapMax;
    if (due > now) return due;
    take_up();
  }
  return Clock::now();
}

bool Sender::is_over(SteadyTime time) const {
  return options_.duration.count() > 0 && time - state_.started >= options_.duration;
}

bool Sender::has_next() {
  if (next_.request != nullptr) return true;
  if (!supply_->next(next_)) return false;
  const auto offset = schedule_.due(next_.index, next_.since_first_ns);
  const SteadyTime origin = supply_->origin(state_.started);
  next_due_ = offset > SteadyTime::max() - origin ? SteadyTime::max() : origin + offset;
  return true;
}

// Connections of flows whose first request is due soon.
void Sender::open_ahead(SteadyTime now) {
  for (int i = 0; i < kBurst; ++i) {
    if (ahead_next_.request == nullptr) {
      if (!ahead_->next(ahead_next_)) return;
      const auto offset = ahead_schedule_.due(ahead_next_.index, ahead_next_.since_first_ns);
      ahead_at_ = state_.started + std::min<std::chrono::nanoseconds>(offset, std::chrono::hours(24 * 365));
    }
    if (ahead_at_ > now + kAhead || is_over(ahead_at_)) return;
    if (ahead_at_ > now) lanes_->expect(*ahead_next_.request);
    ahead_next_.request = nullptr;
  }
}

void Sender::tick(SteadyTime now) {
  if (now < tick_at_) return;
  tick_at_ = now + kTick;
  lanes_->tick(now);
  observer_->tick(now);
}

void Sender::drain() {
  const int stops = state_.stops.load(std::memory_order_relaxed);
  const SteadyTime end = Clock::now() + options_.drain;
  for (;;) {
    const SteadyTime now = Clock::now();
    tick(now);
    if ((client_.in_flight() == 0 && waiting_ == 0) || now >= end) break;
    if (state_.stops.load(std::memory_order_relaxed) > std::max(1, stops)) break;
    client_.poll(std::min(end, now + kNapMax));
  }
  giving_up_ = true;
  give_up_waiting(Outcome::unanswered);
  client_.abandon();
  observer_->tick(Clock::now());
}

SendCounters Sender::counters() const {
  SendCounters counters = counters_;
  counters.client = client_.counters();
  return counters;
}

}  // namespace bidwell::replay
