// Results as runs have them, made up: for tests of what is told of them.
#pragma once

#include <cmath>
#include <random>

#include "bidwell/replay/measure.h"
#include "bidwell/replay/report.h"

namespace bidwell::replay::testing {

struct MadeUp {
  double seconds = 60, rate = 2000;
  double stall_share = 0;  // of each tenth second, all are answered at its end
  double error_share = 0;  // answered 503
  bool all_unanswered = false;
  std::uint64_t seed = 1;
};

inline Result make_result(const MadeUp& made) {
  using std::chrono::nanoseconds;
  const auto ns = [](double seconds) { return nanoseconds(static_cast<std::int64_t>(seconds * 1e9)); };
  ScheduleOptions fixed;
  fixed.kind = ScheduleOptions::Kind::fixed;
  fixed.rate = made.rate;
  Measurement measurement({.tmax_ms = 100});
  const SteadyTime start{std::chrono::seconds(100)};
  const auto recorder = measurement.recorder(0, start, Schedule(fixed));
  std::mt19937_64 random(made.seed);
  std::lognormal_distribution<double> took(std::log(0.0008), 0.5), price(std::log(1.4), 0.6),
      late(std::log(25e-6), 0.7);
  std::uniform_real_distribution<double> share(0, 1);
  const auto requests = static_cast<std::uint64_t>(made.seconds * made.rate);
  for (std::uint64_t i = 0; i < requests; ++i) {
    const double at = static_cast<double>(i) / made.rate;
    Sent sent;
    sent.index = i;
    sent.due = start + ns(at);
    sent.given = sent.answer.sent = sent.due + ns(late(random));
    const double in_ten = std::fmod(at, 10) - 9;
    const double stall = in_ten > 0 && in_ten < made.stall_share ? made.stall_share - in_ten : 0;
    sent.answer.sent += ns(stall);
    sent.answer.done = sent.answer.sent + ns(took(random) * (1 + 0.4 * std::sin(at / 20)));
    const std::string body = R"({"cur":"USD","seatbid":[{"bid":[{"price":)" + std::to_string(price(random)) + "}]}]}";
    const bool bids = share(random) < 0.35;
    sent.answer.status = bids ? 200 : 204;
    if (bids) sent.answer.body = body;
    if (share(random) < made.error_share) sent.answer.status = 503;
    if (made.all_unanswered) {
      sent.answer.outcome = Outcome::unanswered;
      sent.answer.status = 0;
      sent.answer.done = sent.answer.sent + std::chrono::seconds(10);
    }
    recorder->observed(sent);
    recorder->tick(sent.due);
  }
  Result out;
  out.tally = measurement.total();
  out.intervals = measurement.intervals();
  out.source = "capture.pcap.gz", out.target = "http://127.0.0.1:8080/bid/demo";
  out.command = "bidwell-replay capture.pcap.gz --target http://127.0.0.1:8080/bid/demo --rate 2000 --duration 60";
  out.started = "2026-11-24T04:00:00Z";
  out.seconds = requests == 0 ? 0 : made.seconds;
  out.asked_rate = made.rate;
  out.achieved_rate = out.seconds > 0 ? static_cast<double>(requests) / made.seconds : 0;
  out.captured = requests;
  out.counters.given = requests;
  out.counters.client = {.connects = 64, .bytes_sent = requests * 1900, .bytes_received = requests * 300};
  out.busy = {0.31};
  return out;
}

}  // namespace bidwell::replay::testing
