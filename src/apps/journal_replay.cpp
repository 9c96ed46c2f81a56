// bidwell journal replay: sends what stands in dead processes' journals to the sinks, as a process that adopts them
// would.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <stdexcept>

#include "apps/commands.h"
#include "apps/event_sinks.h"
#include "apps/meter.h"
#include "apps/setup.h"
#include "bidwell/events/journals.h"

namespace bidwell::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatchBytes = 8 << 20;

void complain(std::string_view what) {
  fmt::print(stderr, "bidwell journal replay: {}\n", what);
}

// A run's lock (events/journals.h): nobody else reads it for a sink while this is held.
class RunLock {
 public:
  explicit RunLock(const fs::path& run) {
    const fs::path path = run / "lock";
    fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct stat status {};
    if (fd_ < 0) throw std::runtime_error(fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
    is_held_ = ::flock(fd_, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd_, &status) == 0 && status.st_nlink != 0;
  }
  RunLock(RunLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), is_held_(other.is_held_) {}
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_held() const { return is_held_; }

 private:
  int fd_ = -1;
  bool is_held_ = false;
};

bool is_run(const fs::path& folder) {
  return fs::exists(folder / "lock");
}

struct DeadRuns {
  std::vector<std::string> paths;
  std::vector<RunLock> locks;
  std::size_t alive = 0;

  void add(const fs::path& run) {
    RunLock lock(run);
    if (!lock.is_held()) {
      ++alive;
      complain(fmt::format("{}: its process is alive and stores it by itself", run.string()));
      return;
    }
    paths.push_back(run.string());
    locks.push_back(std::move(lock));
  }
};

DeadRuns dead_runs(const std::string& given) {
  std::error_code error;
  const fs::path folder = fs::canonical(given, error);
  if (error) throw std::runtime_error(fmt::format("cannot read {}: {}", given, error.message()));
  DeadRuns runs;
  if (is_run(folder)) {
    runs.add(folder);
    return runs;
  }
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().front() != '.' && is_run(entry.path())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  for (const fs::path& run : found) runs.add(run);
  if (found.empty()) throw std::runtime_error(fmt::format("{} is neither a run nor a folder of runs", given));
  return runs;
}

// What there is to send, and whether all of it can be read.
struct Contents {
  std::vector<std::string> journals;
  std::uint64_t bytes = 0, faults = 0;
};

Contents look_at(const DeadRuns& runs) {
  Contents all;
  for (const std::string& run : runs.paths) {
    const auto totals = events::scan_journals(
        run,
        [&](std::string_view journal, const events::Journals::Record&) {
          if (all.journals.empty() || all.journals.back() != journal) all.journals.emplace_back(journal);
        },
        [](const events::JournalFault& fault) {
          complain(fmt::format("{}: at byte {}: {}", fault.file, fault.offset, fault.what));
        });
    all.bytes += totals.bytes;
    all.faults += totals.faults;
  }
  return all;
}

// Sends all journals to one sink. The sink says where to begin, so that what it has is not sent again.
class Sender {
 public:
  Sender(NamedSink& sink, const std::vector<std::string>& journals, Meter& meter) : sink_(sink), meter_(meter) {
    const auto positions = sink_.sink->positions(journals);
    for (std::size_t i = 0; i < journals.size(); ++i) at_[journals[i]] = positions[i];
    bytes_.reserve(kBatchBytes + events::Journal::kRecordBytesMax);
  }

  void add(std::string_view journal, const events::Journals::Record& record) {
    scanned_ += record.next - record.position;
    const auto at = at_.find(journal);
    if (at == at_.end() || record.position < at->second) {
      ++known_;
      return;
    }
    if (batch_.advances.empty() || batch_.advances.back().journal != journal) {
      batch_.advances.push_back({at->first, at->second, at->second});
    }
    // Within what is reserved: earlier rows look into it.
    const std::string_view bytes(bytes_.data() + bytes_.size(), record.bytes.size());
    bytes_ += record.bytes;
    events::Row row{{}, bytes, record.position, static_cast<std::uint32_t>(batch_.advances.size() - 1)};
    (events::decode(bytes, row.event) ? batch_.rows : batch_.undecodable).push_back(row);
    batch_.advances.back().to = at->second = record.next;
    if (bytes_.size() >= kBatchBytes) send();
  }

  void finish() {
    send();
    sink_.sink->finish();
    for (const auto& [journal, position] : at_) {
      if (sink_.sink->stored(journal) < position) throw std::runtime_error("not all was stored: " + journal);
    }
  }

  void print_summary() const {
    fmt::print("{}: {} events sent, {} set aside, {} stored before", sink_.name, grouped(sent_), grouped(set_aside_),
               grouped(known_));
    fmt::print(" ({})\n", sink_.totals());
  }

 private:
  void send() {
    if (batch_.advances.empty()) return;
    sink_.sink->take(batch_);
    sink_.sink->tend(std::chrono::system_clock::now());
    sent_ += batch_.rows.size();
    set_aside_ += batch_.undecodable.size();
    batch_ = {};
    bytes_.clear();
    meter_.update(scanned_, sent_, set_aside_);
  }

  NamedSink& sink_;
  Meter& meter_;
  std::map<std::string, std::uint64_t, std::less<>> at_;
  events::Batch batch_;
  std::string bytes_;  // of the batch's records
  std::uint64_t scanned_ = 0, sent_ = 0, set_aside_ = 0, known_ = 0;
};

void send(const DeadRuns& runs, const Contents& contents, NamedSink& sink) {
  Meter meter(contents.bytes, ::isatty(STDERR_FILENO) != 0);
  try {
    Sender sender(sink, contents.journals, meter);
    for (const std::string& run : runs.paths) {
      events::scan_journals(
          run, [&](std::string_view journal, const events::Journals::Record& record) { sender.add(journal, record); },
          {});
    }
    sender.finish();
    meter.clear();
    sender.print_summary();
  } catch (const std::exception& error) {
    meter.clear();
    throw std::runtime_error(
        fmt::format("{}: {}; run it again: what is stored by now is not sent twice", sink.name, error.what()));
  }
}

// False: one of them is not to be had.
bool choose_sinks(const std::vector<std::string>& to, ops::Config& config) {
  if (config.events.directory.empty()) {
    complain("the configuration names no events.directory");
    return false;
  }
  if (!to.empty()) {
    const auto is_among = [&](std::string_view name) { return std::find(to.begin(), to.end(), name) != to.end(); };
    config.events.to_ndjson = is_among("ndjson");
    config.events.to_postgres = is_among("postgres");
  }
  if (config.events.to_postgres && config.postgres_url.empty()) {
    complain("--to postgres: the configuration does not say where that is");
    return false;
  }
  if (!config.events.to_ndjson && !config.events.to_postgres) {
    complain("the configuration names no sink; say which with --to");
    return false;
  }
  return true;
}

}  // namespace

int journal_replay(const JournalOptions& options) {
  auto config = load_config_or_print(options.config);
  if (!config) return 1;
  if (!choose_sinks(options.to, *config)) return 2;
  const DeadRuns runs = dead_runs(options.directory);
  if (runs.paths.empty()) {
    complain("nothing was sent: all there is belongs to processes that are alive");
    return 1;
  }
  const Contents contents = look_at(runs);
  auto sinks = make_sinks(*config, std::random_device{}());
  for (NamedSink& sink : sinks) send(runs, contents, sink);
  if (contents.faults != 0) complain(fmt::format("{} places could not be read", grouped(contents.faults)));
  return contents.faults == 0 ? 0 : 1;
}

}  // namespace bidwell::apps
