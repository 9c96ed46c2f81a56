// Says what was measured: a table and the target for people, everything as JSON for programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "loopback/summary.h"
#include "redis_latency/measurement.h"
#include "redis_latency/options.h"
#include "redis_latency/processes.h"

namespace bidwell::redis_latency {

// The p99 of a request that does not wait, with Redis in any state, over that with Redis healthy.
inline constexpr double kRatioMax = 1.2;

// One bidder's run.
struct Run {
  Setting setting;
  std::vector<Phase> phases;
  std::vector<std::string> said;  // by the bidder at its end
};

// Of one state over the cycles that were not disturbed.
struct Summary {
  State state = State::healthy;
  std::size_t requests = 0, bids = 0;
  loopback::Spread p50, p99, p999, cpu_us;
  loopback::Spread p99_ratio;             // over the healthy one of the same cycle
  loopback::Spread worst_p99, worst_max;  // of the worst second since the switch
  loopback::Spread late_p99;
  loopback::Spread back_s;
  double late_max = 0;
  std::size_t kept = 0, left_out = 0;
};
std::vector<Summary> summarise(const std::vector<Phase>& phases);

// `client_first`: it runs in real time.
std::string format_setting(const Options& options, loopback::Cores cores, double request_bytes, bool client_first);

std::string format_run(const Run& run, const Options& options);

// Throws std::runtime_error when the file cannot be written.
void write_json(const std::filesystem::path& path, const Options& options, const std::vector<Run>& runs);

}  // namespace bidwell::redis_latency
