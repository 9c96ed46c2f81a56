// What writing the answer costs: two banner bids with their markup.
#include <benchmark/benchmark.h>

#include "workload.h"

namespace bidwell::bench {
namespace {

void write_answer(benchmark::State& state) {
  Workload workload(1'000);
  const ParsedRequest request(loopback_request());
  const bidding::Decision decision = workload.decide(request.get());
  if (decision.choices.size() != request.get().imp.size()) {
    state.SkipWithError("not a bid on every impression");
  }
  std::size_t size = 0;
  for (auto _ : state) benchmark::DoNotOptimize(size = workload.write(request.get(), decision));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * size));
}

BENCHMARK(write_answer);

}  // namespace
}  // namespace bidwell::bench
