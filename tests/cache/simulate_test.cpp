// The simulator: policies against known answers, and against each other.
#include "bidwell/cache/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

namespace bidwell::cache {
namespace {

Trace trace_of(std::initializer_list<std::uint64_t> ids) {
  Trace trace;
  for (const auto id : ids) trace.requests.push_back({id, 1});
  return trace;
}

std::uint64_t hits(const Trace& trace, Simulated policy, std::uint64_t bytes_max) {
  return simulate(trace, policy, {.bytes_max = bytes_max}, nullptr).hits;
}

// The most hits there can be, by trying everything.
std::uint64_t best_hits(const std::vector<Request>& requests, std::size_t capacity) {
  using State = std::pair<std::size_t, std::vector<std::uint64_t>>;
  std::map<State, std::uint64_t> known;
  const std::function<std::uint64_t(std::size_t, std::vector<std::uint64_t>)> best =
      [&](std::size_t at, std::vector<std::uint64_t> kept) -> std::uint64_t {
    if (at == requests.size()) return 0;
    const auto [found, first] = known.try_emplace({at, kept});
    if (!first) return found->second;
    const std::uint64_t id = requests[at].id;
    std::uint64_t most = 0;
    if (std::count(kept.begin(), kept.end(), id) != 0) {
      most = 1 + best(at + 1, kept);
    } else {
      most = best(at + 1, kept);  // not kept at all
      kept.push_back(id);
      for (std::size_t out = 0; out < kept.size(); ++out) {
        auto left = kept;
        if (kept.size() > capacity) left.erase(left.begin() + static_cast<std::ptrdiff_t>(out));
        std::sort(left.begin(), left.end());
        most = std::max(most, best(at + 1, left));
      }
      kept.pop_back();
    }
    return known[{at, kept}] = most;
  };
  return best(0, {});
}

TEST(Simulate, LruOnALoopThatIsOneTooLong) {
  EXPECT_EQ(hits(trace_of({1, 2, 3, 1, 2, 3, 1, 2, 3}), Simulated::lru, 2), 0u);
  EXPECT_EQ(hits(trace_of({1, 2, 3, 1, 2, 3, 1, 2, 3}), Simulated::lru, 3), 6u);
  EXPECT_EQ(hits(trace_of({1, 2, 1, 3, 1, 2}), Simulated::lru, 2), 2u);
}

TEST(Simulate, BeladyIsTheBestThereIs) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 40; ++round) {
    Trace trace;
    for (int i = 0; i < 14; ++i) trace.requests.push_back({random() % 6, 1});
    for (const std::uint64_t capacity : {1, 2, 3}) {
      EXPECT_EQ(hits(trace, Simulated::belady, capacity), best_hits(trace.requests, capacity)) << round;
    }
  }
}

TEST(Simulate, CountsRequestsAndBytes) {
  Trace trace;
  trace.requests = {{1, 10}, {2, 30}, {1, 10}, {3, 1000}, {3, 1000}, {2, 30}};
  for (const Simulated policy : {Simulated::s3_fifo, Simulated::lru, Simulated::belady}) {
    const HitRatio ratio = simulate(trace, policy, {.bytes_max = 100}, nullptr);
    EXPECT_EQ(ratio.requests, 6u);
    EXPECT_EQ(ratio.hits, 2u) << "what is larger than the cache is never in it";
    EXPECT_EQ(ratio.bytes, 2080u);
    EXPECT_EQ(ratio.bytes_hit, 40u);
  }
}

TEST(Simulate, AsMuchAsFitsIsHit) {
  const Trace trace = generate({.keys = 1000, .requests = 20'000}, 1);
  const Population population = population_of(trace);
  for (const Simulated policy : {Simulated::s3_fifo, Simulated::lru, Simulated::belady}) {
    EXPECT_EQ(hits(trace, policy, population.bytes), trace.requests.size() - population.things) << name(policy);
  }
}

TEST(Simulate, S3FifoBeatsLruOnOneHitWondersAndBeladyBeatsBoth) {
  const Trace trace = generate({.keys = 10'000, .requests = 200'000, .one_hit = 0.3}, 1);
  const std::uint64_t bytes_max = population_of(trace).bytes / 100;
  const auto lru = hits(trace, Simulated::lru, bytes_max);
  const auto s3_fifo = hits(trace, Simulated::s3_fifo, bytes_max);
  const auto belady = hits(trace, Simulated::belady, bytes_max);
  EXPECT_GT(s3_fifo, lru * 11 / 10);
  EXPECT_GT(belady, s3_fifo);
}

}  // namespace
}  // namespace bidwell::cache
