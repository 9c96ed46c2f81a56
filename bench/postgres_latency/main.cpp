// What a slow or dead PostgreSQL costs a bid request: starts a server, the relay before it, a bidder that records and
// one that does not, drives them, reports, and compares what is stored with what was answered. What is compared, and
// how, stands in options.cpp (--help).
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "open_loop/bidder.h"
#include "open_loop/client.h"
#include "open_loop/field.h"
#include "open_loop/measurement.h"
#include "open_loop/relay.h"
#include "open_loop/report.h"
#include "postgres_latency/database.h"
#include "postgres_latency/options.h"
#include "postgres_latency/traffic.h"

namespace bidwell::postgres_latency {
namespace {

using apps::testing::ExchangeLedger;
using open_loop::State;

// More pieces of answers than connecting takes; a batch takes some ten.
constexpr std::uint64_t kGreetings = 40;

const std::vector<open_loop::Case> kCases = {{.name = "healthy", .state = State::healthy},
                                             {.name = "slow", .state = State::slow, .judged = true},
                                             {.name = "silent", .state = State::silent, .judged = true},
                                             {.name = "refused", .state = State::refused, .judged = true},
                                             {.name = "healthy 2", .state = State::healthy},
                                             {.name = "off", .state = State::healthy, .bidder = 1, .relayed = false}};

nlohmann::json recording(const std::filesystem::path& directory, const std::filesystem::path& relay,
                         const Options& options) {
  return {
      {"postgres", {{"url", Database::url_of(relay)}}},
      {"events", {{"directory", (directory / "events").string()}, {"sinks", {"postgres"}}, {"fsync", options.fsync}}},
      {"notices", {{"url", "http://127.0.0.1:8080"}, {"markup_url", "https://127.0.0.1:8080"}}}};
}

open_loop::Bidder start_bidder(const open_loop::Field& field, const std::filesystem::path& directory,
                               const Options& options, const nlohmann::json& sections) {
  const auto config = directory / "bidwell.json";
  open_loop::write_config(config, field.catalog, sections);
  return field.start([&] { return open_loop::Bidder(directory, field.cores.server, options.bidwell, config); });
}

// Nothing lost, nothing twice?
bool compare(const Database& database, const ExchangeLedger& ledger, const Traffic& traffic) {
  const Database::Stored stored = database.await({.bids = traffic.bids(), .notices = traffic.notices()});
  fmt::print("{} bids and {} notices were answered, PostgreSQL holds {} and {}", traffic.bids(), traffic.notices(),
             stored.bids, stored.notices);
  const auto differences = ledger.compare(database.url());
  const bool equal = stored.bids == traffic.bids() && stored.notices == traffic.notices() && differences.empty();
  fmt::print("{}\n", equal ? ": the same, each once, at the same prices." : ".");
  for (std::size_t i = 0; i < differences.size() && i < 20; ++i) fmt::print("  {}\n", differences[i]);
  return equal;
}

void run(const Options& options) {
  const open_loop::Field field(options);
  const Database database = field.start([] { return Database(); });
  const auto relay_folder = field.scratch.make_room("relay");
  const auto recorder_room = field.scratch.make_room("recorder"), control_room = field.scratch.make_room("control");
  open_loop::Relay relay = field.start([&] {
    return open_loop::Relay({.listen = relay_folder / Database::kSocketName,
                             .server = database.socket(),
                             .delay = std::chrono::milliseconds(options.delay_ms),
                             .greetings = kGreetings});
  });
  open_loop::Bidder recorder =
      start_bidder(field, recorder_room, options, recording(recorder_room, relay_folder, options));
  open_loop::Bidder control = start_bidder(field, control_room, options, nlohmann::json::object());
  for (const pid_t pid : {recorder.pid(), control.pid()}) field.put_worker_first(pid);

  ExchangeLedger ledger, unused;
  Traffic traffic(options, ledger), control_traffic(options, unused);
  fmt::print("{}", open_loop::format_setting(
                       options, field, "PostgreSQL",
                       fmt::format("{:.0f} bytes each with head; of {} bids one is won, billed and shown; journal's "
                                   "fsync: {}",
                                   traffic.mean_bytes(), options.bids_per_win, options.fsync)));
  std::fflush(stdout);

  open_loop::Run run;
  run.title = "PostgreSQL, behind the journal";
  run.cases = kCases;
  {
    open_loop::Client client(recorder.port(), options.connections, traffic, options.seed);
    open_loop::Client control_client(control.port(), options.connections, control_traffic, options.seed);
    const open_loop::AtPriority first(open_loop::Priority::above);
    const open_loop::Place place{.bidders = {{client, recorder.pid()}, {control_client, control.pid()}},
                                 .server = database.pid(),
                                 .cores = field.cores};
    run.phases = open_loop::measure(run.cases, relay, open_loop::schedule_of(options), place);
  }
  recorder.check_running();
  fmt::print("{}", open_loop::format_run(run));
  std::fflush(stdout);
  relay.set(State::healthy);
  const bool equal = compare(database, ledger, traffic);
  run.said = recorder.stop(equal ? "[info] events: " : "events: ");
  for (const std::string& line : run.said) fmt::print("{}\n", line);
  if (!options.json.empty()) {
    open_loop::write_json(options.json, options, {{"bids_per_win", options.bids_per_win}, {"fsync", options.fsync}},
                          {run});
  }
  if (!equal) throw std::runtime_error("what PostgreSQL holds is not what was answered");
}

}  // namespace
}  // namespace bidwell::postgres_latency

int main(int argc, char** argv) {
  const auto options = bidwell::postgres_latency::parse_options(argc, argv);
  return bidwell::open_loop::run_benchmark("postgres_latency_benchmark",
                                           [&] { bidwell::postgres_latency::run(options); });
}
