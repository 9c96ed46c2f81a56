// A flight's first half: who shares it, the read from the store, and into L1.
#include "cache/engine.h"

#include <utility>

#include "bidwell/core/hash.h"

namespace bidwell::cache {
namespace {

// A flight that goes round more often than this fights with somebody: whoever asks next begins anew.
constexpr unsigned kRoundsMax = 8;
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
