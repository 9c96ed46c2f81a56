// The syncer's thread: has what was appended written to disk. Not the keeper's, which must not wait for a slow disk.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "events/journals_impl.h"

namespace bidwell::events {

void Journals::Impl::sync_all() {
  // fsync always: what a notice's answer waits at most for its turn.
  constexpr std::chrono::milliseconds kAlways{1};
  const auto period = options.fsync == Fsync::always ? kAlways : options.fsync_interval;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, period, [this] { return stopping; })) {
    sync_runs = true;
    lock.unlock();
    wake.notify_all();
    for (unsigned i = 0; i < workers.size(); ++i) sync(i);
    lock.lock();
    sync_runs = false;
    wake.notify_all();
  }
}

void Journals::Impl::sync(unsigned index) {
  Worker& worker = workers[index];
  Journal& journal = *worker.journal;
  const std::uint64_t durable = journal.durable();
  const std::uint64_t to = journal.appended_.load(std::memory_order_acquire);
  if (to == durable) return;
  std::vector<SegmentPtr> segments;
  {
    std::lock_guard lock(mutex);
    segments = worker.chain->view(durable).segments;
  }
  for (const SegmentPtr& segment : segments) {
    if (segment->first() >= to) break;
    if (::fdatasync(segment->fd) == 0) continue;
    counters.sync_failures.add();
    if (worker.no_sync.changed(true)) log(fmt::format("{}: write it to disk: {}", segment->path, std::strerror(errno)));
    // The kernel takes pages that it could not write for clean: without this the next sync would write nothing and
    // report success.
    keep_writable(*segment, 0, segment->header.room);
    return;
  }
  if (worker.no_sync.changed(false)) log(fmt::format("{}: is written to disk again", worker.chain->name));
  counters.syncs.add();
  journal.durable_.store(to, std::memory_order_release);
  if (options.on_durable) options.on_durable(index);
}

}  // namespace bidwell::events
