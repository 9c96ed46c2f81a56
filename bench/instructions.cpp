// Runs each stage of a bid request a number of times for callgrind to count: instructions per
// request repeat to a tenth of a percent where times swing by a third. scripts/instructions runs it
// and makes the table; by itself it does the work and counts nothing.
#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "workload.h"

namespace bidwell::bench {
namespace {

// Tells callgrind to count from here on, and to write what it counted under the stage's name.
// Without the first rounds, which still warm buffers and resolve symbols.
template <typename Work>
void count(const char* stage, std::size_t requests, Work work) {
  for (std::size_t i = 0; i < 64; ++i) work(i);
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  for (std::size_t i = 0; i < requests; ++i) work(i);
  CALLGRIND_DUMP_STATS_AT(stage);
  CALLGRIND_STOP_INSTRUMENTATION;
}

void expect(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

void run(std::size_t campaigns, std::size_t requests) {
  Workload workload(campaigns);
  const Body body = loopback_request();
  const ParsedRequest parsed(loopback_request());
  const std::vector<Body> varied = varied_requests(1'024);
  openrtb::Parser parser;
  openrtb::BidRequest request;

  count("parse", requests,
        [&](std::size_t) { expect(parser.parse(body.view(), request) == openrtb::ParseError::none, "refused"); });
  bidding::Decision decision;
  count("decide", requests, [&](std::size_t) { decision = workload.decide(parsed.get()); });
  expect(decision.choices.size() == parsed.get().imp.size(), "not a bid on every impression");
  count("write", requests, [&](std::size_t) { workload.write(parsed.get(), decision); });
  const auto handle = [&](const char* stage, Workload& bidder) {
    count(stage, requests, [&](std::size_t) { expect(bidder.handle(body.view()) == 200, "not answered with 200"); });
  };
  handle("handle", workload);
  Workload with_notices(campaigns, Recording::notices), with_journal(campaigns, Recording::journal);
  handle("handle-notices", with_notices);
  handle("handle-journal", with_journal);
  // Whole rounds over the different requests, so that the mean does not hang on the number.
  const std::size_t rounds = requests / varied.size() + 1;
  count("handle-varied", rounds * varied.size(),
        [&](std::size_t i) { workload.handle(varied[i % varied.size()].view()); });
  fmt::print("requests {} varied {}\n", requests, rounds * varied.size());
}

}  // namespace
}  // namespace bidwell::bench

int main(int argc, char** argv) {
  std::size_t campaigns = 10'000;
  std::size_t requests = 2'000;
  CLI::App app("Work for scripts/instructions to count", "instructions");
  app.add_option("--campaigns", campaigns, "Campaigns in the catalog")->capture_default_str();
  app.add_option("--requests", requests, "Requests for each stage")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    bidwell::bench::run(campaigns, requests);
  } catch (const std::exception& error) {
    fmt::print(stderr, "instructions: {}\n", error.what());
    return 1;
  }
  return 0;
}
