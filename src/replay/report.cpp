// The files of a report.
#include "bidwell/replay/report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bidwell::replay {
namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::runtime_error(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
}

double ms(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

}  // namespace

std::string csv_of(const std::vector<Interval>& intervals) {
  std::string out =
      "begin_s,seconds,asked_per_s,sent,answered,errors,late,with_bids,latency_p50_ms,latency_p99_ms,latency_max_ms,"
      "service_p99_ms,lateness_max_ms\n";
  for (const Interval& line : intervals) {
    fmt::format_to(std::back_inserter(out), "{:.3f},{:.3f},{:.1f},{},{},{},{},{},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f}\n",
                   line.begin_s, line.seconds, line.asked_rate, line.sent, line.answered, line.errors, line.late,
                   line.bids, ms(line.p50_ns), ms(line.p99_ns), ms(line.max_ns), ms(line.service_p99_ns),
                   ms(line.lateness_max_ns));
  }
  return out;
}

void write_report(const std::string& directory, const Result& result) {
  const std::filesystem::path folder(directory);
  std::filesystem::create_directories(folder);
  write_file(folder / "index.html", html_of(result));
  write_file(folder / "result.json", json_of(result).dump() + "\n");
  write_file(folder / "latency.hgrm", result.tally.latency.hgrm(1e6));
  write_file(folder / "service.hgrm", result.tally.service.hgrm(1e6));
  write_file(folder / "intervals.csv", csv_of(result.intervals));
}

}  // namespace bidwell::replay
