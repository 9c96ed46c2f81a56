#include "open_loop/options.h"

namespace bidwell::open_loop {

void add_options(CLI::App& app, Options& options) {
  options.bidwell = std::filesystem::canonical("/proc/self/exe").parent_path() / "bidwell";
  app.option_defaults()->always_capture_default();
  app.add_option("--bidwell", options.bidwell, "The bidwell executable")->check(CLI::ExistingFile);
  app.add_option("--rate", options.rate, "Requests a second")->check(CLI::Range(10.0, 1e6));
  app.add_option("--connections", options.connections, "Keep-alive connections, used in turn")
      ->check(CLI::Range(1, 4000));
  app.add_option("--campaigns", options.campaigns, "In the generated catalog")->check(CLI::Range(1, 10'000'000));
  app.add_option("--delay", options.delay_ms, "Of a slow server's answers, in ms: requests to it are not kept back")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--cycles", options.cycles, "Each goes once through all states")->check(CLI::Range(1, 10'000));
  app.add_option("--phase", options.phase_s, "Seconds measured in each state")->check(CLI::Range(0.1, 3600.0));
  app.add_option("--settle", options.settle_s,
                 "Seconds after a switch that are left out (and reported apart); a server that is back is first waited "
                 "for")
      ->check(CLI::Range(0.0, 600.0));
  app.add_option("--warm-up", options.warm_up_s, "Seconds at four times the rate before anything is measured")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--disturbed-max", options.disturbed_share_max,
                 "A phase is left out in which others had more than this share of either core")
      ->check(CLI::Range(0.0, 100.0));
  app.add_flag("--real-time", options.real_time,
               "All processes in real time, so that nothing else on a busy machine holds them up: only what the "
               "hypervisor takes disturbs a phase then; the bidder's worker before its other threads. As root");
  app.add_option("--seed", options.seed, "Of catalog, requests and their times");
  app.add_option("--json", options.json, "Write the setting and every phase there");
}

}  // namespace bidwell::open_loop
