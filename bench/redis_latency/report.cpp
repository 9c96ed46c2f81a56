// The table and the target. See report.h; report_json.cpp writes the JSON.
#include "redis_latency/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace bidwell::redis_latency {
namespace {

using loopback::Spread;

const Phase* healthy_of(const std::vector<Phase>& phases, std::size_t cycle) {
  const auto found = std::ranges::find_if(
      phases, [&](const Phase& phase) { return phase.cycle == cycle && phase.state == State::healthy && phase.kept; });
  return found == phases.end() ? nullptr : &*found;
}

Summary summarise_state(const std::vector<Phase>& phases, State state) {
  Summary out;
  out.state = state;
  std::vector<double> p50, p99, p999, cpu, ratio, worst_p99, worst_max, late, back;
  for (const Phase& phase : phases) {
    if (phase.state != state) continue;
    ++(phase.kept ? out.kept : out.left_out);
    if (!phase.kept) continue;
    out.requests += phase.settled.requests;
    out.bids += phase.settled.bids;
    out.late_max = std::max(out.late_max, phase.settled.late_max);
    p50.push_back(phase.settled.p50);
    p99.push_back(phase.settled.p99);
    p999.push_back(phase.settled.p999);
    cpu.push_back(phase.cpu_us);
    worst_p99.push_back(phase.worst_second.p99);
    worst_max.push_back(phase.worst_second.max);
    late.push_back(phase.settled.late_p99);
    if (phase.back_s) back.push_back(*phase.back_s);
    const Phase* healthy = healthy_of(phases, phase.cycle);
    if (healthy != nullptr) ratio.push_back(phase.settled.p99 / healthy->settled.p99);
  }
  out.p50 = loopback::spread_of(std::move(p50));
  out.p99 = loopback::spread_of(std::move(p99));
  out.p999 = loopback::spread_of(std::move(p999));
  out.cpu_us = loopback::spread_of(std::move(cpu));
  out.p99_ratio = loopback::spread_of(std::move(ratio));
  out.worst_p99 = loopback::spread_of(std::move(worst_p99));
  out.worst_max = loopback::spread_of(std::move(worst_max));
  out.late_p99 = loopback::spread_of(std::move(late));
  out.back_s = loopback::spread_of(std::move(back));
  return out;
}

std::string format_spread(const Spread& spread, int digits) {
  if (spread.count == 0) return "-";
  return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", spread.median, digits, spread.min, digits, spread.max, digits);
}

constexpr std::string_view kRow = "{:<8} {:>8} {:>5} {:<15} {:<17} {:<19} {:<16} {:<19} {:<21} {:<13} {:<17} {}\n";

std::string format_row(const Summary& row) {
  const double share = row.requests == 0 ? 0 : static_cast<double>(row.bids) / static_cast<double>(row.requests);
  return fmt::format(
      kRow, name_of(row.state), row.requests, fmt::format("{:.0f} %", share * 100), format_spread(row.p50, 0),
      format_spread(row.p99, 0), format_spread(row.p999, 0),
      row.state == State::healthy ? "1" : format_spread(row.p99_ratio, 2), format_spread(row.worst_p99, 0),
      format_spread(row.worst_max, 0), format_spread(row.back_s, 1), format_spread(row.cpu_us, 1),
      row.left_out == 0 ? fmt::format("{}", row.kept) : fmt::format("{} ({} left out)", row.kept, row.left_out));
}

std::string format_target(const std::vector<Summary>& rows) {
  double worst = 0;
  for (const Summary& row : rows) {
    if (row.state == State::healthy) continue;
    if (row.p99_ratio.count == 0) return fmt::format("target p99 / healthy p99 <= {:.1f}: not measured\n", kRatioMax);
    worst = std::max(worst, row.p99_ratio.median);
  }
  return fmt::format("target p99 / healthy p99 <= {:.1f}  measured {:.2f}: {}\n", kRatioMax, worst,
                     worst <= kRatioMax ? "met" : "missed");
}

// A client that is late by itself hides what the bidder does.
std::string format_lateness(const std::vector<Summary>& rows) {
  double p99 = 0, most = 0, share = 0;
  for (const Summary& row : rows) {
    p99 = std::max(p99, row.late_p99.median);
    most = std::max(most, row.late_max);
    if (row.p99.median > 0) share = std::max(share, row.late_p99.median / row.p99.median);
  }
  return fmt::format("The client's own lateness: p99 at most {:.0f} us, {:.0f} us at worst{}\n", p99, most,
                     share > 0.3 ? ": it was the limit, the p99s above are its own in part." : ".");
}

}  // namespace

std::vector<Summary> summarise(const std::vector<Phase>& phases) {
  std::vector<Summary> rows;
  for (const State state : kStates) rows.push_back(summarise_state(phases, state));
  return rows;
}

std::string format_setting(const Options& options, loopback::Cores cores, double request_bytes, bool client_first) {
  std::string out = fmt::format("Bidder on core {}; client{}, relay and redis-server on core {}{}.\n", cores.server,
                                client_first && !options.real_time ? " (in real time)" : "", cores.client,
                                options.real_time ? "; all in real time" : "");
  out += fmt::format(
      "{:.0f} requests/s, Poisson, over {} connections, {:.0f} bytes each with head, of {} users by Zipf {} ({} in "
      "Redis); L1 of {} MB; {} campaigns.\n",
      options.rate, options.connections, request_bytes, options.users, options.zipf, options.loaded, options.l1_mb,
      options.campaigns);
  out += fmt::format(
      "{} cycles of {} s in each state, {} s after each switch left out; a slow Redis answers {} ms late.\n",
      options.cycles, options.phase_s, options.settle_s, options.delay.count());
  return out + "Times in us from when a request was due: medians over the cycles (least-most).\n";
}

std::string format_run(const Run& run, const Options& options) {
  const auto rows = summarise(run.phases);
  std::string out = fmt::format("\nwait {} ms; profiles are refreshed after {} s, served for {} s at most\n",
                                run.setting.wait_ms, options.soft_ttl_s, run.setting.hard_ttl_s);
  out += fmt::format(kRow, "Redis", "requests", "bids", "p50", "p99", "p99.9", "p99 / healthy", "worst s: p99",
                     "worst s: max", "back after s", "CPU us", "phases");
  for (const Summary& row : rows) out += format_row(row);
  if (run.setting.wait_ms == 0) out += format_target(rows);
  if (std::ranges::all_of(rows, [](const Summary& row) { return row.kept == 0; })) {
    out += "Every phase was disturbed: wait until the machine is idle, or see --real-time and --disturbed-max.\n";
  } else {
    out += format_lateness(rows);
  }
  for (const std::string& line : run.said) out += line + "\n";
  return out;
}

}  // namespace bidwell::redis_latency
