// The replayer as a client: requests per second of one thread in a closed loop beside wrk's one thread, against the
// same servers, in turn; and how far from their times requests leave at a fixed rate. Servers on one processor, clients
// on another. The observer is the one of a real run.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bidwell/replay/measure.h"
#include "bidwell/replay/send.h"
#include "loopback/cores.h"
#include "loopback/http_text.h"
#include "loopback/scratch_directory.h"
#include "loopback/servers.h"

namespace {

using namespace bidwell;
using std::chrono::nanoseconds;

struct Options {
  unsigned cycles = 5;
  double seconds = 2;
  std::size_t connections = 32;
  double rate = 20'000;
  double rate_seconds = 5;
  std::string request = BIDWELL_SOURCE_DIR "/bench/loopback/request.json";
  std::string answer = BIDWELL_SOURCE_DIR "/bench/loopback/stand_in_answer.json";
};

struct Burst {
  double per_second = 0;
  double cpu_us = 0;  // of the client, per request
  double user_us = 0;
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Processor time of `who` since an earlier account, over so many requests.
Burst burst_of(int who, const rusage& before, double requests, double seconds) {
  rusage after{};
  ::getrusage(who, &after);
  const double user = seconds_of(after.ru_utime) - seconds_of(before.ru_utime);
  const double system = seconds_of(after.ru_stime) - seconds_of(before.ru_stime);
  return {requests / seconds, (user + system) / requests * 1e6, user / requests * 1e6};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

replay::Target target_of(const loopback::Server& server) {
  replay::Target target;
  target.address = "127.0.0.1";
  target.port = std::to_string(server.port);
  target.host = target.address + ":" + target.port;
  return target;
}

replay::Tape tape_of(const std::string& body) {
  replay::Prepared request;
  request.bytes = fmt::format(
      "POST /bid HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
  request.body_at = static_cast<std::uint32_t>(request.bytes.size() - body.size());
  replay::Tape tape;
  tape.push_back(std::move(request));
  return tape;
}

replay::SendOptions send_options(const Options& options, const loopback::Server& server) {
  replay::SendOptions send;
  send.target = target_of(server);
  send.connections = options.connections;
  send.loop = true;
  return send;
}

Burst run_ours(const Options& options, const loopback::Server& server, const replay::Tape& tape) {
  replay::SendOptions send = send_options(options, server);
  send.schedule.kind = replay::ScheduleOptions::Kind::maximum;
  send.duration = nanoseconds(static_cast<std::int64_t>(options.seconds * 1e9));
  replay::Measurement measurement({});
  const replay::Schedule schedule(send.schedule);
  replay::Run run(send, tape, [&](unsigned thread, replay::SteadyTime start) {
    return measurement.recorder(thread, start, schedule);
  });
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  run.start();
  run.join();
  const auto requests = static_cast<double>(run.counters().given);
  const Burst burst =
      burst_of(RUSAGE_SELF, before, requests, std::chrono::duration<double>(run.ended() - run.started()).count());
  const auto total = measurement.total();
  if (total.answered != run.counters().given) throw std::runtime_error("not all requests were answered");
  return burst;
}

// Nothing where there is no wrk.
std::optional<Burst> run_wrk(const Options& options, const loopback::Server& server, const std::string& script) {
  const std::string command = fmt::format("wrk -t1 -c{} -d{:.0f}s -s {} http://127.0.0.1:{}/bid 2>/dev/null",
                                          options.connections, std::max(1.0, options.seconds), script, server.port);
  rusage before{};
  ::getrusage(RUSAGE_CHILDREN, &before);
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  char piece[4096];
  for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, pipe)) > 0;) text.append(piece, got);
  ::pclose(pipe);
  const std::size_t rate = text.find("Requests/sec:"), count = text.find(" requests in ");
  if (rate == std::string::npos || count == std::string::npos) return std::nullopt;
  const double requests = std::stod(text.substr(text.rfind('\n', count) + 1));
  const double per_second = std::stod(text.substr(rate + 13));
  return burst_of(RUSAGE_CHILDREN, before, requests, requests / per_second);
}

void print(const char* name, const std::vector<Burst>& bursts) {
  std::vector<double> rates, cpu, user;
  for (const Burst& burst : bursts)
    rates.push_back(burst.per_second), cpu.push_back(burst.cpu_us), user.push_back(burst.user_us);
  fmt::print("  {:8} {:9.0f} requests/s   {:5.2f} us of the client's processor per request, {:.2f} of it user\n", name,
             median(rates), median(cpu), median(user));
}

void compare(const Options& options, const loopback::Server& server, const replay::Tape& tape,
             const std::string& script) {
  fmt::print("{}: {} connections, closed loop, {} cycles of {} s each\n", server.name, options.connections,
             options.cycles, options.seconds);
  std::vector<Burst> ours, theirs;
  std::vector<double> ratios;
  for (unsigned i = 0; i < options.cycles; ++i) {
    const auto other = run_wrk(options, server, script);
    ours.push_back(run_ours(options, server, tape));
    if (!other) continue;
    theirs.push_back(*other);
    ratios.push_back(ours.back().per_second / other->per_second);
  }
  print("replay", ours);
  if (theirs.empty()) {
    fmt::print("  wrk is not there: not compared\n");
    return;
  }
  print("wrk", theirs);
  fmt::print("  replay/wrk, by pairs: {:.3f} (target: 1 or more)\n", median(ratios));
}

// Remembers when each request left, beside the real recorder.
class Gaps : public replay::Observer {
 public:
  struct Times {
    replay::SteadyTime due, sent;
  };

