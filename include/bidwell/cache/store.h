// The networked tier as the cache sees it: reads in batches, leases, fenced commits, invalidations. RedisStore is the
// one there is; tests script their own. All calls and callbacks on the cache's thread; a callback comes exactly once,
// later, never inside the call.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/cache/slot.h"

namespace bidwell::cache {

// A value as it stands in the store. `bytes` is valid during the callback only.
struct Stored {
  enum class Kind : std::uint8_t {
    absent,
    value,
    negative,  // known not to exist in the origin
    nonsense,  // something that is no value of ours
  };
  Kind kind = Kind::absent;
  bool expired = false;  // by an invalidation: stale whatever its age
  std::uint64_t version = 0;
  Time born;
  std::string_view bytes;
};

struct Lease {
  enum class Kind : std::uint8_t {
    won,
    busy,   // another has it for `left` at most; its commit will be announced
    newer,  // there is a value newer than the one we know: `stored`
    failed  // the store did not answer
  };
  Kind kind = Kind::failed;
  std::uint64_t token = 0;
  Duration left{};
  Stored stored;
};

struct Commit {
  enum class Kind : std::uint8_t {
    done,      // stands, as `version`
    rejected,  // the lease was no longer ours: expired, or the value was invalidated meanwhile
    failed     // the store did not answer, or could not store (it is full)
  };
  Kind kind = Kind::failed;
  std::uint64_t version = 0;
};

enum class Invalidation : std::uint8_t {
  expire,  // may be served until the new value is there
  drop     // must not be served again
};

// Something was invalidated, or a value committed that others wait for.
struct Announcement {
  enum class Kind : std::uint8_t { committed, expired, dropped };
  Kind kind = Kind::committed;
  Slot slot;
  std::uint64_t version = 0;
  Duration lag{};  // since it was published
};

class Store {
 public:
  virtual ~Store() = default;

  // Whether it is worth asking: connected, and its breaker closed. Reads fail at once where not.
  virtual bool usable(Time now) = 0;

  // `stored` is empty when the store did not answer; else one for each slot, in order.
  virtual void read(std::span<const Slot> slots, Time deadline,
                    std::function<void(std::span<const Stored> stored)> done) = 0;

  // `known`: the version we know of; 0 for none. `waits`: if another has it, his commit is to be announced. A holder
  // who has nothing to commit lets the lease run out: until then nobody asks an origin that has just failed.
  virtual void acquire(const Slot& slot, std::uint64_t known, bool waits, Duration lease, Time deadline,
                       std::function<void(const Lease& lease)> done) = 0;

  // What a holder has to say. Stores the value if the lease is still his; with token 0 whoever's it is (a cache without
  // leases). `born`: when the value was true (not heeded with token 0: now); `ttl`: the store forgets it after this.
  virtual void commit(const Slot& slot, std::uint64_t token, bool negative, std::string_view bytes, Time born,
                      Duration ttl, Time deadline, std::function<void(const Commit& commit)> done) = 0;
  // `version`: 0 when the store did not answer.
  virtual void invalidate(const Slot& slot, Invalidation how, Time deadline,
                          std::function<void(std::uint64_t version)> done) = 0;

  // A version as the store would give it now: for values that could not be committed. Rises with time.
  virtual std::uint64_t version_at(Time now) const = 0;

  // Who is told of announcements, and that some may have been missed. Before anything else; once.
  struct Listener {
    std::function<void(const Announcement&)> announced;
    std::function<void(const Slot&)> changed;  // by somebody who announces nothing (CLIENT TRACKING)
    std::function<void()> missed;              // the connection that announcements come by was opened anew
  };
  virtual void listen(Listener listener) = 0;
};

}  // namespace bidwell::cache
