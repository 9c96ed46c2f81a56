// bidwell profiles import: loads users' profiles.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>

#include "apps/commands.h"
#include "apps/meter.h"
#include "apps/profile_places.h"
#include "apps/setup.h"
#include "bidwell/profile/import.h"

namespace bidwell::apps {
namespace {

using Places = std::vector<std::unique_ptr<profile::Place>>;

constexpr std::uint64_t kRefusedShown = 20;

void complain(std::string_view what) {
  fmt::print(stderr, "bidwell profiles: {}\n", what);
}

// Where an import goes that does not say: where profiles come from, and the cache before it.
std::vector<std::string> usual_places(const ops::Config& config) {
  std::vector<std::string> names;
  if (config.profiles.origin == ops::ProfileOrigin::file) names.emplace_back("file");
  if (config.profiles.origin == ops::ProfileOrigin::postgres) names.emplace_back("postgres");
  if (config.redis) names.emplace_back("redis");
  return names;
}

// How much there is to read; 0 when nobody knows.
std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  const int failed = path == "-" ? ::fstat(STDIN_FILENO, &status) : ::stat(path.c_str(), &status);
  return failed == 0 && S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

profile::ImportFormat format_of(const ProfilesImportOptions& options) {
  using profile::ImportFormat;
  if (options.format == "ndjson") return ImportFormat::ndjson;
  if (options.format == "csv") return ImportFormat::csv;
  if (options.file.ends_with(".ndjson") || options.file.ends_with(".jsonl")) return ImportFormat::ndjson;
  return options.file.ends_with(".csv") ? ImportFormat::csv : ImportFormat::automatic;
}

void print_summary(const ProfilesImportOptions& options, const profile::ImportTotals& totals, double seconds) {
  fmt::print("{}{} rows of {} lines ({:.1f} MB) in {:.1f} s: {} rows/s{}{}\n",
             options.dry_run ? "only looked at, nothing loaded: " : "", grouped(totals.rows), grouped(totals.lines),
             static_cast<double>(totals.bytes) / 1e6, seconds,
             grouped(static_cast<std::uint64_t>(static_cast<double>(totals.rows) / std::max(seconds, 1e-3))),
             options.dry_run ? "" : "; into ", options.dry_run ? "" : fmt::format("{}", fmt::join(options.to, ", ")));
  if (totals.duplicates != 0) {
    fmt::print("{} rows of users that came again; the last of each counts\n", grouped(totals.duplicates));
  }
  if (totals.refused_lines() == 0) return;
  fmt::print("refused lines: {}\n", grouped(totals.refused_lines()));
  for (std::size_t i = 0; i < profile::kRefusals; ++i) {
    if (totals.refused[i] == 0) continue;
    fmt::print("  {:>10}  {}\n", grouped(totals.refused[i]), describe(static_cast<profile::Refusal>(i)));
  }
}

int run_import(const ProfilesImportOptions& options, const ops::Config& config, std::istream& in,
               std::ostream* refused) {
  Places places;
  if (!options.dry_run) {
    for (const std::string& name : options.to) places.push_back(open_place(config, name));
  }
  Meter meter(size_of(options.file), ::isatty(STDERR_FILENO) != 0);
  const std::string source = options.file == "-" ? "standard input" : options.file;
  std::uint64_t shown = 0;
  profile::ImportOptions how;
  how.format = format_of(options);
  how.replace = options.replace;
  how.refused = [&](const profile::RefusedLine& line) {
    const std::string text = fmt::format("{}:{}: {}: {}", source, line.number, describe(line.reason), line.detail);
    if (refused != nullptr) *refused << text << '\n';
    if (++shown > kRefusedShown + 1) return;
    meter.clear();
    if (shown <= kRefusedShown) {
      fmt::print(stderr, "{}\n", text);
    } else {
      fmt::print(stderr, "more are refused; {}\n",
                 options.refused.empty() ? "--refused FILE lists them all" : "see " + options.refused);
    }
  };
  how.progress = [&](const profile::ImportTotals& so_far) {
    meter.update(so_far.bytes, so_far.rows, so_far.refused_lines());
  };
  const profile::ImportTotals totals = profile::import_profiles(in, key_maker(config), places, how);
  meter.clear();
  print_summary(options, totals, meter.seconds());
  if (refused != nullptr && !refused->flush()) throw std::runtime_error("cannot write " + options.refused);
  return totals.refused_lines() == 0 ? 0 : 1;
}

}  // namespace

int profiles_import(ProfilesImportOptions options) {
  const auto config = load_config_or_print(options.config);
  if (!config) return 1;
  if (options.to.empty()) options.to = usual_places(*config);
  if (options.to.empty() && !options.dry_run) {
    complain("the configuration names no place to load into: profiles.origin, or redis");
    return 2;
  }
  for (const std::string& name : options.to) {
    if (is_configured(*config, name)) continue;
    complain(fmt::format("--to {}: the configuration does not say where that is", name));
    return 2;
  }
  std::ifstream file;
  std::ofstream refused;
  if (options.file != "-") file.open(options.file, std::ios::binary);
  if (!file) {
    complain(fmt::format("cannot read {}: {}", options.file, std::strerror(errno)));
    return 1;
  }
  if (!options.refused.empty()) refused.open(options.refused, std::ios::binary);
  if (!refused) {
    complain(fmt::format("cannot write {}: {}", options.refused, std::strerror(errno)));
    return 1;
  }
  std::ios::sync_with_stdio(false);
  return run_import(options, *config, options.file == "-" ? std::cin : file,
                    options.refused.empty() ? nullptr : &refused);
}

}  // namespace bidwell::apps
