// What users were shown: looked up by those who bid, remembered by those who hear of an impression. Over a cache of its
// own (class kHistoryClass, the same key as the user's profile): Redis is the truth, or a table in memory where there
// is none (LocalHistories).
//
// Whoever remembers a showing knows it at once: from then on his instance has no older history of this user. The others
// know it when they read it again (the class's soft and hard TTL), and at once when it fills a cap: that is announced
// to all. So a user is shown an ad no more often than its cap and the bids that were answered before the announcement
// came; where it was lost, than the bids until the hard TTL is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bidwell/cache/options.h"
#include "bidwell/cache/origin.h"
#include "bidwell/cache/tiered.h"
#include "bidwell/core/counter.h"
#include "bidwell/profile/history.h"
#include "bidwell/redis/options.h"

namespace bidwell::profile {

inline constexpr cache::ClassId kHistoryClass = 0;  // of the histories' own cache

// That class as it is meant: "history" under "bidwell:history:", read again after 5 s and not served after 10 s
// ("was shown nothing": after 2.5 and 5 s). So an instance reads a user who keeps coming once in 5 s (2.5 s), and once
// more after each showing of its own.
cache::ClassOptions history_class();

// One worker's look-ups.
class Histories {
 public:
  explicit Histories(cache::Port& port) : port_(port) {}

  // Keeps the worker's pin: short-lived, one at a time.
  class Seen {
   public:
    const History& history() const noexcept { return history_; }
    bool missed() const noexcept { return missed_; }  // may be there in a moment: worth a wait

   private:
    friend class Histories;
    Seen(Histories& histories, const std::optional<cache::Key>& user, cache::Time now);
    cache::Port::Pin pin_;
    History history_;
    bool missed_ = false;
  };
  // Nobody's history is not known. Who is known not to have one was shown nothing; one that is stale is known too (a
  // refresh is under way).
  Seen find(const std::optional<cache::Key>& user, cache::Time now) { return Seen(*this, user, now); }
  void fetch(const cache::Key& user) { port_.fetch({kHistoryClass, user}); }
  bool wait(const cache::Key& user, std::uint64_t ticket) { return port_.wait({kHistoryClass, user}, ticket); }
  cache::Duration wait_max() const noexcept { return port_.wait_max(kHistoryClass); }

 private:
  cache::Port& port_;
};

// The caps that a showing may fill: when it does, all instances are told.
struct CapToFill {
  History::Subject what = History::Subject::campaign;
  std::uint32_t subject = 0;
  Showing counted = Showing::impression;
  std::uint32_t times = 0, per_seconds = 0;
};
inline constexpr std::size_t kCapsToFillMax = 8;

// A worker's way to have showings remembered: a bounded queue to the recorder's thread.
class Remember {
 public:
  virtual ~Remember() = default;
  // Allocates nothing and waits for nothing. Of the caps the first kCapsToFillMax are heeded. False, and counted: there
  // is no room.
  virtual bool remember(const cache::Key& user, const Show& show, const CapToFill* caps,
                        std::size_t count) noexcept = 0;
};

// Readable from any thread.
struct RecorderCounters {
  Counter remembered;
  Counter repeats;    // of what was remembered already
  Counter announced;  // caps that were filled
  Counter full;       // not remembered: no room in a worker's queue
  Counter retries;    // second attempts: the first one failed, or nobody knows what came of it
  Counter failures;   // not remembered: Redis failed twice, or there was no time left at the end
};

// Where histories stand when there is no Redis: in memory, for as long as the process lives. Thread-safe.
class LocalHistories final : public cache::Origin {
 public:
  // The least recently shown users are forgotten. One costs 0.2 to 3 kB.
  explicit LocalHistories(std::size_t users_max);
  ~LocalHistories() override;
  void load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) override;
  // False: a repeat. `history`: with it.
  bool add(const cache::Key& user, const Show& show, std::string& history);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes what is remembered to where histories stand, on a thread of its own.
class Recorder {
 public:
  struct Options {
    std::optional<redis::Options> redis;  // none: `local`
    LocalHistories* local = nullptr;
    std::string prefix;                           // of the histories' class
    std::string class_name;                       // in announcements
    std::string channel;                          // of announcements
    std::chrono::seconds ttl{30 * 86'400};        // of a history that nothing is added to: the longest cap's time
    std::size_t queue_max = 8192;                 // showings, per worker: some 2 MB, which wait while Redis is away
    std::chrono::milliseconds timeout{500};       // of an attempt
    std::chrono::milliseconds stop_within{2000};  // of stop()
    std::uint64_t seed = 0;
    std::function<void(const std::string& line)> log;  // may be null
  };
  // `cache` is the histories'; it must outlive this, and so must `local`.
  Recorder(Options options, cache::Tiered& cache);
  ~Recorder();

  // For the next worker, before start(). Lives as long as the recorder.
  Remember& add_worker();
  void start();
  // Writes what is left, for a bounded time. After the workers, before the cache. Once.
  void stop();

  // Counts `full` anew: call again for newer numbers.
  const RecorderCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::profile
