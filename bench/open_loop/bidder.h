// `bidwell serve`, as a child process on a configuration of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "loopback/server_process.h"

namespace bidwell::open_loop {

// One worker, the catalog, one exchange `demo`. `more` sections are added.
void write_config(const std::filesystem::path& path, const std::filesystem::path& catalog, const nlohmann::json& more);

class Bidder {
 public:
  // All of its threads on `core`. Throws std::runtime_error when it does not serve.
  Bidder(const std::filesystem::path& directory, int core, const std::filesystem::path& executable,
         const std::filesystem::path& config);

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return process_->pid(); }
  void check_running() { process_->check_running(); }

  // Ends it; the lines of its log with this in them, from there on.
  std::vector<std::string> stop(std::string_view said);

 private:
  std::filesystem::path output_;
  std::uint16_t port_;
  std::unique_ptr<loopback::ServerProcess> process_;
};

}  // namespace bidwell::open_loop