  Gaps(std::unique_ptr<replay::Observer> recorder, std::vector<Times>& times)
      : recorder_(std::move(recorder)), times_(times) {}
  void observed(const replay::Sent& sent) override {
    recorder_->observed(sent);
    if (sent.index < times_.size()) times_[sent.index] = {sent.due, sent.answer.sent};
  }
  void tick(replay::SteadyTime now) override { recorder_->tick(now); }

 private:
  std::unique_ptr<replay::Observer> recorder_;
  std::vector<Times>& times_;
};

void print_errors(const char* name, std::vector<double> us) {
  std::sort(us.begin(), us.end());
  const auto at = [&](double q) { return us[static_cast<std::size_t>(q * static_cast<double>(us.size() - 1))]; };
  fmt::print("  {:18} p50 {:8.1f}   p99 {:8.1f}   p99.9 {:8.1f}   max {:8.1f} us\n", name, at(0.5), at(0.99), at(0.999),
             us.back());
}

void pace(const Options& options, const loopback::Server& server, const replay::Tape& tape, bool spin) {
  replay::SendOptions send = send_options(options, server);
  send.schedule = {.kind = replay::ScheduleOptions::Kind::fixed, .rate = options.rate};
  send.duration = nanoseconds(static_cast<std::int64_t>(options.rate_seconds * 1e9));
  send.client.spin = spin;
  replay::Measurement measurement({});
  const replay::Schedule schedule(send.schedule);
  std::vector<Gaps::Times> times(static_cast<std::size_t>(std::ceil(options.rate * options.rate_seconds)));
  replay::Run run(send, tape, [&](unsigned thread, replay::SteadyTime start) {
    return std::make_unique<Gaps>(measurement.recorder(thread, start, schedule), times);
  });
  run.start();
  run.join();
  fmt::print("{}: {:.0f}/s for {} s{}; {} sent, {} waited for a connection, thread {:.0f} % busy\n", server.name,
             options.rate, options.rate_seconds, spin ? ", spinning" : "", run.counters().given, run.counters().waited,
             run.busy()[0] * 100);
  std::vector<double> gaps, late;
  for (std::size_t i = 0; i < times.size(); ++i) {
    late.push_back(std::chrono::duration<double, std::micro>(times[i].sent - times[i].due).count());
    if (i == 0) continue;
    const auto error = (times[i].sent - times[i - 1].sent) - (times[i].due - times[i - 1].due);
    gaps.push_back(std::abs(std::chrono::duration<double, std::micro>(error).count()));
  }
  print_errors("inter-send error", std::move(gaps));
  print_errors("sent after due", std::move(late));
}

void run(const Options& options) {
  const std::string body = loopback::read_file(options.request), answer = loopback::read_file(options.answer);
  const loopback::ScratchDirectory scratch;
  const loopback::Cores cores = loopback::pick_cores();
  if (!cores.apart()) fmt::print("one processor only: client and server disturb each other\n");

  const std::string head =
      fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", answer.size());
  std::vector<loopback::Server> servers;
  servers.push_back(loopback::start_floor({scratch.make_room("floor"), cores.server}, {head, answer}));
  if (const auto nginx = loopback::find_nginx()) {
    servers.push_back(loopback::start_nginx({scratch.make_room("nginx"), cores.server}, *nginx, answer));
  }
  loopback::pin_to(cores.client);

  const auto script = scratch.make_room("wrk") / "post.lua";
  loopback::write_file(script, fmt::format("wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = "
                                           "\"application/json\"\nwrk.body = [==[{}]==]\n",
                                           body));
  const replay::Tape tape = tape_of(body);
  for (const loopback::Server& server : servers) compare(options, server, tape, script);
  for (const bool spin : {false, true}) pace(options, servers.front(), tape, spin);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("The replayer as a client, beside wrk; and how well it keeps time.");
  app.add_option("--cycles", options.cycles, "bursts of each client")->capture_default_str();
  app.add_option("--seconds", options.seconds, "of a burst")->capture_default_str();
  app.add_option("--connections", options.connections)->capture_default_str();
  app.add_option("--rate", options.rate, "per second, where the time of sending is measured")->capture_default_str();
  app.add_option("--rate-seconds", options.rate_seconds)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "replay_benchmark: {}\n", error.what());
    return 1;
  }
}
