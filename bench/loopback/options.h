// The command line of the loopback benchmark.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "measurement.h"

namespace bidwell::loopback {

struct Options {
  Schedule schedule;
  std::size_t connections = 32;
  // A Bidwell is started for each size of catalog: the first is the one that the targets are about.
  std::vector<std::size_t> campaigns = {10'000, 1'000, 100'000};
  std::uint64_t seed = 1;
  std::string path = "/bid/demo";
  std::filesystem::path bidwell;     // the executable
  std::filesystem::path config;      // what it is started with
  std::filesystem::path request;     // body of every request, unless `varied`
  std::size_t varied = 0;            // that many different requests in turn; 0: the one of `request`
  std::filesystem::path answer;      // body of the canned answers when Bidwell is left out
  std::vector<std::string> without;  // servers left out
  std::vector<std::string> also;     // servers added
  std::filesystem::path json;        // empty: not written

  bool wants(std::string_view server) const;
};

// Prints help or a usage error and exits where the command line calls for it.
Options parse_options(int argc, char** argv);

}  // namespace bidwell::loopback
