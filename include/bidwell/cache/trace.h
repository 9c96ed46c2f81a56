// Sequences of requests for cached things, to try eviction policies on: read from a file, or generated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bidwell::cache {

struct Request {
  std::uint64_t id = 0;
  std::uint32_t size = 1;  // bytes
};

struct Trace {
  std::string name;
  std::vector<Request> requests;
};

// How many different things a trace asks for, and their bytes (each as at its first request).
struct Population {
  std::size_t things = 0;
  std::uint64_t bytes = 0;
};
Population population_of(const Trace& trace);

enum class TraceFormat : std::uint8_t {
  automatic,       // by the first bytes: a NUL among them means oracle_general
  oracle_general,  // libCacheSim's: 24 bytes, little-endian: u32 time, u64 id, u32 size, i64 next access (not used)
  keys             // a line for each request: a key, and its bytes after the last comma ("abc,120"), else 1
};

// Of the records (or bytes) so far, now and then; may be null.
using Progress = std::function<void(std::uint64_t done, std::uint64_t of)>;

// At most `requests_max` of them, all in memory (16 bytes each). Throws std::runtime_error that names the file and the
// record at fault: truncated, a size that is no number, empty.
Trace read_trace(const std::string& path, TraceFormat format, std::size_t requests_max, const Progress& progress);

// What generate() makes: keys drawn by Zipf's law, disturbed in the ways that caches meet.
struct Generator {
  double alpha = 0.9;  // 0: all alike
  std::size_t keys = 100'000;
  std::size_t requests = 1'000'000;
  double one_hit = 0;  // share of requests for things that nobody asks for again
  double scan = 0;     // share of requests that are runs over all keys, in their order, a tenth of the keys at a time
  double churn = 0;    // chance at each request that one key (any) is replaced by a new one, as popular
  std::uint32_t size_min = 64, size_max = 512;  // bytes, by the key's hash
};
// "zipf:0.9:keys=1000:requests=100000:one_hit=0.2:scan=0.1:churn=0.01:size=64-512", all but the first two parts may be
// left out. Throws std::invalid_argument that says what is wrong.
Generator parse_generator(std::string_view text);
// The same seed makes the same trace.
Trace generate(const Generator& generator, std::uint64_t seed);

// Ranks from 0 (most popular) to n - 1, by Zipf's law: rejection-inversion (W. Hörmann and G. Derflinger, "Rejection-
// inversion to generate variates from monotone discrete distributions", 1996), constant time and memory.
class Zipf {
 public:
  Zipf(std::uint64_t n, double alpha);
  // `uniform()` gives numbers in [0, 1).
  template <class Uniform>
  std::uint64_t operator()(Uniform&& uniform) const {
    for (;;) {
      const double u = upper_ + uniform() * (lower_ - upper_);
      std::uint64_t rank = 0;
      if (accept(u, rank)) return rank;
    }
  }

 private:
  double integral(double x) const;
  double inverse(double x) const;
  bool accept(double u, std::uint64_t& rank) const;

  double n_, alpha_, lower_, upper_, shortcut_;
};

}  // namespace bidwell::cache
