// bidwell-replay SOURCE --target URL: a run, or several to find the highest rate; what they measured, shown and judged.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "apps/replay/input.h"
#include "apps/replay/load.h"
#include "apps/replay/stop_signals.h"
#include "bidwell/replay/check.h"
#include "bidwell/replay/measure.h"
#include "bidwell/replay/report.h"

namespace bidwell::apps {
namespace {

using std::chrono::nanoseconds;
using Kind = replay::ScheduleOptions::Kind;

nanoseconds ns(double seconds) {
  return nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

std::string now_text() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

std::int64_t wall_offset_ns() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  return nanoseconds(wall).count() - nanoseconds(steady).count();
}

// "EUR=0.92"
std::vector<std::pair<std::string, double>> rates_of(const std::vector<std::string>& currencies) {
  std::vector<std::pair<std::string, double>> out{{"USD", 1.0}};
  for (const std::string& text : currencies) {
    const std::size_t equals = text.find('=');
    char* end = nullptr;
    const double rate = equals == 3 ? std::strtod(text.c_str() + 4, &end) : 0;
    if (rate <= 0 || *end != '\0') {
      throw std::invalid_argument(fmt::format("--currency {}: give it as EUR=0.92, units for one US dollar", text));
    }
    out.emplace_back(text.substr(0, 3), rate);
  }
  return out;
}

replay::SendOptions send_options(const ReplayOptions& options, const replay::ScheduleOptions& schedule,
                                 double duration_s) {
  replay::SendOptions out;
  out.target = replay::parse_target(options.target);
  out.client.pipeline_max = options.pipeline;
  out.client.answer_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000));
  out.client.spin = options.spin;
  out.schedule = schedule;
  out.threads = options.threads;
  const bool per_flow = options.per_flow || (schedule.kind == Kind::original && !options.connections);
  out.connections = per_flow ? 0 : options.connections.value_or(64);
  out.duration = ns(duration_s);
  out.loop = options.loop || duration_s > 0;
  out.drain = out.client.answer_timeout;
  out.keep_bytes = options.validate;
  out.run = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  out.wall_offset_ns = wall_offset_ns();
  return out;
}

// One run and what belongs to it, in the order in which they depend on each other.
class Session {
 public:
  Session(const ReplayOptions& options, const replay::ScheduleOptions& schedule, double duration_s, double warm_up_s)
      : options_(options),
        schedule_(schedule),
        duration_s_(duration_s),
        warm_up_s_(warm_up_s),
        sending_(send_options(options, schedule, duration_s)),
        measurement_({.warm_up = ns(warm_up_s), .tmax_ms = options.prepare.tmax_ms.value_or(0)}) {
    if (options.validate || options.diff) {
      checker_.emplace(replay::CheckOptions{.validate = options.validate,
                                            .compare = options.diff,
                                            .rates = rates_of(options.currencies),
                                            .price_tolerance = options.price_tolerance});
    }
  }

  replay::Result of_tape(const Loaded& loaded, StopSignals& signals, ProgressLine& progress) {
    replay::Run run(sending_, loaded.tape, observers());
    follow(run, signals, progress);
    return result_of(run, loaded, captured_rate(loaded.tape));
  }

  replay::Result of_stream(StopSignals& signals, ProgressLine& progress) {
    // A quarter of a second at 30,000/s and thread; the kernel's buffer of a live source holds what does not fit.
    replay::Feed feed(sending_.threads, 8192);
    Reader reader(options_, feed);
    if (options_.input.source.starts_with("iface:")) {
      fmt::print(stderr, "capturing on {} until {}\n", options_.input.source.substr(6),
                 duration_s_ > 0 ? "--duration is over" : "Ctrl-C");
    }
    replay::Run run(sending_, feed, observers());
    follow(run, signals, progress);
    return result_of(run, reader.finish(), 0);
  }

 private:
  replay::Run::MakeObserver observers() {
    return [this](unsigned thread, replay::SteadyTime start) {
      replay::Measurement::Also also;
      if (checker_) also = [this](const replay::Sent& sent) { checker_->offer(sent); };
      return measurement_.recorder(thread, start, replay::Schedule(schedule_), also);
    };
  }

  void follow(replay::Run& run, StopSignals& signals, ProgressLine& progress) {
    run.start();
    while (!run.finished()) {
      if (signals.wait_for(std::chrono::milliseconds(200))) run.stop();
      const auto intervals = measurement_.intervals();
      if (!intervals.empty() && progress.due()) progress.show(replay::progress_line(intervals.back(), duration_s_));
    }
    progress.clear();
    run.join();
    if (checker_) checker_->finish();
  }

  // `captured_rate` for the original timing.
  replay::Result result_of(replay::Run& run, const Loaded& loaded, double captured_rate) {
    replay::Result out;
    out.source = options_.input.source;
    out.target = options_.target;
    out.command = options_.command_line;
    out.started = started_;
    out.seconds = std::chrono::duration<double>(run.ended() - run.started()).count();
    out.tally = measurement_.total();
    out.intervals = measurement_.intervals();
    out.losses = loaded.losses;
    out.captured = loaded.captured;
    out.counters = run.counters();
    if (!options_.spin) out.busy = run.busy();  // who spins is always busy
    out.asked_rate = schedule_.kind == Kind::original ? captured_rate : asked_rate(out.seconds);
    out.achieved_rate = out.tally.answered_per_s();
    if (!loaded.fault.empty()) fmt::print(stderr, "the source ended early: {}\n", loaded.fault);
    if (checker_) {
      out.was_validated = options_.validate, out.was_compared = options_.diff;
      out.validated = checker_->validated(), out.compared = checker_->compared();
    }
    out.client_limits = replay::judge_client(out);
    if (!options_.slo.empty()) out.verdicts = replay::judge(replay::parse_slo(options_.slo), out);
    return out;
  }

