// Says what was measured: a table and the two targets for people, everything as JSON for programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "measurement.h"
#include "summary.h"

namespace bidwell::loopback {

// What Bidwell is to reach here: no more processor time per request than nginx answering a
// constant, this share of the throughput of the floor, and hardly more processor time with a
// hundred times the campaigns.
inline constexpr double cpu_over_nginx_max = 1.0;
inline constexpr double throughput_over_floor_min = 0.8;
inline constexpr double cpu_large_over_small_max = 1.5;

// What was measured with what, for the JSON file.
struct Setting {
  std::size_t connections = 0;
  std::size_t request_bytes = 0;  // with head
  std::size_t answer_bytes = 0;   // body
  std::size_t varied = 0;         // different requests; 0: the same one over and over
  Schedule schedule;
  Cores cores;
};

// A Bidwell of this run, without its process.
struct BidwellFacts {
  std::string name;
  std::size_t campaigns = 0;
  std::size_t catalog_bytes = 0;
  double start_seconds = 0;
  Memory memory;                 // once it listened
  std::size_t answer_bytes = 0;  // body of its first answer
};

// What starting one took, in a line.
std::string format_start(const BidwellFacts& bidwell);

// One line: requests per second of each server in this cycle.
std::string format_cycle(std::size_t cycle, const Schedule& schedule, const std::vector<Series>& so_far);

std::string format_table(const std::vector<Summary>& summaries);

// Each target with its measured value, and whether it is met, missed or not measured. The first of
// `bidwells` is compared with the other servers, the one with most campaigns with that with fewest.
std::string format_targets(const std::vector<Series>& all, const std::vector<Summary>& summaries,
                           const std::vector<BidwellFacts>& bidwells);

// Throws std::runtime_error when the file cannot be written.
void write_json(const std::filesystem::path& path, const Setting& setting, const std::vector<BidwellFacts>& bidwells,
                const std::vector<Series>& all, const std::vector<Summary>& summaries);

}  // namespace bidwell::loopback
