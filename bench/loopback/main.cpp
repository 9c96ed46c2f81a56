// Whole-system benchmark over loopback: starts the servers, drives them in turn, reports. What is
// compared, and how, stands in options.cpp (--help) and measurement.h.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>

#include "catalog_generator.h"
#include "interrupt.h"
#include "measurement.h"
#include "options.h"
#include "report.h"
#include "scratch_directory.h"
#include "summary.h"

namespace bidwell::loopback {
namespace {

// The same bytes go to every server.
std::string make_request(const std::string& path, const std::string& body) {
  return fmt::format(
      "POST {} HTTP/1.1\r\n"
      "Host: bid.bidder.example\r\n"
      "User-Agent: example-exchange/4.2\r\n"
      "Accept: */*\r\n"
      "Connection: keep-alive\r\n"
      "Content-Type: application/json\r\n"
      "x-openrtb-version: 2.5\r\n"
      "Content-Length: {}\r\n\r\n{}",
      path, body.size(), body);
}

Answer make_answer(std::string body) {
  auto head =
      fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                  body.size());
  return {std::move(head), std::move(body)};
}

// Canned answers have one length; those that are made may differ by a digit of an id.
Contender make_contender(Server server, const Options& options, const std::string& request,
                         const Answer& canned) {
  const Answer first = fetch(server.port, request);
  const bool is_canned = server.name == floor_name || server.name == nginx_name;
  if (is_canned && first.body.size() != canned.body.size()) {
    throw std::runtime_error(server.name + " does not answer with the canned bytes:\n" +
                             first.body);
  }
  const ExpectedAnswer expected{.body_length = first.body.size(),
                                .tolerance = is_canned ? 0 : first.body.size() / 20};
  Client client(server.name, server.port, options.connections, request, expected);
  return {std::move(server), std::move(client)};
}

void run(const Options& options) {
  const Cores cores = pick_cores();
  if (!cores.apart()) {
    fmt::print("Only one core: servers and client share it, and the figures suffer.\n");
  }
  const ScratchDirectory scratch;
  const std::string request = make_request(options.path, read_file(options.request));
  const auto place = [&](std::string_view name) {
    return Place{.directory = scratch.make_room(name), .core = cores.server};
  };

  // Bidwell first: the others answer with what it answered.
  std::optional<Server> bidwell;
  Answer canned;
  if (options.wants(bidwell_name)) {
    bidwell = start_bidwell(place("bidwell"), options.bidwell, options.config,
                            make_catalog(options.campaigns, options.seed));
    canned = fetch(bidwell->port, request);
  } else {
    canned = make_answer(read_file(options.answer));
  }

  std::vector<Server> servers;
  if (options.wants(floor_name)) servers.push_back(start_floor(place("floor"), canned));
  if (options.wants(nginx_name)) {
    if (const auto nginx = find_nginx()) {
      servers.push_back(start_nginx(place("nginx"), *nginx, canned.body));
    } else {
      fmt::print("nginx is not installed: left out.\n");
    }
  }
  if (bidwell) servers.push_back(std::move(*bidwell));
  for (std::size_t i = 0; i < options.also.size(); ++i) {
    servers.push_back(start_other(place(fmt::format("also-{}", i)), options.also[i]));
  }
  if (servers.empty()) throw std::runtime_error("no server left to measure");

  pin_to(cores.client);
  std::vector<Contender> contenders;
  for (auto& server : servers) {
    contenders.push_back(make_contender(std::move(server), options, request, canned));
  }

  const double burst_seconds = std::chrono::duration<double>(options.schedule.burst).count();
  fmt::print(
      "Servers on core {}, client on core {}; {} connections; request {} bytes, answer body {} "
      "bytes;\n"
      "{} cycles of {} s for each of {} servers.\n",
      cores.server, cores.client, options.connections, request.size(), canned.body.size(),
      options.schedule.cycles, burst_seconds, contenders.size());
  std::fflush(stdout);

  const bool watched = ::isatty(STDOUT_FILENO) != 0;
  const auto all = measure(contenders, options.schedule, cores,
                           [&](std::size_t cycle, const std::vector<Series>& so_far) {
                             if (!watched) return;
                             fmt::print("{}\n", format_cycle(cycle, options.schedule, so_far));
                             std::fflush(stdout);
                           });
  const auto summaries = summarise(all);
  fmt::print("\n{}\n{}", format_table(summaries), format_targets(summaries));
  if (!options.json.empty()) {
    const Setting setting{.connections = options.connections,
                          .request_bytes = request.size(),
                          .answer_bytes = canned.body.size(),
                          .schedule = options.schedule,
                          .cores = cores};
    write_json(options.json, setting, all, summaries);
  }
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
