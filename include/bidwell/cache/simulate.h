// Hit ratios of eviction policies on a trace. S3-FIFO and LRU are the code that L1 runs, without its index, its locks
// and its overhead per value: a value costs its bytes. Belady's is the bound: it knows the future (L. Belady, "A study
// of replacement algorithms for a virtual-storage computer", 1966); with values of several sizes it is close to the
// best, not the best.
#pragma once

#include <cstdint>
#include <string_view>

#include "bidwell/cache/trace.h"

namespace bidwell::cache {

enum class Simulated : std::uint8_t { s3_fifo, lru, belady };
std::string_view name(Simulated policy) noexcept;

struct SimulateOptions {
  std::uint64_t bytes_max = 0;
  double small_share = 0.1;   // as in L1Options
  unsigned promote_uses = 1;  // as in L1Options
};

struct HitRatio {
  std::uint64_t requests = 0, hits = 0;
  std::uint64_t bytes = 0, bytes_hit = 0;
  double of_requests() const noexcept {
    return requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests);
  }
  double of_bytes() const noexcept {
    return bytes == 0 ? 0 : static_cast<double>(bytes_hit) / static_cast<double>(bytes);
  }
};

// Every miss puts the value into the cache unless it is larger than all of it.
HitRatio simulate(const Trace& trace, Simulated policy, const SimulateOptions& options, const Progress& progress);

}  // namespace bidwell::cache
