// The tables and the target. See report.h; report_json.cpp writes the JSON.
#include "open_loop/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace bidwell::open_loop {
namespace {

using loopback::Spread;

const Phase* base_of(const std::vector<Phase>& phases, std::size_t cycle) {
  const auto found = std::ranges::find_if(
      phases, [&](const Phase& phase) { return phase.cycle == cycle && phase.which == 0 && phase.kept; });
  return found == phases.end() ? nullptr : &*found;
}

Summary summarise_case(const std::vector<Phase>& phases, std::size_t which) {
  Summary out;
  out.which = which;
  std::array<std::vector<double>, kMeasures> values;
  for (const Phase& phase : phases) {
    if (phase.which != which) continue;
    ++(phase.kept ? out.kept : out.left_out);
    if (!phase.kept) continue;
    out.requests += phase.settled.requests;
    out.bids += phase.settled.bids;
    out.notices += phase.notices;
    out.late_max = std::max(out.late_max, phase.settled.late_max);
    for (std::size_t i = 0; i < kMeasures; ++i) {
      if (const auto value = measures[i].of(phase, base_of(phases, phase.cycle))) values[i].push_back(*value);
    }
  }
  for (std::size_t i = 0; i < kMeasures; ++i) out.spreads[i] = loopback::spread_of(std::move(values[i]));
  return out;
}

std::string format_spread(const Spread& spread, int digits) {
  if (spread.count == 0) return "-";
  return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", spread.median, digits, spread.min, digits, spread.max, digits);
}

constexpr std::string_view kRow = "{:<9} {:>8} {:>5} {:<15} {:<17} {:<19} {:<16} {:<19} {:<21} {:<13} {}\n";

std::string format_row(const Run& run, const Summary& row) {
  using enum Measured;
  const double share = row.requests == 0 ? 0 : static_cast<double>(row.bids) / static_cast<double>(row.requests);
  return fmt::format(
      kRow, run.cases[row.which].name, row.requests, fmt::format("{:.0f} %", share * 100), format_spread(row[p50], 0),
      format_spread(row[p99], 0), format_spread(row[p999], 0), row.which == 0 ? "1" : format_spread(row[p99_ratio], 2),
      format_spread(row[worst_p99], 0), format_spread(row[worst_max], 0), format_spread(row[back], 1),
      row.left_out == 0 ? fmt::format("{}", row.kept) : fmt::format("{} ({} left out)", row.kept, row.left_out));
}

constexpr std::string_view kWorkerRow = "{:<9} {:<16} {:<16} {:<16} {:>13} {:>13} {:>13} {:>13} {:>8}\n";

std::string format_worker_row(const Run& run, const Summary& row) {
  using enum Measured;
  return fmt::format(
      kWorkerRow, run.cases[row.which].name, format_spread(row[cpu], 1), format_spread(row[worker_cpu], 1),
      format_spread(row[worker_waited], 1), fmt::format("{:.3f}", row[switches_voluntary].median),
      fmt::format("{:.4f}", row[switches_involuntary].median), fmt::format("{:.4f}", row[faults_minor].median),
      fmt::format("{:.4f}", row[faults_major].median), row.notices);
}

std::string format_target(const Run& run, const std::vector<Summary>& rows) {
  double worst = 0;
  for (const Summary& row : rows) {
    if (!run.cases[row.which].judged) continue;
    const Spread& ratio = row[Measured::p99_ratio];
    if (ratio.count == 0) return fmt::format("target p99 / healthy p99 <= {:.1f}: not measured\n", kRatioMax);
    worst = std::max(worst, ratio.median);
  }
  if (worst == 0) return {};
  return fmt::format("target p99 / healthy p99 <= {:.1f}  measured {:.2f}: {}\n", kRatioMax, worst,
                     worst <= kRatioMax ? "met" : "missed");
}

// A client that is late by itself hides what the bidder does.
std::string format_lateness(const std::vector<Summary>& rows) {
  double p99 = 0, most = 0, share = 0;
  for (const Summary& row : rows) {
    const double late = row[Measured::late_p99].median, all = row[Measured::p99].median;
    p99 = std::max(p99, late);
    most = std::max(most, row.late_max);
    if (all > 0) share = std::max(share, late / all);
  }
  return fmt::format("The client's own lateness: p99 at most {:.0f} us, {:.0f} us at worst{}\n", p99, most,
                     share > 0.3 ? ": it was the limit, the p99s above are its own in part." : ".");
}

}  // namespace

