// What is known of users, as it is configured: the origin, the cache over it and over Redis, and each worker's access.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bidwell/cache/tiered.h"
#include "bidwell/ops/config.h"
#include "bidwell/profile/file.h"
#include "bidwell/profile/postgres.h"
#include "bidwell/profile/profiles.h"

namespace bidwell::apps {

class UserProfiles {
 public:
  // Without Redis and without an origin nobody is ever known.
  static bool configured(const ops::Config& config) {
    return config.redis.has_value() || config.profiles.origin != ops::ProfileOrigin::none;
  }

  // `seed`: a random number of the process. Throws std::runtime_error when the profile file has a fault.
  UserProfiles(const ops::Config& config, std::uint64_t seed);

  // For the next worker; it belongs to its thread. `wake`: as cache::Tiered::make_port.
  profile::Profiles& add_worker(std::function<void()> wake);
  // As cache::Port, on the worker's thread.
  std::uint64_t next_answered(unsigned worker) noexcept { return workers_[worker]->port->next_answered(); }

  // Takes a new profile file, if there is one.
  void reload_file();

  // No worker is woken from here on.
  void stop() { cache_.stop(); }

  void log_totals() const;

 private:
  struct Worker {
    std::unique_ptr<cache::Port> port;
    profile::Profiles profiles;
  };

  const profile::KeyMaker keys_;
  std::unique_ptr<profile::FileOrigin> file_;
  std::unique_ptr<profile::PostgresOrigin> postgres_;
  cache::Tiered cache_;                           // before the origins go
  std::vector<std::unique_ptr<Worker>> workers_;  // before the cache goes
};

}  // namespace bidwell::apps
