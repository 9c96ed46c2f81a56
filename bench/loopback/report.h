// Says what was measured: a table and the two targets for people, everything as JSON for programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "measurement.h"
#include "summary.h"

namespace bidwell::loopback {

// What Bidwell is to reach here: no more processor time per request than nginx answering a
// constant, and this share of the throughput of the floor.
inline constexpr double cpu_over_nginx_max = 1.0;
inline constexpr double throughput_over_floor_min = 0.8;

// What was measured with what, for the JSON file.
struct Setting {
  std::size_t connections = 0;
  std::size_t request_bytes = 0;  // with head
  std::size_t answer_bytes = 0;   // body
  Schedule schedule;
  Cores cores;
};

// One line: requests per second of each server in this cycle.
std::string format_cycle(std::size_t cycle, const Schedule& schedule,
                         const std::vector<Series>& so_far);

std::string format_table(const std::vector<Summary>& summaries);

// Each target with its measured value, and whether it is met, missed or not measured.
std::string format_targets(const std::vector<Summary>& summaries);

// Throws std::runtime_error when the file cannot be written.
void write_json(const std::filesystem::path& path, const Setting& setting,
                const std::vector<Series>& all, const std::vector<Summary>& summaries);

}  // namespace bidwell::loopback
