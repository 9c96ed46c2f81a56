// What the keeper's thread and the readers' share.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "bidwell/events/journals.h"
#include "events/chain.h"
#include "events/run.h"

namespace bidwell::events {

// Says that something fails, once; and once that it works again.
class Complaint {
 public:
  // True: it is news.
  bool changed(bool failing) noexcept { return std::exchange(failing_, failing) != failing; }

 private:
  bool failing_ = false;
};

struct Journals::Impl {
  using Clock = std::chrono::steady_clock;
  using ChainPtr = std::shared_ptr<Chain>;

  struct Worker {
    explicit Worker(Journal* owned) : journal(owned) {}
    std::unique_ptr<Journal> journal;
    ChainPtr chain;
    // The keeper's.
    std::uint64_t segments = 0;   // made
    std::uint64_t position = 0;   // where the journal was at the last look
    Clock::time_point kept_at{};  // when the pages ahead were last made writable
    Complaint no_room, no_disk;
    // The syncer's.
    Complaint no_sync;
  };

  explicit Impl(JournalOptions given);
  ~Impl();

  void start();
  void stop();
  void log(const std::string& line) const;

  // The keeper's work, in keeper.cpp.
  void keep();  // the thread
  void tend(Clock::time_point now);
  void prepare(unsigned index, Clock::time_point now);
  bool room_within_allowance(unsigned index);
  void make_segment(unsigned index);
  void welcome_bids() noexcept;
  void keep_ahead(Worker& worker, Clock::time_point now);

  // The syncer's, in syncer.cpp.
  void sync_all();  // the thread
  void sync(unsigned index);

  // Dead runs, and what is over, in keeper_remove.cpp.
  void adopt_all();
  void adopt_run(const std::string& name);
  void adopt(std::unique_ptr<Run> dead);
  void remove_released();
  bool forget_finished(const std::vector<ChainPtr>& journals);
  std::vector<SegmentPtr> remove_files(const std::vector<SegmentPtr>& segments);
  void close_chain(Worker& worker);
  void close_run();

  // Of the readers' threads too.
  ChainPtr find(std::string_view name) const;
  void note_gaps(Chain& chain, const std::vector<Gap>& gaps);
  void note_gap(const Gap& gap);

  // Constant after start().
  JournalOptions options;
  std::size_t segment_bytes = 0;
  unsigned readers = 0;
  bool syncing = false;
  std::uint64_t salt = 0;
  std::deque<Worker> workers;

  // The keeper's, and start()'s and stop()'s while it does not run.
  struct Adopted {
    std::unique_ptr<Run> run;
    std::vector<ChainPtr> journals;
    bool clean = true;
  };
  std::unique_ptr<Run> run;
  std::vector<Adopted> adopted;
  Clock::time_point retry_at{}, adopted_at{};
  Complaint cannot_adopt, cannot_remove, cannot_tend;
  std::set<std::string> unadoptable;  // runs of which that was said
  std::thread keeper, syncer;

  // Shared.
  mutable std::mutex mutex;
  std::map<std::string, ChainPtr, std::less<>> chains;  // guarded by mutex, and so is all in them
  bool stopping = false, sync_runs = false;             // guarded by mutex
  std::condition_variable wake;
  KeeperCounters counters;  // of gaps: guarded by mutex; of syncs: the syncer's; the others are the keeper's
};

}  // namespace bidwell::events
