// Says what was measured: tables and the target for people, everything as JSON for programs.
#pragma once

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loopback/summary.h"
#include "open_loop/field.h"
#include "open_loop/measurement.h"
#include "open_loop/options.h"

namespace bidwell::open_loop {

using Json = nlohmann::ordered_json;

// The p99 of a bid request with the server in any state over that with it healthy.
inline constexpr double kRatioMax = 1.2;

// Of the bidders on one setting.
struct Run {
  std::string title;
  Json setting;  // for programs
  std::vector<Case> cases;
  std::vector<Phase> phases;
  std::vector<std::string> said;  // by a bidder at its end, or by who looked after it
};

// What is summed up of a phase. `base`: the first case's phase of the same cycle, null where that was disturbed.
struct Measure {
  std::string_view name;  // for programs
  std::optional<double> (*of)(const Phase& phase, const Phase* base);
};
enum class Measured {
  p50,
  p99,
  p999,
  p99_ratio,
  worst_p99,
  worst_max,
  back,
  cpu,
  late_p99,
  worker_cpu,
  worker_waited,
  switches_voluntary,
  switches_involuntary,
  faults_minor,
  faults_major
};
inline constexpr std::size_t kMeasures = 15;
extern const std::array<Measure, kMeasures> measures;

// Of one case over the cycles that were not disturbed.
struct Summary {
  std::size_t which = 0;
  std::size_t requests = 0, bids = 0, notices = 0;
  double late_max = 0;
  std::size_t kept = 0, left_out = 0;
  std::array<loopback::Spread, kMeasures> spreads;

  const loopback::Spread& operator[](Measured what) const noexcept { return spreads[static_cast<std::size_t>(what)]; }
};
std::vector<Summary> summarise(const Run& run);

// Which core is whose, the traffic and the cycles. `server`: as "redis-server"; `traffic`: whatever else there is to
// say of it.
std::string format_setting(const Options& options, const Field& field, std::string_view server,
                           std::string_view traffic);

std::string format_run(const Run& run);

// `setting`: added to what all have in common. Throws std::runtime_error when the file cannot be written.
void write_json(const std::filesystem::path& path, const Options& options, const Json& setting,
                const std::vector<Run>& runs);

}  // namespace bidwell::open_loop
