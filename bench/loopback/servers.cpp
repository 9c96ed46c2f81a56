// Starts the floor and what the command line names; nginx and Bidwell have files of their own.
#include "servers.h"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

#include "floor_server.h"

namespace bidwell::loopback {

Server start_floor(const Place& place, const Answer& answer) {
  const Listener listener = listen_on_free_port();
  Server server{.name = std::string(floor_name), .port = listener.port, .process = nullptr};
  const std::string bytes = answer.head + answer.body;
  server.process = std::make_unique<ServerProcess>(
      ProcessOptions{.name = server.name, .directory = place.directory, .core = place.core, .environment = {}},
      [&] { run_floor_server(listener.socket.get(), bytes); });
  server.process->wait_until_listening(server.port);
  return server;
}

Server start_other(const Place& place, const std::string& specification) {
  const auto equals = specification.find('=');
  if (equals == 0 || equals == std::string::npos) {
    throw std::runtime_error(fmt::format("--also {}: not NAME=URL or NAME=COMMAND", specification));
  }
  Server server{.name = specification.substr(0, equals), .port = 0, .process = nullptr};
  std::string command = specification.substr(equals + 1);

  constexpr std::string_view scheme = "http://127.0.0.1:";
  if (command.starts_with(scheme)) {
    const char* digits = command.data() + scheme.size();
    const auto [rest, error] = std::from_chars(digits, command.data() + command.size(), server.port);
    if (error != std::errc() || (*rest != '\0' && *rest != '/')) {
      throw std::runtime_error(fmt::format("--also {}: no port in the URL", specification));
    }
    return server;
  }

  constexpr std::string_view placeholder = "{port}";
  const auto hole = command.find(placeholder);
  if (hole == std::string::npos) {
    throw std::runtime_error(fmt::format("--also {}: no {{port}} in the command", specification));
  }
  server.port = find_free_port();
  command.replace(hole, placeholder.size(), std::to_string(server.port));
  server.process = std::make_unique<ServerProcess>(
      ProcessOptions{.name = server.name, .directory = place.directory, .core = place.core, .environment = {}},
      std::vector<std::string>{"/bin/sh", "-c", "exec " + command});
  server.process->wait_until_listening(server.port);
  return server;
}

}  // namespace bidwell::loopback
