// What every open-loop benchmark begins with: cores, a temporary folder, a catalog; and how it ends.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <string_view>

#include "loopback/cores.h"
#include "loopback/scratch_directory.h"
#include "open_loop/options.h"
#include "open_loop/priority.h"

namespace bidwell::open_loop {

struct Field {
  // This thread, and what it starts, runs on the client's core from now on. Throws std::runtime_error when real time is
  // asked for and not allowed.
  explicit Field(const Options& options);

  // Real time knows no turns: who has the core keeps it. So a bidder's worker goes before its other threads then, as
  // the usual scheduler lets a thread that wakes up go before one that has been running for long.
  void put_worker_first(pid_t bidder) const;

  // What `make` makes has the priority that all but the client have, with the threads and processes that it starts.
  template <class Make>
  auto start(Make make) const {
    const AtPriority there(priority);
    return make();
  }

  loopback::ScratchDirectory scratch;
  loopback::Cores cores;
  Priority priority;  // of all but the client
  bool client_first;  // it may go before all others
  std::filesystem::path catalog;
};

// Runs a benchmark; main()'s return value.
int run_benchmark(std::string_view name, const std::function<void()>& benchmark);

}  // namespace bidwell::open_loop
