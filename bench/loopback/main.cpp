// Whole-system benchmark over loopback: starts the servers, drives them in turn, reports. What is
// compared, and how, stands in options.cpp (--help) and measurement.h.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "http_text.h"
#include "interrupt.h"
#include "measurement.h"
#include "options.h"
#include "report.h"
#include "request_generator.h"
#include "scratch_directory.h"
#include "summary.h"

namespace bidwell::loopback {
namespace {

Answer make_answer(std::string body) {
  auto head =
      fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.size());
  return {std::move(head), std::move(body)};
}

std::vector<std::string> make_requests(const Options& options) {
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < options.varied; ++i) {
    requests.push_back(make_post(options.path, bench::make_request(i, options.seed)));
  }
  if (requests.empty()) requests.push_back(make_post(options.path, read_file(options.request)));
  return requests;
}

// Canned answers have one length; those that are made may differ by a digit of an id.
Contender make_contender(Server server, const Options& options, const std::vector<std::string>& requests,
                         const Answer& canned) {
  const bool is_canned = server.name == floor_name || server.name == nginx_name;
  std::optional<ExpectedAnswer> expected;
  if (options.varied == 0 || is_canned) {
    const Answer first = fetch(server.port, requests.front());
    if (is_canned && first.body.size() != canned.body.size()) {
      throw std::runtime_error(server.name + " does not answer with the canned bytes:\n" + first.body);
    }
    expected = {.body_length = first.body.size(), .tolerance = is_canned ? 0 : first.body.size() / 20};
  }
  Client client(server.name, server.port, options.connections, requests, expected);
  return {std::move(server), std::move(client)};
}

// Everything that runs, in the order of the tables.
struct Field {
  std::vector<Server> servers;
  std::vector<BidwellFacts> bidwells;
  Answer canned;
};

void start_bidwells(const Options& options, const ScratchDirectory& scratch, int core, const std::string& request,
                    Field& field) {
  for (const std::size_t campaigns : options.campaigns) {
    const std::string name = bidwell_name_of(campaigns);
    if (std::ranges::find(field.bidwells, name, &BidwellFacts::name) != field.bidwells.end()) {
      throw std::runtime_error("--campaigns names a size twice");
    }
    const Place place{.directory = scratch.make_room(fmt::format("bidwell-{}", campaigns)), .core = core};
    StartedBidwell started = start_bidwell(place, options.bidwell, options.config, campaigns, options.seed);
    Answer answer = fetch(started.server.port, request);
    field.bidwells.push_back({.name = name,
                              .campaigns = campaigns,
                              .catalog_bytes = started.catalog_bytes,
                              .start_seconds = started.start_up.count(),
                              .memory = started.memory,
                              .answer_bytes = answer.body.size()});
    fmt::print("{}\n", format_start(field.bidwells.back()));
    std::fflush(stdout);
    if (field.bidwells.size() == 1) field.canned = std::move(answer);
    field.servers.push_back(std::move(started.server));
  }
}

Field start_all(const Options& options, const ScratchDirectory& scratch, int core) {
  const auto place = [&](std::string_view name) { return Place{.directory = scratch.make_room(name), .core = core}; };
  // Bidwell first: the others answer with what it answered to the request of the file.
  Field field;
  if (options.wants(bidwell_name)) {
    const std::string request = make_post(options.path, read_file(options.request));
    start_bidwells(options, scratch, core, request, field);
  } else {
    field.canned = make_answer(read_file(options.answer));
  }
  std::vector<Server> yardsticks;
  if (options.wants(floor_name)) yardsticks.push_back(start_floor(place("floor"), field.canned));
  if (options.wants(nginx_name)) {
    if (const auto nginx = find_nginx()) {
      yardsticks.push_back(start_nginx(place("nginx"), *nginx, field.canned.body));
    } else {
      fmt::print("nginx is not installed: left out.\n");
    }
  }
  field.servers.insert(field.servers.begin(), std::move_iterator(yardsticks.begin()),
                       std::move_iterator(yardsticks.end()));
  for (std::size_t i = 0; i < options.also.size(); ++i) {
    field.servers.push_back(start_other(place(fmt::format("also-{}", i)), options.also[i]));
  }
  if (field.servers.empty()) throw std::runtime_error("no server left to measure");
  return field;
}

Setting describe(const Options& options, const std::vector<std::string>& requests, const Answer& canned, Cores cores) {
  std::size_t bytes = 0;
  for (const auto& request : requests) bytes += request.size();
  return {.connections = options.connections,
          .request_bytes = bytes / requests.size(),
          .answer_bytes = canned.body.size(),
          .varied = options.varied,
          .schedule = options.schedule,
          .cores = cores};
}

void run(const Options& options) {
  const Cores cores = pick_cores();
  if (!cores.apart()) {
    fmt::print("Only one core: servers and client share it, and the figures suffer.\n");
  }
  const ScratchDirectory scratch;
  Field field = start_all(options, scratch, cores.server);
  const auto requests = make_requests(options);
  const Setting setting = describe(options, requests, field.canned, cores);

  pin_to(cores.client);
  std::vector<Contender> contenders;
  for (auto& server : field.servers) {
    contenders.push_back(make_contender(std::move(server), options, requests, field.canned));
  }
  fmt::print(
      "Servers on core {}, client on core {}; {} connections; request {} bytes{}, canned answer "
      "body {} bytes;\n"
      "{} cycles of {} s for each of {} servers.\n",
      cores.server, cores.client, options.connections, setting.request_bytes,
      options.varied > 0 ? fmt::format(" (mean of {})", options.varied) : "", setting.answer_bytes,
      options.schedule.cycles, std::chrono::duration<double>(options.schedule.burst).count(), contenders.size());
  std::fflush(stdout);

  const bool watched = ::isatty(STDOUT_FILENO) != 0;
  const auto all =
      measure(contenders, options.schedule, cores, [&](std::size_t cycle, const std::vector<Series>& so_far) {
        if (!watched) return;
        fmt::print("{}\n", format_cycle(cycle, options.schedule, so_far));
        std::fflush(stdout);
      });
  const auto summaries = summarise(all);
  fmt::print("\n{}\n{}", format_table(summaries), format_targets(all, summaries, field.bidwells));
  if (!options.json.empty()) write_json(options.json, setting, field.bidwells, all, summaries);
}

}  // namespace
}  // namespace bidwell::loopback

int main(int argc, char** argv) {
  try {
    const auto options = bidwell::loopback::parse_options(argc, argv);
    bidwell::loopback::note_interrupts();
    bidwell::loopback::run(options);
  } catch (const bidwell::loopback::Interrupted&) {
    fmt::print(stderr, "loopback_benchmark: interrupted\n");
    return 130;
  } catch (const std::exception& error) {
    fmt::print(stderr, "loopback_benchmark: {}\n", error.what());
    return 1;
  }
  return 0;
}
