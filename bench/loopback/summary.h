// What the bursts come to: medians and quartiles per server, and ratios paired by cycle.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measurement.h"

namespace bidwell::loopback {

struct Spread {
  double min = 0;
  double quartile1 = 0;
  double median = 0;
  double quartile3 = 0;
  double max = 0;
  std::size_t count = 0;
};

// All zero for no values.
Spread spread_of(std::vector<double> values);

// Empty but for the counts when no burst was kept.
struct Summary {
  std::string name;
  Spread throughput;                            // requests per second
  std::optional<Spread> throughput_over_floor;  // each absent where what it compares with is
  std::optional<Spread> cpu;                    // microseconds of the server per request
  std::optional<Spread> cpu_over_nginx;
  std::optional<double> user_share;  // of its processor time
  std::optional<double> core_share;  // processor time over elapsed time, median
  double p50_us = 0;                 // medians of the bursts' percentiles
  double p99_us = 0;
  std::size_t kept = 0;
  std::size_t left_out = 0;
};

// Processor time per request of one server over another's, paired by cycle; nothing where either
// was not measured.
std::optional<Spread> cpu_ratio(const std::vector<Series>& all, std::string_view name, std::string_view base);

std::vector<Summary> summarise(const std::vector<Series>& all);

const Summary* find(const std::vector<Summary>& summaries, std::string_view name) noexcept;

double throughput_of(const Burst& burst) noexcept;

// Microseconds of the server's processor per request; only where `cpu` is known.
double cpu_of(const Burst& burst) noexcept;

}  // namespace bidwell::loopback
