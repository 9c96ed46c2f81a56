// What the command lines of the open-loop benchmarks have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace bidwell::open_loop {

struct Options {
  std::filesystem::path bidwell;  // the executable
  std::filesystem::path json;     // empty: not written
  std::size_t campaigns = 10'000;
  double rate = 5'000;  // requests a second
  std::size_t connections = 64;
  int delay_ms = 20;  // of a slow server's answers

  double warm_up_s = 25;  // at four times the rate
  double settle_s = 2;    // left out after each switch
  double phase_s = 4;     // measured then
  std::size_t cycles = 4;
  double disturbed_share_max = 0.10;  // a phase in which others had more of either core is left out
  bool real_time = false;             // for all processes, so that others on the machine cannot hold them up
  std::uint64_t seed = 1;
};

// With the values that `options` has as defaults, but for the executable: the one beside this program.
void add_options(CLI::App& app, Options& options);

// Prints help or a usage error and exits where the command line calls for it. `check` may throw CLI::ValidationError.
template <class Check>
void parse(CLI::App& app, int argc, char** argv, Check check) {
  try {
    app.parse(argc, argv);
    check();
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
}

}  // namespace bidwell::open_loop
