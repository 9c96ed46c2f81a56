// Puts the listener and the workers' threads together.
#include "bidwell/http/server.h"

#include <pthread.h>
#include <sched.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "http/listener.h"
#include "http/worker.h"

namespace bidwell::http {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("HTTP options: ") + what);
}

void validate(const Options& options) {
  require(options.backlog > 0, "backlog must be positive");
  require(options.workers <= 1024, "workers must be at most 1024");
  require(options.connections_max > 0, "connections_max must be positive");
  require(options.head_bytes_max >= 128 && options.head_bytes_max <= (1 << 20),
          "head_bytes_max must be from 128 bytes to 1 MiB");
  require(options.body_bytes_max >= 1 && options.body_bytes_max <= (1 << 28),
          "body_bytes_max must be from 1 byte to 256 MiB");
  require(options.answer_bytes_max >= 1 && options.answer_bytes_max <= (1 << 28),
          "answer_bytes_max must be from 1 byte to 256 MiB");
  require(options.parked_max <= (1 << 20), "parked_max must be at most 1048576");
  require(options.idle_timeout.count() > 0 && options.request_timeout.count() > 0 &&
              options.write_timeout.count() > 0 && options.shutdown_timeout.count() >= 0,
          "timeouts must be positive");
  for (const int core : options.pin_cores) {
    require(core >= 0 && core < CPU_SETSIZE, "pin_cores names a core that does not exist");
  }
}

void pin(std::thread& thread, int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  if (pthread_setaffinity_np(thread.native_handle(), sizeof cores, &cores) != 0) {
    throw std::runtime_error("cannot pin a worker to core " + std::to_string(core));
  }
}

}  // namespace

struct Server::Impl {
  Impl(const Options& given, const std::function<Router(unsigned)>& make_router) : options(given) {
    validate(options);
    const unsigned count = options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
    std::vector<Worker*> all;
    for (unsigned i = 0; i < count; ++i) {
      workers.push_back(std::make_unique<Worker>(options, make_router(i)));
      all.push_back(workers.back().get());
    }
    listener.emplace(options, std::move(all));
    try {
      start_workers();
    } catch (...) {
      stop();
      throw;
    }
  }

  void start_workers() {
    for (unsigned i = 0; i < workers.size(); ++i) {
      std::thread& thread = threads.emplace_back([worker = workers[i].get()] { worker->run(); });
      pthread_setname_np(thread.native_handle(), ("http-" + std::to_string(i)).c_str());
      if (!options.pin_cores.empty()) pin(thread, options.pin_cores[i % options.pin_cores.size()]);
    }
  }

  bool stop() {
    listener->stop();
    const auto deadline = std::chrono::steady_clock::now() + options.shutdown_timeout;
    for (auto& worker : workers) worker->stop(deadline);
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    bool finished = true;
    for (const auto& worker : workers) finished = finished && !worker->gave_up();
    return finished;
  }

  const Options options;
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<Listener> listener;
  std::vector<std::thread> threads;
};

Server::Server(const Options& options, const std::function<Router(unsigned)>& make_router)
    : impl_(std::make_unique<Impl>(options, make_router)) {}

Server::~Server() {
  stop();
}

void Server::start() {
  impl_->listener->start();
}

bool Server::stop() {
  return impl_->stop();
}

void Server::post(unsigned worker, std::function<void()> task) {
  impl_->workers.at(worker)->post(std::move(task));
}

void Server::resume(unsigned worker, std::uint64_t ticket) noexcept {
  impl_->workers[worker]->resume(ticket);
}

unsigned Server::workers() const noexcept {
  return static_cast<unsigned>(impl_->workers.size());
}

const std::vector<std::string>& Server::addresses() const noexcept {
  return impl_->listener->addresses();
}

const Counters& Server::counters(unsigned worker) const noexcept {
  return std::as_const(*impl_->workers[worker]).counters();
}

}  // namespace bidwell::http
