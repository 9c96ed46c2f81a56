// The command line of the Redis latency benchmark.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace bidwell::redis_latency {

struct Options {
  std::filesystem::path bidwell;  // the executable
  std::filesystem::path json;     // empty: not written
  std::size_t campaigns = 10'000;
  std::size_t users = 400'000;   // that requests come from
  std::size_t loaded = 200'000;  // of them, with a profile in Redis
  double zipf = 0.9;
  double rate = 5'000;  // requests a second
  std::size_t connections = 64;
  std::chrono::milliseconds delay{20};  // of a slow Redis

  // A bidder is started anew for each combination of these two.
  std::vector<int> wait_ms = {0, 3};
  std::vector<int> hard_ttl_s = {3600, 3};
  int soft_ttl_s = 2;
  int l1_mb = 32;

  double warm_up_s = 25;  // at four times the rate
  double settle_s = 2;    // left out after each switch
  double phase_s = 4;     // measured then
  std::size_t cycles = 4;
  double disturbed_share_max = 0.10;  // a phase in which others had more of either core is left out
  bool real_time = false;             // for all processes, so that others on the machine cannot hold them up
  std::uint64_t seed = 1;
};

// Prints help or a usage error and exits where the command line calls for it.
Options parse_options(int argc, char** argv);

}  // namespace bidwell::redis_latency
