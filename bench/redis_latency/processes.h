// redis-server with the profiles loaded, and how a bidder is told of it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "loopback/server_process.h"
#include "redis_latency/options.h"

namespace bidwell::redis_latency {

// A redis-server on `directory`/redis.sock, which persists nothing. Throws std::runtime_error when it does not come up.
class RedisServer {
 public:
  RedisServer(const std::filesystem::path& directory, int core);

  const std::filesystem::path& socket() const noexcept { return socket_; }
  pid_t pid() const noexcept { return process_->pid(); }

 private:
  std::filesystem::path socket_;
  std::unique_ptr<loopback::ServerProcess> process_;
};

// What differs between the bidders of one run.
struct Setting {
  int wait_ms = 0;
  int hard_ttl_s = 0;
};

// A configuration file for a bidder whose Redis is at the Unix socket `redis`.
void write_config(const std::filesystem::path& path, const std::filesystem::path& catalog,
                  const std::filesystem::path& redis, const Options& options, const Setting& setting);

// Runs `bidwell profiles import`; what it printed last. Throws std::runtime_error, with its output, when it fails.
std::string import_profiles(const std::filesystem::path& executable, const std::filesystem::path& config,
                            const std::filesystem::path& profiles);

}  // namespace bidwell::redis_latency
