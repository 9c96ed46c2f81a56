// See options.h.
#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "servers.h"

namespace bidwell::loopback {
namespace {

constexpr const char* description =
    R"(Compares HTTP servers that answer the same bid request, interleaved in one run:
  FLOOR    a raw epoll loop that writes canned bytes: what this machine allows
  nginx    one worker, `return 200` with the same bytes (skipped where there is none)
  Bidwell  the real executable with one worker, deciding on a generated catalog; one for each size
Servers run on one core, the client on another. It is a closed loop: it says what a request costs,
not what latency users see. The exit code is 0 whether or not the targets are met.)";

}  // namespace

bool Options::wants(std::string_view server) const {
  return std::ranges::find(without, server) == without.end();
}

Options parse_options(int argc, char** argv) {
  const std::filesystem::path source = BIDWELL_SOURCE_DIR;
  Options options;
  options.bidwell = std::filesystem::canonical("/proc/self/exe").parent_path() / "bidwell";
  options.config = source / "config/bidwell.json";
  options.request = source / "bench/loopback/request.json";
  options.answer = source / "bench/loopback/stand_in_answer.json";
  double burst_seconds = 0.5;

  CLI::App app(description, "loopback_benchmark");
  app.add_option("--burst", burst_seconds,
                 "Length of a burst, in seconds; below 0.3 the kernel's clock ticks are too coarse "
                 "to tell a "
                 "disturbed burst")
      ->check(CLI::Range(0.01, 60.0))
      ->capture_default_str();
  app.add_option("--cycles", options.schedule.cycles, "Bursts per server; paired ratios settle at 30 and more")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--disturbed-max", options.schedule.disturbed_share_max,
                 "A burst is left out in which others had more than this share of either core; on "
                 "a busy machine 100 keeps all, and only the paired CPU ratios mean anything")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--connections", options.connections, "Keep-alive connections to each server")
      ->check(CLI::Range(1, 4000))
      ->capture_default_str();
  app.add_option("--campaigns", options.campaigns,
                 "Campaigns in Bidwell's generated catalog; a list, such as 10000,1000,100000, "
                 "starts one for each size: the first is compared with FLOOR and nginx, the "
                 "largest with the smallest")
      ->delimiter(',')
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of the catalogs and of --varied")->capture_default_str();
  app.add_option("--path", options.path, "Path of the requests")->capture_default_str();
  app.add_option("--request", options.request, "File with the body of the requests")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  app.add_option("--varied", options.varied,
                 "Send that many different made-up requests in turn in place of the one: more like "
                 "an exchange, which leaves less of the catalog in the processor's caches. Some get "
                 "a 204, and the answers' lengths are not checked")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  app.add_option("--answer", options.answer,
                 "File with the body of the canned answers, used only without Bidwell: else they "
                 "are Bidwell's own")
      ->capture_default_str();
  app.add_option("--bidwell", options.bidwell, "The bidwell executable")->capture_default_str();
  app.add_option("--config", options.config, "The configuration Bidwell starts with")->capture_default_str();
  app.add_option("--without", options.without, "Leave a server out (repeatable)")
      ->check(CLI::IsMember({std::string(floor_name), std::string(nginx_name), std::string(bidwell_name)}));
  app.add_option("--also", options.also,
                 "One more server (repeatable): NAME=http://127.0.0.1:PORT, already running and "
                 "without CPU figures, or NAME=COMMAND with {port} in it, which is started and "
                 "pinned like the others");
  app.add_option("--json", options.json, "Write the setting, the summary and every burst there");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  options.schedule.burst = std::chrono::nanoseconds(static_cast<std::int64_t>(burst_seconds * 1e9));
  return options;
}

}  // namespace bidwell::loopback
