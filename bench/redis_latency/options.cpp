#include "redis_latency/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

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
  options.bidwell = std::filesystem::canonical("/proc/self/exe").parent_path() / "bidwell";
  std::int64_t delay_ms = options.delay.count();

  CLI::App app(kDescription, "redis_latency_benchmark");
  app.option_defaults()->always_capture_default();
  app.add_option("--bidwell", options.bidwell, "The bidwell executable")->check(CLI::ExistingFile);
  app.add_option("--rate", options.rate, "Requests a second")->check(CLI::Range(10.0, 1e6));
  app.add_option("--connections", options.connections, "Keep-alive connections, used in turn")
      ->check(CLI::Range(1, 4000));
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
  app.add_option("--campaigns", options.campaigns, "In the generated catalog")->check(CLI::Range(1, 10'000'000));
  app.add_option("--users", options.users, "That requests come from")->check(CLI::Range(1, 100'000'000));
  app.add_option("--loaded", options.loaded, "Of them, with a profile in Redis")->check(CLI::Range(1, 100'000'000));
  app.add_option("--zipf", options.zipf, "Exponent of the users' popularity")->check(CLI::Range(0.0, 3.0));
  app.add_option("--delay", delay_ms, "Of a slow Redis' answers, in ms: requests to it are not kept back")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--cycles", options.cycles, "Each goes once through all states")->check(CLI::Range(1, 10'000));
  app.add_option("--phase", options.phase_s, "Seconds measured in each state")->check(CLI::Range(0.1, 3600.0));
  app.add_option("--settle", options.settle_s,
                 "Seconds after a switch that are left out (and reported apart); a Redis that is back is first waited "
                 "for")
      ->check(CLI::Range(0.0, 600.0));
  app.add_option("--warm-up", options.warm_up_s, "Seconds at four times the rate that fill the cache")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--disturbed-max", options.disturbed_share_max,
                 "A phase is left out in which others had more than this share of either core")
      ->check(CLI::Range(0.0, 100.0));
  app.add_flag("--real-time", options.real_time,
               "Bidder, relay and redis-server in real time too, so that nothing else on a busy machine holds them up: "
               "only what the hypervisor takes disturbs a phase then. As root");
  app.add_option("--seed", options.seed, "Of catalog, users, requests and their times");
  app.add_option("--json", options.json, "Write the setting and every phase there");
  try {
    app.parse(argc, argv);
    if (options.loaded > options.users) throw CLI::ValidationError("--loaded", "more than --users");
    for (const int hard : options.hard_ttl_s) {
      if (hard < options.soft_ttl_s) throw CLI::ValidationError("--hard-ttl", "shorter than --soft-ttl");
    }
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  options.delay = std::chrono::milliseconds(delay_ms);
  return options;
}

}  // namespace bidwell::redis_latency
