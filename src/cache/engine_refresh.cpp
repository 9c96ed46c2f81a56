// What moves values that nobody asked for: invalidations, refreshes ahead of time, and what is due at a time.
#include <algorithm>
#include <utility>

#include "cache/engine.h"

namespace bidwell::cache {
namespace {

// Dropped values are kept out for this long: longer than any read or load can be under way.
constexpr Duration kDropMark = std::chrono::seconds(30);
// How often an unusable store is looked at again.
constexpr Duration kLookAgain = std::chrono::milliseconds(20);

}  // namespace

void Engine::announced(const Announcement& what) {
  const Time now = hooks_.now();
  LoopCounters& count = counters(what.slot.cls);
  if (what.kind == Announcement::Kind::dropped) {
    l1_.drop(what.slot, what.version, now + kDropMark, now);
  } else {
    l1_.expire(what.slot, what.version, now);
  }
  if (what.kind != Announcement::Kind::committed) {
    count.invalidations.add();
    count.invalidation_lag_ms.record(static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<milliseconds>(what.lag).count())));
  }
  const auto at = by_slot_.find(what.slot);
  if (at == by_slot_.end()) return;
  const Id id = at->second;
  Flight& flight = *find(id);
  if (what.kind != Announcement::Kind::committed) flight.floor = std::max(flight.floor, what.version);
  if (what.kind == Announcement::Kind::dropped) flight.dropped = true;
  look_again(id, flight);
}

// The lease that the flight waits for, or is asking for, has changed hands or is gone.
void Engine::look_again(Id id, Flight& flight) {
  flight.news = true;
  if (flight.state != State::awaiting) return;
  counters(flight.slot.cls).lease_waits.add();
  read_again(id, flight);
}

void Engine::changed(const Slot& slot) {
  counters(slot.cls).changes.add();
  l1_.expire(slot, ~std::uint64_t{0}, hooks_.now());
  const auto at = by_slot_.find(slot);
  if (at == by_slot_.end()) return;
  Flight& flight = *find(at->second);
  flight.dirty = true;
  look_again(at->second, flight);
}

void Engine::invalidate(const Slot& slot, Invalidation how, std::function<void(bool)> done) {
  const auto apply = [this, slot, how](std::uint64_t version) {
    announced({how == Invalidation::drop ? Announcement::Kind::dropped : Announcement::Kind::expired, slot, version,
               Duration{}});
  };
  if (store_ == nullptr) {
    // Above what was asked of the origin in the same microsecond.
    apply(version_at(hooks_.now()) + 1);
    if (done) done(true);
    return;
  }
  store_->invalidate(slot, how, hooks_.now() + options_.write_timeout, [=](std::uint64_t version) {
    if (version != 0) apply(version);
    if (done) done(version != 0);
  });
}

void Engine::schedule_refresh(const Slot& slot) {
  L1::Peek peek;
  const Time now = hooks_.now();
  if (!l1_.peek(slot, peek) || peek.dropped || peek.negative || now >= peek.soft) return;
  const std::chrono::duration<double> window = options_.refresh_share * (peek.soft - peek.born);
  const Time at = peek.soft - std::chrono::duration_cast<Duration>(window * random_share());
  if (!refresher_.schedule({std::max(at, now), peek.soft.time_since_epoch().count(), slot})) {
    counters(slot.cls).refreshes_refused.add();
  }
  want_turn();
}

void Engine::refresh_due(Time now) {
  Refresher::Due due;
  for (std::size_t begun = 0; begun < options_.refresh_keys_max && refresher_.pop_due(now, due);) {
    LoopCounters& count = counters(due.slot.cls);
    count.refreshes_due.add();
    L1::Peek peek;
    if (!l1_.peek(due.slot, peek) || peek.dropped || peek.soft.time_since_epoch().count() != due.soft) continue;
    if (by_slot_.contains(due.slot)) continue;
    count.refreshes_started.add();
    count.refresh_lag_ms.record(
        static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now - due.at).count()));
    begin(due.slot, Cause::ahead, {});
    ++begun;
  }
}

Time Engine::next_time() const {
  Time next = timers_.empty() ? Time::max() : timers_.top().at;
  // A little later than due: more come together.
  if (refresher_.next_time() != Time::max()) next = std::min(next, refresher_.next_time() + options_.refresh_linger);
  if (!reachable()) next = std::min(next, hooks_.now() + kLookAgain);
  return next;
}

void Engine::on_time() {
  const Time now = hooks_.now();
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    if (timer.kind == Timer::Kind::origin) {
      const auto group = groups_.find(timer.id);
      if (group == groups_.end()) continue;
      for (const Id id : group->second.members) counters(find(id)->slot.cls).origin_timeouts.add();
      lease_time_.record(options_.origin_timeout);
      give_up_loading(group->second);
      groups_.erase(timer.id);
    } else if (await_over(timer)) {
      Flight& flight = *find(timer.id);
      counters(flight.slot.cls).lease_waits.add();
      read_again(timer.id, flight);
    }
  }
  refresh_due(now);
}

void Engine::add_timer(const Timer& timer) {
  timers_.push(timer);
  want_turn();
}

bool Engine::await_over(const Timer& timer) {
  const Flight* flight = find(timer.id);
  return flight != nullptr && flight->state == State::awaiting && flight->wake_at == timer.at;
}

}  // namespace bidwell::cache