const std::array<Measure, kMeasures> measures = {{
    {"p50_us", [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.settled.p50; }},
    {"p99_us", [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.settled.p99; }},
    {"p999_us", [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.settled.p999; }},
    {"p99_over_healthy",
     [](const Phase& phase, const Phase* base) -> std::optional<double> {
       if (base == nullptr) return std::nullopt;
       return phase.settled.p99 / base->settled.p99;
     }},
    {"worst_second_p99_us",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worst_second.p99; }},
    {"worst_second_max_us",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worst_second.max; }},
    {"back_s", [](const Phase& phase, const Phase*) { return phase.back_s; }},
    {"cpu_us_per_request", [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.cpu_us; }},
    {"late_p99_us", [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.settled.late_p99; }},
    {"worker_cpu_us_per_request",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worker.cpu_us; }},
    {"worker_waited_us_per_request",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worker.waited_us; }},
    {"worker_switches_voluntary_per_request",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worker.switches_voluntary; }},
    {"worker_switches_involuntary_per_request",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worker.switches_involuntary; }},
    {"worker_faults_minor_per_request",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worker.faults_minor; }},
    {"worker_faults_major_per_request",
     [](const Phase& phase, const Phase*) -> std::optional<double> { return phase.worker.faults_major; }},
}};

std::vector<Summary> summarise(const Run& run) {
  std::vector<Summary> rows;
  for (std::size_t which = 0; which < run.cases.size(); ++which) rows.push_back(summarise_case(run.phases, which));
  return rows;
}

std::string format_setting(const Options& options, const Field& field, std::string_view server,
                           std::string_view traffic) {
  std::string out = fmt::format("Bidder on core {}; client{}, relay and {} on core {}{}.\n", field.cores.server,
                                field.client_first && !options.real_time ? " (in real time)" : "", server,
                                field.cores.client, options.real_time ? "; all in real time" : "");
  out += fmt::format("{:.0f} requests/s, Poisson, over {} connections; {}; {} campaigns.\n", options.rate,
                     options.connections, traffic, options.campaigns);
  out +=
      fmt::format("{} cycles of {} s in each state, {} s after each switch left out; a slow {} answers {} ms late.\n",
                  options.cycles, options.phase_s, options.settle_s, server, options.delay_ms);
  return out + "Times in us from when a request was due: medians over the cycles (least-most).\n";
}

std::string format_run(const Run& run) {
  const auto rows = summarise(run);
  std::string out = "\n" + run.title + "\n";
  out += fmt::format(kRow, "", "requests", "bids", "p50", "p99", "p99.9", "p99 / healthy", "worst s: p99",
                     "worst s: max", "back after s", "phases");
  for (const Summary& row : rows) out += format_row(run, row);
  out += "Per request and notice, of the bidder and of its worker's thread:\n";
  out += fmt::format(kWorkerRow, "", "CPU us: all", "worker", "core waited for", "switches own", "forced",
                     "faults minor", "major", "notices");
  for (const Summary& row : rows) out += format_worker_row(run, row);
  out += format_target(run, rows);
  if (std::ranges::all_of(rows, [](const Summary& row) { return row.kept == 0; })) {
    out += "Every phase was disturbed: wait until the machine is idle, or see --real-time and --disturbed-max.\n";
  } else {
    out += format_lateness(rows);
  }
  for (const std::string& line : run.said) out += line + "\n";
  return out;
}

}  // namespace bidwell::open_loop
