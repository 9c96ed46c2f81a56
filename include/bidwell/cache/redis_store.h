// The networked tier on Redis: values, leases and announcements as redis_values.h describes them, over one connection
// for commands and one that listens. One server (its keys are named as a Redis Cluster wants them, but several nodes
// are not followed). All times are measured on Redis' clock, so those of the instances need not agree.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/cache/options.h"
#include "bidwell/cache/store.h"
#include "bidwell/redis/client.h"

namespace bidwell::cache {

struct RedisStoreOptions {
  redis::Options redis;
  std::vector<ClassOptions> classes;
  std::string channel;     // of announcements; the same for all instances (redis_values.h: kDefaultChannel)
  std::uint64_t seed = 0;  // of lease tokens and backoff: a random number of the process
  std::function<void(const std::string&)> log;  // lines for people, on the cache's thread; may be null
};

class RedisStore final : public Store {
 public:
  // Connects at once; calls fail until the connection stands. On `loop`'s thread alone.
  RedisStore(boost::asio::io_context& loop, RedisStoreOptions options);
  ~RedisStore() override;

  bool usable(Time now) override;
  void read(std::span<const Slot> slots, Time deadline,
            std::function<void(std::span<const Stored> stored)> done) override;
  void acquire(const Slot& slot, std::uint64_t known, bool waits, Duration lease, Time deadline,
               std::function<void(const Lease& lease)> done) override;
  void commit(const Slot& slot, std::uint64_t token, bool negative, std::string_view bytes, Time born, Duration ttl,
              Time deadline, std::function<void(const Commit& commit)> done) override;
  void invalidate(const Slot& slot, Invalidation how, Time deadline,
                  std::function<void(std::uint64_t version)> done) override;
  std::uint64_t version_at(Time now) const override;
  void listen(Listener listener) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::cache
