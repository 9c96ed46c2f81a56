// A histogram of 64-bit values that keeps three significant decimal digits (G. Tene's HdrHistogram: values up to
// 2,047 exactly, then 1,024 linear buckets in each power of two), whatever the range: merging loses nothing.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bidwell::replay {

// Not thread-safe. Values past max are recorded as max (an hour, in nanoseconds) and counted.
class Hdr {
 public:
  static constexpr std::uint64_t kMax = 3'600'000'000'000;

  void record(std::uint64_t value, std::uint64_t n = 1);
  Hdr& operator+=(const Hdr& other);
  void clear() noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t clipped() const noexcept { return clipped_; }
  std::uint64_t min() const noexcept;  // exact; 0 of none
  std::uint64_t max() const noexcept;  // exact; 0 of none
  double mean() const noexcept;        // exact
  double deviation() const noexcept;   // from the buckets' middles
  // The least recorded value (as its bucket's upper end, but at most max()) that a share of q (0 to 1) does not exceed.
  // 0 or less: min(); 1 or more: max(); 0 of none.
  std::uint64_t quantile(double q) const noexcept;
  // Values in a bucket above that of `value`.
  std::uint64_t count_above(std::uint64_t value) const noexcept;

  // HdrHistogram's text format: Value Percentile TotalCount 1/(1-Percentile), values divided by `unit`.
  std::string hgrm(double unit, unsigned ticks_per_half = 5) const;

  // Those that are not empty, as {lowest value, count}, in order: for JSON reports that are compared or merged later.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets() const;

 private:
  std::vector<std::uint64_t> counts_;  // by bucket; grows with the largest value
  std::uint64_t count_ = 0, clipped_ = 0, min_ = UINT64_MAX, max_ = 0;
  double sum_ = 0;
};

}  // namespace bidwell::replay
