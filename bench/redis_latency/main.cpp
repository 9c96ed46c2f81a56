// What a slow or dead Redis costs a bid request: starts redis-server, the relay before it and a bidder for each
// setting, drives them, reports. What is compared, and how, stands in options.cpp (--help).
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "catalog_generator.h"
#include "loopback/cores.h"
#include "loopback/interrupt.h"
#include "loopback/scratch_directory.h"
#include "redis_latency/measurement.h"
#include "redis_latency/open_loop_client.h"
#include "redis_latency/options.h"
#include "redis_latency/processes.h"
#include "redis_latency/relay.h"
#include "redis_latency/report.h"
#include "redis_latency/traffic.h"

namespace bidwell::redis_latency {
namespace {

Clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// Of this thread, and of what it starts from now on.
enum class Priority : int { usual = 0, real_time = 1, above = 2 };
bool set_priority(Priority priority) {
  const sched_param parameter{.sched_priority = static_cast<int>(priority)};
  return ::sched_setscheduler(0, priority == Priority::usual ? SCHED_OTHER : SCHED_FIFO, &parameter) == 0;
}

// The client goes before everything else, where that is allowed.
class ClientPriority {
 public:
  explicit ClientPriority(const Options& options)
      : after_(options.real_time ? Priority::real_time : Priority::usual), allowed_(set_priority(Priority::above)) {}
  ~ClientPriority() { set_priority(after_); }
  ClientPriority(const ClientPriority&) = delete;
  ClientPriority& operator=(const ClientPriority&) = delete;

  bool allowed() const noexcept { return allowed_; }

 private:
  const Priority after_;
  const bool allowed_;
};

// A dead phase is measured once all profiles have ended, where they do so at all.
Schedule schedule_of(const Options& options, const Setting& setting) {
  Schedule schedule;
  schedule.settle = schedule.dead_settle = duration_of(options.settle_s);
  const double hard_ttl_s = setting.hard_ttl_s;
  if (hard_ttl_s < options.settle_s + options.phase_s) {
    schedule.dead_settle = std::max(schedule.settle, duration_of(hard_ttl_s));
  }
  schedule.phase = duration_of(options.phase_s);
  schedule.cycles = options.cycles;
  schedule.disturbed_share_max = options.disturbed_share_max;
  schedule.only_stolen = options.real_time;
  return schedule;
}

// Where everything is, once.
struct Field {
  loopback::Cores cores;
  std::filesystem::path directory, catalog, relay_socket;
};

Run run_setting(const Field& field, const RedisServer& redis, Traffic& traffic, const Options& options,
                const Setting& setting) {
  const auto config = field.directory / "bidwell.json";
  write_config(config, field.catalog, field.relay_socket, options, setting);
  Relay relay(field.relay_socket, redis.socket(), options.delay);
  Bidder bidder(field.directory, field.cores.server, options.bidwell, config);
  Run run;
  run.setting = setting;
  {
    OpenLoopClient client(bidder.port(), options.connections, traffic, options.seed);
    const ClientPriority priority(options);
    client.set_rate(options.rate * 4);
    client.run_until(Clock::now() + duration_of(options.warm_up_s));
    client.set_rate(options.rate);
    const Place place{.bidder = bidder.pid(), .redis = redis.pid(), .cores = field.cores};
    run.phases = measure(client, relay, schedule_of(options, setting), place);
  }
  bidder.check_running();
  run.said = bidder.stop();
  return run;
}

void run(const Options& options) {
  if (options.real_time && !set_priority(Priority::real_time)) throw std::runtime_error("--real-time is not allowed");
  const loopback::ScratchDirectory scratch;
  Field field;
  field.cores = loopback::pick_cores();
  field.directory = scratch.make_room("bidwell");
  field.catalog = field.directory / "catalog.json";
  field.relay_socket = field.directory / "relay.sock";
  loopback::write_file(field.catalog, bench::make_catalog(options.campaigns, options.seed));

  loopback::pin_to(field.cores.client);
  const RedisServer redis(scratch.make_room("redis"), field.cores.client);
  const auto profiles = field.directory / "profiles.ndjson", config = field.directory / "import.json";
  write_profiles(profiles, options);
  write_config(config, field.catalog, redis.socket(), options, {.hard_ttl_s = options.hard_ttl_s.front()});
  fmt::print("{}\n", import_profiles(options.bidwell, config, profiles));

  Traffic traffic(options);
  const bool client_first = ClientPriority(options).allowed();
  fmt::print("{}", format_setting(options, field.cores, traffic.mean_bytes(), client_first));
  std::fflush(stdout);

  std::vector<Run> runs;
  for (const int wait_ms : options.wait_ms) {
    for (const int hard_ttl_s : options.hard_ttl_s) {
      runs.push_back(run_setting(field, redis, traffic, options, {.wait_ms = wait_ms, .hard_ttl_s = hard_ttl_s}));
      fmt::print("{}", format_run(runs.back(), options));
      std::fflush(stdout);
    }
  }
  if (!options.json.empty()) write_json(options.json, options, runs);
}

}  // namespace
}  // namespace bidwell::redis_latency

int main(int argc, char** argv) {
  try {
    const auto options = bidwell::redis_latency::parse_options(argc, argv);
    bidwell::loopback::note_interrupts();
    bidwell::redis_latency::run(options);
  } catch (const bidwell::loopback::Interrupted&) {
    fmt::print(stderr, "redis_latency_benchmark: interrupted\n");
    return 130;
  } catch (const std::exception& error) {
    fmt::print(stderr, "redis_latency_benchmark: {}\n", error.what());
    return 1;
  }
  return 0;
}
