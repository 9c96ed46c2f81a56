// bidwell serve: wires the rooms together, then waits for signals and for changes of the catalog's file.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <random>

#include "apps/catalog_file.h"
#include "apps/commands.h"
#include "apps/setup.h"
#include "apps/user_profiles.h"
#include "bidwell/exchange/bid_handler.h"
#include "bidwell/http/server.h"

namespace bidwell::apps {
namespace {

namespace asio = boost::asio;

// GET /readyz: 200 while the process serves.
class ReadyHandler final : public http::Handler {
 public:
  void handle(const http::Request&, http::Response& response) override {
    response.set_status(200);
    response.set_content_type("text/plain");
    response.body().append("ready\n");
  }
};

class Service {
 public:
  Service(const ops::Config& config, CatalogFile& catalog)
      : catalog_(catalog),
        profiles_(UserProfiles::configured(config) ? std::make_unique<UserProfiles>(config, random64()) : nullptr),
        server_(config.http, [&](unsigned worker) { return make_router(config, worker); }) {}

  void start() {
    server_.start();
    for (const std::string& address : server_.addresses()) spdlog::info("listening on {}", address);
  }

  // Reads the catalog again and hands a good one to every worker.
  void reload() {
    const auto snapshot = catalog_.load();
    if (!snapshot) return;
    for (unsigned worker = 0; worker < server_.workers(); ++worker) {
      server_.post(worker, [handler = handlers_[worker], snapshot] { handler->set_snapshot(snapshot); });
    }
  }

  // Takes a new profile file, if there is one.
  void reload_profiles() {
    if (profiles_) profiles_->reload_file();
  }

  bool stop() {
    const bool finished = server_.stop();
    if (profiles_) profiles_->stop();
    return finished;
  }

  void log_totals() const {
    std::uint64_t requests = 0, answered = 0, refused = 0;
    for (const exchange::BidHandler* handler : handlers_) {
      requests += handler->counters().requests.value();
      answered += handler->counters().answered.value();
      for (const Counter& counter : handler->counters().refused) refused += counter.value();
    }
    spdlog::info("{} bid requests: {} with bids, {} without, {} refused", requests, answered,
                 requests - answered - refused, refused);
    if (profiles_) profiles_->log_totals();
  }

 private:
  http::Router make_router(const ops::Config& config, unsigned worker) {
    if (exchanges_.empty()) {
      for (const auto& options : config.exchanges) exchanges_.emplace_back(options, config.currencies);
    }
    exchange::BidHandler::Options options;
    options.limits.body_bytes_max = config.http.body_bytes_max;
    options.limits.imps_max = static_cast<std::size_t>(config.bidding.imps_max);
    options.seed = config.bidding.seed;
    options.worker = random64();
    if (profiles_) {
      options.profiles = &profiles_->add_worker([this, worker] { resume_answered(worker); });
      options.reserve = std::chrono::microseconds(config.profiles.reserve_us);
    }
    auto handler = std::make_unique<exchange::BidHandler>(exchanges_, catalog_.current(), options);
    handlers_.push_back(handler.get());
    http::Router router;
    router.add({http::Method::post}, "bid", std::move(handler));
    router.add({http::Method::get, http::Method::head}, "readyz", std::make_unique<ReadyHandler>());
    return router;
  }

  // The cache has answered requests of this worker that wait for their user's profile.
  void resume_answered(unsigned worker) {
    server_.post(worker, [this, worker] {
      while (const std::uint64_t ticket = profiles_->next_answered(worker)) server_.resume(worker, ticket);
    });
  }

  std::uint64_t random64() { return std::uint64_t{random_()} << 32 | random_(); }

  CatalogFile& catalog_;
  std::random_device random_;
  std::unique_ptr<UserProfiles> profiles_;  // null: nobody is known
  std::deque<exchange::Exchange> exchanges_;
  std::vector<exchange::BidHandler*> handlers_;  // owned by the server's routers
  http::Server server_;                          // last: stops before what its workers use is gone
};

}  // namespace

int serve(const ServeOptions& options) {
  auto config = load_config_or_print(options.config);
  if (!config) return 1;
  if (!options.listen.empty()) config->http.listen = options.listen;
  if (options.workers) config->http.workers = *options.workers;
  spdlog::set_level(spdlog::level::from_str(config->log.level));

  CatalogFile catalog(config->catalog.file, config->currencies);
  if (!catalog.load()) return 1;

  // Before the first thread, so that none of them is killed by a signal meant for this one.
  asio::io_context control{1};
  asio::signal_set ending(control, SIGTERM, SIGINT);
  asio::signal_set hangups(control, SIGHUP);
  std::signal(SIGPIPE, SIG_IGN);

  Service service(*config, catalog);
  service.start();

  ending.async_wait([&](const boost::system::error_code&, int number) {
    spdlog::info("{}: finishing what is in flight", number == SIGTERM ? "SIGTERM" : "SIGINT");
    control.stop();
  });
  const std::function<void()> wait_for_hangup = [&] {
    hangups.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      spdlog::info("SIGHUP: reading {}", catalog.path());
      service.reload();
      service.reload_profiles();
      wait_for_hangup();
    });
  };
  wait_for_hangup();

  asio::steady_timer timer(control);
  const std::function<void()> watch_file = [&] {
    timer.expires_after(std::chrono::seconds(config->catalog.check_interval_s));
    timer.async_wait([&](const boost::system::error_code& error) {
      if (error) return;
      if (catalog.changed()) service.reload();
      service.reload_profiles();
      watch_file();
    });
  };
  if (config->catalog.check_interval_s > 0) watch_file();

  control.run();
  const bool finished = service.stop();
  service.log_totals();
  if (!finished) spdlog::warn("the shutdown time passed with requests still in flight");
  return finished ? 0 : 1;
}

}  // namespace bidwell::apps
