// What a worker pays to record an event: Journal::append of 200 bytes beside write(2) of the same bytes, and beside
// write(2) followed by fdatasync(2), as a program without a journal would have it. Each append is timed on its own for
// the median and the tail (the clock's own cost is taken off); page faults and context switches are the thread's.
//
// A worker never appends gigabytes a second: this one waits, untimed, for the keeper's next segment, as the keeper
// would have had a second for it.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "bidwell/events/journals.h"

namespace bidwell::bench {
namespace {

using events::Fsync;
using events::Journal;
using events::JournalOptions;
using events::Journals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRecord = 200;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-bench-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Usage {
  std::int64_t faults, switches;
};

Usage usage() {
  rusage now{};
  ::getrusage(RUSAGE_THREAD, &now);
  return {now.ru_minflt + now.ru_majflt, now.ru_nvcsw};
}

std::int64_t clock_cost() {
  std::vector<std::int64_t> costs(10'001);
  for (std::int64_t& cost : costs) {
    const Clock::time_point before = Clock::now();
    cost = (Clock::now() - before).count();
  }
  std::nth_element(costs.begin(), costs.begin() + 5000, costs.end());
  return costs[5000];
}

// Calls `one` for each iteration and `pause` before each batch.
template <class One, class Pause>
void measure(benchmark::State& state, std::size_t batch, One&& one, Pause&& pause) {
  const std::int64_t clock = clock_cost();
  std::vector<std::int64_t> times(4'000'000, 1);  // written once: its own page faults are none of the journal's
  times.clear();
  std::int64_t faults = 0, switches = 0;
  while (state.KeepRunningBatch(static_cast<std::int64_t>(batch))) {
    pause();
    const Usage before = usage();
    const Clock::time_point began = Clock::now();
    Clock::time_point last = began;
    for (std::size_t i = 0; i < batch; ++i) {
      one();
      const Clock::time_point now = Clock::now();
      if (times.size() < times.capacity()) times.push_back((now - last).count() - clock);
      last = now;
    }
    const auto spent = last - began - clock * static_cast<std::int64_t>(batch) * Clock::duration(1);
    state.SetIterationTime(std::chrono::duration<double>(spent).count());
    const Usage after = usage();
    faults += after.faults - before.faults;
    switches += after.switches - before.switches;
  }
  const auto quantile = [&](double q) {
    const auto at = times.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(times.size() - 1));
    std::nth_element(times.begin(), at, times.end());
    return static_cast<double>(*at);
  };
  const auto count = static_cast<double>(state.iterations());
  state.counters["p50_ns"] = quantile(0.5);
  state.counters["p99_ns"] = quantile(0.99);
  state.counters["p999_ns"] = quantile(0.999);
  state.counters["faults_per_append"] = static_cast<double>(faults) / count;
  state.counters["switches_per_append"] = static_cast<double>(switches) / count;
}

// What the record says changes each time, as events do.
void fill(char* out, std::uint64_t number) {
  static const std::string text(kRecord, 'e');
  std::memcpy(out, text.data(), kRecord);
  std::memcpy(out, &number, sizeof number);
}

template <Fsync policy>
void append(benchmark::State& state) {
  const Folder folder;
  JournalOptions options;
  options.directory = folder.path();
  options.fsync = policy;
  options.allowance_bytes = 256 << 20;
  Journals journals(options);
  Journal& journal = journals.add_worker();
  const unsigned reader = journals.add_reader();
  journals.start();
  const std::string name = journals.names().at(0);
  std::uint64_t number = 0, position = 0;
  // Some 150,000 records a second, a third of what would overtake the pages that the keeper keeps writable ahead.
  constexpr std::size_t kBatch = 200;
  measure(
      state, kBatch,
      [&] {
        char* const out = journal.reserve(kRecord, Journal::Priority::bid);
        if (out == nullptr) {
          state.SkipWithError("no room");
          return;
        }
        fill(out, number++);
        position = journal.publish(kRecord);
      },
      [&] {
        journals.release(reader, name, position);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      });
}

template <bool sync>
void write_call(benchmark::State& state) {
  const Folder folder;
  const int fd = ::open((folder.path() + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::uint64_t number = 0;
  char record[kRecord];
  measure(
      state, 200,
      [&] {
        fill(record, number++);
        if (::write(fd, record, kRecord) != kRecord) state.SkipWithError("write");
        if (sync && ::fdatasync(fd) != 0) state.SkipWithError("fdatasync");
      },
      [] {});
  ::close(fd);
}

BENCHMARK(append<Fsync::never>)->Name("append/fsync:never")->UseManualTime();
BENCHMARK(append<Fsync::interval>)->Name("append/fsync:interval")->UseManualTime();
BENCHMARK(append<Fsync::always>)->Name("append/fsync:always")->UseManualTime();
BENCHMARK(write_call<false>)->Name("write")->UseManualTime();
BENCHMARK(write_call<true>)->Name("write_fdatasync")->UseManualTime();

}  // namespace
}  // namespace bidwell::bench
