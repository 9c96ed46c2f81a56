// A flight's way up to the point where the origin is needed, and what else moves values: refreshes, invalidations.
#include "cache/engine.h"

#include <utility>

#include "bidwell/core/hash.h"

namespace bidwell::cache {
namespace {

// A flight that goes round more often than this fights with somebody: whoever asks next begins anew.
constexpr unsigned kRoundsMax = 8;
// Dropped values are kept out for this long: longer than any read or load can be under way.
constexpr Duration kDropMark = std::chrono::seconds(30);
// How often an unusable store is looked at again.
constexpr Duration kLookAgain = std::chrono::milliseconds(20);
// After a failure, and up to twice as long.
constexpr Duration kRetry = std::chrono::milliseconds(100);

}  // namespace

Engine::Engine(const Options& options, L1& l1, Store* store, Origin* origin, LoopCounters* counters, Hooks hooks)
    : options_(options),
      l1_(l1),
      store_(store),
      origin_(origin),
      counters_(counters),
      hooks_(std::move(hooks)),
      random_(mix(options.seed, 1)),
      origin_tokens_(options.origin_keys_per_s),
      lease_time_(options.lease_min, options.lease_max) {}

bool Engine::reachable() const {
  return store_ == nullptr || store_->usable(hooks_.now());
}

Engine::Flight* Engine::find(Id id) {
  const auto at = flights_.find(id);
  return at == flights_.end() ? nullptr : at->second.get();
}

void Engine::want_turn() {
  if (std::exchange(turn_wanted_, true)) return;
  hooks_.want_turn();
}

void Engine::ask(AskKind kind, const Slot& slot, const Waiter& waiter) {
  if (kind == AskKind::hot) return schedule_refresh(slot);
  counters(slot.cls).asks.add();
  if (options_.single_flight && join(kind, slot, waiter)) return;
  begin(slot, kind == AskKind::fetch ? Cause::miss : Cause::stale, waiter);
}

// Whether L1 has something that a request may be given.
bool Engine::servable(const Slot& slot) const {
  L1::Peek peek;
  return l1_.peek(slot, peek) && !peek.dropped && hooks_.now() < peek.hard;
}

bool Engine::join(AskKind kind, const Slot& slot, const Waiter& waiter) {
  // It came since it was asked for.
  const bool there = kind == AskKind::fetch && servable(slot);
  const auto at = by_slot_.find(slot);
  if (!there && at == by_slot_.end()) return false;
  counters(slot.cls).joined.add();
  if (waiter.ticket == 0) return true;
  if (there) {
    hooks_.answer(waiter);
    return true;
  }
  Flight& flight = *find(at->second);
  flight.waiters.push_back(waiter);
  if (flight.store_missed && !options_of(flight).wait_for_origin) release_waiters(flight);
  return true;
}

void Engine::begin(const Slot& slot, Cause cause, const Waiter& waiter) {
  if (flights_.size() >= options_.flights_max) {
    counters(slot.cls).flights_refused.add();
    if (waiter.ticket != 0) hooks_.answer(waiter);
    return;
  }
  auto flight = std::make_unique<Flight>();
  flight->slot = slot;
  flight->cause = cause;
  if (waiter.ticket != 0) flight->waiters.push_back(waiter);
  const Id id = next_id_++;
  by_slot_[slot] = id;
  read_again(id, *flights_.emplace(id, std::move(flight)).first->second);
}

// From the start: what was learnt before may be outdated.
void Engine::read_again(Id id, Flight& flight) {
  if (++flight.rounds > kRoundsMax) return fail(id, retry_pause());
  flight.state = State::reading;
  flight.dirty = flight.news = flight.store_missed = false;
  flight.token = 0;
  flight.begun = hooks_.now();
  L1::Peek peek;
  const bool there = l1_.peek(flight.slot, peek) && !peek.dropped;
  flight.known = there ? peek.version : 0;
  flight.have_value = there && flight.begun < peek.hard;
  to_read_.push_back(id);
  want_turn();
}

void Engine::release_waiters(Flight& flight) {
  for (const Waiter& waiter : flight.waiters) hooks_.answer(waiter);
  counters(flight.slot.cls).waiters_released.add(flight.waiters.size());
  flight.waiters.clear();
}

void Engine::end(Id id) {
  const auto at = flights_.find(id);
  Flight& flight = *at->second;
  release_waiters(flight);
  const auto slot = by_slot_.find(flight.slot);
  if (slot != by_slot_.end() && slot->second == id) by_slot_.erase(slot);
  flights_.erase(at);
}

void Engine::fail(Id id, Duration pause) {
  const Flight& flight = *find(id);
  if (flight.have_value) l1_.set_refreshing_until(flight.slot, hooks_.now() + pause);
  end(id);
}

Duration Engine::retry_pause() {
  return kRetry + std::chrono::duration_cast<Duration>(random_share() * kRetry);
}

void Engine::end_turn() {
  turn_wanted_ = false;
  send_reads();
  send_leases();
}

void Engine::send_reads() {
  const std::vector<Id> ids = std::exchange(to_read_, {});
  if (store_ == nullptr) {
    to_load_.insert(to_load_.end(), ids.begin(), ids.end());
    return;
  }
  const Time now = hooks_.now();
  for (std::size_t from = 0; from < ids.size(); from += options_.read_keys_max) {
    const std::size_t count = std::min(options_.read_keys_max, ids.size() - from);
    std::vector<Id> batch(ids.begin() + static_cast<std::ptrdiff_t>(from),
                          ids.begin() + static_cast<std::ptrdiff_t>(from + count));
    if (!store_->usable(now)) {
      on_read(batch, {});
      continue;
    }
    std::vector<Slot> slots;
    slots.reserve(count);
    for (const Id id : batch) slots.push_back(find(id)->slot);
    counters(slots.front().cls).read_batch_keys.record(count);
    store_->read(slots, now + options_.read_timeout,
                 [this, batch = std::move(batch)](std::span<const Stored> stored) { on_read(batch, stored); });
  }
}

void Engine::on_read(std::span<const Id> ids, std::span<const Stored> stored) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (stored.size() == ids.size()) {
      on_stored(ids[i], stored[i]);
    } else {
      counters(find(ids[i])->slot.cls).store_failures.add();
      fail(ids[i], retry_pause());
    }
  }
}

