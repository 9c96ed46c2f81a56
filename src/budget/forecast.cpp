// See forecast.h.
#include "budget/forecast.h"

#include <algorithm>
#include <cmath>

namespace bidwell::budget {
namespace {

constexpr int kDaysBefore = 14;
constexpr double kLess = 0.75;  // a day weighs so much of the one after it
// A day is whole when something was offered this early in it, or earlier.
constexpr std::int64_t kBeginsWithin = 3600;
// No quarter is expected to have less than this of the mean: what was never seen may come.
constexpr double kLeastOfMean = 0.03;
constexpr std::size_t kQuarters = 100;  // of a day of 25 hours

void smooth(std::vector<double>& values) {
  const std::vector<double> was = values;
  for (std::size_t i = 0; i < was.size(); ++i) {
    const double left = was[i == 0 ? 0 : i - 1], right = was[std::min(i + 1, was.size() - 1)];
    values[i] = (left + 2 * was[i] + right) / 4;
  }
}

// False: nothing was offered.
bool add_day(const Cells& offered, const Day& day, double weight, std::vector<double>& quarters) {
  const auto from = offered.lower_bound(day.begin / kCellSeconds), to = offered.lower_bound(day.end / kCellSeconds);
  double sum = 0;
  for (auto cell = from; cell != to; ++cell) sum += static_cast<double>(cell->second);
  if (sum <= 0) return false;
  for (auto cell = from; cell != to; ++cell) {
    const std::int64_t back = day.end / kCellSeconds - 1 - cell->first;
    quarters[std::min(static_cast<std::size_t>(back), kQuarters - 1)] +=
        weight * static_cast<double>(cell->second) / sum;
  }
  return true;
}

}  // namespace

Shape learn(const Cells& offered, const TimeZone& zone, const Day& today) {
  Shape shape;
  if (offered.empty()) return shape;
  shape.first = offered.begin()->first * kCellSeconds;
  std::vector<double> quarters(kQuarters);
  double weight = 1, weights = 0;
  Day day = today;
  for (int back = 0; back < kDaysBefore; ++back, weight *= kLess) {
    day = zone.day_at(day.begin - 1);
    if (shape.first > day.begin + kBeginsWithin) break;
    if (add_day(offered, day, weight, quarters)) weights += weight;
  }
  if (weights == 0) return shape;
  // The hour that only a day of 25 has was mostly not there: it is like the one after it.
  for (std::size_t i = 96; i < kQuarters; ++i) quarters[i] = quarters[i - 4];
  smooth(quarters);
  double sum = 0;
  for (double& quarter : quarters) sum += quarter = std::max(quarter, kLeastOfMean * weights / 96);
  for (double& quarter : quarters) quarter /= sum;
  shape.quarters = std::move(quarters);
  return shape;
}

Curve::Curve(const Shape& shape, const Day& day, std::int64_t from, std::int64_t to) {
  if (shape.quarters.empty()) from = std::max(from, std::min(shape.first, day.end - 1));
  day_begin_ = static_cast<double>(day.begin);
  from_ = static_cast<double>(std::max(from, day.begin));
  to_ = static_cast<double>(std::min(to, day.end));
  const auto quarters = static_cast<std::size_t>((day.end - day.begin + kCellSeconds - 1) / kCellSeconds);
  until_.resize(quarters + 1);
  for (std::size_t i = 0; i < quarters; ++i) {
    const std::size_t back = std::min(quarters - 1 - i, kQuarters - 1);
    until_[i + 1] = until_[i] + (shape.quarters.empty() ? 1.0 : shape.quarters[back]);
  }
  before_ = weight_by(from_);
  whole_ = weight_by(to_) - before_;
}

double Curve::weight_by(double unix_seconds) const noexcept {
  const double quarter = (unix_seconds - day_begin_) / static_cast<double>(kCellSeconds);
  if (quarter <= 0) return 0;
  const auto whole = static_cast<std::size_t>(quarter);
  if (whole + 1 >= until_.size()) return until_.back();
  return until_[whole] + (until_[whole + 1] - until_[whole]) * (quarter - static_cast<double>(whole));
}

double Curve::share(double unix_seconds) const noexcept {
  if (unix_seconds >= to_) return 1;
  if (unix_seconds <= from_ || whole_ <= 0) return 0;
  return (weight_by(unix_seconds) - before_) / whole_;
}

}  // namespace bidwell::budget
