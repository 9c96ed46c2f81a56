#include "apps/cache_store.h"

#include <spdlog/spdlog.h>

#include "bidwell/cache/redis_store.h"
#include "bidwell/cache/redis_values.h"
#include "bidwell/core/hash.h"

namespace bidwell::apps {

cache::Options seeded(cache::Options options, std::uint64_t seed) {
  options.seed = mix(seed, 1);
  options.l1.seed = mix(seed, 2);
  options.l1.readers_max = 1024;  // as many as http::Options::workers may be
  return options;
}

cache::Tiered::MakeStore make_store(const ops::Config& config, const cache::Options& cache, std::uint64_t seed) {
  if (!config.redis) return nullptr;
  cache::RedisStoreOptions options;
  options.redis = *config.redis;
  options.classes = cache.classes;
  options.channel = std::string(cache::kDefaultChannel);
  options.seed = mix(seed, 3);
  options.log = [](const std::string& line) { spdlog::warn("{}", line); };
  return [options = std::move(options)](boost::asio::io_context& loop) {
    return std::make_unique<cache::RedisStore>(loop, options);
  };
}

}  // namespace bidwell::apps
