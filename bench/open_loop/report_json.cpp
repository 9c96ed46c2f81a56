// The JSON form: the setting, the summaries and every phase, so that others can reckon anew.
#include <sys/utsname.h>

#include <thread>

#include "loopback/scratch_directory.h"
#include "open_loop/report.h"

namespace bidwell::open_loop {
namespace {

Json to_json(const loopback::Spread& spread) {
  if (spread.count == 0) return nullptr;
  return {{"min", spread.min},       {"quartile1", spread.quartile1},
          {"median", spread.median}, {"quartile3", spread.quartile3},
          {"max", spread.max},       {"count", spread.count}};
}

Json to_json(const Latencies& latencies) {
  return {{"requests", latencies.requests},    {"bids", latencies.bids},           {"p50_us", latencies.p50},
          {"p99_us", latencies.p99},           {"p999_us", latencies.p999},        {"max_us", latencies.max},
          {"late_p99_us", latencies.late_p99}, {"late_max_us", latencies.late_max}};
}

Json to_json(const Run& run, const Phase& phase) {
  Json json = {{"state", run.cases[phase.which].name},
               {"cycle", phase.cycle},
               {"settled", to_json(phase.settled)},
               {"notices", phase.notices},
               {"worst_second", to_json(phase.worst_second)},
               {"disturbed_share", phase.disturbed_share},
               {"kept", phase.kept}};
  for (const Measure& measure : measures) {
    const auto value = measure.of(phase, nullptr);
    if (value) json[std::string(measure.name)] = *value;
  }
  return json;
}

Json to_json(const Run& run, const Summary& row) {
  Json json = {{"state", run.cases[row.which].name},
               {"requests", row.requests},
               {"bids", row.bids},
               {"notices", row.notices},
               {"late_max_us", row.late_max},
               {"phases_kept", row.kept},
               {"phases_left_out", row.left_out}};
  for (std::size_t i = 0; i < kMeasures; ++i) json[std::string(measures[i].name)] = to_json(row.spreads[i]);
  return json;
}

Json to_json(const Options& options) {
  utsname system{};
  ::uname(&system);
  return {{"kernel", system.release},
          {"machine", system.machine},
          {"processors", std::thread::hardware_concurrency()},
          {"rate", options.rate},
          {"arrivals", "exponential gaps"},
          {"connections", options.connections},
          {"campaigns", options.campaigns},
          {"delay_of_answers_ms", options.delay_ms},
          {"warm_up_s", options.warm_up_s},
          {"settle_s", options.settle_s},
          {"phase_s", options.phase_s},
          {"cycles", options.cycles},
          {"disturbed_share_max", options.disturbed_share_max},
          {"real_time", options.real_time},
          {"seed", options.seed}};
}

}  // namespace

void write_json(const std::filesystem::path& path, const Options& options, const Json& setting,
                const std::vector<Run>& runs) {
  Json json = {{"setting", to_json(options)}, {"runs", Json::array()}};
  json["setting"].update(setting);
  for (const Run& run : runs) {
    Json one = run.setting;
    one["summary"] = one["phases"] = Json::array();
    one["said"] = run.said;
    for (const Summary& row : summarise(run)) one["summary"].push_back(to_json(run, row));
    for (const Phase& phase : run.phases) one["phases"].push_back(to_json(run, phase));
    json["runs"].push_back(std::move(one));
  }
  loopback::write_file(path, json.dump(1) + "\n");
}

}  // namespace bidwell::open_loop
