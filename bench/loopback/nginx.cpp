// nginx as a yardstick: the server most would put there, answering a constant.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "scratch_directory.h"
#include "servers.h"

namespace bidwell::loopback {
namespace {

constexpr std::string_view configuration = R"(daemon off;
master_process off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{ return 200 '{body}'; }}
  }}
}}
)";

// nginx's quoting of a string in single quotes. A dollar would begin a variable, and an answer put
// together of variables costs nginx 1 % more: it sends another byte instead.
std::string quote(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\\' || c == '\'') quoted += '\\';
    quoted += c == '$' ? 'S' : c;
  }
  return quoted;
}

}  // namespace

std::optional<std::filesystem::path> find_nginx() {
  const char* path = std::getenv("PATH");
  std::istringstream directories(fmt::format("{}:/usr/sbin", path == nullptr ? "" : path));
  for (std::string directory; std::getline(directories, directory, ':');) {
    const auto candidate = std::filesystem::path(directory) / "nginx";
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

Server start_nginx(const Place& place, const std::filesystem::path& executable, const std::string& body) {
  Server server{.name = std::string(nginx_name), .port = find_free_port(), .process = nullptr};
  const std::string directory = place.directory;
  const auto file = place.directory / "nginx.conf";
  write_file(file, fmt::format(configuration, fmt::arg("directory", directory), fmt::arg("port", server.port),
                               fmt::arg("body", quote(body))));
  server.process = std::make_unique<ServerProcess>(
      ProcessOptions{.name = server.name, .directory = directory, .core = place.core, .environment = {}},
      std::vector<std::string>{executable, "-p", directory, "-c", file, "-e", place.directory / "error.log"});
  server.process->wait_until_listening(server.port);
  return server;
}

}  // namespace bidwell::loopback
