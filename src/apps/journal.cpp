// bidwell journal verify and dump: what stands in a folder of journals.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "apps/commands.h"
#include "apps/meter.h"
#include "bidwell/events/journals.h"
#include "bidwell/events/ndjson.h"

namespace bidwell::apps {
namespace {

constexpr std::uint64_t kFaultsShown = 100;
constexpr std::size_t kOutput = 64 << 10;

class Faults {
 public:
  void show(const events::JournalFault& fault) {
    show(fmt::format("{}: at byte {}: {}", fault.file, fault.offset, fault.what));
  }
  void show_undecodable(std::string_view journal, const events::Journals::Record& record) {
    ++undecodable_;
    show(fmt::format("{}: at position {}: not an event", journal, record.position));
  }
  std::uint64_t count() const { return count_; }
  std::uint64_t undecodable() const { return undecodable_; }

 private:
  void show(const std::string& line) {
    if (++count_ <= kFaultsShown) fmt::print(stderr, "{}\n", line);
    if (count_ == kFaultsShown + 1) fmt::print(stderr, "and more\n");
  }

  std::uint64_t count_ = 0, undecodable_ = 0;
};

// A name that stays the same however the folder was named: journals are called by it.
std::string folder_of(const std::string& given) {
  std::error_code error;
  const auto path = std::filesystem::canonical(given, error);
  if (error) throw std::runtime_error(fmt::format("cannot read {}: {}", given, error.message()));
  return path.string();
}

// Where it stands goes before what it says.
void append_line(std::string_view journal, const events::Journals::Record& record, const events::Event& event,
                 std::string& out) {
  using Json = nlohmann::json;
  const std::string name = Json(journal).dump(-1, ' ', false, Json::error_handler_t::replace);
  fmt::format_to(std::back_inserter(out), R"({{"journal":{},"position":{},)", name, record.position);
  const std::size_t at = out.size();
  append_json(event, out);
  out.erase(at, 1);  // its brace
  out += '\n';
}

void print(std::string& lines) {
  if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size()) {
    throw std::runtime_error("cannot write to standard output");
  }
  lines.clear();
}

}  // namespace

int journal_verify(const JournalOptions& options) {
  Faults faults;
  std::array<std::uint64_t, events::kKinds> kinds{};
  const events::JournalTotals totals = events::scan_journals(
      folder_of(options.directory),
      [&](std::string_view journal, const events::Journals::Record& record) {
        events::Event event;
        if (!events::decode(record.bytes, event)) return faults.show_undecodable(journal, record);
        ++kinds[static_cast<std::size_t>(event.kind)];
      },
      [&](const events::JournalFault& fault) { faults.show(fault); });
  fmt::print("{} journals in {} segments: {} records, {:.1f} MB\n", grouped(totals.journals), grouped(totals.segments),
             grouped(totals.records), static_cast<double>(totals.bytes) / 1e6);
  for (std::size_t i = 0; i < events::kKinds; ++i) {
    if (kinds[i] != 0) fmt::print("  {:>14}  {}\n", grouped(kinds[i]), events::name(static_cast<events::Kind>(i)));
  }
  if (faults.undecodable() != 0) fmt::print("  {:>14}  no events\n", grouped(faults.undecodable()));
  fmt::print("{}\n", faults.count() == 0 ? "no faults" : fmt::format("faults: {}", grouped(faults.count())));
  return faults.count() == 0 ? 0 : 1;
}

int journal_dump(const JournalOptions& options) {
  const auto is_wanted = [&](events::Kind kind) {
    if (options.kinds.empty()) return true;
    for (const std::string& name : options.kinds) {
      if (name == events::name(kind)) return true;
    }
    return false;
  };
  Faults faults;
  std::string lines;
  bool is_known = options.journal.empty();
  events::scan_journals(
      folder_of(options.directory),
      [&](std::string_view journal, const events::Journals::Record& record) {
        if (!options.journal.empty() && journal != options.journal) return;
        is_known = true;
        events::Event event;
        if (!events::decode(record.bytes, event)) return faults.show_undecodable(journal, record);
        if (!is_wanted(event.kind)) return;
        append_line(journal, record, event, lines);
        if (lines.size() >= kOutput) print(lines);
      },
      [&](const events::JournalFault& fault) { faults.show(fault); });
  print(lines);
  if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write to standard output");
  if (!is_known) {
    throw std::runtime_error(fmt::format("{} has no records of a journal {}", options.directory, options.journal));
  }
  return faults.count() == 0 ? 0 : 1;
}

}  // namespace bidwell::apps
