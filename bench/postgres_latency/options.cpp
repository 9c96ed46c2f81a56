#include "postgres_latency/options.h"

namespace bidwell::postgres_latency {
namespace {

constexpr const char* kDescription =
    R"(What a slow or dead PostgreSQL costs a bid request: nothing, if all is well. The real `bidwell serve` (one
worker) journals its bids and notices and has them stored by a real PostgreSQL, through a relay that can be told to be,
in turn,
  healthy  to pass everything on
  slow     to keep each answer back for --delay
  silent   to stay open and swallow everything: a host that is gone
  refused  to close its connections and refuse new ones: a server that was stopped
Two controls come with them: `healthy 2` is healthy once more, so that its ratio to `healthy` shows the noise; `off` is
a second bidder that records nothing and signs nothing.
Requests leave at random times of a fixed mean rate (a Poisson process), whether or not earlier ones were answered, and
latency counts from the time a request should have left. Of the bids that come back some are won, billed and shown:
these notices are part of the traffic. The bidder, all of its threads, has one core; the client the other, in real time
where that is allowed, so that relay and PostgreSQL, which use what it leaves, do not hold it up.
At the end PostgreSQL must hold every bid and notice that was answered, exactly once: the exit code is 1 otherwise. It
is 0 whether or not the target is met.)";

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app(kDescription, "postgres_latency_benchmark");
  open_loop::add_options(app, options);
  app.add_option("--bids-per-win", options.bids_per_win, "Of so many bids one is won, billed and shown")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--fsync", options.fsync, "The journal's")->check(CLI::IsMember({"never", "interval", "always"}));
  open_loop::parse(app, argc, argv, [] {});
  return options;
}

}  // namespace bidwell::postgres_latency