// What the store has; also where a lease is refused since there is something newer.
void Engine::on_stored(Id id, const Stored& stored) {
  Flight& flight = *find(id);
  LoopCounters& count = counters(flight.slot.cls);
  const ClassOptions& cls = options_of(flight);
  const Time now = hooks_.now();
  const bool negative = stored.kind == Stored::Kind::negative;
  if (stored.kind == Stored::Kind::nonsense) count.store_nonsense.add();

  // Without an origin the store is the truth: what it says is true now.
  const Time born = origin_ == nullptr ? flight.begun : stored.born;
  const bool known = stored.kind == Stored::Kind::value || negative;
  const Lifetime lifetime = lifetime_of(flight.slot, stored.version, negative);
  if (!known || now - born >= lifetime.hard) {
    // What is too old is no reason to be refused the lease.
    if (known) flight.known = std::max(flight.known, stored.version);
    count.store_misses.add();
    if (origin_ == nullptr) {
      put(flight, version_at(flight.begun), flight.begun, true, false, {});
      return end(id);
    }
    flight.store_missed = true;
    if (!cls.wait_for_origin) release_waiters(flight);
    to_load_.push_back(id);
    return want_turn();
  }

  const bool newer = stored.version > flight.known;
  const bool expired = origin_ != nullptr && stored.expired;
  // A refresh ahead of time that finds what is known already has yet to load it.
  if (flight.cause != Cause::ahead || newer || expired || !servable(flight.slot)) {
    put(flight, stored.version, born, negative, expired, stored.bytes);
  }
  if (!flight.dropped || stored.version >= flight.floor) flight.known = stored.version;
  release_waiters(flight);
  const bool fresh = !expired && now - born < lifetime.soft;
  (negative ? count.store_negative : fresh ? count.store_hits : count.store_stale).add();
  // Refreshed ahead of time it is only if somebody else has done so.
  if (origin_ == nullptr || (fresh && (flight.cause != Cause::ahead || newer))) return end(id);
  flight.have_value = true;
  to_load_.push_back(id);
  want_turn();
}

void Engine::put(Flight& flight, std::uint64_t version, Time born, bool negative, bool expired,
                 std::string_view bytes) {
  const Time now = hooks_.now();
  const Lifetime lifetime = lifetime_of(flight.slot, version, negative);
  Value value;
  value.slot = flight.slot;
  value.version = version;
  value.loaded = flight.begun;  // what it says was true then; doubts that came since are about it
  value.born = born;
  value.soft = born + lifetime.soft;
  value.hard = born + lifetime.hard;
  value.negative = negative;
  value.refreshed = flight.cause == Cause::ahead;
  value.bytes = bytes;
  // An invalidation can overtake the value that it is about.
  const bool overtaken = flight.dirty || version < flight.floor;
  if (overtaken) counters(flight.slot.cls).overtaken.add();
  if (flight.dropped && version < flight.floor) return;
  if (overtaken || expired) value.soft = std::min(value.soft, now);
  l1_.put(value, now);
}

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
    apply(version_at(hooks_.now()));
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

// Jitter only subtracts, so that the bound of staleness holds. It belongs to the value: one that is read again is as
// old as it was.
Engine::Lifetime Engine::lifetime_of(const Slot& slot, std::uint64_t version, bool negative) const {
  const ClassOptions& cls = options_.classes[slot.cls];
  const std::uint64_t random = mix(hash_of(slot, options_.seed), version);
  const double share = 1 - cls.jitter * static_cast<double>(random >> 11) * 0x1p-53;
  const auto of = [share](Duration ttl) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(ttl) * share);
  };
  if (negative) return {of(cls.negative_ttl / 2), of(cls.negative_ttl)};
  return {of(cls.soft_ttl), of(cls.hard_ttl)};
}

double Engine::random_share() {
  random_ = mix(random_, 0x9e3779b97f4a7c15ULL);
  return static_cast<double>(random_ >> 11) * 0x1p-53;
}

}  // namespace bidwell::cache
