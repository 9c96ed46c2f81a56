// What a slow or dead Redis costs a bid request: starts redis-server, the relay before it and a bidder for each
// setting, drives them, reports. What is compared, and how, stands in options.cpp (--help).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "open_loop/bidder.h"
#include "open_loop/client.h"
#include "open_loop/field.h"
#include "open_loop/measurement.h"
#include "open_loop/relay.h"
#include "open_loop/report.h"
#include "redis_latency/options.h"
#include "redis_latency/processes.h"
#include "redis_latency/traffic.h"

namespace bidwell::redis_latency {
namespace {

using open_loop::State;

// More pieces of answers than connecting takes (HELLO, SELECT, TIME, SUBSCRIBE, ... on two connections).
constexpr std::uint64_t kGreetings = 20;

// A dead phase is measured once all profiles have ended, where they do so at all.
open_loop::Schedule schedule_of(const Options& options, const Setting& setting) {
  open_loop::Schedule schedule = open_loop::schedule_of(options);
  if (setting.hard_ttl_s < options.settle_s + options.phase_s) {
    schedule.dead_settle = std::max(schedule.settle, open_loop::duration_of(setting.hard_ttl_s));
  }
  return schedule;
}

// The target is for a bidder whose requests do not wait.
std::vector<open_loop::Case> cases_of(const Setting& setting) {
  const bool judged = setting.wait_ms == 0;
  return {{.name = "healthy", .state = State::healthy},
          {.name = "slow", .state = State::slow, .judged = judged},
          {.name = "silent", .state = State::silent, .judged = judged},
          {.name = "refused", .state = State::refused, .judged = judged}};
}

open_loop::Run run_setting(const open_loop::Field& field, const RedisServer& redis, Traffic& traffic,
                           const Options& options, const Setting& setting) {
  const auto directory = field.scratch.make_room("bidwell"), config = directory / "bidwell.json";
  const auto relay_socket = directory / "relay.sock";
  write_config(config, field.catalog, relay_socket, options, setting);
  open_loop::Relay relay = field.start([&] {
    return open_loop::Relay({.listen = relay_socket,
                             .server = redis.socket(),
                             .delay = std::chrono::milliseconds(options.delay_ms),
                             .greetings = kGreetings});
  });
  open_loop::Bidder bidder =
      field.start([&] { return open_loop::Bidder(directory, field.cores.server, options.bidwell, config); });
  field.put_worker_first(bidder.pid());
  open_loop::Run run;
  run.title = fmt::format("wait {} ms; profiles are refreshed after {} s, served for {} s at most", setting.wait_ms,
                          options.soft_ttl_s, setting.hard_ttl_s);
  run.setting = {{"wait_ms", setting.wait_ms}, {"hard_ttl_s", setting.hard_ttl_s}};
  run.cases = cases_of(setting);
  {
    open_loop::Client client(bidder.port(), options.connections, traffic, options.seed);
    const open_loop::AtPriority first(open_loop::Priority::above);
    const open_loop::Place place{.bidders = {{client, bidder.pid()}}, .server = redis.pid(), .cores = field.cores};
    run.phases = open_loop::measure(run.cases, relay, schedule_of(options, setting), place);
  }
  bidder.check_running();
  run.said = bidder.stop("profiles: ");
  return run;
}

void run(const Options& options) {
  const open_loop::Field field(options);
  const RedisServer redis =
      field.start([&] { return RedisServer(field.scratch.make_room("redis"), field.cores.client); });
  const auto room = field.scratch.make_room("import");
  const auto profiles = room / "profiles.ndjson", config = room / "import.json";
  write_profiles(profiles, options);
  write_config(config, field.catalog, redis.socket(), options, {.hard_ttl_s = options.hard_ttl_s.front()});
  fmt::print("{}\n", import_profiles(options.bidwell, config, profiles));

  Traffic traffic(options);
  fmt::print("{}", open_loop::format_setting(
                       options, field, "redis-server",
                       fmt::format("{:.0f} bytes each with head, of {} users by Zipf {} ({} in Redis); L1 of {} MB",
                                   traffic.mean_bytes(), options.users, options.zipf, options.loaded, options.l1_mb)));
  std::fflush(stdout);

  std::vector<open_loop::Run> runs;
  for (const int wait_ms : options.wait_ms) {
    for (const int hard_ttl_s : options.hard_ttl_s) {
      runs.push_back(run_setting(field, redis, traffic, options, {.wait_ms = wait_ms, .hard_ttl_s = hard_ttl_s}));
      fmt::print("{}", open_loop::format_run(runs.back()));
      std::fflush(stdout);
    }
  }
  if (options.json.empty()) return;
  open_loop::write_json(options.json, options,
                        {{"users", options.users},
                         {"loaded", options.loaded},
                         {"zipf", options.zipf},
                         {"soft_ttl_s", options.soft_ttl_s},
                         {"l1_mb", options.l1_mb}},
                        runs);
}

}  // namespace
}  // namespace bidwell::redis_latency

int main(int argc, char** argv) {
  const auto options = bidwell::redis_latency::parse_options(argc, argv);
  return bidwell::open_loop::run_benchmark("redis_latency_benchmark", [&] { bidwell::redis_latency::run(options); });
}
