#include "apps/profile_places.h"

#include <chrono>

#include "bidwell/cache/redis_values.h"
#include "bidwell/profile/histories.h"
#include "bidwell/profile/profile.h"
#include "bidwell/profile/profiles.h"

namespace bidwell::apps {

profile::KeyMaker key_maker(const ops::Config& config) {
  return profile::KeyMaker(config.profiles.keys, profile::make_secret(config.profiles.key_secret));
}

bool is_configured(const ops::Config& config, std::string_view place) {
  if (place == "file") return !config.profiles.file.empty();
  if (place == "redis") return config.redis.has_value();
  return !config.postgres_url.empty();
}

std::vector<std::string> configured_places(const ops::Config& config) {
  std::vector<std::string> names{"file", "postgres", "redis"};
  std::erase_if(names, [&](const std::string& name) { return !is_configured(config, name); });
  return names;
}

std::unique_ptr<profile::Place> open_place(const ops::Config& config, std::string_view name) {
  if (name == "file") return profile::file_place(config.profiles.file);
  if (name == "postgres") return profile::postgres_place(config.postgres_url);
  const cache::ClassOptions& cls = config.profiles.cache.classes.at(profile::kProfileClass);
  return profile::redis_place({*config.redis, cls.prefix, cls.name, std::string(cache::kDefaultChannel),
                               std::chrono::seconds(config.profiles.redis_ttl_s)});
}

std::unique_ptr<profile::Place> history_place(const ops::Config& config) {
  if (!config.redis) return nullptr;
  const cache::ClassOptions& cls = config.histories.cache.classes.at(profile::kHistoryClass);
  return profile::redis_place({*config.redis, cls.prefix, cls.name, std::string(cache::kDefaultChannel), {}});
}

Answer ask_place(const ops::Config& config, const std::string& place, const cache::Key& key) {
  Answer answer{place, "not there", {}, {}};
  try {
    const auto standing = open_place(config, place)->find(key);
    if (!standing) return answer;
    answer.note = standing->note;
    answer.profile = standing->profile;
    answer.found = !standing->negative && profile::Profile::parse(standing->profile);
    answer.state = answer.found ? "found" : standing->negative ? "known not to exist" : "no profile";
  } catch (const std::exception& error) {
    answer.failed = true;
    answer.state = "cannot be asked";
    answer.note = error.what();
  }
  return answer;
}

}  // namespace bidwell::apps
