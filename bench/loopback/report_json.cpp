// The JSON form of a run: the setting, the summaries and every burst, so that others can reckon
// anew.
#include <sys/utsname.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "report.h"
#include "scratch_directory.h"

namespace bidwell::loopback {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::optional<Spread>& spread) {
  if (!spread) return nullptr;
  return {{"min", spread->min},       {"quartile1", spread->quartile1},
          {"median", spread->median}, {"quartile3", spread->quartile3},
          {"max", spread->max},       {"count", spread->count}};
}

Json to_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const Summary& row) {
  return {{"server", row.name},
          {"requests_per_second", to_json(row.throughput)},
          {"throughput_over_floor", to_json(row.throughput_over_floor)},
          {"cpu_us_per_request", to_json(row.cpu)},
          {"cpu_over_nginx", to_json(row.cpu_over_nginx)},
          {"user_share", to_json(row.user_share)},
          {"core_share", to_json(row.core_share)},
          {"p50_us", row.p50_us},
          {"p99_us", row.p99_us},
          {"bursts_kept", row.kept},
          {"bursts_left_out", row.left_out}};
}

Json to_json(const Burst& burst) {
  Json json = {{"answers", burst.client.answers},          {"elapsed_ns", burst.client.elapsed.count()},
               {"p50_ns", burst.client.p50.count()},       {"p99_ns", burst.client.p99.count()},
               {"disturbed_share", burst.disturbed_share}, {"kept", burst.kept}};
  if (burst.cpu) {
    json["cpu_ns"] = burst.cpu->total.count();
    json["user_ticks"] = burst.cpu->user_ticks;
    json["system_ticks"] = burst.cpu->system_ticks;
  }
  return json;
}

Json to_json(const Setting& setting) {
  utsname system{};
  ::uname(&system);
  return {{"kernel", system.release},
          {"machine", system.machine},
          {"processors", std::thread::hardware_concurrency()},
          {"server_core", setting.cores.server},
          {"client_core", setting.cores.client},
          {"connections", setting.connections},
          {"request_bytes", setting.request_bytes},
          {"answer_body_bytes", setting.answer_bytes},
          {"varied_requests", setting.varied},
          {"burst_ns", setting.schedule.burst.count()},
          {"cycles", setting.schedule.cycles},
          {"disturbed_share_max", setting.schedule.disturbed_share_max}};
}

Json to_json(const BidwellFacts& bidwell) {
  return {{"server", bidwell.name},
          {"campaigns", bidwell.campaigns},
          {"catalog_bytes", bidwell.catalog_bytes},
          {"start_seconds", bidwell.start_seconds},
          {"resident_bytes", bidwell.memory.resident},
          {"peak_resident_bytes", bidwell.memory.peak},
          {"answer_body_bytes", bidwell.answer_bytes}};
}

}  // namespace

void write_json(const std::filesystem::path& path, const Setting& setting, const std::vector<BidwellFacts>& bidwells,
                const std::vector<Series>& all, const std::vector<Summary>& summaries) {
  Json json = {{"setting", to_json(setting)},
               {"bidwells", Json::array()},
               {"summary", Json::array()},
               {"bursts", Json::object()}};
  for (const auto& bidwell : bidwells) json["bidwells"].push_back(to_json(bidwell));
  for (const auto& row : summaries) json["summary"].push_back(to_json(row));
  for (const auto& series : all) {
    Json& bursts = json["bursts"][series.name] = Json::array();
    for (const auto& burst : series.bursts) bursts.push_back(to_json(burst));
  }
  write_file(path, json.dump(1) + "\n");
}

}  // namespace bidwell::loopback
