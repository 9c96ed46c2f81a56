// bidwell's subcommands. Each returns the process's exit code: 0 done, 1 it failed or found faults, 2 wrong usage
// (by the command line parser).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bidwell::apps {

struct ServeOptions {
  std::string config;
  std::vector<std::string> listen;  // in place of the configured ones
  std::optional<unsigned> workers;
};
int serve(const ServeOptions& options);

int check(const std::string& config);

struct ExplainOptions {
  std::string config;
  std::string request = "-";  // a file, or - for standard input
  std::string exchange;       // empty: the only one, or the first by name
  std::string campaign;       // empty: all
  bool json = false;
};
int explain(const ExplainOptions& options);

}  // namespace bidwell::apps
