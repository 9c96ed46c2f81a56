// The cache as the bidder uses it: L1, then the networked store, then the origin. Requests look into L1 on their own
// thread and never wait for a lock; everything else (fetching, refreshing, invalidations) happens on one thread of the
// cache's own, to which they only hand the key.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "bidwell/cache/counters.h"
#include "bidwell/cache/l1.h"
#include "bidwell/cache/options.h"
#include "bidwell/cache/origin.h"
#include "bidwell/cache/store.h"

namespace bidwell::cache {

// What a look-up found.
struct Found {
  enum class Kind : std::uint8_t {
    miss,      // not known
    hit,       // `bytes`, younger than the soft TTL
    stale,     // `bytes`, older; a refresh has been asked for, where anybody can be asked
    negative,  // known not to exist
  };
  Kind kind = Kind::miss;
  std::string_view bytes;  // valid while the pin lives
  std::uint64_t version = 0;
  Duration age{};
};

class Tiered;
enum class AskKind : std::uint8_t;

// One thread's access. Made by Tiered::make_port, to be used by one thread at a time.
class Port {
 public:
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  using Pin = L1::Reader::Pin;
  Pin pin() noexcept { return Pin(reader_); }

  // Looks into L1. A stale value is served, and its refresh asked for once. After a miss either fetch() or wait() says
  // what shall happen.
  Found find(const Pin&, const Slot& slot, Time now) noexcept;

  // Asks for the value without waiting for it.
  void fetch(const Slot& slot) noexcept;

  // Asks for the value; `ticket` (not 0) comes back by next_answered() when it can be looked up, or there is nothing to
  // wait for any more. False: it cannot be waited for (go on without). Tickets of requests that did not wait to the end
  // come back too.
  bool wait(const Slot& slot, std::uint64_t ticket) noexcept;

  // The next ticket that was answered; 0: none. Call when woken (Tiered::make_port), until it says 0.
  std::uint64_t next_answered() noexcept;

  // How long requests may wait for values of a class.
  Duration wait_max(ClassId cls) const noexcept;

  // How a wait ended: whether the look-up after it found something.
  void count_wait_ended(ClassId cls, bool found) noexcept;

  const PortCounters& counters(ClassId cls) const noexcept;

 private:
  friend class Tiered;
  struct Shared;
  Port(L1& l1, std::shared_ptr<Shared> shared);
  bool claim_refresh(const Entry& entry, Time now) noexcept;
  bool ask(AskKind kind, const Slot& slot, std::uint64_t ticket) noexcept;

  L1::Reader reader_;
  std::shared_ptr<Shared> shared_;
};

class Tiered {
 public:
  // What makes the store, on the cache's own loop; null: no networked tier.
  using MakeStore = std::function<std::unique_ptr<Store>(boost::asio::io_context& loop)>;

  // `origin` may be null: then the store is the truth. It must outlive this. Throws std::invalid_argument when an
  // option makes no sense.
  Tiered(const Options& options, const MakeStore& make_store, Origin* origin);
  // Stops where that was not done. All ports must be gone.
  ~Tiered();
  Tiered(const Tiered&) = delete;
  Tiered& operator=(const Tiered&) = delete;

  // `wake` is called from the cache's thread when the port has answered tickets: it must have the port's thread call
  // next_answered() soon. Thread-safe. Ports must not outlive this.
  std::unique_ptr<Port> make_port(std::function<void()> wake);

  // Marks a value as changed, here and in all instances. Any thread; `done` (may be null) on the cache's thread, with
  // false when the store could not be told.
  void invalidate(const Slot& slot, Invalidation how, std::function<void(bool)> done);

  // What the store would announce, from who has just changed a value there by himself: here at once, without the way
  // over the store. Any thread.
  void heard(const Announcement& what);

  // Everything may have changed: values are taken for stale, at a random time within Options::doubt_spread. Any thread.
  void doubt();

  // Ends the thread: nothing is fetched any more and no port is woken. Ports still find what is in L1. Once, not from a
  // port's `wake`.
  void stop();

  const LoopCounters& counters(ClassId cls) const noexcept;
  L1Stats l1_stats() const;

 private:
  friend class Port;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::cache
