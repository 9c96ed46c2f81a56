// The table and the targets. See report.h; report_json.cpp writes the JSON.
#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace bidwell::loopback {
namespace {

std::string thousands(double value) {
  return fmt::format("{:.1f}k", value / 1000);
}

std::string format_throughput(const Spread& spread) {
  if (spread.count == 0) return "-";
  return fmt::format("{} [{}..{}]", thousands(spread.median), thousands(spread.min), thousands(spread.max));
}

std::string format_quartiles(const std::optional<Spread>& spread, int digits) {
  if (!spread || spread->count == 0) return "-";
  if (spread->min == spread->max) return fmt::format("{:.{}f}", spread->median, digits);
  return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", spread->median, digits, spread->quartile1, digits, spread->quartile3,
                     digits);
}

std::string format_share(const std::optional<double>& share) {
  return share ? fmt::format("{:.0f} %", *share * 100) : "-";
}

std::string format_latency(const Summary& row, double us) {
  return row.kept > 0 ? fmt::format("{:.0f}", us) : "-";
}

constexpr std::string_view row_format = "{:<12} {:<24} {:<18} {:<17} {:<18} {:>5} {:>5} {:>5} {:>6}  {}\n";

std::string format_target(std::string_view what, const std::optional<Spread>& ratio, double limit, bool at_most) {
  const std::string target = fmt::format("{} {} {:.2f}", what, at_most ? "<=" : ">=", limit);
  if (!ratio || ratio->count == 0) return fmt::format("target {:<52} not measured\n", target);
  const bool met = at_most ? ratio->median <= limit : ratio->median >= limit;
  return fmt::format("target {:<52} measured {}: {}\n", target, format_quartiles(ratio, 3), met ? "met" : "missed");
}

}  // namespace

std::string format_cycle(std::size_t cycle, const Schedule& schedule, const std::vector<Series>& so_far) {
  std::string line = fmt::format("cycle {:>2}/{}", cycle + 1, schedule.cycles);
  for (const auto& series : so_far) {
    const auto& burst = series.bursts.back();
    fmt::format_to(std::back_inserter(line), "  {} {}", series.name, thousands(throughput_of(burst)));
    if (burst.cpu) fmt::format_to(std::back_inserter(line), " {:.2f} us", cpu_of(burst));
    if (!burst.kept) line += " (disturbed)";
  }
  return line;
}

std::string format_table(const std::vector<Summary>& summaries) {
  std::string table = fmt::format(row_format, "server", "requests/s [min..max]", "/ FLOOR", "CPU us/request", "/ nginx",
                                  "user", "core", "p50", "p99", "bursts");
  for (const auto& row : summaries) {
    auto bursts = fmt::format("{}", row.kept);
    if (row.left_out > 0) bursts += fmt::format(" ({} left out)", row.left_out);
    table += fmt::format(
        row_format, row.name, format_throughput(row.throughput), format_quartiles(row.throughput_over_floor, 3),
        format_quartiles(row.cpu, 2), format_quartiles(row.cpu_over_nginx, 3), format_share(row.user_share),
        format_share(row.core_share), format_latency(row, row.p50_us), format_latency(row, row.p99_us), bursts);
  }
  if (std::ranges::all_of(summaries, [](const Summary& row) { return row.kept == 0; })) {
    table += "Every burst was disturbed: wait until the machine is idle, or see --disturbed-max.\n";
  }
  return table +
         "Medians over the bursts, quartiles in parentheses; ratios are paired by cycle. user: "
         "share "
         "of the\nserver's CPU time; core: CPU time over elapsed time; p50 and p99 in us. Left "
         "out: bursts "
         "in which\nthe hypervisor or other processes had more than their share of either core.\n";
}

std::string format_start(const BidwellFacts& bidwell) {
  const auto megabytes = [](std::size_t bytes) { return static_cast<double>(bytes) / 1e6; };
  return fmt::format(
      "{}: catalog of {:.0f} MB; listens after {:.1f} s with {:.0f} MB resident (at most {:.0f} "
      "MB); answer body {} bytes",
      bidwell.name, megabytes(bidwell.catalog_bytes), bidwell.start_seconds, megabytes(bidwell.memory.resident),
      megabytes(bidwell.memory.peak), bidwell.answer_bytes);
}

std::string format_targets(const std::vector<Series>& all, const std::vector<Summary>& summaries,
                           const std::vector<BidwellFacts>& bidwells) {
  const Summary* main = bidwells.empty() ? nullptr : find(summaries, bidwells.front().name);
  const auto main_has = [&](std::optional<Spread> Summary::*ratio) {
    return main == nullptr ? std::nullopt : main->*ratio;
  };
  const std::string_view name = main == nullptr ? bidwell_name : std::string_view(main->name);
  std::string targets = format_target(fmt::format("CPU per request, {} / nginx", name),
                                      main_has(&Summary::cpu_over_nginx), cpu_over_nginx_max, true) +
                        format_target(fmt::format("throughput, {} / FLOOR", name),
                                      main_has(&Summary::throughput_over_floor), throughput_over_floor_min, false);
  const auto [small, large] = std::ranges::minmax_element(bidwells, {}, &BidwellFacts::campaigns);
  if (bidwells.size() > 1) {
    targets += format_target(fmt::format("CPU per request, {} / {}", large->name, small->name),
                             cpu_ratio(all, large->name, small->name), cpu_large_over_small_max, true);
  }
  return targets;
}

}  // namespace bidwell::loopback
