// The JSON form: the setting, the summaries and every phase, so that others can reckon anew.
#include <sys/utsname.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "loopback/scratch_directory.h"
#include "redis_latency/report.h"

namespace bidwell::redis_latency {
namespace {

using Json = nlohmann::ordered_json;

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

Json to_json(const Phase& phase) {
  return {{"state", name_of(phase.state)},
          {"cycle", phase.cycle},
          {"settled", to_json(phase.settled)},
          {"worst_second", to_json(phase.worst_second)},
          {"back_s", phase.back_s ? Json(*phase.back_s) : Json(nullptr)},
          {"cpu_us_per_request", phase.cpu_us},
          {"disturbed_share", phase.disturbed_share},
          {"kept", phase.kept}};
}

Json to_json(const Summary& row) {
  return {{"state", name_of(row.state)},
          {"requests", row.requests},
          {"bids", row.bids},
          {"p50_us", to_json(row.p50)},
          {"p99_us", to_json(row.p99)},
          {"p999_us", to_json(row.p999)},
          {"p99_over_healthy", to_json(row.p99_ratio)},
          {"worst_second_p99_us", to_json(row.worst_p99)},
          {"worst_second_max_us", to_json(row.worst_max)},
          {"back_s", to_json(row.back_s)},
          {"cpu_us_per_request", to_json(row.cpu_us)},
          {"late_p99_us", to_json(row.late_p99)},
          {"late_max_us", row.late_max},
          {"phases_kept", row.kept},
          {"phases_left_out", row.left_out}};
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
          {"users", options.users},
          {"loaded", options.loaded},
          {"zipf", options.zipf},
          {"delay_of_answers_ms", options.delay.count()},
          {"soft_ttl_s", options.soft_ttl_s},
          {"l1_mb", options.l1_mb},
          {"warm_up_s", options.warm_up_s},
          {"settle_s", options.settle_s},
          {"phase_s", options.phase_s},
          {"cycles", options.cycles},
          {"disturbed_share_max", options.disturbed_share_max},
          {"seed", options.seed}};
}

}  // namespace

void write_json(const std::filesystem::path& path, const Options& options, const std::vector<Run>& runs) {
  Json json = {{"setting", to_json(options)}, {"runs", Json::array()}};
  for (const Run& run : runs) {
    Json one = {{"wait_ms", run.setting.wait_ms},
                {"hard_ttl_s", run.setting.hard_ttl_s},
                {"summary", Json::array()},
                {"phases", Json::array()},
                {"said", run.said}};
    for (const Summary& row : summarise(run.phases)) one["summary"].push_back(to_json(row));
    for (const Phase& phase : run.phases) one["phases"].push_back(to_json(phase));
    json["runs"].push_back(std::move(one));
  }
  loopback::write_file(path, json.dump(1) + "\n");
}

}  // namespace bidwell::redis_latency
