// Begins and ends the journals of a process, and answers their readers.
#include "events/journals_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "bidwell/core/hash.h"

namespace bidwell::events {
namespace {

constexpr std::size_t kSegmentBytesMin = 128 * 1024;  // two of the longest records
constexpr std::size_t kSegmentBytesMax = 1 << 30;
constexpr std::size_t kPage = 4096;

// As asked, or so small that the bids' part of the allowance holds four of each worker's: two are always there.
std::size_t fitting_segment(const JournalOptions& options, std::size_t workers) {
  const double of_bids = (1 - options.notice_share) * static_cast<double>(options.allowance_bytes);
  const auto share = static_cast<std::size_t>(of_bids) / (4 * std::max<std::size_t>(workers, 1));
  const std::size_t bytes = std::min({options.segment_bytes, share, kSegmentBytesMax}) / kPage * kPage;
  if (bytes >= kSegmentBytesMin) return bytes;
  throw std::runtime_error(fmt::format("{}: an allowance of {} bytes is too little for the journals of {} workers",
                                       options.directory, options.allowance_bytes, workers));
}

}  // namespace

Journals::Impl::Impl(JournalOptions given) : options(std::move(given)) {
  if (options.segment_bytes < kSegmentBytesMin) {
    throw std::runtime_error(fmt::format("{}: segments of {} bytes; {} are the least", options.directory,
                                         options.segment_bytes, kSegmentBytesMin));
  }
  if (!(options.notice_share >= 0 && options.notice_share < 1)) {
    throw std::runtime_error(options.directory + ": the notices' share must be from 0 to less than 1");
  }
  syncing = options.fsync != Fsync::never;
  salt = mix(options.random, 0x6a6f75726e616c);  // "journal"
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error || !std::filesystem::is_directory(options.directory)) {
    throw std::runtime_error(options.directory + ": cannot be used as a folder: " + error.message());
  }
}

Journals::Impl::~Impl() {
  stop();
}

void Journals::Impl::start() {
  segment_bytes = fitting_segment(options, workers.size());
  adopt_all();  // first, as it frees what the dead had prepared: the disk may be full
  adopted_at = Clock::now();
  run = Run::make(options.directory, options.random, syncing);
  for (unsigned i = 0; i < workers.size(); ++i) {
    Worker& worker = workers[i];
    worker.chain = std::make_shared<Chain>();
    worker.chain->name = fmt::format("{}/{}", run->name(), i);
    worker.chain->appended = &worker.journal->appended_;
    worker.chain->released.resize(readers);
    chains.emplace(worker.chain->name, worker.chain);
    // The first is begun in the worker's stead, which does not run yet.
    prepare(i, adopted_at);
    if (worker.journal->next_segment()) prepare(i, adopted_at);
  }
  welcome_bids();
  keeper = std::thread([this] { keep(); });
  if (syncing) syncer = std::thread([this] { sync_all(); });
}

void Journals::Impl::stop() {
  if (!run) return;
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  if (keeper.joinable()) keeper.join();
  if (syncer.joinable()) syncer.join();
  close_run();
}

void Journals::Impl::log(const std::string& line) const {
  if (options.log) options.log(line);
}

Journals::Impl::ChainPtr Journals::Impl::find(std::string_view name) const {
  const auto found = chains.find(name);
  return found == chains.end() ? nullptr : found->second;
}

void Journals::Impl::note_gap(const Gap& gap) {
  counters.gaps.add();
  counters.gap_bytes.add(gap.to - gap.from);
  log(fmt::format("{}: positions {} to {} are damaged or missing, and left out", gap.path, gap.from, gap.to));
}

// Each once, though several readers pass it.
void Journals::Impl::note_gaps(Chain& chain, const std::vector<Gap>& gaps) {
  for (const Gap& gap : gaps) {
    if (gap.from < chain.gaps_known) continue;
    chain.gaps_known = gap.to;
    note_gap(gap);
  }
}

Journals::Journals(JournalOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Journals::~Journals() = default;

Journal& Journals::add_worker() {
  return *impl_->workers.emplace_back(new Journal).journal;
}

unsigned Journals::add_reader() {
  return impl_->readers++;
}

void Journals::start() {
  impl_->start();
}

void Journals::stop() {
  impl_->stop();
}

std::vector<std::string> Journals::names() const {
  std::lock_guard lock(impl_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, chain] : impl_->chains) names.push_back(name);
  return names;
}

std::uint64_t Journals::read(std::string_view name, std::uint64_t from, std::size_t bytes_max,
                             std::vector<Record>& out) const {
  ChainView view;
  {
    std::lock_guard lock(impl_->mutex);
    const Impl::ChainPtr chain = impl_->find(name);
    if (!chain) return from;
    view = chain->view(from);
  }
  std::vector<Gap> gaps;
  const std::uint64_t next = read_chain(view, from, bytes_max, out, gaps);
  if (!gaps.empty()) {
    std::lock_guard lock(impl_->mutex);
    if (const Impl::ChainPtr chain = impl_->find(name)) impl_->note_gaps(*chain, gaps);
  }
  return next;
}

void Journals::release(unsigned reader, std::string_view name, std::uint64_t position) {
  std::lock_guard lock(impl_->mutex);
  const Impl::ChainPtr chain = impl_->find(name);
  if (chain) chain->released.at(reader) = position;
}

std::uint64_t Journals::unread_bytes(unsigned reader) const {
  std::lock_guard lock(impl_->mutex);
  std::uint64_t bytes = 0;
  for (const auto& [name, chain] : impl_->chains) {
    if (chain->segments.empty()) continue;
    const std::uint64_t from = std::max(chain->released.at(reader), chain->segments.front()->first());
    bytes += chain->end_now() - std::min(from, chain->end_now());
  }
  return bytes;
}

const KeeperCounters& Journals::counters() const noexcept {
  return impl_->counters;
}

}  // namespace bidwell::events
