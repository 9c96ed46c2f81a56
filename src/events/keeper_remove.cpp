// What the keeper takes over and what it takes away: dead runs, segments that every reader has released, and, when the
// process stops, what is left of its own run.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "events/journals_impl.h"

namespace bidwell::events {

void Journals::Impl::adopt_all() {
  try {
    Run::clear_unfinished(options.directory);
    for (const std::string& name : Run::list(options.directory)) adopt_run(name);
    cannot_adopt.changed(false);
  } catch (const std::exception& error) {
    if (cannot_adopt.changed(true)) log(fmt::format("dead processes' journals cannot be found: {}", error.what()));
  }
}

// One that cannot be adopted does not keep back the others; it is tried again.
void Journals::Impl::adopt_run(const std::string& name) {
  try {
    // This process's own are locked as any other's.
    if (std::unique_ptr<Run> dead = Run::adopt(options.directory, name)) adopt(std::move(dead));
    unadoptable.erase(name);
  } catch (const std::exception& error) {
    if (unadoptable.insert(name).second) {
      log(fmt::format("{}/{}: a dead process's journals cannot be adopted: {}", options.directory, name, error.what()));
    }
  }
}

void Journals::Impl::adopt(std::unique_ptr<Run> dead) {
  Adoption found = adopt_segments(dead->name(), dead->path());
  for (const std::string& line : found.log) log(line);
  if (found.chains.empty() && found.clean) return dead->remove();
  Adopted& run_of = adopted.emplace_back();
  run_of.run = std::move(dead);
  run_of.clean = found.clean;
  std::uint64_t bytes = 0;
  std::lock_guard lock(mutex);
  for (Chain& chain : found.chains) {
    for (const SegmentPtr& segment : chain.segments) bytes += segment->disk_bytes;
    chain.released.resize(readers);
    run_of.journals.push_back(std::make_shared<Chain>(std::move(chain)));
    chains.emplace(run_of.journals.back()->name, run_of.journals.back());
  }
  for (const Gap& gap : found.gaps) note_gap(gap);
  counters.bytes.add(bytes);
  counters.runs_adopted.add();
  log(fmt::format("{}: adopted, {} journals of {} bytes", run_of.run->path(), run_of.journals.size(), bytes));
}

void Journals::Impl::remove_released() {
  std::vector<std::pair<ChainPtr, std::vector<SegmentPtr>>> released;
  {
    std::lock_guard lock(mutex);
    for (const auto& [name, chain] : chains) {
      std::vector<SegmentPtr> taken = chain->take_released();
      if (!taken.empty()) released.emplace_back(chain, std::move(taken));
    }
  }
  if (released.empty()) return;
  bool all = true;
  for (const auto& [chain, segments] : released) {
    const std::vector<SegmentPtr> left = remove_files(segments);
    if (left.empty()) continue;
    all = false;
    std::lock_guard lock(mutex);
    chain->segments.insert(chain->segments.begin(), left.begin(), left.end());
  }
  if (all) cannot_remove.changed(false);
  std::erase_if(adopted, [this](Adopted& dead) {
    if (!forget_finished(dead.journals) || !dead.clean) return false;
    dead.run->remove();
    return true;
  });
}

// True: all of them are.
bool Journals::Impl::forget_finished(const std::vector<ChainPtr>& journals) {
  std::lock_guard lock(mutex);
  bool all = true;
  for (const ChainPtr& chain : journals) {
    if (chain->segments.empty()) {
      chains.erase(chain->name);
    } else {
      all = false;
    }
  }
  return all;
}

// Returns those from the first on that cannot be removed: what is left of a journal has no holes.
std::vector<SegmentPtr> Journals::Impl::remove_files(const std::vector<SegmentPtr>& segments) {
  for (auto at = segments.begin(); at != segments.end(); ++at) {
    const Segment& segment = **at;
    if (::unlink(segment.path.c_str()) != 0 && errno != ENOENT) {
      if (cannot_remove.changed(true)) log(fmt::format("{}: remove it: {}", segment.path, std::strerror(errno)));
      return {at, segments.end()};
    }
    counters.bytes.subtract(segment.disk_bytes);
    counters.segments_removed.add();
  }
  return {};
}

// As adoption does with a dead one: what was prepared and not used goes, and the room behind the last record.
void Journals::Impl::close_chain(Worker& worker) {
  if (!worker.chain) return;
  Journal& journal = *worker.journal;
  journal.segment_ = nullptr;  // whoever still appends is refused
  journal.at_ = journal.end_ = nullptr;
  journal.next_.store(nullptr);
  std::vector<SegmentPtr> unused;
  SegmentPtr last;
  {
    std::lock_guard lock(mutex);
    Chain& chain = *worker.chain;
    chain.end = chain.end_now();
    chain.appended = nullptr;
    while (!chain.segments.empty() && chain.segments.back()->first() >= chain.end) {
      unused.push_back(std::move(chain.segments.back()));
      chain.segments.pop_back();
    }
    if (!chain.segments.empty()) last = chain.segments.back();
  }
  remove_files(unused);
  if (!last) return;
  const std::size_t before = last->disk_bytes;
  try {
    cut_segment(*last, worker.chain->end - last->first());
    counters.bytes.subtract(before - last->disk_bytes);
  } catch (const std::exception& error) {
    log(error.what());
  }
}

void Journals::Impl::close_run() {
  std::vector<ChainPtr> own;
  for (unsigned i = 0; i < workers.size(); ++i) {
    if (!workers[i].chain) continue;
    if (syncing) sync(i);
    close_chain(workers[i]);
    own.push_back(workers[i].chain);
  }
  remove_released();
  if (forget_finished(own)) run->remove();
  adopted.clear();
  run.reset();
}

}  // namespace bidwell::events
