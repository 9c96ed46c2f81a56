// The bidwell-replay executable: its command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <map>

#include "apps/replay/commands.h"

namespace {

using bidwell::apps::InputOptions;
using Kind = bidwell::replay::ScheduleOptions::Kind;

// "1.5", "500ms", "2m": seconds.
CLI::AsNumberWithUnit seconds() {
  return CLI::AsNumberWithUnit(
      std::map<std::string, double>{{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}},
      CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE | CLI::AsNumberWithUnit::UNIT_OPTIONAL),
      "TIME");
}

void add_input(CLI::App& app, InputOptions& input) {
  app.add_option(
      "SOURCE", input.source,
      "a capture (pcap, pcapng), NDJSON of requests or a goreplay file, each also .gz or .zst; - for standard "
      "input; iface:NAME for a live interface");
  auto* group = app.add_option_group("What of it is used");
  group->add_option("--filter", input.reading.packets.filter,
                    "packets of a capture or interface, in tcpdump's language: \"tcp port 8080\"");
  group->add_option("--port", input.reading.port, "only connections to this TCP port (0: all)")->capture_default_str();
  group->add_option("--only-host", input.selection.hosts, "only requests with this Host header; may be repeated");
  group->add_option("--only-path", input.selection.paths, "only targets that begin with this; may be repeated");
  group->add_option("--sample", input.selection.sample, "this share of the requests, the same ones each time")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  group->add_option("--skip", input.selection.skip, "leave out so many first")->capture_default_str();
  group->add_option("--limit", input.selection.limit, "use at most so many (default: all)");
  group->add_flag("--all", input.selection.all_methods,
                  "every HTTP request of any method, not only POSTs with a JSON object");
  group->add_option("--flows-max", input.reading.flows_max, "open connections of a capture kept in memory")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
}

void add_pace(CLI::App& app, bidwell::apps::ReplayOptions& options, std::vector<double>& ramp, bool& maximum) {
  auto* group = app.add_option_group("When requests leave (open loop: however late answers are)");
  auto* speed = group->add_option("--speed", options.schedule.speed, "the captured times, so many times as fast")
                    ->check(CLI::Range(0.001, 1e6))
                    ->capture_default_str();
  auto* rate = group->add_option("--rate", options.schedule.rate, "a fixed rate, requests a second")
                   ->check(CLI::Range(0.001, 1e7));
  auto* ramping = group->add_option("--ramp", ramp, "FROM TO TIME: a rate that grows over that time, then stays")
                      ->expected(3)
                      ->transform(seconds());
  auto* max =
      group->add_flag("--max", maximum, "no times: each connection sends when its answer is there (closed loop)");
  auto* find = group
                   ->add_option("--find-max", options.schedule.rate,
                                "FROM: raise the rate from here until --slo is missed, then narrow it down to 5 %")
                   ->check(CLI::Range(0.001, 1e7));
  group->add_option("--step", options.step_s, "seconds at each rate of --find-max")
      ->transform(seconds())
      ->needs(find)
      ->capture_default_str();
  speed->excludes(rate, ramping, max, find);
  rate->excludes(ramping, max, find);
  ramping->excludes(max, find);
  max->excludes(find);
  group->add_flag("--poisson", options.schedule.poisson, "random gaps, as of many independent senders, not even ones");
  group->add_option("--duration", options.duration_s, "stop sending then (begins again when the requests end)")
      ->transform(seconds());
  group->add_flag("--loop", options.loop, "begin again when the requests end, until --duration or Ctrl-C");
  group->add_option("--warm-up", options.warm_up_s, "do not count what is due before")->transform(seconds());
}

