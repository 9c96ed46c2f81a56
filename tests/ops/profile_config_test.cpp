// The sections redis, postgres and profiles.
#include <gmock/gmock.h>

#include "bidwell/ops/config.h"

namespace bidwell::ops {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LoadedConfig load(const std::string& sections, const Environment& environment = {}) {
  const std::string rest = sections.empty() ? "" : ", " + sections;
  return load_config(R"({"catalog": {"file": "c"}, "exchanges": {"demo": {}})" + rest + "}", "/etc/bidwell",
                     environment);
}

std::string only_fault(const std::string& sections) {
  const LoadedConfig loaded = load(sections);
  if (loaded.faults.size() != 1) return std::to_string(loaded.faults.size()) + " faults";
  return loaded.faults[0].where + ": " + loaded.faults[0].what;
}

// All that the file can say.
auto stated(const ProfileOptions& options) {
  const cache::ClassOptions& cls = options.cache.classes.at(0);
  std::vector<std::string> keys;
  for (const auto& key : options.keys) {
    keys.push_back(std::to_string(static_cast<int>(key.kind)) + key.source);
  }
  return std::tuple(keys, options.key_secret, options.postgres_threads, options.redis_ttl_s, options.reserve_us,
                    cls.soft_ttl, cls.hard_ttl, cls.negative_ttl, cls.jitter, cls.wait, cls.wait_for_origin,
                    cls.hot_uses, cls.prefix, cls.written_by_others, options.cache.l1.bytes_max,
                    options.cache.origin_keys_per_s, options.cache.origin_timeout, options.cache.read_timeout);
}

TEST(ProfileConfig, WithoutTheSectionsThereIsNone) {
  const LoadedConfig loaded = load("");
  EXPECT_FALSE(loaded.config.redis);
  EXPECT_EQ(loaded.config.postgres_url, "");
  EXPECT_EQ(loaded.config.profiles.origin, ProfileOrigin::none);
}

TEST(ProfileConfig, TheDefaultsAreWhatTheEmbeddedFileSays) {
  const LoadedConfig file = load_config_file(std::string(BIDWELL_SOURCE_DIR) + "/config/bidwell.json", {});
  ASSERT_THAT(file.faults, IsEmpty());
  EXPECT_EQ(stated(file.config.profiles), stated(load("").config.profiles));
  EXPECT_EQ(file.config.profiles.origin, ProfileOrigin::file);
  EXPECT_EQ(file.config.profiles.file, std::string(BIDWELL_SOURCE_DIR) + "/var/profiles.bin");
  EXPECT_FALSE(file.config.redis);
}

TEST(ProfileConfig, TheProductionFileIsGood) {
  const LoadedConfig file = load_config_file(std::string(BIDWELL_SOURCE_DIR) + "/config/production.json",
                                             {{"BIDWELL_REDIS_URL", "redis://:secret@redis.internal:6380/2"},
                                              {"BIDWELL_POSTGRES_URL", "postgresql://db.internal/x"},
                                              {"BIDWELL_PROFILES_KEY_SECRET", "s"}});
  ASSERT_THAT(file.faults, IsEmpty());
  ASSERT_TRUE(file.config.redis);
  EXPECT_EQ(file.config.redis->host, "redis.internal");
  EXPECT_EQ(file.config.redis->port, 6380);
  EXPECT_EQ(file.config.redis->password, "secret");
  EXPECT_EQ(file.config.redis->database, 2);
  EXPECT_EQ(file.config.postgres_url, "postgresql://db.internal/x");
  EXPECT_EQ(file.config.profiles.key_secret, "s");
  EXPECT_EQ(file.config.profiles.origin, ProfileOrigin::postgres);
}

TEST(ProfileConfig, EveryKeyIsRead) {
  const LoadedConfig loaded = load(R"("redis": {"url": "redis+unix:///run/redis.sock?database=3"},
    "postgres": {"url": "dbname=x"},
    "profiles": {"keys": ["user.id", "eid:LiveRamp.com"], "key_secret": "k", "origin": "postgres", "file": "p.bin",
      "postgres_threads": 5, "soft_ttl_s": 6, "hard_ttl_s": 7, "negative_ttl_s": 8, "ttl_jitter": 0.25, "wait_ms": 9,
      "wait_for_origin": true, "reserve_us": 10, "hot_uses": 11, "l1_mb": 12, "origin_keys_per_s": 13,
      "origin_timeout_ms": 14, "redis_timeout_ms": 15, "redis_prefix": "p:", "redis_ttl_s": 16,
      "written_by_others": true})");
  ASSERT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.config.redis->unix_path, "/run/redis.sock");
  EXPECT_EQ(loaded.config.redis->database, 3);
  EXPECT_EQ(loaded.config.postgres_url, "dbname=x");
  const ProfileOptions& profiles = loaded.config.profiles;
  EXPECT_EQ(profiles.file, "/etc/bidwell/p.bin");
  EXPECT_EQ(profiles.origin, ProfileOrigin::postgres);
  EXPECT_EQ(stated(profiles),
            std::tuple(std::vector<std::string>{"2", "3liveramp.com"}, std::string("k"), 5u, std::int64_t{16}, 10,
                       milliseconds(6'000), milliseconds(7'000), milliseconds(8'000), 0.25, milliseconds(9), true, 11u,
                       std::string("p:"), true, std::size_t{12} << 20, 13.0, milliseconds(14), milliseconds(15)));
}

TEST(ProfileConfig, EachFaultHasItsPlace) {
  EXPECT_THAT(only_fault(R"("redis": {"url": "http://x"})"), HasSubstr("/redis/url: "));
  EXPECT_THAT(only_fault(R"("redis": {"host": "x"})"), HasSubstr("/redis/host: is not a known key"));
  EXPECT_THAT(only_fault(R"("postgres": {"uri": "x"})"), HasSubstr("/postgres/uri: is not a known key"));
  EXPECT_THAT(only_fault(R"("profiles": {"keys": ["ifa", "email"]})"), HasSubstr("/profiles/keys/1: must be buyeruid"));
  EXPECT_THAT(only_fault(R"("profiles": {"soft_ttl_s": 10, "hard_ttl_s": 9})"),
              HasSubstr("/profiles/hard_ttl_s: must be no shorter than soft_ttl_s"));
  EXPECT_THAT(only_fault(R"("profiles": {"redis_prefix": "a{b}"})"), HasSubstr("/profiles/redis_prefix: "));
  EXPECT_THAT(only_fault(R"("profiles": {"origin": "disk"})"), HasSubstr("/profiles/origin: \"disk\" is not one of"));
  EXPECT_THAT(only_fault(R"("profiles": {"origin": "postgres"})"), HasSubstr("/profiles/origin: is postgres, but"));
  EXPECT_THAT(only_fault(R"("profiles": {"origin": "file"})"), HasSubstr("/profiles/origin: is file, but"));
  EXPECT_THAT(only_fault(R"("profiles": {"hot_uses": 16})"), HasSubstr("/profiles/hot_uses: "));
}

TEST(ProfileConfig, ASecretNeverStandsInAFault) {
  EXPECT_EQ(only_fault(R"("redis": {"url": "redis://:hunter2@host:port"})").find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace bidwell::ops
