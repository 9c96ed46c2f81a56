#include "apps/user_profiles.h"

#include <spdlog/spdlog.h>

#include "apps/cache_store.h"
#include "apps/profile_places.h"
#include "bidwell/core/hash.h"

namespace bidwell::apps {
namespace {

std::unique_ptr<profile::FileOrigin> make_file(const ops::Config& config) {
  if (config.profiles.origin != ops::ProfileOrigin::file) return nullptr;
  return std::make_unique<profile::FileOrigin>(config.profiles.file, config.redis
                                                                         ? profile::FileOrigin::Missing::unanswered
                                                                         : profile::FileOrigin::Missing::empty);
}

std::unique_ptr<profile::PostgresOrigin> make_postgres(const ops::Config& config, std::uint64_t seed) {
  if (config.profiles.origin != ops::ProfileOrigin::postgres) return nullptr;
  profile::PostgresOptions options;
  options.url = config.postgres_url;
  options.threads = config.profiles.postgres_threads;
  options.statement_timeout = config.profiles.cache.origin_timeout;
  options.seed = seed;
  options.log = [](const std::string& line) { spdlog::warn("profiles: {}", line); };
  return std::make_unique<profile::PostgresOrigin>(std::move(options));
}

}  // namespace

UserProfiles::UserProfiles(const ops::Config& config, std::uint64_t seed)
    : keys_(key_maker(config)),
      file_(make_file(config)),
      postgres_(make_postgres(config, seed)),
      cache_(seeded(config.profiles.cache, seed), make_store(config, config.profiles.cache, seed),
             file_ ? static_cast<cache::Origin*>(file_.get()) : postgres_.get()) {
  if (config.redis && config.profiles.key_secret.empty()) {
    spdlog::warn("profiles/key_secret is empty: whoever reads Redis can tell which key a known identifier has");
  }
}

profile::Profiles& UserProfiles::add_worker(std::function<void()> wake) {
  auto port = cache_.make_port(std::move(wake));
  cache::Port& reference = *port;
  workers_.push_back(std::unique_ptr<Worker>(new Worker{std::move(port), {keys_, reference}}));
  return workers_.back()->profiles;
}

void UserProfiles::reload_file() {
  if (!file_) return;
  std::string fault;
  switch (file_->reload_if_changed(fault)) {
    case profile::FileOrigin::Reload::unchanged: break;
    case profile::FileOrigin::Reload::taken:
      spdlog::info("profiles: a new file with {} users", file_->profiles());
      cache_.doubt();
      break;
    case profile::FileOrigin::Reload::refused: spdlog::error("profiles: {}", fault); break;
  }
}

void UserProfiles::log_totals() const {
  cache::PortCounters sum;
  std::uint64_t nobody = 0;
  for (const auto& worker : workers_) {
    const cache::PortCounters& counters = worker->port->counters(profile::kProfileClass);
    sum.hits.add(counters.hits.value());
    sum.stale.add(counters.stale.value());
    sum.negative.add(counters.negative.value());
    sum.misses.add(counters.misses.value());
    sum.wait_hits.add(counters.wait_hits.value());
    sum.non_answers.add(counters.non_answers.value());
    nobody += worker->profiles.counters().without_user.value();
  }
  const cache::L1Stats l1 = cache_.l1_stats();
  const cache::LoopCounters& loop = cache_.counters(profile::kProfileClass);
  spdlog::info(
      "profiles: {} without a user; {} hits, {} stale, {} known to have none, {} misses ({} waited with success), {} "
      "non-answers",
      nobody, sum.hits.value(), sum.stale.value(), sum.negative.value(), sum.misses.value(), sum.wait_hits.value(),
      sum.non_answers.value());
  spdlog::info("profiles: {} in {} bytes; {} calls of the origin for {} keys, {} refreshes ahead of time, {} failures",
               l1.entries, l1.bytes, loop.origin_calls_miss.value() + loop.origin_calls_refresh.value(),
               loop.origin_keys.value(), loop.refreshes_started.value(),
               loop.store_failures.value() + loop.origin_failures.value());
}

}  // namespace bidwell::apps
