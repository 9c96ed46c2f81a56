// Section profiles: what is known of users, and the cache of it.
#include "ops/config_parts.h"

namespace bidwell::ops {
namespace {

void read_profile_cache(Fields& fields, cache::Options& cache) {
  using std::chrono::seconds;
  cache::ClassOptions& cls = cache.classes.front();
  read_megabytes(fields, "l1_mb", cache.l1.bytes_max, 1, 1'000'000);
  fields.text("redis_prefix", cls.prefix);
  if (cls.prefix.empty() || cls.prefix.find_first_of("{} ") != std::string::npos) {
    fields.fault("redis_prefix", "must be a text without braces or spaces");
  }
  read_time<seconds>(fields, "soft_ttl_s", cls.soft_ttl, 1, 30 * 86'400);
  read_time<seconds>(fields, "hard_ttl_s", cls.hard_ttl, 1, 365 * 86'400);
  if (cls.hard_ttl < cls.soft_ttl) fields.fault("hard_ttl_s", "must be no shorter than soft_ttl_s");
  read_time<seconds>(fields, "negative_ttl_s", cls.negative_ttl, 1, 30 * 86'400);
  fields.number("ttl_jitter", cls.jitter, 0, 0.9);
  read_time<cache::milliseconds>(fields, "wait_ms", cls.wait, 0, 1000);
  fields.boolean("wait_for_origin", cls.wait_for_origin);
  fields.integer("hot_uses", cls.hot_uses, 0, cache::Entry::kUsesMax);
  fields.boolean("written_by_others", cls.written_by_others);
  fields.number("origin_keys_per_s", cache.origin_keys_per_s, 1, 10'000'000);
  read_time<cache::milliseconds>(fields, "origin_timeout_ms", cache.origin_timeout, 1, 60'000);
  read_time<cache::milliseconds>(fields, "redis_timeout_ms", cache.read_timeout, 1, 10'000);
}

}  // namespace

void read_profiles(Fields fields, const std::string& folder, ProfileOptions& out) {
  static constexpr std::string_view kOrigins[] = {"none", "file", "postgres"};
  if (fields.has("keys")) out.keys.clear();
  fields.each("keys", [&](const Json& entry, const std::string& at) {
    const auto identifier = entry.is_string() ? profile::parse_identifier(entry.get<std::string>()) : std::nullopt;
    if (identifier) {
      out.keys.push_back(*identifier);
    } else {
      fields.faults().push_back({at, "must be buyeruid, ifa, user.id or eid:<source>, such as eid:liveramp.com"});
    }
  });
  fields.text("key_secret", out.key_secret);
  read_path(fields, "file", folder, out.file);
  if (const int origin = fields.choice("origin", kOrigins); origin >= 0) {
    out.origin = static_cast<ProfileOrigin>(origin);
  }
  fields.integer("postgres_threads", out.postgres_threads, 1, 64);
  fields.integer("redis_ttl_s", out.redis_ttl_s, 0, 10 * 365 * 86'400);
  fields.integer("reserve_us", out.reserve_us, 0, 1'000'000);
  read_profile_cache(fields, out.cache);
  fields.refuse_unknown();
}

ProfileOptions default_profiles() {
  ProfileOptions out;
  out.keys = {{profile::Identifier::Kind::buyeruid, {}}, {profile::Identifier::Kind::ifa, {}}};
  cache::ClassOptions profiles;
  profiles.name = "profile";
  profiles.prefix = "bidwell:profile:";
  out.cache.classes.push_back(std::move(profiles));
  return out;
}

void check_profiles(const Config& config, Fields& top) {
  if (config.profiles.origin == ProfileOrigin::postgres && config.postgres_url.empty()) {
    top.fault("profiles/origin", "is postgres, but section postgres has no url");
  }
  if (config.profiles.origin == ProfileOrigin::file && config.profiles.file.empty()) {
    top.fault("profiles/origin", "is file, but no file is named");
  }
}

}  // namespace bidwell::ops
