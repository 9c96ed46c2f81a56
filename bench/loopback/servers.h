// The servers that are compared, each started as a pinned child that listens on a free loopback
// port.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client.h"
#include "memory.h"
#include "server_process.h"

namespace bidwell::loopback {

inline constexpr std::string_view floor_name = "FLOOR";
inline constexpr std::string_view nginx_name = "nginx";
inline constexpr std::string_view bidwell_name = "Bidwell";  // all of them, on the command line

struct Server {
  std::string name;
  std::uint16_t port = 0;
  std::unique_ptr<ServerProcess> process;  // null: not ours, so its CPU time is not measured
};

// Where a server may live: `directory` exists and is its own.
struct Place {
  std::filesystem::path directory;
  int core = 0;
};

// All throw std::runtime_error, with the server's own words, when it does not come up.

Server start_floor(const Place& place, const Answer& answer);

// nginx on PATH or where Debian puts it.
std::optional<std::filesystem::path> find_nginx();

// One worker that returns `body` to everything, but for dollars (see nginx.cpp).
Server start_nginx(const Place& place, const std::filesystem::path& executable, const std::string& body);

// One of Bidwell's, by the size of its catalog: "Bidwell 10k".
std::string bidwell_name_of(std::size_t campaigns);

// A started Bidwell, and what starting it took.
struct StartedBidwell {
  Server server;
  std::size_t campaigns = 0;
  std::size_t catalog_bytes = 0;
  std::chrono::duration<double> start_up{};  // until it listened
  Memory memory;                             // then
};

// `bidwell serve` with one worker and configuration file `config`, but for a generated catalog.
StartedBidwell start_bidwell(const Place& place, const std::filesystem::path& executable,
                             const std::filesystem::path& config, std::size_t campaigns, std::uint64_t seed);

// NAME=http://127.0.0.1:PORT for a server that runs already, or NAME=COMMAND: a shell's command
// line with {port} in it.
Server start_other(const Place& place, const std::string& specification);

}  // namespace bidwell::loopback
