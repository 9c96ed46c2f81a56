// The real PostgreSQL behind the relay.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/profile/postgres_server.h"

namespace bidwell::postgres_latency {

class Database {
 public:
  // Runs on the caller's core, at its priority. Throws std::exception when it does not come up.
  Database();

  std::string url() const { return server_.url(); }
  // Where it listens, and how a client is told of another socket in its stead.
  std::filesystem::path socket() const { return folder_ / kSocketName; }
  static std::string url_of(const std::filesystem::path& folder) {
    return "host=" + folder.string() + " user=tester dbname=postgres";
  }
  pid_t pid() const noexcept { return pid_; }

  struct Stored {
    std::uint64_t bids = 0, notices = 0;
    friend bool operator==(const Stored&, const Stored&) = default;
  };
  // Waits until it holds this many, or nothing new has come for half a minute; what it holds.
  Stored await(const Stored& wanted) const;

  static constexpr const char* kSocketName = ".s.PGSQL.5432";

 private:
  testing::PostgresServer server_;
  std::filesystem::path folder_;
  pid_t pid_ = 0;
};

}  // namespace bidwell::postgres_latency
