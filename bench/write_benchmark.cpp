// What writing the answer costs: two banner bids with their markup, with and without notice URLs.
#include <benchmark/benchmark.h>

#include "workload.h"

namespace bidwell::bench {
namespace {

void write_answer_of(benchmark::State& state, Recording recording) {
  Workload workload(1'000, recording);
  const ParsedRequest request(loopback_request());
  const bidding::Decision decision = workload.decide(request.get());
  if (decision.choices.size() != request.get().imp.size()) {
    state.SkipWithError("not a bid on every impression");
  }
  std::size_t size = 0;
  for (auto _ : state) benchmark::DoNotOptimize(size = workload.write(request.get(), decision));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * size));
  state.counters["bytes"] = static_cast<double>(size);
}

void write_answer(benchmark::State& state) {
  write_answer_of(state, Recording::none);
}

void write_answer_with_notices(benchmark::State& state) {
  write_answer_of(state, Recording::notices);
}

BENCHMARK(write_answer);
BENCHMARK(write_answer_with_notices);

}  // namespace
}  // namespace bidwell::bench
