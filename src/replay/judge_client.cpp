// Whether a run says something of the server, or of the client alone.
#include <fmt/format.h>

#include <algorithm>

#include "bidwell/replay/report.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

// Lateness below a millisecond is the scheduler's; a tenth of the latency does not change what it tells.
constexpr double kLatenessShare = 0.1;
constexpr std::uint64_t kLatenessNs = 1'000'000;
constexpr double kBusyShare = 0.9;
constexpr double kRateShare = 0.98;

}  // namespace

std::vector<std::string> judge_client(const Result& result) {
  std::vector<std::string> out;
  const Tally& tally = result.tally;
  const std::uint64_t lateness = tally.lateness.quantile(0.99), latency = tally.latency.quantile(0.99);
  if (lateness > kLatenessNs && static_cast<double>(lateness) > kLatenessShare * static_cast<double>(latency)) {
    out.push_back(
        fmt::format("requests were handed over late (p99 {} of a latency of {}): the client fell behind; use "
                    "more threads, a machine of its own, or a lower rate",
                    time_text(static_cast<double>(lateness)), time_text(static_cast<double>(latency))));
  }
  const auto busy = std::ranges::count_if(result.busy, [](double share) { return share > kBusyShare; });
  if (busy > 0) {
    out.push_back(
        fmt::format("{} of {} sending thread{} used more than 90 % of a core: use more threads, or another "
                    "machine",
                    busy, result.busy.size(), result.busy.size() == 1 ? "" : "s"));
  }
  if (result.counters.skipped > 0) {
    out.push_back(
        fmt::format("{} requests were not sent, as all connections were full of requests without an answer: "
                    "use more connections; if it stays, the server is too slow for this rate",
                    count_text(result.counters.skipped)));
  }
  // Late answers would tell of a slow server, which an open loop does not wait for, though full connections may.
  const bool in_time = tally.sent > 0 && tally.late == 0 && tally.answered == tally.sent;
  if (result.asked_rate > 0 && result.achieved_rate < kRateShare * result.asked_rate && in_time) {
    out.push_back(
        fmt::format("{} requests a second were asked for and {} came about, though answers were in time: use more "
                    "threads or another machine, or check that there are requests enough",
                    rate_text(result.asked_rate), rate_text(result.achieved_rate)));
  }
  return out;
}

}  // namespace bidwell::replay
