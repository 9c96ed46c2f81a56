#include "open_loop/measurement.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <ranges>
#include <stdexcept>

#include "loopback/cpu_clock.h"
#include "open_loop/thread_account.h"

namespace bidwell::open_loop {
namespace {

using namespace std::chrono_literals;

constexpr auto kBackMax = 20s;

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

struct Reading {
  loopback::CoreTime server_core, client_core;
  std::chrono::nanoseconds server{}, client{};  // processor time of what belongs to either core
  std::chrono::nanoseconds bidder{};            // of the one that is measured
  ThreadAccount worker;                         // its one
  Clock::time_point at;
};

Reading read_all(const Place& place, std::size_t measured) {
  Reading out;
  out.server_core = loopback::read_core_time(place.cores.server);
  out.client_core = loopback::read_core_time(place.cores.client);
  for (const Place::Served& served : place.bidders) out.server += loopback::read_cpu_time(served.bidder).total;
  out.client = loopback::read_own_cpu_time() + loopback::read_cpu_time(place.server).total;
  const pid_t bidder = place.bidders[measured].bidder;
  out.bidder = loopback::read_cpu_time(bidder).total;
  out.worker = read_thread_account(bidder, find_worker(bidder));
  out.at = Clock::now();
  return out;
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

// Of the bid requests. The notices of a bid are sent once it is there: whenever the bidder stalls there are none to be
// late, so that their latencies would flatter it.
Latencies latencies_of(Samples samples) {
  constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();
  Latencies out;
  std::vector<std::uint32_t> latency, late;
  for (const Sample& sample : samples) {
    if (sample.notice) continue;
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
  std::size_t which = 0;
  std::size_t cycle = 0;
  Clock::time_point switched, end;
  std::optional<Clock::time_point> back;
  Reading settled, after;
};

WorkerShare share_of(const ThreadAccount& spent, double requests) {
  return {.cpu_us = seconds(spent.running) * 1e6 / requests,
          .waited_us = seconds(spent.waiting) * 1e6 / requests,
          .switches_voluntary = static_cast<double>(spent.switches_voluntary) / requests,
          .switches_involuntary = static_cast<double>(spent.switches_involuntary) / requests,
          .faults_minor = static_cast<double>(spent.faults_minor) / requests,
          .faults_major = static_cast<double>(spent.faults_major) / requests};
}

class Measurement {
 public:
  Measurement(const std::vector<Case>& cases, Relay& relay, const Schedule& schedule, const Place& place)
      : cases_(cases), relay_(relay), schedule_(schedule), place_(place) {}

  std::vector<Phase> run() {
    for (const Place::Served& served : place_.bidders) {
      served.client.set_rate(schedule_.rate * 4);
      served.client.run_until(Clock::now() + schedule_.warm_up);
      served.client.drain();
    }
    std::vector<Course> courses;
    for (std::size_t cycle = 0; cycle < schedule_.cycles; ++cycle) {
      std::vector<std::size_t> order(cases_.size());
      std::iota(order.begin(), order.end(), 0);
      if (cycle % 2 == 1) std::reverse(order.begin() + 1, order.end());
      for (const std::size_t which : order) courses.push_back(run_phase(which, cycle));
    }
    client_->drain();
    std::vector<Phase> phases;
    for (const Course& course : courses) phases.push_back(phase_of(course));
    return phases;
  }

 private:
  // Nothing that takes time: the requests go on.
  Course run_phase(std::size_t which, std::size_t cycle) {
    const Case& one = cases_[which];
    take_turn(place_.bidders[one.bidder].client);
    Course course;
    course.which = which;
    course.cycle = cycle;
    course.switched = Clock::now();
    relay_.set(one.state);
    settle(one, course);
    course.settled = read_all(place_, one.bidder);
    course.end = course.settled.at + schedule_.phase;
    client_->run_until(course.end);
    course.after = read_all(place_, one.bidder);
    return course;
  }

  void take_turn(Client& client) {
    if (client_ == &client) return;
    if (client_ != nullptr) client_->drain();
    client_ = &client;
    client.set_rate(schedule_.rate);
  }

  // Until the state is the usual one.
  void settle(const Case& one, Course& course) {
    if (!one.relayed) return client_->run_until(course.switched + schedule_.settle);
    if (!answers(one.state)) return client_->run_until(course.switched + schedule_.dead_settle);
    while (!course.back) {
      if (Clock::now() > course.switched + kBackMax) {
        throw std::runtime_error("the server is back, but no answers come from it");
      }
      client_->run_until(Clock::now() + 20ms);
      course.back = relay_.flowing_since();
    }
    client_->run_until(*course.back + schedule_.settle);
  }

  Phase phase_of(const Course& course) const {
    const auto& samples = place_.bidders[cases_[course.which].bidder].client.samples();
    const Samples settled = between(samples, course.settled.at, course.end);
    Phase phase;
    phase.which = course.which;
    phase.cycle = course.cycle;
    phase.settled = latencies_of(settled);
    phase.notices = static_cast<std::size_t>(std::ranges::count_if(settled, &Sample::notice));
    for (auto begin = course.switched; begin + 1s <= course.end; begin += 1s) {
      const Latencies one = latencies_of(between(samples, begin, begin + 1s));
      if (one.p99 > phase.worst_second.p99) phase.worst_second = one;
    }
    if (course.back) phase.back_s = seconds(*course.back - course.switched);
    const auto requests = static_cast<double>(settled.size());
    phase.cpu_us = seconds(course.after.bidder - course.settled.bidder) * 1e6 / requests;
    phase.worker = share_of(course.after.worker - course.settled.worker, requests);
    phase.disturbed_share = disturbance(course.settled, course.after, place_.cores, schedule_.only_stolen);
    phase.kept = phase.disturbed_share <= schedule_.disturbed_share_max;
    return phase;
  }

  const std::vector<Case>& cases_;
  Relay& relay_;
  const Schedule& schedule_;
  const Place& place_;
  Client* client_ = nullptr;  // whose turn it is
};

}  // namespace

Clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

Schedule schedule_of(const Options& options) {
  Schedule schedule;
  schedule.warm_up = duration_of(options.warm_up_s);
  schedule.settle = schedule.dead_settle = duration_of(options.settle_s);
  schedule.phase = duration_of(options.phase_s);
  schedule.rate = options.rate;
  schedule.cycles = options.cycles;
  schedule.disturbed_share_max = options.disturbed_share_max;
  schedule.only_stolen = options.real_time;
  return schedule;
}

std::vector<Phase> measure(const std::vector<Case>& cases, Relay& relay, const Schedule& schedule, const Place& place) {
  return Measurement(cases, relay, schedule, place).run();
}

}  // namespace bidwell::open_loop
