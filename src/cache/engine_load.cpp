// A flight's second half: the lease, the origin, the commit.
#include <algorithm>
#include <utility>

#include "bidwell/core/hash.h"
#include "cache/engine.h"

namespace bidwell::cache {
namespace {

// Those who wait for a holder that died do not all come back at once.
constexpr milliseconds kAwaitSpread{50};

}  // namespace

// The spare capacity of the origin first: who gets no token does not take a lease either.
void Engine::send_leases() {
  std::vector<Id> ids = std::exchange(to_load_, {});
  if (ids.empty()) return;
  const Time now = hooks_.now();
  if (!reachable()) {
    // Without leases every instance would ask the origin.
    for (const Id id : ids) {
      counters(find(id)->slot.cls).store_failures.add();
      fail(id, retry_pause());
    }
    return;
  }
  const std::size_t allowed = now < origin_paused_until_ ? 0 : origin_tokens_.take(ids.size(), now);
  for (std::size_t i = allowed; i < ids.size(); ++i) {
    counters(find(ids[i])->slot.cls).origin_throttled.add();
    fail(ids[i], retry_pause());
  }
  ids.resize(allowed);

  for (std::size_t from = 0; from < ids.size(); from += options_.origin_keys_max) {
    const std::size_t count = std::min(options_.origin_keys_max, ids.size() - from);
    const Id group_id = next_id_++;
    Group& group = groups_[group_id];
    group.cause = find(ids[from])->cause;
    const std::span<const Id> members(ids.data() + from, count);
    if (store_ == nullptr || !options_.leases) {
      group.members.assign(members.begin(), members.end());
      load(group_id);
      continue;
    }
    group.leases_due = count;
    for (const Id id : members) {
      Flight& flight = *find(id);
      flight.state = State::leasing;
      flight.news = false;
      store_->acquire(flight.slot, flight.known, !flight.have_value, lease_time_.get(), now + options_.write_timeout,
                      [this, group_id, id](const Lease& lease) { on_lease(group_id, id, lease); });
    }
  }
}

void Engine::on_lease(Id group_id, Id id, const Lease& lease) {
  Flight& flight = *find(id);
  LoopCounters& count = counters(flight.slot.cls);
  if (lease.kind != Lease::Kind::won) origin_tokens_.give_back();
  switch (lease.kind) {
    case Lease::Kind::won:
      count.leases_won.add();
      flight.token = lease.token;
      groups_.find(group_id)->second.members.push_back(id);
      break;
    case Lease::Kind::busy:
      count.leases_busy.add();
      await_holder(id, flight, lease.left);
      break;
    case Lease::Kind::newer:
      count.leases_newer.add();
      on_stored(id, lease.stored);
      break;
    case Lease::Kind::failed:
      count.leases_failed.add();
      fail(id, retry_pause());
      break;
  }
  // The last one: all that was won is loaded at once.
  if (--groups_.find(group_id)->second.leases_due == 0) load(group_id);
}

// Who can serve something meanwhile has no need to wait for the holder.
void Engine::await_holder(Id id, Flight& flight, Duration left) {
  const Duration longest = std::clamp<Duration>(left, milliseconds(1), options_.lease_max);
  const Duration spread = std::chrono::duration_cast<Duration>(random_share() * kAwaitSpread);
  if (flight.have_value) return fail(id, longest + spread);
  // Announced before we were told that we lost: announcements come by another connection.
  if (flight.news) return read_again(id, flight);
  flight.state = State::awaiting;
  flight.wake_at = hooks_.now() + longest + spread;
  add_timer({flight.wake_at, Timer::Kind::await, id});
}

void Engine::load(Id group_id) {
  Group& group = groups_.find(group_id)->second;
  if (group.members.empty()) {
    groups_.erase(group_id);
    return;
  }
  group.asked = hooks_.now();
  std::vector<Slot> slots;
  slots.reserve(group.members.size());
  for (const Id id : group.members) {
    Flight& flight = *find(id);
    flight.state = State::loading;
    slots.push_back(flight.slot);
  }
  LoopCounters& count = counters(slots.front().cls);
  (group.cause == Cause::miss ? count.origin_calls_miss : count.origin_calls_refresh).add();
  count.origin_keys.add(slots.size());
  count.origin_batch_keys.record(slots.size());
  add_timer({group.asked + options_.origin_timeout, Timer::Kind::origin, group_id});
  origin_->load(std::move(slots), [this, group_id, post = hooks_.post](std::vector<Loaded> loaded) {
    post([this, group_id, loaded = std::move(loaded)]() mutable { on_loaded(group_id, std::move(loaded)); });
  });
}

void Engine::on_loaded(Id group_id, std::vector<Loaded> loaded) {
  const auto at = groups_.find(group_id);
  if (at == groups_.end()) return;  // too late: given up
  Group group = std::move(at->second);
  groups_.erase(at);
  const Duration took = hooks_.now() - group.asked;
  LoopCounters& count = counters(find(group.members.front())->slot.cls);
  count.origin_us.record(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  if (loaded.size() != group.members.size()) {
    count.origin_failures.add();
    return give_up_loading(group);
  }
  lease_time_.record(took);
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    commit(group.members[i], *find(group.members[i]), std::move(loaded[i]), group.asked);
  }
}

// Their leases run out by themselves: until then no instance asks for these keys again. Nor does this one for others,
// for a moment.
void Engine::give_up_loading(Group& group) {
  origin_paused_until_ = hooks_.now() + retry_pause();
  for (const Id id : group.members) fail(id, retry_pause());
}

void Engine::commit(Id id, Flight& flight, Loaded loaded, Time asked) {
  if (loaded.found) counters(flight.slot.cls).origin_found.add();
  if (store_ == nullptr) {
    put(flight, version_at(asked), asked, !loaded.found, false, loaded.bytes);
    return end(id);
  }
  flight.state = State::committing;
  const ClassOptions& cls = options_of(flight);
  const Time now = hooks_.now();
  auto kept = std::make_shared<Loaded>(std::move(loaded));
  store_->commit(flight.slot, flight.token, !kept->found, kept->bytes, asked,
                 kept->found ? cls.hard_ttl : cls.negative_ttl, now + options_.write_timeout,
                 [this, id, kept, asked](const Commit& commit) { on_commit(id, commit, *kept, asked); });
}

void Engine::on_commit(Id id, const Commit& commit, const Loaded& loaded, Time asked) {
  Flight& flight = *find(id);
  LoopCounters& count = counters(flight.slot.cls);
  switch (commit.kind) {
    case Commit::Kind::done:
      count.commits.add();
      put(flight, commit.version, asked, !loaded.found, false, loaded.bytes);
      return end(id);
    case Commit::Kind::rejected:
      // Somebody has a newer value, or there will be one.
      count.commits_rejected.add();
      return read_again(id, flight);
    case Commit::Kind::failed:
      // The value is good all the same, for this instance. Its version is that of the time when it was asked for, so
      // that whatever was stored since wins.
      count.commits_failed.add();
      put(flight, version_at(asked), asked, !loaded.found, false, loaded.bytes);
      return end(id);
  }
}

std::uint64_t Engine::version_at(Time time) const {
  if (store_ != nullptr) return store_->version_at(time);
  return static_cast<std::uint64_t>(time.time_since_epoch() / std::chrono::microseconds(1));
}

}  // namespace bidwell::cache
