// Which pictures there are, and what stands on their axes.
#include "replay/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "replay/plot.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

constexpr double kPointsPerLine = 300;

std::string tick_text(double ns) {
  if (ns < 1e3) return fmt::format("{:g} ns", ns);
  if (ns < 1e6) return fmt::format("{:g} us", ns / 1e3);
  return ns < 1e9 ? fmt::format("{:g} ms", ns / 1e6) : fmt::format("{:g} s", ns / 1e9);
}

void time_axis(Plot& plot, double low, double high) {
  const auto ticks = decades(low, high);
  plot.y() = {ticks.front(), ticks.back(), true, plot.y().from, plot.y().to};
  for (const double tick : ticks) plot.y_tick(tick, tick_text(tick));
}

Plot::Points curve_of(const Hdr& hdr) {
  Plot::Points out;
  const double end = std::log10(static_cast<double>(hdr.count()));
  for (int i = 0; i <= kPointsPerLine; ++i) {
    const double nines = end * i / kPointsPerLine;
    const double q = i == kPointsPerLine ? 1 : 1 - std::pow(10, -nines);
    out.emplace_back(nines, std::max(1.0, static_cast<double>(hdr.quantile(q))));
  }
  return out;
}

// Seconds of the run along the axis.
void run_axis(Plot& plot, const std::vector<Interval>& lines, ChartSize size) {
  const double end = lines.back().begin_s + lines.back().seconds;
  plot.x() = {0, end, false, plot.x().from, plot.x().to};
  const bool minutes = end > 180;
  for (const double tick : round_ticks(minutes ? end / 60 : end, size.width < 500 ? 4 : 8)) {
    const double at = minutes ? tick * 60 : tick;
    if (at <= end * 1.001) plot.x_tick(at, fmt::format("{:g}", tick));
  }
  plot.x_title(minutes ? "minutes since the start, by when requests were due"
                       : "seconds since the start, by when requests were due");
}

template <class Value>
Plot::Points over_time(const std::vector<Interval>& lines, Value&& value) {
  Plot::Points out;
  for (const Interval& line : lines) {
    const std::optional<double> point = line.sent == 0 ? std::nullopt : std::optional<double>(value(line));
    out.emplace_back(line.begin_s + line.seconds / 2, point);
  }
  return out;
}

double per_second(std::uint64_t count, const Interval& line) {
  return line.seconds > 0 ? static_cast<double>(count) / line.seconds : 0;
}

std::string nothing(std::string_view label, ChartSize size) {
  Plot plot({size.width, 120, false}, label);
  plot.note("nothing was measured");
  return plot.take();
}

}  // namespace

std::string percentile_chart(const Hdr& latency, const Hdr& service, ChartSize size) {
  constexpr std::string_view kLabel = "Latency and service time by percentile";
  if (latency.count() == 0) return nothing(kLabel, size);
  Plot plot(size, kLabel);
  const std::uint64_t low = service.count() == 0 ? latency.min() : std::min(latency.min(), service.min());
  time_axis(plot, static_cast<double>(std::max<std::uint64_t>(low, 1)),
            static_cast<double>(std::max(latency.max(), service.max())));
  plot.title("time, logarithmic");
  const double end = std::max(1.0, std::log10(static_cast<double>(latency.count())));
  plot.x() = {0, end, false, plot.x().from, plot.x().to};
  plot.x_tick(0, "0");
  if (size.width > 500) plot.x_tick(std::log10(2), "50");
  for (int nines = 1; nines <= end; ++nines) {
    plot.x_tick(nines, nines == 1   ? "90"
                       : nines == 2 ? "99"
                                    : fmt::format("{:.{}f}", 100 - std::pow(10, 2 - nines), nines - 2));
  }
  plot.x_title("percent of requests that took at most so long");
  plot.line("p99", "latency", curve_of(latency));
  if (service.count() > 0) plot.line("max", "service", curve_of(service));
  return plot.take();
}

std::string latency_chart(const std::vector<Interval>& intervals, ChartSize size) {
  constexpr std::string_view kLabel = "Latency over time: median, 99th percentile and maximum";
  const auto lines = coarser(intervals, static_cast<std::size_t>(kPointsPerLine));
  double low = 1e18, high = 0;
  for (const Interval& line : lines) {
    if (line.sent == 0) continue;
    low = std::min(low, static_cast<double>(std::max<std::uint64_t>(line.p50_ns, 1)));
    high = std::max(high, static_cast<double>(line.max_ns));
  }
  if (high == 0) return nothing(kLabel, size);
  Plot plot(size, kLabel);
  time_axis(plot, low, high);
  plot.title("latency, logarithmic");
  run_axis(plot, lines, size);
  const auto at_least_1 = [](std::uint64_t ns) { return static_cast<double>(std::max<std::uint64_t>(ns, 1)); };
  plot.line("max", "max", over_time(lines, [&](const Interval& line) { return at_least_1(line.max_ns); }));
  plot.line("p99", "p99", over_time(lines, [&](const Interval& line) { return at_least_1(line.p99_ns); }));
  plot.line("p50", "p50", over_time(lines, [&](const Interval& line) { return at_least_1(line.p50_ns); }));
  if (!size.hover) return plot.take();
  for (const Interval& line : lines) {
    plot.tip(
        line.begin_s, line.begin_s + line.seconds,
        fmt::format("at {}: p50 {}, p99 {}, max {}, service p99 {}", span_text(line.begin_s),
                    time_text(static_cast<double>(line.p50_ns)), time_text(static_cast<double>(line.p99_ns)),
                    time_text(static_cast<double>(line.max_ns)), time_text(static_cast<double>(line.service_p99_ns))));
  }
  return plot.take();
}

