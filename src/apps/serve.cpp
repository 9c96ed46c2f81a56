// bidwell serve: starts the bidder, then waits for signals and for changes of the files it lives on.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <functional>
#include <memory>
#include <thread>

#include "apps/budgets.h"
#include "apps/catalog_file.h"
#include "apps/commands.h"
#include "apps/service.h"
#include "apps/setup.h"

namespace bidwell::apps {
namespace asio = boost::asio;
namespace {

std::unique_ptr<Budgets> make_budgets(const ops::Config& config) {
  if (!Budgets::configured(config)) return nullptr;
  return std::make_unique<Budgets>(config, config.http.workers, random64());
}

CatalogFile make_catalog(const ops::Config& config, Budgets* budgets) {
  catalog::CompileOptions options = compile_options(config);
  if (budgets == nullptr) return {config.catalog.file, config.currencies, options, nullptr};
  options.account = [budgets](const catalog::Campaign& campaign) { return budgets->account(campaign.id); };
  return {config.catalog.file, config.currencies, options,
          [budgets](std::span<const catalog::Campaign> campaigns) { budgets->enlist(campaigns); }};
}

void warn_of_budgets(const catalog::Snapshot& snapshot) {
  const auto with_budget = std::ranges::count_if(
      snapshot.campaigns(), [](const auto& campaign) { return campaign.source->budget.has_value(); });
  if (with_budget == 0) return;
  spdlog::error("{} campaigns have a budget and do not bid, as nobody counts what they spend: budgets/ledger",
                with_budget);
}

}  // namespace

int serve(const ServeOptions& options) {
  auto config = load_config_or_print(options.config);
  if (!config) return 1;
  if (!options.listen.empty()) config->http.listen = options.listen;
  if (options.workers) config->http.workers = *options.workers;
  if (config->http.workers == 0) config->http.workers = std::max(1U, std::thread::hardware_concurrency());
  spdlog::set_level(spdlog::level::from_str(config->log.level));

  // Before the first thread, so that none of them is killed by a signal meant for this one.
  asio::io_context control{1};
  asio::signal_set ending(control, SIGTERM, SIGINT);
  asio::signal_set hangups(control, SIGHUP);
  std::signal(SIGPIPE, SIG_IGN);

  const std::unique_ptr<Budgets> budgets = make_budgets(*config);
  CatalogFile catalog = make_catalog(*config, budgets.get());
  if (!catalog.load()) return 1;
  if (!budgets) warn_of_budgets(*catalog.current());

  Service service(*config, catalog, budgets.get());
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
