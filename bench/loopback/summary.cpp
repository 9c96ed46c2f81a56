// See summary.h.
#include "summary.h"

#include <algorithm>
#include <cmath>

namespace bidwell::loopback {
namespace {

double seconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) * 1e-9;
}

bool usable(const Burst& burst) {
  return burst.kept && burst.client.answers > 0;
}

bool has_cpu(const Series& series) {
  return !series.bursts.empty() && series.bursts.front().cpu.has_value();
}

template <typename Value>
Spread over_bursts(const Series& series, Value value) {
  std::vector<double> values;
  for (const auto& burst : series.bursts) {
    if (usable(burst)) values.push_back(value(burst));
  }
  return spread_of(std::move(values));
}

// Ratios of those cycles in which both bursts were kept.
template <typename Value>
std::optional<Spread> paired(const Series& series, const Series* base, Value value) {
  if (base == nullptr) return std::nullopt;
  std::vector<double> ratios;
  for (std::size_t cycle = 0; cycle < series.bursts.size(); ++cycle) {
    const auto& own = series.bursts[cycle];
    const auto& other = base->bursts[cycle];
    if (usable(own) && usable(other)) ratios.push_back(value(own) / value(other));
  }
  return spread_of(std::move(ratios));
}

const Series* find_series(const std::vector<Series>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &Series::name);
  return found == all.end() ? nullptr : &*found;
}

double user_share_of(const Series& series) {
  double user = 0;
  double all = 0;
  for (const auto& burst : series.bursts) {
    if (!usable(burst)) continue;
    user += static_cast<double>(burst.cpu->user_ticks);
    all += static_cast<double>(burst.cpu->user_ticks + burst.cpu->system_ticks);
  }
  return all > 0 ? user / all : 0;
}

Summary summarise_one(const Series& series, const Series* floor, const Series* nginx) {
  Summary summary;
  summary.name = series.name;
  summary.throughput = over_bursts(series, throughput_of);
  summary.throughput_over_floor = paired(series, floor, throughput_of);
  summary.kept = summary.throughput.count;
  summary.left_out = series.bursts.size() - summary.kept;
  if (summary.kept == 0) return summary;
  if (has_cpu(series)) {
    summary.cpu = over_bursts(series, cpu_of);
    summary.cpu_over_nginx = paired(series, nginx, cpu_of);
    summary.user_share = user_share_of(series);
    summary.core_share = over_bursts(series, [](const Burst& burst) {
                           return seconds(burst.cpu->total) / seconds(burst.client.elapsed);
                         }).median;
  }
  const auto us = [](std::chrono::nanoseconds time) { return seconds(time) * 1e6; };
  summary.p50_us = over_bursts(series, [&](const Burst& b) { return us(b.client.p50); }).median;
  summary.p99_us = over_bursts(series, [&](const Burst& b) { return us(b.client.p99); }).median;
  return summary;
}

}  // namespace

double throughput_of(const Burst& burst) noexcept {
  return static_cast<double>(burst.client.answers) / seconds(burst.client.elapsed);
}

double cpu_of(const Burst& burst) noexcept {
  return seconds(burst.cpu->total) * 1e6 / static_cast<double>(burst.client.answers);
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], place - static_cast<double>(below));
  };
  return {at(0), at(0.25), at(0.5), at(0.75), at(1), values.size()};
}

std::optional<Spread> cpu_ratio(const std::vector<Series>& all, std::string_view name, std::string_view base) {
  const Series* own = find_series(all, name);
  const Series* other = find_series(all, base);
  if (own == nullptr || other == nullptr || !has_cpu(*own) || !has_cpu(*other)) return std::nullopt;
  return paired(*own, other, cpu_of);
}

std::vector<Summary> summarise(const std::vector<Series>& all) {
  const Series* floor = find_series(all, floor_name);
  const Series* nginx = find_series(all, nginx_name);
  std::vector<Summary> summaries;
  for (const auto& series : all) summaries.push_back(summarise_one(series, floor, nginx));
  return summaries;
}

const Summary* find(const std::vector<Summary>& summaries, std::string_view name) noexcept {
  const auto found = std::ranges::find(summaries, name, &Summary::name);
  return found == summaries.end() ? nullptr : &*found;
}

}  // namespace bidwell::loopback
