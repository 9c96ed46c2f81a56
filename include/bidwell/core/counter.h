// A counter that one thread writes and any thread may read: a plain add on the hot path (no locked
// instruction), never torn for the reader. Give each worker its own, on cache lines of its own.
#pragma once

#include <atomic>
#include <cstdint>

namespace bidwell {

class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace bidwell
