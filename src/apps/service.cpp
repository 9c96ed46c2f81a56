#include "apps/service.h"

#include <spdlog/spdlog.h>

#include "apps/setup.h"

namespace bidwell::apps {
namespace {

// GET /readyz: 200 while the process serves.
class ReadyHandler final : public http::Handler {
 public:
  void handle(const http::Request&, http::Response& response) override {
    response.set_status(200);
    response.set_content_type("text/plain");
    response.body().append("ready\n");
  }
};

std::vector<NamedSink> sinks_of(Budgets* budgets) {
  std::vector<NamedSink> sinks;
  if (budgets != nullptr) sinks.push_back(budgets->make_sink());
  return sinks;
}

}  // namespace

Service::Service(const ops::Config& config, CatalogFile& catalog, Budgets* budgets)
    : config_(config),
      catalog_(catalog),
      budgets_(budgets),
      profiles_(UserProfiles::configured(config) ? std::make_unique<UserProfiles>(config, random64()) : nullptr),
      histories_(profiles_ ? std::make_unique<UserHistories>(config, random64()) : nullptr),
      events_(EventLog::configured(config)
                  ? std::make_unique<EventLog>(
                        config, random64(), [this](unsigned worker) { confirm_durable(worker); }, sinks_of(budgets))
                  : nullptr),
      server_(config.http, [&](unsigned worker) { return make_router(worker); }) {
  if (!events_) spdlog::warn("events/directory is not set: bids are recorded nowhere and carry no notice URLs");
}

void Service::start() {
  if (events_) events_->start();
  if (histories_) histories_->start();
  if (budgets_ != nullptr) budgets_->start();
  server_.start();
  for (const std::string& address : server_.addresses()) spdlog::info("listening on {}", address);
}

bool Service::stop() {
  const bool finished = server_.stop();
  if (profiles_) profiles_->stop();
  if (histories_) histories_->stop();
  if (budgets_ != nullptr) budgets_->stop();
  if (events_) events_->stop();
  return finished;
}

void Service::reload() {
  const auto snapshot = catalog_.load();
  if (!snapshot) return;
  for (unsigned number = 0; number < server_.workers(); ++number) {
    server_.post(number, [&worker = workers_[number], snapshot] {
      worker.bids->set_snapshot(snapshot);
      if (worker.notices) worker.notices->set_snapshot(snapshot);
    });
  }
}

void Service::reload_profiles() {
  if (profiles_) profiles_->reload_file();
}

void Service::log_totals() const {
  std::uint64_t requests = 0, answered = 0, refused = 0, recorded = 0, not_recorded = 0;
  for (const Worker& worker : workers_) {
    const exchange::BidCounters& counters = worker.bids->counters();
    requests += counters.requests.value();
    answered += counters.answered.value();
    for (const Counter& counter : counters.refused) refused += counter.value();
    if (!worker.notices) continue;
    for (const auto& results : worker.notices->counters().results) {
      for (std::size_t result = 0; result < results.size(); ++result) {
        (result == 0 ? recorded : not_recorded) += results[result].value();
      }
    }
  }
  spdlog::info("{} bid requests: {} with bids, {} without, {} refused", requests, answered,
               requests - answered - refused, refused);
  if (profiles_) profiles_->log_totals();
  if (histories_) histories_->log_totals();
  if (budgets_ != nullptr) budgets_->log_totals();
  if (!events_) return;
  spdlog::info("{} notices recorded, {} not", recorded, not_recorded);
  events_->log_totals();
}

http::Router Service::make_router(unsigned worker) {
  if (exchanges_.empty()) {
    for (const auto& options : config_.exchanges) exchanges_.emplace_back(options, config_.currencies);
  }
  exchange::BidHandler::Options options;
  options.limits.body_bytes_max = config_.http.body_bytes_max;
  options.limits.imps_max = static_cast<std::size_t>(config_.bidding.imps_max);
  options.seed = config_.bidding.seed;
  options.worker = random64();
  http::Router router;
  workers_.emplace_back();
  if (profiles_) add_users(worker, options);
  if (budgets_ != nullptr) options.wallet = &budgets_->wallet(worker);
  if (events_) {
    events::Journal& journal = events_->add_worker();
    options.journal = &journal;
    options.sampled_ppm = config_.events.sampled_ppm;
    if (!config_.notices.url.empty()) {
      options.keys = &events_->keys();
      options.notice_url = config_.notices.url;
      options.markup_url = config_.notices.markup_url;
    }
  }
  auto bids = std::make_unique<exchange::BidHandler>(exchanges_, catalog_.current(), options);
  workers_.back().bids = bids.get();
  router.add({http::Method::post}, "bid", std::move(bids));
  if (events_) add_notices(worker, *options.journal, router);
  router.add({http::Method::get, http::Method::head}, "readyz", std::make_unique<ReadyHandler>());
  return router;
}

void Service::add_users(unsigned worker, exchange::BidHandler::Options& options) {
  options.profiles = &profiles_->add_worker([this, worker] { resume_answered(*profiles_, worker); });
  options.reserve = std::chrono::microseconds(config_.profiles.reserve_us);
  const UserHistories::Worker histories =
      histories_->add_worker([this, worker] { resume_answered(*histories_, worker); });
  options.histories = histories.histories;
  workers_[worker].remember = histories.remember;
}

void Service::add_notices(unsigned worker, events::Journal& journal, http::Router& router) {
  exchange::NoticeDesk::Options options;
  options.age_max = config_.notices.age_max;
  options.loss_after = config_.events.postgres.loss_after;
  options.await_durable = config_.events.journal.fsync == events::Fsync::always;
  options.seed = random64();
  options.remember = workers_[worker].remember;
  workers_[worker].notices =
      std::make_unique<exchange::NoticeDesk>(events_->keys(), exchanges_, journal, catalog_.current(), options);
  for (const events::Kind kind :
       {events::Kind::win, events::Kind::bill, events::Kind::loss, events::Kind::imp, events::Kind::click}) {
    router.add({http::Method::get, http::Method::post}, std::string(events::name(kind)),
               workers_[worker].notices->handler(kind));
  }
}

template <class Cache>
void Service::resume_answered(Cache& cache, unsigned worker) {
  server_.post(worker, [this, &cache, worker] {
    while (const std::uint64_t ticket = cache.next_answered(worker)) server_.resume(worker, ticket);
  });
}

// Notices of this worker that wait for it stand on disk.
void Service::confirm_durable(unsigned worker) {
  server_.post(worker, [this, worker] {
    workers_[worker].notices->confirm([&](std::uint64_t ticket) { server_.resume(worker, ticket); });
  });
}

}  // namespace bidwell::apps
