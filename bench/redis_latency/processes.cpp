#include "redis_latency/processes.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "loopback/interrupt.h"
#include "loopback/scratch_directory.h"
#include "open_loop/bidder.h"

namespace bidwell::redis_latency {
namespace {

using loopback::ProcessOptions;
using loopback::ServerProcess;

bool accepts(const std::filesystem::path& socket) {
  using Protocol = boost::asio::local::stream_protocol;
  boost::asio::io_context context;
  boost::system::error_code error;
  Protocol::socket(context).connect(Protocol::endpoint(socket.string()), error);
  return !error;
}

}  // namespace

RedisServer::RedisServer(const std::filesystem::path& directory, int core) : socket_(directory / "redis.sock") {
  process_ = std::make_unique<ServerProcess>(
      ProcessOptions{.name = "redis-server", .directory = directory, .core = core, .environment = {}},
      std::vector<std::string>{"redis-server", "--port", "0", "--unixsocket", socket_, "--save", "", "--appendonly",
                               "no"});
  for (int tries = 0; !accepts(socket_); ++tries) {
    loopback::check_interrupt();
    process_->check_running();
    if (tries == 500) throw std::runtime_error("redis-server does not listen after 10 s");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void write_config(const std::filesystem::path& path, const std::filesystem::path& catalog,
                  const std::filesystem::path& redis, const Options& options, const Setting& setting) {
  open_loop::write_config(path, catalog,
                          {{"redis", {{"url", "redis+unix://" + redis.string()}}},
                           {"profiles",
                            {{"origin", "none"},
                             {"keys", {"ifa"}},
                             {"key_secret", "of the benchmark"},
                             {"wait_ms", setting.wait_ms},
                             {"soft_ttl_s", options.soft_ttl_s},
                             {"hard_ttl_s", setting.hard_ttl_s},
                             {"negative_ttl_s", setting.hard_ttl_s},
                             {"l1_mb", options.l1_mb}}}});
}

std::string import_profiles(const std::filesystem::path& executable, const std::filesystem::path& config,
                            const std::filesystem::path& profiles) {
  const auto output = profiles.parent_path() / "import.log";
  const int status = std::system(fmt::format("'{}' profiles import '{}' --config '{}' --to redis > '{}' 2>&1",
                                             executable.string(), profiles.string(), config.string(), output.string())
                                     .c_str());
  const std::string said = loopback::read_file(output);
  if (status != 0) throw std::runtime_error(fmt::format("bidwell profiles import failed:\n{}", said));
  return said.substr(0, said.find_last_not_of('\n') + 1);
}

}  // namespace bidwell::redis_latency
