// bidwell serve: starts the bidder, then waits for signals and for changes of the files it lives on.
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <functional>

#include "apps/catalog_file.h"
#include "apps/commands.h"
#include "apps/service.h"
#include "apps/setup.h"

namespace bidwell::apps {
namespace asio = boost::asio;

int serve(const ServeOptions& options) {
  auto config = load_config_or_print(options.config);
  if (!config) return 1;
  if (!options.listen.empty()) config->http.listen = options.listen;
  if (options.workers) config->http.workers = *options.workers;
  spdlog::set_level(spdlog::level::from_str(config->log.level));

  CatalogFile catalog(config->catalog.file, config->currencies, compile_options(*config));
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