  double captured_rate(const replay::Tape& tape) const {
    const std::int64_t span_ns = tape.back().at_ns - tape.front().at_ns;
    if (schedule_.kind != Kind::original || span_ns <= 0) return 0;
    return static_cast<double>(tape.size() - 1) * 1e9 / static_cast<double>(span_ns) * schedule_.speed;
  }

  // The mean of what is measured.
  double asked_rate(double seconds) const {
    constexpr int kSteps = 1000;
    const replay::Schedule schedule(schedule_);
    double sum = 0;
    for (int i = 0; i < kSteps; ++i) {
      sum += schedule.rate_at(ns(warm_up_s_ + (seconds - warm_up_s_) * (i + 0.5) / kSteps));
    }
    return sum / kSteps;
  }

  const ReplayOptions& options_;
  const replay::ScheduleOptions schedule_;
  const double duration_s_, warm_up_s_;
  const replay::SendOptions sending_;
  const std::string started_ = now_text();
  replay::Measurement measurement_;
  std::optional<replay::Checker> checker_;
};

bool good(const replay::Result& result) {
  return std::ranges::all_of(result.verdicts, &replay::Verdict::met);
}

// Doubles the rate until the SLO is missed (or the client is the limit), then halves the span down to 5 %.
replay::Result find_max(const ReplayOptions& options, const Loaded& loaded, StopSignals& signals,
                        ProgressLine& progress) {
  std::optional<replay::Result> best;
  double low = 0, high = 0, rate = options.schedule.rate;
  fmt::print("{:>10}  {:>10}  {:>10}  {:>10}  {}\n", "rate/s", "achieved", "p50 ms", "p99 ms", "SLO");
  while (!signals.came()) {
    replay::ScheduleOptions schedule = options.schedule;
    schedule.rate = rate;
    Session session(options, schedule, options.step_s, std::min(options.step_s / 5, 2.0));
    replay::Result result = session.of_tape(loaded, signals, progress);
    if (signals.came()) break;
    const bool met = good(result) && result.achieved_rate > 0.98 * rate;
    fmt::print("{:>10.0f}  {:>10.0f}  {:>10.3f}  {:>10.3f}  {}{}\n", rate, result.achieved_rate,
               static_cast<double>(result.tally.latency.quantile(0.5)) / 1e6,
               static_cast<double>(result.tally.latency.quantile(0.99)) / 1e6, met ? "met" : "missed",
               result.client_limits.empty() ? "" : " (the client was a limit)");
    std::fflush(stdout);
    if (met) {
      low = rate;
      best = std::move(result);
    } else {
      high = rate;
      if (!best) best = std::move(result);
    }
    if (high > 0 && (low == 0 || high - low < 0.05 * high)) break;
    rate = high == 0 ? rate * 2 : (low + high) / 2;
  }
  if (!best) throw std::runtime_error("stopped before the first step was done");
  if (low > 0) {
    fmt::print("\nThe highest rate that met it: {:.0f} a second.\n\n", low);
  } else {
    fmt::print("\nMissed at the lowest rate already.\n\n");
  }
  return *best;
}

replay::Result measured(const ReplayOptions& options, StopSignals& signals, ProgressLine& progress) {
  const std::optional<Loaded> loaded = load(options, signals, progress);
  if (options.find_max) {
    if (!loaded) throw std::runtime_error("--find-max repeats the requests: give a file that fits into --memory-mb");
    return find_max(options, *loaded, signals, progress);
  }
  Session session(options, options.schedule, options.duration_s, options.warm_up_s);
  if (loaded) return session.of_tape(*loaded, signals, progress);
  if (options.loop) throw std::runtime_error("--loop repeats the requests: give a file that fits into --memory-mb");
  return session.of_stream(signals, progress);
}

void write_json(const std::string& path, const replay::Result& result) {
  std::ofstream file(path);
  file << replay::json_of(result).dump() << "\n";
  file.close();
  if (!file) throw std::runtime_error(fmt::format("{}: cannot be written", path));
}

// Before the work, not behind it.
void check(const ReplayOptions& options) {
  if (options.validate && options.prepare.gzip) {
    throw std::invalid_argument("--validate reads the requests as they were sent: without --gzip");
  }
  if (options.slo.empty()) return;
  for (const auto& bound : replay::parse_slo(options.slo).bounds) {
    if (bound.name == "rate" && options.schedule.kind == Kind::maximum) {
      throw std::invalid_argument(fmt::format("--slo {}: --max asks for no rate", bound.text));
    }
  }
}

}  // namespace

int replay_run(const ReplayOptions& options) {
  check(options);
  StopSignals signals;
  ProgressLine progress(options.progress);
  const replay::Result result = measured(options, signals, progress);
  fmt::print("{}", replay::summary_text(result));
  if (!options.json.empty()) write_json(options.json, result);
  if (!options.report.empty()) {
    replay::write_report(options.report, result);
    fmt::print("report: {}/index.html\n", options.report);
  }
  const bool faulty = result.was_validated && result.validated.faulty > 0;
  return good(result) && !faulty ? 0 : 1;
}

}  // namespace bidwell::apps