std::string rate_chart(const std::vector<Interval>& intervals, ChartSize size) {
  constexpr std::string_view kLabel = "Requests and errors a second over time";
  auto lines = coarser(intervals, static_cast<std::size_t>(kPointsPerLine));
  // What is left at the end is too short for a rate.
  if (lines.size() > 1 && lines.back().seconds < lines.front().seconds / 2) lines.pop_back();
  double most = 0;
  bool asked = false, errors = false;
  for (const Interval& line : lines) {
    most = std::max({most, per_second(line.sent, line), line.asked_rate});
    asked = asked || line.asked_rate > 0;
    errors = errors || line.errors > 0;
  }
  if (most == 0) return nothing(kLabel, size);
  Plot plot(size, kLabel);
  const auto ticks = round_ticks(most * 1.02, 4);
  plot.y() = {0, ticks.back(), false, plot.y().from, plot.y().to};
  for (const double tick : ticks) plot.y_tick(tick, tick >= 100 ? rate_text(tick) : fmt::format("{:g}", tick));
  plot.title("requests a second");
  run_axis(plot, lines, size);
  const auto errors_of = over_time(lines, [](const Interval& line) { return per_second(line.errors, line); });
  if (errors) plot.area("errors-area", errors_of);
  plot.line("p99", "sent", over_time(lines, [](const Interval& line) { return per_second(line.sent, line); }));
  if (asked) plot.line("asked", "asked", over_time(lines, [](const Interval& line) { return line.asked_rate; }));
  if (errors) plot.line("errors", "errors", errors_of);
  if (!size.hover) return plot.take();
  for (const Interval& line : lines) {
    plot.tip(line.begin_s, line.begin_s + line.seconds,
             fmt::format("at {}: {}/s sent, {} errors, {} late, {} answers with a bid", span_text(line.begin_s),
                         rate_text(per_second(line.sent, line)), count_text(line.errors), count_text(line.late),
                         count_text(line.bids)));
  }
  return plot.take();
}

std::string price_chart(const Hdr& price, ChartSize size) {
  constexpr std::string_view kLabel = "Bids by price";
  if (price.count() == 0) return nothing(kLabel, size);
  // The last bar takes what is above nearly all, so that one price does not make the others invisible.
  const auto ticks = round_ticks(static_cast<double>(std::max<std::uint64_t>(price.quantile(0.995), 1)) / 1e6,
                                 size.width < 500 ? 4 : 8);
  const std::size_t bars = size.width < 500 ? 20 : 40;
  const double width = ticks.back() / static_cast<double>(bars);
  std::vector<std::uint64_t> counts(bars);
  for (const auto& [micros, n] : price.buckets()) {
    const double bar = std::floor(static_cast<double>(micros) / 1e6 / width + 1e-9);
    counts[bar < static_cast<double>(bars) ? static_cast<std::size_t>(bar) : bars - 1] += n;
  }
  Plot plot(size, kLabel);
  const auto heights = round_ticks(static_cast<double>(*std::ranges::max_element(counts)), 4);
  plot.x() = {0, ticks.back(), false, plot.x().from, plot.x().to};
  plot.y() = {0, heights.back(), false, plot.y().from, plot.y().to};
  for (const double tick : heights) plot.y_tick(tick, tick >= 100 ? rate_text(tick) : fmt::format("{:g}", tick));
  for (const double tick : ticks) plot.x_tick(tick, fmt::format("{:g}", tick), false);
  plot.title("bids");
  plot.x_title("price (CPM) in the bid's currency; the last bar holds all above");
  for (std::size_t i = 0; i < bars; ++i) {
    if (counts[i] == 0) continue;
    const double from = width * static_cast<double>(i);
    const std::string to = i + 1 == bars ? "or more" : fmt::format("to {:.3f}", from + width);
    plot.bar("price", from, from + width, static_cast<double>(counts[i]),
             fmt::format("{:.3f} {}: {} bids", from, to, count_text(counts[i])));
  }
  return plot.take();
}

std::vector<Interval> coarser(const std::vector<Interval>& intervals, std::size_t points) {
  const std::size_t group = (intervals.size() + points - 1) / std::max<std::size_t>(points, 1);
  if (group <= 1) return intervals;
  std::vector<Interval> out;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const Interval& line = intervals[i];
    if (i % group == 0) {
      out.push_back(line);
      continue;
    }
    Interval& sum = out.back();
    const double seconds = sum.seconds + line.seconds;
    sum.asked_rate = (sum.asked_rate * sum.seconds + line.asked_rate * line.seconds) / seconds;
    sum.seconds = seconds;
    sum.sent += line.sent, sum.answered += line.answered, sum.errors += line.errors;
    sum.late += line.late, sum.bids += line.bids;
    sum.p50_ns = std::max(sum.p50_ns, line.p50_ns), sum.p99_ns = std::max(sum.p99_ns, line.p99_ns);
    sum.max_ns = std::max(sum.max_ns, line.max_ns);
    sum.service_p99_ns = std::max(sum.service_p99_ns, line.service_p99_ns);
    sum.lateness_max_ns = std::max(sum.lateness_max_ns, line.lateness_max_ns);
  }
  return out;
}

}  // namespace bidwell::replay
