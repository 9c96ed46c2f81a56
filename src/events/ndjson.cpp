// The sink: rows into parts, and at their time all parts and positions in one commit.
#include "bidwell/events/ndjson.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "events/calendar.h"
#include "events/ndjson_folder.h"
#include "events/ndjson_parts.h"
#include "events/repeats.h"

namespace bidwell::events {
namespace {

using Wall = std::chrono::system_clock;

constexpr std::size_t kChunk = 256 << 10;  // of lines, to the compressor at once

std::int64_t day_of(Wall::time_point now) {
  return std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
}

// No two sinks of one writer live at the same time.
std::string prefix_of(const NdjsonSinkOptions& options) {
  const auto begun = std::chrono::duration_cast<std::chrono::microseconds>(Wall::now().time_since_epoch());
  return fmt::format("{}-{}", options.writer, begun.count());
}

void append_rejected(const Row& row, const std::string& journal, std::string& out) {
  using Json = nlohmann::json;
  std::string hex;
  for (const char c : row.bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  const Json line{
      {"reason", "not an event"}, {"journal", journal}, {"position", row.position}, {"bytes", std::move(hex)}};
  out += line.dump(-1, ' ', false, Json::error_handler_t::replace);
  out += '\n';
}

}  // namespace

struct NdjsonSink::Impl {
  explicit Impl(NdjsonSinkOptions given)
      : options(std::move(given)),
        folder(options.directory, options.writer, options.log),
        parts(folder.path(), prefix_of(options), options.compression) {}
  ~Impl() { parts.drop(); }

  std::vector<std::uint64_t> positions(std::span<const std::string> journals) {
    finish();  // of calls that failed nothing is left
    drop();
    folder.clean();
    stored = folder.all_positions(journals, day_of(now));
    std::vector<std::uint64_t> all;
    for (const std::string& journal : journals) all.push_back(taken[journal] = stored[journal]);
    return all;
  }

  void take(const Batch& batch) {
    move_parts();
    all_or_nothing([&] {
      for (const Advance& advance : batch.advances) {
        const auto at = taken.find(advance.journal);
        if (at == taken.end() || at->second != advance.from) {
          throw PositionMoved(fmt::format("{} is not at {}", advance.journal, advance.from));
        }
      }
      write(rows_to_write(batch));
      write_rejected(batch);
    });
    for (const Advance& advance : batch.advances) taken[advance.journal] = advance.to;
    is_changed = is_changed || !batch.advances.empty();
  }

  // In the order of their hours, so that each part is opened once.
  std::vector<const Event*> rows_to_write(const Batch& batch) {
    std::vector<const Event*> events;
    events.reserve(batch.rows.size());
    for (const Row& row : batch.rows) {
      if (row.event.kind != Kind::bid && !repeats.add(row.event)) {
        ++repeats_taken;
        continue;
      }
      events.push_back(&row.event);
    }
    std::stable_sort(events.begin(), events.end(),
                     [](const Event* a, const Event* b) { return hour_of(a->at_us) < hour_of(b->at_us); });
    return events;
  }

  void write(const std::vector<const Event*>& events) {
    lines.clear();
    for (std::size_t i = 0; i < events.size(); ++i) {
      append_json(*events[i], lines);
      lines += '\n';
      const std::int64_t hour = hour_of(events[i]->at_us);
      if (lines.size() < kChunk && i + 1 < events.size() && hour_of(events[i + 1]->at_us) == hour) continue;
      parts.add(hour, lines);
      lines.clear();
    }
    rows_taken += events.size();
  }

  void write_rejected(const Batch& batch) {
    for (const Row& row : batch.undecodable) {
      lines.clear();
      append_rejected(row, batch.advances[row.advance].journal, lines);
      parts.add(Parts::kRejected, lines);
    }
    rejected_taken += batch.undecodable.size();
  }

  void tend(Wall::time_point given_now) {
    now = given_now;
    move_parts();
    if (!is_changed) return;
    if (!begun || *begun > now) begun = now;
    if (parts.largest() >= options.file_bytes || now - *begun >= options.file_age) commit();
  }

  void finish() {
    move_parts();
    if (is_changed) commit();
  }

  void commit() {
    all_or_nothing([&] {
      parts.finish();
      folder.commit(taken, parts.places(), day_of(now));
    });
    // It is done, whatever happens to the moves.
    counters.rows.add(rows_taken);
    counters.repeats.add(repeats_taken);
    counters.set_aside.add(rejected_taken);
    counters.files.add(parts.size());
    counters.bytes.add(parts.file_bytes());
    parts.hand_over();
    repeats.keep();
    begin_anew();
    is_moving = true;
    move_parts();
  }

  void move_parts() {
    if (!is_moving) return;
    folder.move_parts();
    is_moving = false;
    for (const auto& [journal, position] : taken) stored[journal] = position;
  }

  template <class Work>
  void all_or_nothing(Work work) {
    try {
      work();
    } catch (...) {
      drop();
      throw;
    }
  }

  // Forgets what was taken since the last commit. Nothing is taken before somebody has asked for the positions.
  void drop() {
    parts.drop();
    repeats.drop();
    taken.clear();
    begin_anew();
  }
  void begin_anew() {
    rows_taken = repeats_taken = rejected_taken = 0;
    is_changed = false;
    begun.reset();
  }

  const NdjsonSinkOptions options;
  NdjsonSinkCounters counters;
  Wall::time_point now = Wall::now();  // as tend() was told last
  WriterFolder folder;
  Parts parts;
  Repeats repeats;
  WriterFolder::Positions stored;
  bool is_moving = false;  // committed, and not all in place

  // Since the last commit.
  WriterFolder::Positions taken;
  bool is_changed = false;
  std::optional<Wall::time_point> begun;
  std::uint64_t rows_taken = 0, repeats_taken = 0, rejected_taken = 0;

  std::string lines;
};

NdjsonSink::NdjsonSink(NdjsonSinkOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

NdjsonSink::~NdjsonSink() = default;

std::vector<std::uint64_t> NdjsonSink::positions(std::span<const std::string> journals) {
  return impl_->positions(journals);
}

void NdjsonSink::take(const Batch& batch) {
  impl_->take(batch);
}

std::uint64_t NdjsonSink::stored(std::string_view journal) const {
  const auto at = impl_->stored.find(journal);
  return at == impl_->stored.end() ? 0 : at->second;
}

void NdjsonSink::tend(std::chrono::system_clock::time_point now) {
  impl_->tend(now);
}

void NdjsonSink::finish() {
  impl_->finish();
}

const NdjsonSinkCounters& NdjsonSink::counters() const noexcept {
  return impl_->counters;
}

}  // namespace bidwell::events
