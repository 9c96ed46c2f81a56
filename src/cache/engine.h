// What the cache does behind the requests: flights. A flight is one key on its way into L1: read it from the store; if
// it is not there, or stale, take the lease, ask the origin, commit. Many requests for a key share one flight (single
// flight), many flights share one read and one call of the origin (batches). Refreshes of hot values and invalidations
// come through here too.
//
// For one thread. No I/O and no clock of its own: the store, the origin and the time are passed in, so tests play any
// order of events.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "bidwell/cache/counters.h"
#include "bidwell/cache/l1.h"
#include "bidwell/cache/options.h"
#include "bidwell/cache/origin.h"
#include "bidwell/cache/store.h"
#include "cache/lease_time.h"
#include "cache/refresher.h"

namespace bidwell::cache {

// Who waits for a flight; ticket 0: nobody.
struct Waiter {
  std::uint32_t port = 0;
  std::uint64_t ticket = 0;
};

enum class AskKind : std::uint8_t {
  fetch,    // not in L1
  refresh,  // stale
  hot       // used often enough to be kept fresh
};

class Engine {
 public:
  struct Hooks {
    std::function<Time()> now;
    std::function<void(const Waiter&)> answer;
    // Have end_turn() called, and next_time() asked for, when this turn of the loop is over.
    std::function<void()> want_turn;
    std::function<void(std::function<void()>)> post;  // from any thread to the engine's
  };

  // All must outlive it; store or origin may be null, not both. One LoopCounters for each class.
  Engine(const Options& options, L1& l1, Store* store, Origin* origin, LoopCounters* counters, Hooks hooks);

  void ask(AskKind kind, const Slot& slot, const Waiter& waiter);
  // Sends what was asked for since the last time.
  void end_turn();

  // When on_time() is due; Time::max(): never.
  Time next_time() const;
  void on_time();

  void announced(const Announcement& what);
  void changed(const Slot& slot);
  void invalidate(const Slot& slot, Invalidation how, std::function<void(bool)> done);

  // Whether asking makes sense: there is no store, or it is usable.
  bool reachable() const;

  std::size_t flights() const noexcept { return flights_.size(); }

 private:
  enum class Cause : std::uint8_t { miss, stale, ahead };
  enum class State : std::uint8_t { reading, leasing, awaiting, loading, committing };

  struct Flight {
    Slot slot;
    Cause cause = Cause::miss;
    State state = State::reading;
    bool have_value = false;    // L1 holds something that can be served meanwhile
    bool store_missed = false;  // the store does not have it
    bool dirty = false;         // somebody changed it while it was being read
    bool dropped = false;       // versions below `floor` must not be served at all
    bool news = false;          // something was announced while the lease was being asked for
    unsigned rounds = 0;        // times it was read
    std::uint64_t floor = 0;    // versions below it are outdated: by an invalidation
    std::uint64_t known = 0;    // version in L1
    std::uint64_t token = 0;    // of the lease; 0: none
    Time begun;                 // of this round
    Time wake_at;               // awaiting: when to look again by itself
    std::vector<Waiter> waiters;
  };
  using Id = std::uint64_t;

  // Flights that take their leases together and ask the origin together.
  struct Group {
    Cause cause = Cause::miss;
    std::size_t leases_due = 0;
    Time asked;  // the origin
    std::vector<Id> members;
  };

  struct Timer {
    enum class Kind : std::uint8_t { await, origin };
    Time at;
    Kind kind;
    Id id;
    bool operator>(const Timer& other) const { return at > other.at; }
  };

  LoopCounters& counters(ClassId cls) { return counters_[cls]; }
  const ClassOptions& options_of(const Flight& flight) const { return options_.classes[flight.slot.cls]; }
  Flight* find(Id id);
  void want_turn();

  // Flights (engine.cpp).
  void begin(const Slot& slot, Cause cause, const Waiter& waiter);
  bool servable(const Slot& slot) const;
  bool join(AskKind kind, const Slot& slot, const Waiter& waiter);
  void release_waiters(Flight& flight);
  void end(Id id);
  // Without having come to anything: a value that is stale is not asked about again for a while.
  void fail(Id id, Duration pause);
  void read_again(Id id, Flight& flight);
  void send_reads();
  void on_read(std::span<const Id> ids, std::span<const Stored> stored);
  void on_stored(Id id, const Stored& stored);
  void put(Flight& flight, std::uint64_t version, Time born, bool negative, bool expired, std::string_view bytes);

  // What nobody asked for (engine_refresh.cpp).
  void look_again(Id id, Flight& flight);
  void schedule_refresh(const Slot& slot);
  void refresh_due(Time now);
  void add_timer(const Timer& timer);
  bool await_over(const Timer& timer);

  // Leases, origin, commits (engine_load.cpp).
  void send_leases();
  void on_lease(Id group_id, Id id, const Lease& lease);
  Duration retry_pause();
  void await_holder(Id id, Flight& flight, Duration left);
  void load(Id group_id);
  void on_loaded(Id group_id, std::vector<Loaded> loaded);
  void give_up_loading(Group& group);
  void commit(Id id, Flight& flight, Loaded loaded, Time asked);
  void on_commit(Id id, const Commit& commit, const Loaded& loaded, Time asked);
  std::uint64_t version_at(Time time) const;

  // How long a version of a value lives here: always the same, but other than in other instances.
  struct Lifetime {
    Duration soft, hard;
  };
  Lifetime lifetime_of(const Slot& slot, std::uint64_t version, bool negative) const;
  double random_share();  // [0, 1)

  // Constant after construction.
  const Options& options_;
  L1& l1_;
  Store* const store_;
  Origin* const origin_;
  LoopCounters* const counters_;
  const Hooks hooks_;

  boost::unordered_flat_map<Slot, Id> by_slot_;
  boost::unordered_flat_map<Id, std::unique_ptr<Flight>> flights_;
  boost::unordered_flat_map<Id, Group> groups_;
  Id next_id_ = 1;
  std::uint64_t random_;

  // Gathered until the turn ends.
  std::vector<Id> to_read_, to_load_;
  bool turn_wanted_ = false;

  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  Refresher refresher_;
  TokenBucket origin_tokens_;
  Time origin_paused_until_{};
  LeaseTime lease_time_;
};

}  // namespace bidwell::cache
