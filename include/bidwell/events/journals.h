// The journals of one process and of those that died here before it: makes segments ahead of need, writes them to disk,
// lets readers tail them, and removes what all readers have stored.
//
// The folder has one folder per *run* (one process's life), named by its start in UTC and a random number, and in it a
// file `lock`, held while the process lives, and the segments `<worker>-<number>.journal`. Whoever can take a run's
// lock adopts it: its torn tail is cut, and readers get it as they get the live ones. So several processes can share a
// folder, and a process's death loses nothing but time. A journal's name is `<run>/<worker>`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/events/journal.h"

namespace bidwell::events {

// When what was appended is written to disk by force. The process's death needs none of it; a machine's does.
enum class Fsync : std::uint8_t {
  never,     // when the kernel likes: some 30 s
  interval,  // every fsync_interval
  always     // at once, and `durable` tells: who waits for it may acknowledge then
};

struct JournalOptions {
  std::string directory;  // made where it is missing
  // At 10,000 bids a second and 200 bytes each one lasts 8 s. Small ones are freed sooner, large ones switched less. At
  // least 128 KiB; made smaller where the allowance holds fewer than four for each worker.
  std::size_t segment_bytes = 16 << 20;
  // Of all segments that stand in the folder and are this process's or adopted by it: what an outage of the sinks may
  // take of the disk. 1 GiB holds some five million bids.
  std::uint64_t allowance_bytes = 1 << 30;
  double notice_share = 0.1;  // of the allowance, for notices alone
  Fsync fsync = Fsync::interval;
  std::chrono::milliseconds fsync_interval{1000};
  std::uint64_t random = 0;                          // of the process: makes the run's name unique
  std::function<void(unsigned worker)> on_durable;   // on a thread of the journals, after `durable` moved; may be null
  std::function<void(const std::string& line)> log;  // from any control thread; may be null
};

// Of the journals as a whole.
struct alignas(64) KeeperCounters {
  Counter segments_made;
  Counter segments_removed;
  Counter segments_failed;  // could not be made (each try), or the allowance was used up (once for each worker)
  Counter bytes;            // of all segments now
  Counter syncs;
  Counter sync_failures;
  Counter runs_adopted;
  Counter gaps;  // damaged or missing places that a reader came to
  Counter gap_bytes;
  Counter keeper_failures;  // rounds of its thread that an error ended, other than those above
};

class Journals {
 public:
  // Throws std::runtime_error that names the folder when it cannot be used.
  explicit Journals(JournalOptions options);
  // Stops as stop() does.
  ~Journals();

  // Before start(): a journal for the next worker, there until the end.
  Journal& add_worker();
  // Before start(): somebody who stores what is read. Nothing is removed before each of them has released it.
  // With none, everything is kept until the allowance is used up.
  unsigned add_reader();

  // Adopts what is there and begins the journals' threads. Each worker has a segment and the next one when it returns,
  // unless what was adopted has used up the allowance, or the disk is full: then as soon as there is room, and until
  // then its journal refuses. Throws std::runtime_error when not even the run's folder can be made, or the allowance is
  // too little for the workers.
  void start();
  // The workers must have stopped. Writes to disk (but for Fsync::never), removes what was released, ends the threads
  // and gives up the lock. What is left can be read still, and is adopted by whoever comes next.
  void stop();

  // For readers; from any thread but the workers'.

  struct Record {
    std::uint64_t position;
    std::uint64_t next;  // position of what follows
    std::string_view bytes;
  };
  // The journals that are alive, or have something that not all readers have released.
  std::vector<std::string> names() const;
  // Appends the records from `from` on, up to some `bytes_max`, and returns the position to go on from. Records stay
  // readable until this reader has released them. A position within a gap, or before what is still there, goes on
  // behind it.
  std::uint64_t read(std::string_view name, std::uint64_t from, std::size_t bytes_max, std::vector<Record>& out) const;
  // Everything before `position` is stored. A dead run's journal goes when all have released its end: say so too of one
  // that was stored already and of which read() has nothing new.
  void release(unsigned reader, std::string_view name, std::uint64_t position);
  // Bytes appended that this reader has not released.
  std::uint64_t unread_bytes(unsigned reader) const;

  const KeeperCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What stands in a folder of journals, for tools. Reads what is alive, too; changes nothing.

struct JournalFault {
  std::string file;
  std::uint64_t offset = 0;  // in the file
  std::string what;
};

// Calls `on_record` with each whole record of a run's or of all runs' journals, in order of journal and position, and
// `on_fault` for what cannot be read; a torn tail is none. `path`: the folder of journals or one run's. Throws
// std::runtime_error when there is none.
struct JournalTotals {
  std::uint64_t journals = 0, segments = 0, records = 0, bytes = 0, faults = 0;
};
JournalTotals scan_journals(const std::string& path,
                            const std::function<void(std::string_view name, const Journals::Record&)>& on_record,
                            const std::function<void(const JournalFault&)>& on_fault);

}  // namespace bidwell::events
