#include "open_loop/bidder.h"

#include <fmt/format.h>

#include <chrono>
#include <sstream>

#include "loopback/scratch_directory.h"
#include "loopback/sockets.h"

namespace bidwell::open_loop {

void write_config(const std::filesystem::path& path, const std::filesystem::path& catalog, const nlohmann::json& more) {
  nlohmann::json config = {{"http", {{"workers", 1}}},
                           {"catalog", {{"file", catalog.string()}, {"check_interval_s", 0}}},
                           {"exchanges", {{"demo", {{"currency", "USD"}}}}}};
  config.update(more);
  loopback::write_file(path, config.dump(1) + "\n");
}

Bidder::Bidder(const std::filesystem::path& directory, int core, const std::filesystem::path& executable,
               const std::filesystem::path& config)
    : output_(directory / "output.log"), port_(loopback::find_free_port()) {
  process_ = std::make_unique<loopback::ServerProcess>(
      loopback::ProcessOptions{.name = "bidwell", .directory = directory, .core = core, .environment = {}},
      std::vector<std::string>{executable, "serve", "--config", config, "--listen",
                               fmt::format("127.0.0.1:{}", port_)});
  // It listens once its catalog is compiled.
  process_->wait_until_listening(port_, std::chrono::seconds(180));
}

std::vector<std::string> Bidder::stop(std::string_view said) {
  process_.reset();
  std::vector<std::string> lines;
  std::istringstream log(loopback::read_file(output_));
  for (std::string line; std::getline(log, line);) {
    const std::size_t at = line.find(said);
    if (at != std::string::npos) lines.push_back(line.substr(at));
  }
  return lines;
}

}  // namespace bidwell::open_loop
