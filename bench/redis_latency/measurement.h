// The measurement: one bidder, one stream of requests, and a Redis that goes through all states, several times.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "loopback/cores.h"
#include "redis_latency/open_loop_client.h"
#include "redis_latency/relay.h"

namespace bidwell::redis_latency {

// Of the requests that were due in some span of time; microseconds.
struct Latencies {
  std::size_t requests = 0;
  std::size_t bids = 0;
  double p50 = 0, p99 = 0, p999 = 0, max = 0;
  double late_p99 = 0, late_max = 0;  // the client's own lateness, which is part of the others
};

struct Phase {
  State state = State::healthy;
  std::size_t cycle = 0;
  Latencies settled;
  Latencies worst_second;        // of those since the switch, by p99
  std::optional<double> back_s;  // where Redis answers: values flowed again this long after the switch
  double cpu_us = 0;             // of the bidder, per request, once settled
  double disturbed_share = 0;    // what others, or the hypervisor, had of either core, once settled
  bool kept = true;
};

struct Schedule {
  Clock::duration settle, dead_settle, phase;
  std::size_t cycles = 0;
  double disturbed_share_max = 0;
  bool only_stolen = false;  // what other processes have of the cores disturbs nobody
};

// What is needed to tell the benchmark's own use of the cores from others'.
struct Place {
  pid_t bidder = 0, redis = 0;
  loopback::Cores cores;
};

// Each cycle begins healthy; the order of the others alternates. `client` has its rate already. Throws
// std::runtime_error when values do not flow again within 20 s.
std::vector<Phase> measure(OpenLoopClient& client, Relay& relay, const Schedule& schedule, const Place& place);

}  // namespace bidwell::redis_latency
