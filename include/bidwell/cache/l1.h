// The in-process cache: bounded in bytes, sharded, read without a lock. A reader never copies a value and never waits:
// it pins its epoch (one store to a cache line of its own), follows pointers, and unpins. Writers take their shard's
// mutex; what they replace is freed once no reader can still see it (epoch-based reclamation, K. Fraser, "Practical
// lock-freedom", 2004). Values are evicted by S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction",
// SOSP 2023), or by LRU as a control, which does lock its readers out.
//
// L1 does not know the time: whether a value is still good is its user's question (see state.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "bidwell/cache/slot.h"
#include "bidwell/core/counter.h"

namespace bidwell::cache {

enum class Eviction : std::uint8_t { s3_fifo, lru };

struct L1Options {
  // Everything: values and their keys as the allocator rounds them, index, queues, ghosts, and what is replaced but not
  // freed yet. Shared evenly by the shards, so one value may take at most bytes_max / shards / 4.
  std::size_t bytes_max = 256 << 20;
  unsigned shards = 64;  // a power of two, at least 4 for each core that writes: bounds the pause of an index's growth
  Eviction eviction = Eviction::s3_fifo;
  std::uint64_t seed = 0;     // of the index's hash: a random number of the process
  unsigned readers_max = 64;  // threads that read at once
  double small_share = 0.1;   // S3-FIFO: of the bytes, for values not yet seen twice
  unsigned promote_uses = 1;  // S3-FIFO: uses in the small queue that let a value into the main one, 1 to 3
};

// One value as it stands in the cache; its bytes follow it in memory. Immutable but for the atomics.
struct Entry {
  Slot slot;
  std::uint64_t version = 0;
  Time loaded;  // when it came into this process
  Time born;    // when it was true: its age is counted from here
  Time hard;    // not to be served from here on

  // Stale from here on. May be brought forward.
  mutable std::atomic<Time::rep> soft{0};
  // Somebody has claimed the refresh until then; a claim that comes to nothing ends by itself.
  mutable std::atomic<Time::rep> refreshing_until{0};

  std::uint32_t size = 0;
  bool negative = false;   // known not to exist; no bytes
  bool dropped = false;    // invalidated: a mark that keeps older versions out; find() does not return it
  bool refreshed = false;  // put by the refresher, not because somebody asked
  // Uses since it was put, no further than kUsesMax: a hot value is read without a store.
  mutable std::atomic<std::uint8_t> uses{0};
  static constexpr std::uint8_t kUsesMax = 15;

  std::string_view bytes() const noexcept { return {reinterpret_cast<const char*>(this + 1), size}; }
};

// What put() stores.
struct Value {
  Slot slot;
  std::uint64_t version = 0;
  Time loaded, born, soft, hard;
  bool negative = false;
  bool refreshed = false;
  std::string_view bytes;
};

enum class PutResult : std::uint8_t {
  added,
  replaced,
  older,  // one with a higher version stands there and is not past its hard TTL: nothing was changed
  // For its shard, or for what a reader that stays pinned leaves of it (nothing can be freed meanwhile; a 32nd of the
  // bytes is kept back for that). What stood there is gone.
  too_large
};

// Over all shards.
struct L1Stats {
  std::size_t bytes = 0, entries = 0;
  std::size_t bytes_waiting = 0;                      // replaced, not yet freed; part of `bytes`
  std::uint64_t evicted_small = 0, evicted_main = 0;  // LRU: all main
  std::uint64_t evicted_dead = 0;                     // past their hard TTL
  std::uint64_t ghost_hits = 0;
  std::uint64_t refreshes_wasted = 0;  // put by the refresher, never used
  std::uint64_t refused = 0;           // too large, or no room: see PutResult
};

struct Seat;  // of a reader: where it says what it may be looking at

class L1 {
 public:
  // Throws std::invalid_argument when an option makes no sense.
  explicit L1(const L1Options& options);
  ~L1();  // all readers must be gone
  L1(const L1&) = delete;
  L1& operator=(const L1&) = delete;

  // A thread's means of reading. Thread-safe to make and to destroy (throws std::runtime_error past readers_max); to be
  // used by one thread at a time.
  class Reader {
   public:
    explicit Reader(L1& l1);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // While one lives, entries that find() returned stay. Short: nothing is freed meanwhile. They do not nest.
    class Pin {
     public:
      explicit Pin(Reader& reader) noexcept;
      ~Pin();
      Pin(const Pin&) = delete;
      Pin& operator=(const Pin&) = delete;

     private:
      Reader& reader_;
    };

    // Call while pinned. Null: not there. Counts a use; `became_hot` (if given) is set where this use is the one that
    // makes `hot_uses` of them.
    const Entry* find(const Slot& slot, unsigned hot_uses = 0, bool* became_hot = nullptr) noexcept;

   private:
    friend class L1;
    L1& l1_;
    Seat* seat_;
  };

  // Writers: any thread. `now` finds what is past its hard TTL.
  PutResult put(const Value& value, Time now);

  // Makes what stands there, if its version is below `version`, stale from `from` on. Returns whether something did.
  bool expire(const Slot& slot, std::uint64_t version, Time from);
  // Until then nobody claims the refresh of what stands there.
  void set_refreshing_until(const Slot& slot, Time until);
  // Takes it away if its version is below `version`, and keeps such versions out until `until` (or until the mark for
  // it, of which there is one like a value, is evicted).
  void drop(const Slot& slot, std::uint64_t version, Time until, Time now);

  // Copies what a writer wants to know of an entry, without counting a use.
  struct Peek {
    std::uint64_t version = 0;
    Time born, soft, hard;
    std::uint8_t uses = 0;
    bool negative = false;
    bool dropped = false;
  };
  bool peek(const Slot& slot, Peek& out) const;

  // Frees what readers have let go since the last put, then counts.
  L1Stats stats();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::cache
