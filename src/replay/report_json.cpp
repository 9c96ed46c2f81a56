// The JSON form. Names end with their unit; a histogram's buckets are [lowest value, count], each up to where
// HdrHistogram ends it with three digits, so that reports can be merged and compared.
#include <sys/utsname.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "bidwell/replay/report.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Hdr& hdr) {
  Json out = {{"count", hdr.count()},
              {"clipped", hdr.clipped()},
              {"mean", hdr.mean()},
              {"deviation", hdr.deviation()},
              {"min", hdr.min()}};
  for (const auto& [name, q] : {std::pair("p50", 0.5),
                                {"p75", 0.75},
                                {"p90", 0.9},
                                {"p95", 0.95},
                                {"p99", 0.99},
                                {"p99.9", 0.999},
                                {"p99.99", 0.9999},
                                {"p99.999", 0.99999}}) {
    out[name] = hdr.quantile(q);
  }
  out["max"] = hdr.max();
  out["buckets"] = hdr.buckets();
  return out;
}

Json json_of(const Losses& losses) {
  Json out = Json::object();
  for (std::size_t i = 0; i < kLosses; ++i) {
    if (losses.counts[i] != 0) out[std::string(name_of(static_cast<Loss>(i)))] = losses.counts[i];
  }
  return out;
}

Json json_of(const Verdict& verdict) {
  return {{"bound", plain(verdict.bound.text)},
          {"unit", is_time(verdict.bound) ? "ns" : "share"},
          {"limit", verdict.bound.limit},
          {"value", std::isnan(verdict.value) ? Json() : Json(verdict.value)},
          {"met", verdict.met}};
}

Json json_of(const CheckResult& check) {
  Json out = {{"checked", check.checked}, {"unchecked", check.unchecked}, {"faulty", check.faulty}};
  out["by_kind"] = Json::object();
  for (const auto& [kind, n] : check.by_kind) out["by_kind"][plain(kind)] = n;
  out["examples"] = Json::array();
  for (const std::string& example : check.examples) out["examples"].push_back(plain(example, 1000));
  return out;
}

Json json_of(const Interval& line) {
  return {{"begin_s", line.begin_s},
          {"seconds", line.seconds},
          {"asked_per_s", line.asked_rate},
          {"sent", line.sent},
          {"answered", line.answered},
          {"errors", line.errors},
          {"late", line.late},
          {"with_bids", line.bids},
          {"latency_p50_ns", line.p50_ns},
          {"latency_p99_ns", line.p99_ns},
          {"latency_max_ns", line.max_ns},
          {"service_p99_ns", line.service_p99_ns},
          {"lateness_max_ns", line.lateness_max_ns}};
}

Json environment() {
  utsname system{};
  ::uname(&system);
  return {{"kernel", system.release}, {"machine", system.machine}, {"processors", std::thread::hardware_concurrency()}};
}

Json requests_of(const Result& result) {
  const Tally& tally = result.tally;
  return {{"captured", result.captured},
          {"given", result.counters.given},
          {"skipped", result.counters.skipped},
          {"measured", tally.sent},
          {"answered", tally.answered},
          {"errors", tally.errors()},
          {"errors_share", share_of(tally.errors(), tally.sent)},
          {"with_tmax", tally.with_tmax},
          {"late", tally.late},
          {"late_share", share_of(tally.late, tally.with_tmax)}};
}

Json bids_of(const Tally& tally) {
  Json sums = Json::object();
  for (const auto& [currency, sum] : tally.price_sums) sums[currency] = sum;
  return {{"bids", tally.bids},
          {"answers_with_bids", tally.with_bids},
          {"answers_without", tally.no_bids},
          {"answers_unreadable", tally.unreadable},
          {"with_bids_share", share_of(tally.with_bids, tally.answered)},
          {"price_sums_micros", sums},
          {"price_micros", json_of(tally.price)}};
}

}  // namespace

Json json_of(const Result& result) {
  const Tally& tally = result.tally;
  Json out = {{"schema", kResultSchema},
              {"started", plain(result.started)},
              {"source", plain(result.source, 4000)},
              {"target", plain(result.target, 4000)},
              {"command", plain(result.command, 8000)},
              {"environment", environment()},
              {"seconds", result.seconds},
              {"asked_per_s", result.asked_rate},
              {"achieved_per_s", result.achieved_rate},
              {"requests", requests_of(result)}};
  for (std::size_t i = 0; i < tally.outcomes.size(); ++i) {
    out["outcomes"][std::string(name_of(static_cast<Outcome>(i)))] = tally.outcomes[i];
  }
  out["statuses"] = Json::object();
  for (const auto& [status, n] : tally.statuses) out["statuses"][std::to_string(status)] = n;
  out["bidding"] = bids_of(tally);
  out["latency_ns"] = json_of(tally.latency);
  out["service_ns"] = json_of(tally.service);
  out["lateness_ns"] = json_of(tally.lateness);
  out["gap_error_ns"] = json_of(tally.gap_error);
  const ClientCounters& client = result.counters.client;
  out["connections"] = {{"connects", client.connects},
                        {"connect_failures", client.connect_failures},
                        {"closes", client.closes},
                        {"bytes_sent", client.bytes_sent},
                        {"bytes_received", client.bytes_received}};
  out["losses"] = json_of(result.losses);
  out["threads_busy_share"] = result.busy;
  out["client_limits"] = Json::array();
  for (const std::string& limit : result.client_limits) out["client_limits"].push_back(plain(limit, 1000));
  out["slo"] = Json::array();
  for (const Verdict& verdict : result.verdicts) out["slo"].push_back(json_of(verdict));
  if (result.was_validated) out["validated"] = json_of(result.validated);
  if (result.was_compared) out["compared"] = json_of(result.compared);
  out["intervals"] = Json::array();
  for (const Interval& line : result.intervals) out["intervals"].push_back(json_of(line));
  return out;
}

}  // namespace bidwell::replay
