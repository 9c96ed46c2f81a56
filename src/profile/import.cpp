// The import: lines are read and parsed on the caller's thread, and written to the places on another.
#include "bidwell/profile/import.h"

#include <boost/unordered/unordered_flat_set.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bidwell/profile/profile.h"
#include "profile/import_rows.h"
#include "profile/line_reader.h"

namespace bidwell::profile {
namespace {

constexpr std::size_t kBatchRows = 1024;
constexpr std::size_t kBatchesMax = 8;  // waiting for the writer

// A thread that hands batches to loaders, in order.
class Writer {
 public:
  explicit Writer(std::vector<std::unique_ptr<Loader>> loaders)
      : loaders_(std::move(loaders)), thread_([this] { run(); }) {}
  ~Writer() { end(); }

  // Waits while many wait. Throws what a loader has thrown.
  void push(std::vector<Row> batch) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return failure_ || batches_.size() < kBatchesMax; });
    if (failure_) std::rethrow_exception(failure_);
    batches_.push_back(std::move(batch));
    wake_.notify_all();
  }

  void finish() {
    {
      const std::lock_guard lock(mutex_);
      complete_ = true;
    }
    end();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void run() {
    try {
      for (std::vector<Row> batch; pop(batch);) {
        for (const auto& loader : loaders_) loader->put(batch);
      }
      // One after the other: where a later one fails, an earlier one's rows stand.
      for (const auto& loader : loaders_) {
        if (complete_) loader->finish();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      wake_.notify_all();
    }
    loaders_.clear();
  }

  bool pop(std::vector<Row>& batch) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return ended_ || !batches_.empty(); });
    if (batches_.empty()) return false;
    batch = std::move(batches_.front());
    batches_.pop_front();
    wake_.notify_all();
    return true;
  }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  std::vector<std::unique_ptr<Loader>> loaders_;  // of the thread
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::deque<std::vector<Row>> batches_;
  std::exception_ptr failure_;
  bool ended_ = false, complete_ = false;
  std::thread thread_;  // last
};

std::unique_ptr<RowParser> make_parser(ImportFormat format, LineReader& lines) {
  if (format == ImportFormat::automatic) format = lines.peek() == '{' ? ImportFormat::ndjson : ImportFormat::csv;
  return format == ImportFormat::ndjson ? ndjson_parser() : csv_parser();
}

// One import, line by line.
class Import {
 public:
  Import(std::istream& in, const KeyMaker& keys, const ImportOptions& options)
      : in_(in),
        keys_(keys),
        options_(options),
        lines_(in, options.line_bytes_max),
        parser_(make_parser(options.format, lines_)) {}

  ImportTotals run(Writer& writer) {
    std::string_view line;
    std::vector<Row> batch;
    std::uint64_t looked = 0;
    while (lines_.next(line)) {
      read(line, batch);
      if (batch.size() == kBatchRows) {
        writer.push(std::move(batch));
        batch = {};
        batch.reserve(kBatchRows);
      }
      if (++looked % kBatchRows == 0) report();
    }
    if (in_.bad()) throw std::runtime_error("it cannot be read to its end");
    if (!batch.empty()) writer.push(std::move(batch));
    report();
    return totals_;
  }

 private:
  void report() {
    totals_.bytes = lines_.bytes();
    if (options_.progress) options_.progress(totals_);
  }

  void read(std::string_view line, std::vector<Row>& batch) {
    if (line.empty() && !lines_.too_long()) return;
    ++totals_.lines;
    try {
      if (lines_.too_long()) {
        throw RefusedBecause{Refusal::too_long, "more than " + std::to_string(options_.line_bytes_max) + " bytes"};
      }
      check_text(line);
      row_.clear();
      if (!parser_->parse(line, row_)) {
        --totals_.lines;
        return;
      }
      take(batch);
    } catch (const RefusedBecause& why) {
      ++totals_.refused[static_cast<std::size_t>(why.reason)];
      if (options_.refused) options_.refused({lines_.number(), why.reason, why.detail});
    }
  }

  void take(std::vector<Row>& batch) {
    check_controls(row_.user, Refusal::user);
    const std::optional<cache::Key> key = keys_.key_of(row_.user);
    if (!key) {
      throw RefusedBecause{Refusal::user,
                           "not one of buyeruid:X, ifa:X, user.id:EXCHANGE:X, eid:SOURCE:X (an ifa of zeros "
                           "is nobody's): \"" +
                               row_.user + "\""};
    }
    std::string profile = encode(row_.contents);
    if (profile.size() > Profile::kBytesMax) {
      throw RefusedBecause{Refusal::profile_too_large, std::to_string(profile.size()) + " bytes in binary form; " +
                                                           std::to_string(Profile::kBytesMax) + " are allowed"};
    }
    if (!seen_.insert(key->low).second) ++totals_.duplicates;
    ++totals_.rows;
    batch.push_back({*key, std::move(profile)});
  }

  const std::istream& in_;
  const KeyMaker& keys_;
  const ImportOptions& options_;
  LineReader lines_;
  std::unique_ptr<RowParser> parser_;
  UserRow row_;
  boost::unordered_flat_set<std::uint64_t> seen_;  // half of the keys' bits are enough to count with
  ImportTotals totals_;
};

}  // namespace

ImportTotals import_profiles(std::istream& in, const KeyMaker& keys, std::span<const std::unique_ptr<Place>> places,
                             const ImportOptions& options) {
  std::vector<std::unique_ptr<Loader>> loaders;
  for (const auto& place : places) loaders.push_back(place->load(options.replace));
  Writer writer(std::move(loaders));
  const ImportTotals totals = Import(in, keys, options).run(writer);
  writer.finish();
  return totals;
}

}  // namespace bidwell::profile
