// The loop from journals to sink. Every failure ends in the same place: forget what was read ahead, wait a little, ask
// the sink where it stands, and go on from there.
#include "bidwell/events/shipper.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace bidwell::events {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

}  // namespace

struct Shipper::Impl {
  Impl(Journals& given_journals, Sink& given_sink, ShipperOptions given, ShipperCounters& given_counters)
      : journals(given_journals),
        sink(given_sink),
        options(std::move(given)),
        counters(given_counters),
        reader(journals.add_reader()),
        batch_bytes(options.batch_bytes_min),
        random(options.seed) {}

  void run() {
    for (bool more = true; more;) {
      bool shipped = false;
      try {
        shipped = ship();
        failed(nullptr);
      } catch (const std::exception& error) {
        failed(error.what());
      }
      more = wait(shipped);
    }
    try {
      sink.finish();
      release();
    } catch (const std::exception& error) {
      failed(error.what());
    }
  }

  // One batch. True: there may be more at once.
  bool ship() {
    find_positions();
    gather();
    if (!batch.advances.empty()) {
      sink.take(batch);
      for (const Advance& advance : batch.advances) at[advance.journal] = advance.to;
      counters.rows.add(batch.rows.size());
      counters.undecodable.add(batch.undecodable.size());
      counters.batches.add();
    }
    const bool full = gathered_bytes >= batch_bytes;
    sink.tend(std::chrono::system_clock::now());
    release();
    if (full) batch_bytes = std::min(2 * batch_bytes, options.batch_bytes_max);
    return full;
  }

  // Asks the sink about all journals when there is one that it was not asked about.
  void find_positions() {
    const std::vector<std::string> names = journals.names();
    std::erase_if(at,
                  [&](const auto& known) { return std::find(names.begin(), names.end(), known.first) == names.end(); });
    if (at.size() == names.size()) return;
    at.clear();
    const std::vector<std::uint64_t> positions = sink.positions(names);
    for (std::size_t i = 0; i < names.size(); ++i) {
      at[names[i]] = positions[i];
      journals.release(reader, names[i], positions[i]);  // may have gone back: before anything is read
    }
  }

  // What is new in all journals, up to a batch's size, each in turn being the first.
  void gather() {
    batch.rows.clear();
    batch.undecodable.clear();
    batch.advances.clear();
    gathered_bytes = 0;
    if (at.empty()) return;
    auto journal = std::next(at.begin(), static_cast<std::ptrdiff_t>(turn++ % at.size()));
    for (std::size_t i = 0; i < at.size() && gathered_bytes < batch_bytes; ++i) {
      gather(journal->first, journal->second);
      if (++journal == at.end()) journal = at.begin();
    }
  }

  void gather(const std::string& journal, std::uint64_t from) {
    records.clear();
    const std::uint64_t to = journals.read(journal, from, batch_bytes - gathered_bytes, records);
    if (to == from) return;
    const auto number = static_cast<std::uint32_t>(batch.advances.size());
    batch.advances.push_back({journal, from, to});
    gathered_bytes += to - from;  // as read() counts: with the records' heads
    for (const Journals::Record& record : records) {
      Row row{{}, record.bytes, record.position, number};
      (decode(record.bytes, row.event) ? batch.rows : batch.undecodable).push_back(row);
    }
  }

  void release() {
    for (const auto& [journal, position] : at) journals.release(reader, journal, sink.stored(journal));
  }

  // Says so when it begins to fail, when the reason changes, and when it goes on.
  void failed(const char* why) {
    if (why == nullptr) {
      if (!reason.empty()) log("goes on");
      reason.clear();
      backoff = milliseconds(0);
      return;
    }
    counters.failures.add();
    batch_bytes = options.batch_bytes_min;
    at.clear();
    if (reason != why) log(why);
    reason = why;
    backoff = std::clamp(backoff * 2, options.backoff_min, options.backoff_max);
  }

  // Until there is something to do again. False: it is time to end.
  bool wait(bool at_once) {
    std::unique_lock lock(mutex);
    const bool failing = !reason.empty();
    milliseconds pause = at_once ? milliseconds(0) : options.interval;
    if (failing) {
      pause =
          milliseconds(std::uniform_int_distribution<milliseconds::rep>(backoff.count() / 2, backoff.count())(random));
    }
    if (!stopping) {
      woken.wait_for(lock, pause, [&] { return stopping; });
      return true;
    }
    const auto now = SteadyClock::now();
    if (now >= deadline) return false;
    if (!failing) return at_once || !batch.advances.empty();  // else all is shipped
    woken.wait_until(lock, std::min(now + pause, deadline));
    return true;
  }

  void start() {
    thread = std::thread([this] {
      run();
      const std::lock_guard lock(mutex);
      ended = true;
      woken.notify_all();
    });
  }

  void begin_stop(milliseconds drain) {
    const std::lock_guard lock(mutex);
    if (stopping) return;
    stopping = true;
    deadline = SteadyClock::now() + drain;
    woken.notify_all();
  }

  void stop(milliseconds drain) {
    if (!thread.joinable()) return;
    begin_stop(drain);
    {
      std::unique_lock lock(mutex);
      if (!woken.wait_until(lock, deadline, [&] { return ended; })) sink.interrupt();
    }
    thread.join();
  }

  void log(const std::string& line) const {
    if (options.log) options.log(options.name + ": " + line);
  }

  Journals& journals;
  Sink& sink;
  const ShipperOptions options;
  ShipperCounters& counters;
  const unsigned reader;

  // The thread's.
  std::map<std::string, std::uint64_t> at;  // journal: where to read on
  std::size_t turn = 0;
  Batch batch;
  std::size_t batch_bytes, gathered_bytes = 0;
  std::vector<Journals::Record> records;
  std::mt19937_64 random;
  std::string reason;  // of the failure it is in
  milliseconds backoff{0};

  std::mutex mutex;
  std::condition_variable woken;
  bool stopping = false, ended = false;
  SteadyClock::time_point deadline{};
  std::thread thread;
};

Shipper::Shipper(Journals& journals, Sink& sink, ShipperOptions options)
    : impl_(std::make_unique<Impl>(journals, sink, std::move(options), counters_)) {}

Shipper::~Shipper() {
  stop(milliseconds(0));
}

void Shipper::start() {
  impl_->start();
}

void Shipper::begin_stop(milliseconds drain) {
  impl_->begin_stop(drain);
}

void Shipper::stop(milliseconds drain) {
  impl_->stop(drain);
}

}  // namespace bidwell::events
