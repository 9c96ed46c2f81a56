// The keeper's thread: has each worker's next segment ready before it is needed and the pages ahead of it writable.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "events/journals_impl.h"

namespace bidwell::events {
namespace {

using namespace std::chrono_literals;

constexpr auto kPeriod = 10ms;     // a worker that appends 100,000 records of 200 bytes a second writes 200 kB in it
constexpr auto kPeriodSync = 1ms;  // while a sync protects again the pages that the worker writes to
constexpr auto kDiskRetry = 200ms;
constexpr auto kAdoptEvery = 2s;
constexpr auto kKeepEvery = 1s;  // of a worker that appends nothing

// How far ahead pages are kept writable: eight times what the worker wrote since the last look. Not more than is
// needed, as each of these pages is written to disk with every sync.
constexpr std::uint64_t kAheadMin = 64 * 1024, kAheadMax = 4 * 1024 * 1024;

}  // namespace

void Journals::Impl::keep() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    lock.unlock();
    try {
      tend(Clock::now());
      if (cannot_tend.changed(false)) log("the journals' keeper works again");
    } catch (const std::exception& error) {
      counters.keeper_failures.add();
      if (cannot_tend.changed(true)) log(fmt::format("the journals' keeper goes on after: {}", error.what()));
    }
    lock.lock();
    const bool was = sync_runs;
    wake.wait_for(lock, was ? kPeriodSync : kPeriod, [&] { return stopping || sync_runs != was; });
  }
}

void Journals::Impl::tend(Clock::time_point now) {
  for (unsigned i = 0; i < workers.size(); ++i) {
    prepare(i, now);
    keep_ahead(workers[i], now);
  }
  remove_released();
  if (now - adopted_at >= kAdoptEvery) {
    adopted_at = now;
    adopt_all();
  }
  welcome_bids();
}

void Journals::Impl::prepare(unsigned index, Clock::time_point now) {
  Worker& worker = workers[index];
  if (worker.journal->next_.load(std::memory_order_relaxed) != nullptr) return;
  if (!room_within_allowance(index) || now < retry_at) return;
  try {
    make_segment(index);
    if (worker.no_disk.changed(false)) log(fmt::format("{}: segments can be made again", worker.chain->name));
  } catch (const std::exception& error) {
    counters.segments_failed.add();
    retry_at = now + kDiskRetry;
    if (worker.no_disk.changed(true)) log(fmt::format("no new segment: {}", error.what()));
  }
}

bool Journals::Impl::room_within_allowance(unsigned index) {
  Worker& worker = workers[index];
  const bool full = counters.bytes.value() + segment_bytes > options.allowance_bytes;
  if (worker.no_room.changed(full)) {
    log(fmt::format("{}: {}", worker.chain->name,
                    full ? "no new segment: the allowance is used up" : "the allowance has room again"));
    if (full) counters.segments_failed.add();
  }
  return !full;
}

void Journals::Impl::make_segment(unsigned index) {
  Worker& worker = workers[index];
  SegmentHeader header;
  header.worker = index;
  header.number = worker.segments;
  header.room = segment_bytes - kSegmentHeader;
  header.salt = salt;
  const std::string path = run->path() + "/" + segment_name(index, header.number);
  // A sync protects the pages again: there only those ahead are worth it.
  SegmentPtr segment = create_segment(path, header, syncing, syncing ? kAheadMax : segment_bytes);
  if (syncing) {
    try {
      run->sync();
    } catch (...) {
      ::unlink(path.c_str());
      throw;
    }
  }
  ++worker.segments;
  counters.segments_made.add();
  counters.bytes.add(segment->disk_bytes);
  Segment* const next = segment.get();
  {
    std::lock_guard lock(mutex);
    worker.chain->segments.push_back(std::move(segment));
  }
  worker.journal->next_.store(next, std::memory_order_release);
}

void Journals::Impl::welcome_bids() noexcept {
  const double of_bids = (1 - options.notice_share) * static_cast<double>(options.allowance_bytes);
  const bool welcome = static_cast<double>(counters.bytes.value()) <= of_bids;
  for (Worker& worker : workers) {
    std::atomic<bool>& told = worker.journal->bids_welcome_;
    if (told.load(std::memory_order_relaxed) != welcome) told.store(welcome, std::memory_order_relaxed);
  }
}

void Journals::Impl::keep_ahead(Worker& worker, Clock::time_point now) {
  const std::uint64_t position = worker.journal->appended_.load(std::memory_order_relaxed);
  const std::uint64_t grown = position - worker.position;
  if (grown == 0 && now - worker.kept_at < kKeepEvery) return;
  worker.position = position;
  worker.kept_at = now;
  const std::uint64_t ahead = std::clamp(8 * grown, kAheadMin, kAheadMax);
  std::vector<SegmentPtr> segments;
  {
    std::lock_guard lock(mutex);
    segments = worker.chain->view(position).segments;
  }
  for (const SegmentPtr& segment : segments) {
    keep_writable(*segment, std::max(position, segment->first()) - segment->first(), ahead);
  }
}

}  // namespace bidwell::events
