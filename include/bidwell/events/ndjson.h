// The sink in files: one JSON object a line, in `<directory>/dt=YYYY-MM-DD/hour=HH/` by the UTC hour of the event, as
// Presto, Trino and Spark read them. Only whole files ever stand there: they are written elsewhere and moved when they
// are full or old, together with the journals' positions, so that no event is in two files and none is lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bidwell/core/counter.h"
#include "bidwell/events/sink.h"

namespace bidwell::events {

enum class Compression : std::uint8_t { none, gzip, zstd };

struct NdjsonSinkOptions {
  std::string directory;
  std::string writer;                    // in the files' names: unique among those who write here at the same time
  std::uint64_t file_bytes = 100 << 20;  // before compression: what the readers like
  std::chrono::seconds file_age{60};     // since its first event was taken
  Compression compression = Compression::none;
  std::function<void(const std::string& line)> log;  // may be null
};

// Counted when the files are whole.
struct alignas(64) NdjsonSinkCounters {
  Counter rows;
  Counter repeats;    // of notices, left out
  Counter set_aside;  // records that are no events: in `<directory>/_rejected/`
  Counter files;
  Counter bytes;  // of the files, as they are on disk
};

// Appends an event as one line of JSON, without the line's end: the form of the files and of `bidwell journal dump`.
void append_json(const Event& event, std::string& out);

// Leaves out notices, by bid id and kind, that it has stored before: some of the last million or two since it began. It
// does not know what others have stored; readers who count money take each (bid_id, kind) once.
class NdjsonSink final : public Sink {
 public:
  // Finishes what a crash left half done, of this writer or another that is gone. Throws std::runtime_error when the
  // directory cannot be used.
  explicit NdjsonSink(NdjsonSinkOptions options);
  ~NdjsonSink() override;

  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override;
  void take(const Batch& batch) override;
  std::uint64_t stored(std::string_view journal) const override;
  void tend(std::chrono::system_clock::time_point now) override;
  void finish() override;

  const NdjsonSinkCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::events
