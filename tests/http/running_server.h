// A server on a free port, with the tests' routes.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "bidwell/http/server.h"
#include "tests/http/client.h"
#include "tests/http/handlers.h"

namespace bidwell::http::testing {

inline Options on_loopback(unsigned workers = 1) {
  Options options;
  options.listen = {"127.0.0.1:0"};
  options.workers = workers;
  return options;
}

class RunningServer : public Server {
 public:
  explicit RunningServer(
      const Options& options = on_loopback(),
      const std::function<Router(unsigned)>& router = [](unsigned) { return make_router(); })
      : Server(options, router) {
    start();
  }

  Client connect(std::size_t address = 0) const { return Client(addresses()[address]); }

  std::uint64_t total(Counter Counters::*counter) const {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < workers(); ++i) sum += (counters(i).*counter).value();
    return sum;
  }
  // For counters that follow what the test has seen already, on another thread.
  bool becomes(Counter Counters::*counter, std::uint64_t value) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (total(counter) != value) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

inline void allow_open_files(rlim_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min(count, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace bidwell::http::testing
