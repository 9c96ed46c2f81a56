// What a hit in the cache costs, on one thread and on two: L1 beside an LRU behind a mutex, as most programs have it,
// and beside a hash table that evicts nothing and locks nothing (nothing is written meanwhile), which is the floor.
// Keys by Zipf's law, prepared ahead, of ten thousand values (in the processor's caches: what the code costs) and of a
// million (out of them: what the memory costs). Reports too what a value of some 100 bytes costs L1 in all.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "bidwell/cache/l1.h"
#include "bidwell/cache/trace.h"

namespace bidwell::bench {
namespace {

using cache::Slot;

constexpr std::size_t kFew = 10'000, kMany = 1'000'000;
constexpr std::size_t kDraws = 1 << 21;
constexpr std::size_t kValueBytes = 100;
constexpr double kAlpha = 0.9;

Slot slot_of(std::uint64_t number) {
  return {0, {mix(number, 1), mix(number, 2)}};
}

std::string value_of(std::uint64_t number) {
  return std::string(kValueBytes - 20 + number % 41, 'x');
}

template <std::size_t entries>
const std::vector<Slot>& draws() {
  static const std::vector<Slot> all = [] {
    std::mt19937_64 random(1);
    const cache::Zipf zipf(entries, kAlpha);
    std::vector<Slot> out(kDraws);
    for (Slot& slot : out) slot = slot_of(zipf([&] { return static_cast<double>(random() >> 11) * 0x1p-53; }));
    return out;
  }();
  return all;
}

// As the others look theirs up.
struct Hash {
  std::size_t operator()(const Slot& slot) const noexcept { return hash_value(slot); }
};

// Every thread goes through the draws from a place of its own. `look_up` returns the value's first byte, or -1.
template <std::size_t entries, class LookUp>
void hits(benchmark::State& state, LookUp&& look_up) {
  const std::vector<Slot>& slots = draws<entries>();
  std::size_t at = kDraws / 7 * static_cast<std::size_t>(state.thread_index());
  std::int64_t found = 0;
  for (auto _ : state) {
    const int byte = look_up(slots[at++ % kDraws]);
    benchmark::DoNotOptimize(byte);
    found += byte >= 0;
  }
  state.SetItemsProcessed(found);
  if (found != static_cast<std::int64_t>(state.iterations())) state.SkipWithError("a miss");
}

std::unique_ptr<cache::L1> filled_l1(cache::Eviction eviction, std::size_t entries) {
  cache::L1Options options;
  options.bytes_max = std::max<std::size_t>(16 << 20, 512 * entries);
  options.eviction = eviction;
  auto l1 = std::make_unique<cache::L1>(options);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::string bytes = value_of(i);
    cache::Value value;
    value.slot = slot_of(i);
    value.version = 1;
    value.hard = cache::Time::max();
    value.bytes = bytes;
    l1->put(value, cache::Time());
  }
  return l1;
}

template <cache::Eviction eviction, std::size_t entries>
void l1_hit(benchmark::State& state) {
  static const std::unique_ptr<cache::L1> l1 = filled_l1(eviction, entries);
  cache::L1::Reader reader(*l1);
  hits<entries>(state, [&](const Slot& slot) -> int {
    const cache::L1::Reader::Pin pin(reader);
    const cache::Entry* const entry = reader.find(slot, 2);
    return entry == nullptr ? -1 : entry->bytes()[0];
  });
  if (state.thread_index() != 0) return;
  const cache::L1Stats stats = l1->stats();
  state.counters["bytes_per_entry"] = static_cast<double>(stats.bytes) / static_cast<double>(stats.entries);
}

class LockedLru {
 public:
  using Value = std::shared_ptr<const std::string>;

  void put(const Slot& slot, Value value) {
    order_.emplace_front(slot, std::move(value));
    map_[slot] = order_.begin();
  }
  Value find(const Slot& slot) {
    std::lock_guard lock(mutex_);
    const auto found = map_.find(slot);
    if (found == map_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }

 private:
  using Order = std::list<std::pair<Slot, Value>>;
  std::mutex mutex_;
  Order order_;
  std::unordered_map<Slot, Order::iterator, Hash> map_;
};

template <std::size_t entries>
void locked_lru_hit(benchmark::State& state) {
  static const std::unique_ptr<LockedLru> lru = [] {
    auto made = std::make_unique<LockedLru>();
    for (std::uint64_t i = 0; i < entries; ++i) made->put(slot_of(i), std::make_shared<std::string>(value_of(i)));
    return made;
  }();
  hits<entries>(state, [&](const Slot& slot) -> int {
    const LockedLru::Value value = lru->find(slot);
    return value == nullptr ? -1 : (*value)[0];
  });
}

template <std::size_t entries>
void bare_table_hit(benchmark::State& state) {
  static const auto table = [] {
    boost::unordered_flat_map<Slot, std::string, Hash> made;
    for (std::uint64_t i = 0; i < entries; ++i) made.emplace(slot_of(i), value_of(i));
    return made;
  }();
  hits<entries>(state, [&](const Slot& slot) -> int {
    const auto found = table.find(slot);
    return found == table.end() ? -1 : found->second[0];
  });
}

// What filling costs: every put of a new value evicts another once the cache is full.
void l1_put(benchmark::State& state) {
  cache::L1Options options;
  options.bytes_max = 64 << 20;
  cache::L1 l1(options);
  const std::string bytes = value_of(0);
  cache::Value value;
  value.version = 1;
  value.hard = cache::Time::max();
  value.bytes = bytes;
  std::uint64_t number = 0;
  for (; l1.stats().evicted_small == 0;) {
    for (int i = 0; i < 10'000; ++i) {
      value.slot = slot_of(number++);
      l1.put(value, cache::Time());
    }
  }
  for (auto _ : state) {
    value.slot = slot_of(number++);
    l1.put(value, cache::Time());
  }
}

BENCHMARK(l1_hit<cache::Eviction::s3_fifo, kFew>)->Name("l1_hit_few")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(l1_hit<cache::Eviction::lru, kFew>)->Name("l1_lru_hit_few")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(locked_lru_hit<kFew>)->Name("locked_lru_hit_few")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(bare_table_hit<kFew>)->Name("bare_table_hit_few")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(l1_hit<cache::Eviction::s3_fifo, kMany>)->Name("l1_hit_many")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(l1_hit<cache::Eviction::lru, kMany>)->Name("l1_lru_hit_many")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(locked_lru_hit<kMany>)->Name("locked_lru_hit_many")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(bare_table_hit<kMany>)->Name("bare_table_hit_many")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(l1_put);

}  // namespace
}  // namespace bidwell::bench
