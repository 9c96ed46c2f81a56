#include "redis_latency/options.h"

namespace bidwell::redis_latency {
namespace {

constexpr const char* kDescription =
    R"(What a slow or dead Redis costs a bid request. The real `bidwell serve` (one worker) looks its users up in a
real redis-server through a relay that can be told to be, in turn,
  healthy  to pass everything on
  slow     to keep each answer back for --delay
  silent   to stay open and swallow everything: a host that is gone
  refused  to close its connections and refuse new ones: a process that is gone
Requests leave at random times of a fixed mean rate (a Poisson process), whether or not earlier ones were answered, and
latency counts from the time a request should have left. The bidder has one core; the client the other, in real time
where that is allowed, so that relay and redis-server, which use what it leaves, do not hold it up.
The exit code is 0 whether or not the target is met.)";

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app(kDescription, "redis_latency_benchmark");
  open_loop::add_options(app, options);
  app.add_option("--wait", options.wait_ms,
                 "How long a request may wait for its user's profile, in ms; a list runs them one after the other")
      ->delimiter(',')
      ->check(CLI::Range(0, 1000));
  app.add_option("--hard-ttl", options.hard_ttl_s,
                 "How long a profile may be served that cannot be refreshed, in seconds; a list runs them all. One "
                 "that is shorter than a dead phase shows a bidder that knows nobody any more")
      ->delimiter(',')
      ->check(CLI::Range(1, 86'400));
  app.add_option("--soft-ttl", options.soft_ttl_s, "Older profiles are refreshed, in seconds")
      ->check(CLI::Range(1, 86'400));
  app.add_option("--l1-mb", options.l1_mb, "The in-process cache; smaller makes more misses")
      ->check(CLI::Range(1, 100'000));
  app.add_option("--users", options.users, "That requests come from")->check(CLI::Range(1, 100'000'000));
  app.add_option("--loaded", options.loaded, "Of them, with a profile in Redis")->check(CLI::Range(1, 100'000'000));
  app.add_option("--zipf", options.zipf, "Exponent of the users' popularity")->check(CLI::Range(0.0, 3.0));
  open_loop::parse(app, argc, argv, [&] {
    if (options.loaded > options.users) throw CLI::ValidationError("--loaded", "more than --users");
    for (const int hard : options.hard_ttl_s) {
      if (hard < options.soft_ttl_s) throw CLI::ValidationError("--hard-ttl", "shorter than --soft-ttl");
    }
  });
  return options;
}

}  // namespace bidwell::redis_latency
