// The future is read off the trace first; then a heap with lazy deletion finds what is needed last.
#include "cache/belady.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <limits>
#include <queue>
#include <utility>

namespace bidwell::cache {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// For each request, when the same is asked for next.
std::vector<std::uint64_t> next_requests(const Trace& trace) {
  std::vector<std::uint64_t> next(trace.requests.size());
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> later;
  for (std::size_t i = trace.requests.size(); i-- != 0;) {
    const auto [at, first] = later.try_emplace(trace.requests[i].id, i);
    next[i] = first ? kNever : std::exchange(at->second, i);
  }
  return next;
}

struct Kept {
  std::uint64_t next = 0;
  std::uint32_t size = 0;
};

}  // namespace

HitRatio simulate_belady(const Trace& trace, std::uint64_t bytes_max, const Progress& progress) {
  const std::vector<std::uint64_t> next = next_requests(trace);
  boost::unordered_flat_map<std::uint64_t, Kept> kept;
  std::priority_queue<std::pair<std::uint64_t, std::uint64_t>> furthest;  // (next request, id); some out of date
  std::uint64_t bytes = 0;
  HitRatio ratio;
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    if (progress && i % (1 << 20) == 0) progress(i, trace.requests.size());
    const Request& request = trace.requests[i];
    ++ratio.requests;
    ratio.bytes += request.size;
    const auto found = kept.find(request.id);
    if (found != kept.end()) {
      ++ratio.hits;
      ratio.bytes_hit += request.size;
    }
    if (next[i] == kNever) {  // never again: it goes at once
      if (found == kept.end()) continue;
      bytes -= found->second.size;
      kept.erase(found);
      continue;
    }
    if (found != kept.end()) {
      found->second.next = next[i];
    } else if (request.size <= bytes_max) {
      kept.emplace(request.id, Kept{next[i], request.size});
      bytes += request.size;
    } else {
      continue;
    }
    furthest.emplace(next[i], request.id);
    while (bytes > bytes_max) {
      const auto [when, id] = furthest.top();
      furthest.pop();
      const auto last = kept.find(id);
      if (last == kept.end() || last->second.next != when) continue;
      bytes -= last->second.size;
      kept.erase(last);
    }
  }
  return ratio;
}

}  // namespace bidwell::cache
