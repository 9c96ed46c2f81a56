// Memory: a line per interval, and histograms of the last ones alone.
#include "replay/intervals.h"

#include <algorithm>

namespace bidwell::replay {
namespace {

double seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

}  // namespace

void IntervalPart::clear() noexcept {
  sent = answered = errors = late = bids = lateness_max_ns = 0;
  latency.clear();
  service.clear();
}

Intervals::Intervals(std::chrono::nanoseconds interval, const Schedule& schedule)
    : interval_(interval), schedule_(schedule) {}

bool Intervals::try_add(const Parts& parts) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return false;
  for (const auto& part : parts) merge(*part);
  return true;
}

void Intervals::add(const Parts& parts) {
  const std::lock_guard lock(mutex_);
  for (const auto& part : parts) merge(*part);
}

std::vector<Interval> Intervals::read(std::chrono::nanoseconds until) {
  const std::lock_guard lock(mutex_);
  for (auto& [number, open] : open_) settle(open, lines_[static_cast<std::size_t>(number)]);
  const double until_s = seconds(until);
  const auto end = std::ranges::partition_point(lines_, [&](const Interval& line) { return line.begin_s < until_s; });
  return {lines_.begin(), end};
}

void Intervals::end(std::chrono::nanoseconds last_due) {
  const std::lock_guard lock(mutex_);
  if (lines_.empty()) return;
  Interval& last = lines_.back();
  // Up to when the next one would have been due. One that has only just begun has no rate worth telling; a twentieth
  // keeps it from being a division by nothing.
  const double gaps = last.sent > 1 ? static_cast<double>(last.sent) / static_cast<double>(last.sent - 1) : 1;
  last.seconds = std::clamp((seconds(last_due) - last.begin_s) * gaps, last.seconds / 20, last.seconds);
}

void Intervals::merge(const IntervalPart& part) {
  while (std::ssize(lines_) <= part.number) append_line();
  Interval& line = lines_[static_cast<std::size_t>(part.number)];
  line.sent += part.sent;
  line.answered += part.answered;
  line.errors += part.errors;
  line.late += part.late;
  line.bids += part.bids;
  line.lateness_max_ns = std::max(line.lateness_max_ns, part.lateness_max_ns);
  line.max_ns = std::max(line.max_ns, part.latency.max());
  if (Open* const kept = open(part.number)) {
    kept->latency += part.latency;
    kept->service += part.service;
    kept->changed = true;
  }
}

void Intervals::append_line() {
  const auto begin = static_cast<std::int64_t>(lines_.size()) * interval_;
  lines_.push_back({.begin_s = seconds(begin),
                    .seconds = seconds(interval_),
                    .asked_rate = schedule_.rate_at(begin + interval_ / 2)});
}

// Null: it was settled long ago.
Intervals::Open* Intervals::open(std::int64_t number) {
  if (const auto found = open_.find(number); found != open_.end()) return &found->second;
  if (open_.size() < kOpen) return &open_[number];
  if (number < open_.begin()->first) return nullptr;
  auto oldest = open_.extract(open_.begin());
  settle(oldest.mapped(), lines_[static_cast<std::size_t>(oldest.key())]);
  oldest.mapped().latency.clear();
  oldest.mapped().service.clear();
  oldest.key() = number;
  return &open_.insert(std::move(oldest)).position->second;
}

void Intervals::settle(Open& open, Interval& line) {
  if (!open.changed) return;
  line.p50_ns = open.latency.quantile(0.5);
  line.p99_ns = open.latency.quantile(0.99);
  line.service_p99_ns = open.service.quantile(0.99);
  open.changed = false;
}

}  // namespace bidwell::replay
