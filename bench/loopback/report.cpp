// The table and the targets. See report.h; report_json.cpp writes the JSON.
#include "report.h"

#include <fmt/format.h>

#include <functional>
#include <iterator>
#include <optional>

namespace bidwell::loopback {
namespace {

std::string thousands(double value) {
  return fmt::format("{:.1f}k", value / 1000);
}

std::string format_throughput(const Spread& spread) {
  if (spread.count == 0) return "-";
  return fmt::format("{} [{}..{}]", thousands(spread.median), thousands(spread.min),
                     thousands(spread.max));
}

std::string format_quartiles(const std::optional<Spread>& spread, int digits) {
  if (!spread || spread->count == 0) return "-";
  if (spread->min == spread->max) return fmt::format("{:.{}f}", spread->median, digits);
  return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", spread->median, digits, spread->quartile1, digits,
                     spread->quartile3, digits);
}

std::string format_share(const std::optional<double>& share) {
  return share ? fmt::format("{:.0f} %", *share * 100) : "-";
}

std::string format_latency(const Summary& row, double us) {
  return row.kept > 0 ? fmt::format("{:.0f}", us) : "-";
}

constexpr std::string_view row_format =
    "{:<12} {:<24} {:<18} {:<17} {:<18} {:>5} {:>5} {:>5} {:>6}  {}\n";

std::string format_target(std::string_view what, const Summary* bidwell,
                          std::optional<Spread> Summary::*ratio, double limit, bool at_most) {
  const std::string target = fmt::format("{} {} {:.2f}", what, at_most ? "<=" : ">=", limit);
  if (bidwell == nullptr || !(bidwell->*ratio) || (bidwell->*ratio)->count == 0) {
    return fmt::format("target {:<42} not measured\n", target);
  }
  const double value = (bidwell->*ratio)->median;
  const bool met = at_most ? value <= limit : value >= limit;
  return fmt::format("target {:<42} measured {:.3f}: {}\n", target, value, met ? "met" : "missed");
}

}  // namespace

std::string format_cycle(std::size_t cycle, const Schedule& schedule,
                         const std::vector<Series>& so_far) {
  std::string line = fmt::format("cycle {:>2}/{}", cycle + 1, schedule.cycles);
  for (const auto& series : so_far) {
    const auto& burst = series.bursts.back();
    fmt::format_to(std::back_inserter(line), "  {} {}", series.name,
                   thousands(throughput_of(burst)));
    if (burst.cpu) fmt::format_to(std::back_inserter(line), " {:.2f} us", cpu_of(burst));
    if (!burst.kept) line += " (disturbed)";
  }
  return line;
}

std::string format_table(const std::vector<Summary>& summaries) {
  std::string table =
      fmt::format(row_format, "server", "requests/s [min..max]", "/ FLOOR", "CPU us/request",
                  "/ nginx", "user", "core", "p50", "p99", "bursts");
  for (const auto& row : summaries) {
    auto bursts = fmt::format("{}", row.kept);
    if (row.left_out > 0) bursts += fmt::format(" ({} left out)", row.left_out);
    table += fmt::format(row_format, row.name, format_throughput(row.throughput),
                         format_quartiles(row.throughput_over_floor, 3),
                         format_quartiles(row.cpu, 2), format_quartiles(row.cpu_over_nginx, 3),
                         format_share(row.user_share), format_share(row.core_share),
                         format_latency(row, row.p50_us), format_latency(row, row.p99_us), bursts);
  }
  return table +
         "Medians over the bursts, quartiles in parentheses; ratios are paired by cycle. user: "
         "share "
         "of the\nserver's CPU time; core: CPU time over elapsed time; p50 and p99 in us. Left "
         "out: bursts "
         "in which\nthe hypervisor or other processes had more than their share of either core.\n";
}

std::string format_targets(const std::vector<Summary>& summaries) {
  const Summary* bidwell = find(summaries, bidwell_name);
  return format_target("CPU per request, Bidwell / nginx", bidwell, &Summary::cpu_over_nginx,
                       cpu_over_nginx_max, true) +
         format_target("throughput, Bidwell / FLOOR", bidwell, &Summary::throughput_over_floor,
                       throughput_over_floor_min, false);
}

}  // namespace bidwell::loopback
