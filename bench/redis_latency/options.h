// The command line of the Redis latency benchmark.
#pragma once

#include <cstddef>
#include <vector>

#include "open_loop/options.h"

namespace bidwell::redis_latency {

struct Options : open_loop::Options {
  std::size_t users = 400'000;   // that requests come from
  std::size_t loaded = 200'000;  // of them, with a profile in Redis
  double zipf = 0.9;

  // A bidder is started anew for each combination of these two.
  std::vector<int> wait_ms = {0, 3};
  std::vector<int> hard_ttl_s = {3600, 3};
  int soft_ttl_s = 2;
  int l1_mb = 32;
};

// Prints help or a usage error and exits where the command line calls for it.
Options parse_options(int argc, char** argv);

}  // namespace bidwell::redis_latency
