// The measurement itself: bursts round-robin over all servers, so that a machine whose speed drifts
// by the minute treats all of them alike, and each cycle yields paired ratios.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client.h"
#include "cores.h"
#include "cpu_clock.h"
#include "servers.h"

namespace bidwell::loopback {

struct Schedule {
  std::chrono::nanoseconds burst = std::chrono::milliseconds(500);
  std::size_t cycles = 30;            // paired ratios settle at 30 and more
  double disturbed_share_max = 0.10;  // see Burst; a burst beyond it is left out
};

struct Burst {
  ClientBurst client;
  std::optional<CpuTime> cpu;  // none for a server that is not ours
  double disturbed_share = 0;  // of the burst: what either core did for others, the hypervisor's too
  bool kept = true;
};

// One server's bursts, one per cycle.
struct Series {
  std::string name;
  std::vector<Burst> bursts;
};

// A server and the client that drives it.
struct Contender {
  Server server;
  Client client;
};

using Progress = std::function<void(std::size_t cycle, const std::vector<Series>& so_far)>;

// After one burst each that is not counted. The order is rotated every cycle. `progress` is called
// after each cycle, outside the measured time.
std::vector<Series> measure(std::vector<Contender>& contenders, const Schedule& schedule, Cores cores,
                            const Progress& progress);

}  // namespace bidwell::loopback
