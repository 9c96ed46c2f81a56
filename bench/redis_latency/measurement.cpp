#include "redis_latency/measurement.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <ranges>
#include <stdexcept>

#include "loopback/cpu_clock.h"

namespace bidwell::redis_latency {
namespace {

using namespace std::chrono_literals;

constexpr auto kBackMax = 20s;

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

struct Reading {
  loopback::CoreTime server_core, client_core;
  std::chrono::nanoseconds server{}, client{};  // processor time of what belongs to either core
  Clock::time_point at;
};

Reading read_all(const Place& place) {
  return {loopback::read_core_time(place.cores.server), loopback::read_core_time(place.cores.client),
          loopback::read_cpu_time(place.bidder).total,
          loopback::read_own_cpu_time() + loopback::read_cpu_time(place.redis).total, Clock::now()};
}

// The larger of both cores' shares that were neither ours nor idle.
double disturbance(const Reading& before, const Reading& after, loopback::Cores cores, bool only_stolen) {
  const auto others = [&](const loopback::CoreTime& core, std::chrono::nanoseconds ours) {
    return only_stolen ? core.stolen : core.busy + core.stolen - ours;
  };
  const auto server = after.server - before.server, client = after.client - before.client;
  const auto server_core = after.server_core - before.server_core, client_core = after.client_core - before.client_core;
  const auto most = cores.apart() ? std::max(others(server_core, server), others(client_core, client))
                                  : others(server_core, server + client);
  return std::max(0.0, seconds(most) / seconds(after.at - before.at));
}

double percentile(std::vector<std::uint32_t>& values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)] * 1e-3;
}

using Samples = std::ranges::subrange<std::deque<Sample>::const_iterator>;

Latencies latencies_of(Samples samples) {
  constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();
  Latencies out;
  std::vector<std::uint32_t> latency, late;
  for (const Sample& sample : samples) {
    latency.push_back(sample.latency_ns == 0 ? kNever : sample.latency_ns);
    late.push_back(sample.late_ns);
    out.bids += sample.bids ? 1 : 0;
  }
  out.requests = latency.size();
  out.p50 = percentile(latency, 0.5);
  out.p99 = percentile(latency, 0.99);
  out.p999 = percentile(latency, 0.999);
  out.max = percentile(latency, 1);
  out.late_p99 = percentile(late, 0.99);
  out.late_max = percentile(late, 1);
  return out;
}

Samples between(const std::deque<Sample>& samples, Clock::time_point begin, Clock::time_point end) {
  return {std::ranges::lower_bound(samples, begin, {}, &Sample::due),
          std::ranges::lower_bound(samples, end, {}, &Sample::due)};
}

// One phase as it went.
struct Course {
  State state = State::healthy;
  std::size_t cycle = 0;
  Clock::time_point switched, end;
  std::optional<Clock::time_point> back;
  Reading settled, after;
};

// Until the state is the usual one.
void settle(OpenLoopClient& client, const Relay& relay, const Schedule& schedule, Course& course) {
  if (!answers(course.state)) return client.run_until(course.switched + schedule.dead_settle);
  while (!course.back) {
    if (Clock::now() > course.switched + kBackMax)
      throw std::runtime_error("Redis is back, but no values come from it");
    client.run_until(Clock::now() + 20ms);
    course.back = relay.flowing_since();
  }
  client.run_until(*course.back + schedule.settle);
}

// Nothing that takes time: the requests go on.
Course run_phase(OpenLoopClient& client, Relay& relay, const Schedule& schedule, const Place& place, State state,
                 std::size_t cycle) {
  Course course;
  course.state = state;
  course.cycle = cycle;
  course.switched = Clock::now();
  relay.set(state);
  settle(client, relay, schedule, course);
  course.settled = read_all(place);
  course.end = course.settled.at + schedule.phase;
  client.run_until(course.end);
  course.after = read_all(place);
  return course;
}

Phase phase_of(const Course& course, const std::deque<Sample>& samples, const Schedule& schedule, const Place& place) {
  Phase phase;
  phase.state = course.state;
  phase.cycle = course.cycle;
  phase.settled = latencies_of(between(samples, course.settled.at, course.end));
  for (auto begin = course.switched; begin + 1s <= course.end; begin += 1s) {
    const Latencies one = latencies_of(between(samples, begin, begin + 1s));
    if (one.p99 > phase.worst_second.p99) phase.worst_second = one;
  }
  if (course.back) phase.back_s = seconds(*course.back - course.switched);
  const auto cpu = course.after.server - course.settled.server;
  phase.cpu_us = seconds(cpu) * 1e6 / static_cast<double>(phase.settled.requests);
  phase.disturbed_share = disturbance(course.settled, course.after, place.cores, schedule.only_stolen);
  phase.kept = phase.disturbed_share <= schedule.disturbed_share_max;
  return phase;
}

}  // namespace

std::vector<Phase> measure(OpenLoopClient& client, Relay& relay, const Schedule& schedule, const Place& place) {
  std::vector<Course> courses;
  for (std::size_t cycle = 0; cycle < schedule.cycles; ++cycle) {
    std::vector<State> order(std::begin(kStates), std::end(kStates));
    if (cycle % 2 == 1) std::reverse(order.begin() + 1, order.end());
    for (const State state : order) courses.push_back(run_phase(client, relay, schedule, place, state, cycle));
  }
  client.drain();
  std::vector<Phase> phases;
  for (const Course& course : courses) phases.push_back(phase_of(course, client.samples(), schedule, place));
  return phases;
}

}  // namespace bidwell::redis_latency
