// Bidwell as it is deployed: the real executable, told by its own options and environment what
// differs here (ports, folders, the catalog), with its journals and its writer thread running.
#include <fmt/format.h>

#include "scratch_directory.h"
#include "servers.h"

namespace bidwell::loopback {

Server start_bidwell(const Place& place, const std::filesystem::path& executable,
                     const std::filesystem::path& config, const std::string& catalog) {
  Server server{.name = std::string(bidwell_name), .port = find_free_port(), .process = nullptr};
  const auto file = place.directory / "catalog.json";
  write_file(file, catalog);
  server.process = std::make_unique<ServerProcess>(
      ProcessOptions{
          .name = server.name,
          .directory = place.directory,
          .core = place.core,
          .environment = {"BIDWELL_CATALOG_FILE=" + file.string(),
                          "BIDWELL_EVENTS_DIRECTORY=" + (place.directory / "events").string()}},
      std::vector<std::string>{executable, "serve",                                       //
                               "--config", config,                                        //
                               "--listen", fmt::format("127.0.0.1:{}", server.port),      //
                               "--admin", fmt::format("127.0.0.1:{}", find_free_port()),  //
                               "--workers", "1"});
  server.process->wait_until_listening(server.port);
  return server;
}

}  // namespace bidwell::loopback
