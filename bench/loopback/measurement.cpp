// See measurement.h.
#include "measurement.h"

#include <algorithm>

#include "interrupt.h"

namespace bidwell::loopback {
namespace {

std::optional<CpuTime> read_cpu_of(const Server& server) {
  if (!server.process) return std::nullopt;
  return read_cpu_time(server.process->pid());
}

// A reading of everything that is compared before and after a burst.
struct Reading {
  CoreTime server_core;
  CoreTime client_core;
  std::chrono::nanoseconds client_cpu{};
  std::optional<CpuTime> server_cpu;
};

Reading read_all(const Server& server, Cores cores) {
  return {read_core_time(cores.server), read_core_time(cores.client), read_own_cpu_time(), read_cpu_of(server)};
}

// What the two cores did that was neither this server's work nor the client's: the larger of both.
std::chrono::nanoseconds disturbance(const Reading& before, const Reading& after, Cores cores) {
  const auto server_core = after.server_core - before.server_core;
  const auto client_core = after.client_core - before.client_core;
  const auto client = after.client_cpu - before.client_cpu;
  if (!after.server_cpu) return client_core.stolen + client_core.busy - client;
  const auto server = (*after.server_cpu - *before.server_cpu).total;
  if (!cores.apart()) return server_core.stolen + server_core.busy - server - client;
  return std::max(server_core.stolen + server_core.busy - server, client_core.stolen + client_core.busy - client);
}

Burst run_burst(Contender& contender, const Schedule& schedule, Cores cores) {
  const Reading before = read_all(contender.server, cores);
  Burst burst;
  burst.client = contender.client.burst(schedule.burst);
  const Reading after = read_all(contender.server, cores);

  if (after.server_cpu) burst.cpu = *after.server_cpu - *before.server_cpu;
  burst.disturbed_share = static_cast<double>(disturbance(before, after, cores).count()) /
                          static_cast<double>(burst.client.elapsed.count());
  burst.kept = burst.disturbed_share <= schedule.disturbed_share_max;
  return burst;
}

}  // namespace

std::vector<Series> measure(std::vector<Contender>& contenders, const Schedule& schedule, Cores cores,
                            const Progress& progress) {
  std::vector<Series> all;
  for (auto& contender : contenders) {
    all.push_back({contender.server.name, {}});
    contender.client.burst(schedule.burst);  // warms both ends
  }
  for (std::size_t cycle = 0; cycle < schedule.cycles; ++cycle) {
    for (std::size_t turn = 0; turn < contenders.size(); ++turn) {
      const std::size_t i = (cycle + turn) % contenders.size();
      check_interrupt();
      if (contenders[i].server.process) contenders[i].server.process->check_running();
      all[i].bursts.push_back(run_burst(contenders[i], schedule, cores));
    }
    progress(cycle, all);
  }
  return all;
}

}  // namespace bidwell::loopback
