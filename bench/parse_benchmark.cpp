// What reading a request costs, beside two controls: a full DOM (nlohmann/json), and the least that
// any reader of the same bytes can do (simdjson On-Demand, some five fields).
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>

#include "workload.h"

namespace bidwell::bench {
namespace {

void set_bytes(benchmark::State& state, const Body& body) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.view().size()));
}

void parse(benchmark::State& state, Body (*make)()) {
  const Body body = make();
  openrtb::Parser parser;
  openrtb::BidRequest request;
  for (auto _ : state) {
    if (parser.parse(body.view(), request) != openrtb::ParseError::none) {
      state.SkipWithError("the request was refused");
      break;
    }
    benchmark::DoNotOptimize(request);
  }
  set_bytes(state, body);
}

void nlohmann_dom(benchmark::State& state, Body (*make)()) {
  const Body body = make();
  for (auto _ : state) benchmark::DoNotOptimize(nlohmann::json::parse(body.view()));
  set_bytes(state, body);
}

// The fields in the order of the document, as On-Demand likes them best. Returns their sum, lest
// they be optimised away.
double read_five_fields(simdjson::ondemand::parser& parser, const Body& body) {
  const auto size = body.view().size();
  simdjson::ondemand::document document = parser.iterate(body.view().data(), size, size + openrtb::Parser::kPadding);
  double sum = static_cast<double>(std::string_view(document["id"]).size());
  for (simdjson::ondemand::object imp : document["imp"]) {
    sum += static_cast<double>(std::string_view(imp["id"]).size());
    sum += double(imp["bidfloor"]);
  }
  sum += static_cast<double>(std::string_view(document["device"]["geo"]["country"]).size());
  return sum + double(document["tmax"]);
}

void simdjson_five_fields(benchmark::State& state, Body (*make)()) {
  const Body body = make();
  simdjson::ondemand::parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(read_five_fields(parser, body));
  set_bytes(state, body);
}

BENCHMARK_CAPTURE(parse, request_1800_bytes, loopback_request);
BENCHMARK_CAPTURE(simdjson_five_fields, request_1800_bytes, loopback_request);
BENCHMARK_CAPTURE(nlohmann_dom, request_1800_bytes, loopback_request);
BENCHMARK_CAPTURE(parse, request_400_bytes, small_request);
BENCHMARK_CAPTURE(simdjson_five_fields, request_400_bytes, small_request);
BENCHMARK_CAPTURE(nlohmann_dom, request_400_bytes, small_request);

}  // namespace
}  // namespace bidwell::bench
