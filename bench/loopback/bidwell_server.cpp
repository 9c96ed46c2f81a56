// Bidwell as it is deployed: the real executable, told by its own options and environment what
// differs here (the port, the catalog, one worker).
#include <fmt/format.h>

#include "catalog_generator.h"
#include "scratch_directory.h"
#include "servers.h"

namespace bidwell::loopback {

std::string bidwell_name_of(std::size_t campaigns) {
  if (campaigns % 1000 == 0) return fmt::format("{} {}k", bidwell_name, campaigns / 1000);
  return fmt::format("{} {}", bidwell_name, campaigns);
}

StartedBidwell start_bidwell(const Place& place, const std::filesystem::path& executable,
                             const std::filesystem::path& config, std::size_t campaigns, std::uint64_t seed) {
  StartedBidwell started;
  Server& server = started.server;
  server.name = bidwell_name_of(campaigns);
  server.port = find_free_port();
  started.campaigns = campaigns;
  const auto file = place.directory / "catalog.json";
  {
    const std::string catalog = bench::make_catalog(campaigns, seed);
    started.catalog_bytes = catalog.size();
    write_file(file, catalog);
  }
  const auto begin = std::chrono::steady_clock::now();
  server.process =
      std::make_unique<ServerProcess>(ProcessOptions{.name = server.name,
                                                     .directory = place.directory,
                                                     .core = place.core,
                                                     .environment = {"BIDWELL_CATALOG_FILE=" + file.string()}},
                                      std::vector<std::string>{executable, "serve",                                   //
                                                               "--config", config,                                    //
                                                               "--listen", fmt::format("127.0.0.1:{}", server.port),  //
                                                               "--workers", "1"});
  // It listens once its catalog is compiled; a large one takes a while on a busy machine.
  server.process->wait_until_listening(server.port, std::chrono::seconds(180));
  started.start_up = std::chrono::steady_clock::now() - begin;
  started.memory = read_memory(server.process->pid());
  return started;
}

}  // namespace bidwell::loopback
