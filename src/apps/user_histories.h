// What users were shown, as it is configured: the cache of it, each worker's access, and the recorder behind them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bidwell/cache/tiered.h"
#include "bidwell/ops/config.h"
#include "bidwell/profile/histories.h"

namespace bidwell::apps {

class UserHistories {
 public:
  // One worker's: to ask, and to have remembered.
  struct Worker {
    profile::Histories* histories = nullptr;
    profile::Remember* remember = nullptr;
  };

  // `seed`: a random number of the process.
  UserHistories(const ops::Config& config, std::uint64_t seed);

  // For the next worker, before start(). `wake`: as cache::Tiered::make_port.
  Worker add_worker(std::function<void()> wake);
  // As cache::Port, on the worker's thread.
  std::uint64_t next_answered(unsigned worker) noexcept { return workers_[worker]->port->next_answered(); }

  void start() { recorder_.start(); }
  // After the workers: writes what is left. No worker is woken from here on.
  void stop();

  void log_totals() const;

 private:
  struct Port {
    std::unique_ptr<cache::Port> port;
    profile::Histories histories;
  };

  std::unique_ptr<profile::LocalHistories> local_;  // null: they stand in Redis
  cache::Tiered cache_;
  profile::Recorder recorder_;
  std::vector<std::unique_ptr<Port>> workers_;  // before the cache goes
};

}  // namespace bidwell::apps