void add_connections(CLI::App& app, bidwell::apps::ReplayOptions& options) {
  auto* group = app.add_option_group("Connections");
  group->add_option("--target", options.target, "http://HOST:PORT[/PATH] or unix:SOCKET[:/PATH]");
  auto* pool = group
                   ->add_option("--connections", options.connections,
                                "a pool of so many keep-alive connections (default: 64 with a rate)")
                   ->check(CLI::Range(1, 100'000));
  group
      ->add_flag("--per-flow", options.per_flow,
                 "one connection for each captured one (default in the captured timing)")
      ->excludes(pool);
  group->add_option("--threads", options.threads, "that send")->check(CLI::Range(1, 256))->capture_default_str();
  group->add_option("--pipeline", options.pipeline, "requests on a connection before its answer")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  group->add_flag("--spin", options.spin, "never sleep: departures exact to a microsecond, a whole core a thread");
  group->add_option("--timeout", options.timeout_s, "give an answer up then")
      ->transform(seconds())
      ->capture_default_str();
  group
      ->add_option("--memory-mb", options.input.memory_mb,
                   "requests kept in memory; a longer file is read while it is sent, and cannot be repeated")
      ->capture_default_str();
}

void add_rewriting(CLI::App& app, bidwell::apps::ReplayOptions& options, std::vector<std::string>& headers,
                   bool& keep_ids) {
  auto* group = app.add_option_group("What is sent");
  group->add_option("--path", options.prepare.path,
                    "in place of the captured one (default: --target's, if it has one)");
  group->add_option("--host", options.prepare.host, "the Host header (default: --target's)");
  group->add_option("--header", headers, "\"Name: value\", set or replaced; may be repeated");
  group->add_option("--drop-header", options.prepare.drop_headers, "not sent; may be repeated");
  group->add_flag("--keep-ids", keep_ids, "request ids as captured (default: each gets a suffix of its own)");
  group->add_option("--tmax", options.prepare.tmax_ms, "milliseconds, in place of the requests' own");
  group
      ->add_option("--times", options.prepare.time_keys,
                   "keys, such as ts,timestamp: Unix times under them become the time of sending")
      ->delimiter(',');
  group->add_flag("--gzip", options.prepare.gzip, "compress bodies (ids and times then stay as captured)");
}

void add_results(CLI::App& app, bidwell::apps::ReplayOptions& options, bool& quiet) {
  auto* group = app.add_option_group("Results");
  group->add_option("--slo", options.slo,
                    "bounds that set the exit code: p99=5ms,errors=0.1%,late=1%,rate=99%,bids=20%");
  group->add_option("--report", options.report,
                    "a folder: index.html, result.json, latency.hgrm, service.hgrm, intervals.csv");
  group->add_option("--json", options.json, "a file for the result, as --compare reads it");
  group->add_flag("--validate", options.validate, "hold each answer against the rules of a correct bid response");
  group->add_flag("--diff", options.diff, "compare each answer with the captured one");
  group->add_option("--price-tolerance", options.price_tolerance, "--diff: relative difference of prices that is none")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  group->add_option("--currency", options.currencies, "--validate: EUR=0.92, units for one US dollar; may be repeated");
  group->add_flag("--quiet", quiet, "no progress on standard error");
}

std::vector<bidwell::replay::Header> headers_of(const std::vector<std::string>& lines) {
  std::vector<bidwell::replay::Header> out;
  for (const std::string& line : lines) {
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string::npos) {
      throw CLI::ValidationError("--header", fmt::format("\"{}\" is not \"Name: value\"", line));
    }
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    out.push_back({line.substr(0, colon), value == std::string::npos ? "" : line.substr(value)});
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Drives a bidder with captured bid requests, and measures it"};
  app.set_version_flag("--version", "bidwell-replay " BIDWELL_VERSION);
  app.require_subcommand(0, 1);
  app.footer(
      "Examples:\n"
      "  bidwell-replay capture.pcap --target http://127.0.0.1:8080/bid/demo             in its own timing\n"
      "  bidwell-replay requests.ndjson --target http://127.0.0.1:8080/bid/demo --rate 5000 --duration 60s\n"
      "      --slo p99=5ms,errors=0.1% --report report\n"
      "  bidwell-replay iface:veth1 --target http://127.0.0.1:8080/bid/demo              what tcpreplay plays\n"
      "Exit code: 0 done; 1 failed, an SLO missed or a rule broken; 2 wrong usage. More: docs/LOADTEST.md");
  int code = 0;

  bidwell::apps::ReplayOptions options;
  options.prepare.host.clear();  // --target's, unless --host
  for (int i = 0; i < argc; ++i) options.command_line += (i == 0 ? "" : " ") + std::string(argv[i]);
  std::vector<double> ramp;
  std::vector<std::string> headers, compared;
  bool maximum = false, keep_ids = false, quiet = false, dry_run = false;
  bidwell::apps::AnonymiseCommand anonymise;
  add_input(app, options.input);
  add_connections(app, options);
  add_pace(app, options, ramp, maximum);
  add_rewriting(app, options, headers, keep_ids);
  add_results(app, options, quiet);
  auto* others = app.add_option_group("In place of a run");
  others->add_flag("--dry-run", dry_run, "show what would be sent, and when");
  others->add_option("--anonymise", anonymise.output,
                     "a file (.pcap: a capture, else NDJSON) for the requests with identifiers replaced consistently");
  others->add_option("--secret-file", anonymise.secret_file,
                     "--anonymise: the key; the same one makes the same replacements (default: a random one)");
  others->add_option("--compare", compared, "two result.json: what changed")->expected(2);

  bidwell::apps::ExtractOptions extract;
  CLI::App* command = app.add_subcommand("extract", "write the requests of a capture as lines of JSON");
  add_input(*command, extract.input);
  command->add_option("--output,-o", extract.output, "a file, or - for standard output")->capture_default_str();
  command->add_flag("--count", extract.count, "print only how many there are");
  command->add_flag("--envelope", extract.envelope,
                    "with time, connection, method, target and headers (always so with --all)");
  command->callback([&] { code = bidwell::apps::replay_extract(extract); });

  bidwell::apps::MakePcapCommand make;
  command = app.add_subcommand("make-pcap", "write requests as a capture, for tcpreplay and others to play");
  add_input(*command, make.input);
  command->add_option("--output,-o", make.output, "a file, or - for standard output")->capture_default_str();
  command->add_option("--client", make.making.client, "its IP address")->capture_default_str();
  command->add_option("--server", make.making.server, "its IP address")->capture_default_str();
  command->add_option("--client-mac", make.making.client_mac, "its Ethernet address")->capture_default_str();
  command->add_option("--server-mac", make.making.server_mac, "its Ethernet address")->capture_default_str();
  command->add_option("--server-port", make.making.server_port, "its TCP port")->capture_default_str();
  command->add_option("--connections", make.making.connections, "for requests that tell of none")
      ->check(CLI::Range(1, 40'000))
      ->capture_default_str();
  command->add_option("--rate", make.making.rate, "requests a second, for those without a time")
      ->check(CLI::Range(0.001, 1e7))
      ->capture_default_str();
  command->add_option("--mss", make.making.mss, "bytes of payload in a packet")
      ->check(CLI::Range(64, 65'000))
      ->capture_default_str();
  command->add_option("--host", make.making.host, "for requests without a Host header")->capture_default_str();
  command->add_option("--path", make.making.path, "for requests without a target")->capture_default_str();
  command->callback([&] { code = bidwell::apps::replay_make_pcap(make); });

  app.callback([&] {
    if (!app.get_subcommands().empty()) return;
    if (!compared.empty()) {
      code = bidwell::apps::replay_compare(compared[0], compared[1]);
      return;
    }
    if (options.input.source.empty()) throw CLI::RequiredError("SOURCE");
    if (!anonymise.output.empty()) {
      anonymise.input = options.input;
      code = bidwell::apps::replay_anonymise(anonymise);
      return;
    }
    if (!dry_run && options.target.empty()) throw CLI::RequiredError("--target");
    options.find_max = app.count("--find-max") > 0;
    if (options.find_max && options.slo.empty()) throw CLI::RequiredError("--find-max needs --slo, which");
    auto& schedule = options.schedule;
    if (app.count("--rate") > 0 || options.find_max) schedule.kind = Kind::fixed;
    if (maximum) schedule.kind = Kind::maximum;
    if (!ramp.empty()) {
      schedule.kind = Kind::ramp;
      schedule.rate = ramp[0], schedule.rate_to = ramp[1];
      schedule.ramp = std::chrono::nanoseconds(static_cast<std::int64_t>(ramp[2] * 1e9));
    }
    options.prepare.set_headers = headers_of(headers);
    options.prepare.unique_ids = !keep_ids;
    options.progress = !quiet;
    code = dry_run ? bidwell::apps::replay_dry_run(options) : bidwell::apps::replay_run(options);
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "bidwell-replay: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bidwell-replay: {}\n", error.what());
    return 1;
  }
  return code;
}
