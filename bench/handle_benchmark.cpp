// What Bidwell's own part of a request costs, from its body to the answer's: all but HTTP and the
// kernel. For one request over and over, and for 1,024 different ones in turn; and what signing the bids' notices and
// journaling them adds.
#include <benchmark/benchmark.h>

#include "workload.h"

namespace bidwell::bench {
namespace {

void handle_in_turn(benchmark::State& state, const std::vector<Body>& bodies, Recording recording = Recording::none) {
  Workload workload(static_cast<std::size_t>(state.range(0)), recording);
  std::size_t answered = 0;
  auto next = bodies.begin();
  for (auto _ : state) {
    if (workload.handle(next->view()) == 200) ++answered;
    if (++next == bodies.end()) next = bodies.begin();
  }
  if (workload.dropped() != 0) state.SkipWithError("the journal had no room");
  state.counters["answered"] = benchmark::Counter(static_cast<double>(answered), benchmark::Counter::kAvgIterations);
}

void handle_same(benchmark::State& state) {
  handle_in_turn(state, {loopback_request()});
}

void handle_same_with_notices(benchmark::State& state) {
  handle_in_turn(state, {loopback_request()}, Recording::notices);
}

void handle_same_with_journal(benchmark::State& state) {
  handle_in_turn(state, {loopback_request()}, Recording::journal);
}

void handle_varied(benchmark::State& state) {
  static const std::vector<Body> bodies = varied_requests(1'024);
  handle_in_turn(state, bodies);
}

BENCHMARK(handle_same)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(handle_same_with_notices)->Arg(10'000);
BENCHMARK(handle_same_with_journal)->Arg(10'000)->Iterations(200'000);  // what its journal has room for
BENCHMARK(handle_varied)->Arg(1'000)->Arg(10'000)->Arg(100'000);

}  // namespace
}  // namespace bidwell::bench
