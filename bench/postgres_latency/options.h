// The command line of the PostgreSQL latency benchmark.
#pragma once

#include <cstddef>
#include <string>

#include "open_loop/options.h"

namespace bidwell::postgres_latency {

struct Options : open_loop::Options {
  Options() {
    delay_ms = 100;
    settle_s = 3;  // for the backlog of an outage
    warm_up_s = 5;
    cycles = 5;
  }

  std::size_t bids_per_win = 10;  // of so many bids one is won, billed and shown
  std::string fsync = "interval";
};

// Prints help or a usage error and exits where the command line calls for it.
Options parse_options(int argc, char** argv);

}  // namespace bidwell::postgres_latency
