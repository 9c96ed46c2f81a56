// The measurement: streams of requests to one or more bidders, and a server behind them that goes through all states,
// several times.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "loopback/cores.h"
#include "open_loop/client.h"
#include "open_loop/options.h"
#include "open_loop/relay.h"

namespace bidwell::open_loop {

// One of those that are measured in each cycle.
struct Case {
  std::string name;
  State state = State::healthy;
  std::size_t bidder = 0;  // which one of the place's
  bool judged = false;     // against the target
  bool relayed = true;     // this bidder uses the relay
};

// Of the requests that were due in some span of time; microseconds.
struct Latencies {
  std::size_t requests = 0;
  std::size_t bids = 0;
  double p50 = 0, p99 = 0, p999 = 0, max = 0;
  double late_p99 = 0, late_max = 0;  // the client's own lateness, which is part of the others
};

// Of the bidder's one worker thread, per request and notice.
struct WorkerShare {
  double cpu_us = 0;
  double waited_us = 0;  // ready to run, without the core
  double switches_voluntary = 0, switches_involuntary = 0;
  double faults_minor = 0, faults_major = 0;
};

struct Phase {
  std::size_t which = 0;  // of the cases
  std::size_t cycle = 0;
  Latencies settled;             // of bid requests
  std::size_t notices = 0;       // settled, too
  Latencies worst_second;        // of bid requests, of those since the switch, by p99
  std::optional<double> back_s;  // where the server answers: its answers flowed again this long after the switch
  double cpu_us = 0;             // of the bidder, per request and notice, once settled
  WorkerShare worker;
  double disturbed_share = 0;  // what others, or the hypervisor, had of either core, once settled
  bool kept = true;
};

struct Schedule {
  Clock::duration warm_up, settle, dead_settle, phase;
  double rate = 0;
  std::size_t cycles = 0;
  double disturbed_share_max = 0;
  bool only_stolen = false;  // what other processes have of the cores disturbs nobody
};
// A dead phase settles as any other.
Schedule schedule_of(const Options& options);

Clock::duration duration_of(double seconds);

// What is measured, and what is needed to tell the benchmark's own use of the cores from others'.
struct Place {
  struct Served {
    Client& client;
    pid_t bidder;
  };
  std::vector<Served> bidders;
  pid_t server = 0;  // behind the relay, with what it started
  loopback::Cores cores;
};

// Each cycle begins with the first case; the order of the others alternates. Throws std::runtime_error when answers do
// not flow again within 20 s.
std::vector<Phase> measure(const std::vector<Case>& cases, Relay& relay, const Schedule& schedule, const Place& place);

}  // namespace bidwell::open_loop
