// HdrHistogram's buckets, percentiles and text format.
#include "bidwell/replay/hdr.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

namespace bidwell::replay {
namespace {

// 2,048 buckets keep three digits: within a power of two a bucket is 1/1,024 to 1/2,048 of its values wide.
constexpr unsigned kHalfBits = 10;
constexpr std::uint64_t kHalf = 1 << kHalfBits;
constexpr std::uint64_t kMask = 2 * kHalf - 1;

// Bits that a value's bucket does not tell apart.
constexpr unsigned shift_of(std::uint64_t value) noexcept {
  return static_cast<unsigned>(std::bit_width(value | kMask)) - (kHalfBits + 1);
}

constexpr std::size_t index_of(std::uint64_t value) noexcept {
  const unsigned shift = shift_of(value);
  return (static_cast<std::size_t>(shift) << kHalfBits) + static_cast<std::size_t>(value >> shift);
}

constexpr std::uint64_t lowest_of(std::size_t index) noexcept {
  if (index <= kMask) return index;
  const std::uint64_t shift = (index >> kHalfBits) - 1;
  return (static_cast<std::uint64_t>(index) - (shift << kHalfBits)) << shift;
}

constexpr std::uint64_t highest_of(std::size_t index) noexcept {
  return lowest_of(index + 1) - 1;
}

// As the reference implementation tells of it in the footer: powers of two up to the largest value.
constexpr unsigned kBuckets = shift_of(Hdr::kMax) + 1;

// The next level to print; `ticks` in each halving of what is left (PercentileIterator of the reference).
double next_level(double percent, unsigned ticks) {
  const double halvings = std::floor(std::log2(100.0 / (100.0 - percent))) + 1;
  return percent + 100.0 / (ticks * std::exp2(halvings));
}

}  // namespace

void Hdr::record(std::uint64_t value, std::uint64_t n) {
  if (n == 0) return;
  if (value > kMax) {
    value = kMax;
    clipped_ += n;
  }
  const std::size_t index = index_of(value);
  if (index >= counts_.size()) counts_.resize((index | (kHalf - 1)) + 1);
  counts_[index] += n;
  count_ += n;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(n);
}

Hdr& Hdr::operator+=(const Hdr& other) {
  if (other.count_ == 0) return *this;
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  const std::size_t last = index_of(other.max_);
  for (std::size_t i = index_of(other.min_); i <= last; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  clipped_ += other.clipped_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  return *this;
}

void Hdr::clear() noexcept {
  if (count_ == 0) return;
  const auto first = counts_.begin() + static_cast<std::ptrdiff_t>(index_of(min_));
  std::fill(first, counts_.begin() + static_cast<std::ptrdiff_t>(index_of(max_)) + 1, 0);
  count_ = clipped_ = max_ = 0;
  min_ = UINT64_MAX;
  sum_ = 0;
}

std::uint64_t Hdr::min() const noexcept {
  return count_ == 0 ? 0 : min_;
}

std::uint64_t Hdr::max() const noexcept {
  return max_;
}

double Hdr::mean() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

double Hdr::deviation() const noexcept {
  if (count_ == 0) return 0;
  const double middle = mean();
  double squares = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const double off = static_cast<double>(lowest_of(i) + (highest_of(i) - lowest_of(i) + 1) / 2) - middle;
    squares += off * off * static_cast<double>(counts_[i]);
  }
  return std::sqrt(squares / static_cast<double>(count_));
}

std::uint64_t Hdr::quantile(double q) const noexcept {
  if (!(q > 0)) return min();
  if (q >= 1) return max();
  // A share such as 0.07 of 100 values is 7 of them, though its nearest double is a little more.
  const double rank = std::ceil(std::nextafter(q, 0.0) * static_cast<double>(count_));
  const auto wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(highest_of(i), max_);
  }
  return max();
}

std::uint64_t Hdr::count_above(std::uint64_t value) const noexcept {
  std::uint64_t above = 0;
  for (std::size_t i = index_of(std::min(value, kMax)) + 1; i < counts_.size(); ++i) above += counts_[i];
  return above;
}

std::string Hdr::hgrm(double unit, unsigned ticks_per_half) const {
  std::string out =
      fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  const auto put = std::back_inserter(out);
  double level = 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size() && seen < count_; ++i) {
    if (counts_[i] == 0) continue;
    seen += counts_[i];
    const double here = 100.0 * static_cast<double>(seen) / static_cast<double>(count_);
    const double value = static_cast<double>(std::min(highest_of(i), max_)) / unit;
    // Of several levels in one bucket each has its line; above all values only the last one is left.
    while (here >= level && level < 100) {
      fmt::format_to(put, "{:12.3f} {:2.12f} {:10} {:14.2f}\n", value, level / 100, seen, 1 / (1 - level / 100));
      level = next_level(level, ticks_per_half);
      if (seen == count_) break;
    }
  }
  if (count_ != 0) {
    fmt::format_to(put, "{:12.3f} {:2.12f} {:10}\n", static_cast<double>(max_) / unit, 1.0, count_);
  }
  fmt::format_to(put, "#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", mean() / unit, deviation() / unit);
  fmt::format_to(put, "#[Max     = {:12.3f}, Total count    = {:12}]\n", static_cast<double>(max_) / unit, count_);
  fmt::format_to(put, "#[Buckets = {:12}, SubBuckets     = {:12}]\n", kBuckets, 2 * kHalf);
  return out;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> Hdr::buckets() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) out.emplace_back(lowest_of(i), counts_[i]);
  }
  return out;
}

}  // namespace bidwell::replay
