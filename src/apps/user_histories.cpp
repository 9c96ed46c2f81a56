#include "apps/user_histories.h"

#include <spdlog/spdlog.h>

#include "apps/cache_store.h"
#include "bidwell/cache/redis_values.h"
#include "bidwell/core/hash.h"

namespace bidwell::apps {
namespace {

profile::Recorder::Options recorder_options(const ops::Config& config, profile::LocalHistories* local,
                                            std::uint64_t seed) {
  const cache::ClassOptions& cls = config.histories.cache.classes.front();
  profile::Recorder::Options options;
  options.redis = config.redis;
  options.local = local;
  options.prefix = cls.prefix;
  options.class_name = cls.name;
  options.channel = std::string(cache::kDefaultChannel);
  options.seed = seed;
  options.log = [](const std::string& line) { spdlog::warn("histories: {}", line); };
  return options;
}

}  // namespace

UserHistories::UserHistories(const ops::Config& config, std::uint64_t seed)
    : local_(config.redis ? nullptr : std::make_unique<profile::LocalHistories>(config.histories.memory_users_max)),
      cache_(seeded(config.histories.cache, seed), make_store(config, config.histories.cache, seed), local_.get()),
      recorder_(recorder_options(config, local_.get(), mix(seed, 4)), cache_) {}

UserHistories::Worker UserHistories::add_worker(std::function<void()> wake) {
  auto port = cache_.make_port(std::move(wake));
  cache::Port& reference = *port;
  workers_.push_back(std::unique_ptr<Port>(new Port{std::move(port), profile::Histories(reference)}));
  return {&workers_.back()->histories, &recorder_.add_worker()};
}

void UserHistories::stop() {
  recorder_.stop();
  cache_.stop();
}

void UserHistories::log_totals() const {
  const profile::RecorderCounters& counters = recorder_.counters();
  spdlog::info(
      "histories: {} showings remembered, {} at the second attempt, {} repeats, {} caps filled; not remembered: {} for "
      "want of room, {} "
      "as Redis did not answer",
      counters.remembered.value(), counters.retries.value(), counters.repeats.value(), counters.announced.value(),
      counters.full.value(), counters.failures.value());
}

}  // namespace bidwell::apps
