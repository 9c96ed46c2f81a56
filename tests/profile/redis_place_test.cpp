// Profiles loaded into a real Redis, as the cache will read them.
#include <gmock/gmock.h>

#include "bidwell/cache/redis_values.h"
#include "bidwell/profile/place.h"
#include "tests/redis/redis_server.h"

namespace bidwell::profile {
namespace {

using cache::Key;
using ::testing::HasSubstr;

class RedisPlaceTest : public ::testing::Test {
 protected:
  RedisPlaceOptions options() {
    RedisPlaceOptions made;
    made.redis.unix_path = server_.socket_path();
    made.prefix = "bidwell:profile:";
    made.class_name = "profile";
    made.channel = "bidwell:cache";
    return made;
  }
  std::string stored(const Key& key) { return server_.cli("GET", cache::value_name("bidwell:profile:", key)); }

  redis::testing::RedisServer server_;
};

TEST_F(RedisPlaceTest, WritesWhatTheCacheReads) {
  const auto place = redis_place(options());
  const std::string bytes("\x01\0\r\n\xff", 5);
  const std::vector<Row> rows = {{{1, 1}, "one"}, {{2, 2}, bytes}, {{1, 1}, "one again"}};
  const auto loader = place->load(false);
  loader->put(rows);
  loader->finish();
  const std::string value = stored({1, 1});
  const auto envelope = cache::open_envelope(value);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->bytes, "one again") << "the last row of a key counts";
  EXPECT_FALSE(envelope->negative);
  EXPECT_EQ(server_.cli("TTL", cache::value_name("bidwell:profile:", {1, 1})), "-1");
  EXPECT_EQ(place->find({2, 2})->profile, bytes);
  EXPECT_THAT(place->find({2, 2})->note, HasSubstr("as of 20"));
  EXPECT_FALSE(place->find({3, 3}));
}

TEST_F(RedisPlaceTest, ManyRowsThroughABoundedWindow) {
  RedisPlaceOptions with_ttl = options();
  with_ttl.ttl = std::chrono::hours(1);
  const auto place = redis_place(with_ttl);
  const auto loader = place->load(false);
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 10'000; ++i) rows.push_back({{i, i}, std::to_string(i)});
  loader->put(rows);
  loader->finish();
  EXPECT_EQ(server_.cli("DBSIZE"), "10000");
  EXPECT_EQ(place->find({7777, 7777})->profile, "7777");
  EXPECT_GT(std::stol(server_.cli("TTL", cache::value_name("bidwell:profile:", {5, 5}))), 3500);
}

TEST_F(RedisPlaceTest, ARemovalIsGoneAndAnnounced) {
  const auto place = redis_place(options());
  const std::vector<Row> rows = {{{1, 1}, "one"}};
  const auto loader = place->load(false);
  loader->put(rows);
  loader->finish();
  EXPECT_TRUE(place->remove({1, 1}));
  EXPECT_EQ(stored({1, 1}), "(nil)");
  EXPECT_FALSE(place->remove({1, 1}));
  EXPECT_THAT(server_.cli("INFO", "commandstats"), HasSubstr("cmdstat_publish:calls=2"));
}

TEST_F(RedisPlaceTest, SaysWhatIsNoValue) {
  server_.cli("SET", cache::value_name("bidwell:profile:", {1, 1}), "nonsense");
  const auto place = redis_place(options());
  EXPECT_THAT(place->find({1, 1})->note, HasSubstr("8 bytes that are no value of ours"));
}

TEST_F(RedisPlaceTest, AFullRedisFailsTheLoad) {
  const auto place = redis_place(options());
  const auto loader = place->load(false);
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 5'000; ++i) rows.push_back({{i, i}, std::string(1000, 'x')});
  server_.cli("CONFIG", "SET", "maxmemory", "2mb");
  try {
    loader->put(rows);
    loader->finish();
    FAIL() << "it took all of them";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("OOM"));
  }
}

TEST_F(RedisPlaceTest, ARedisThatGoesAwayFailsTheLoad) {
  const auto place = redis_place(options());
  const auto loader = place->load(false);
  const std::vector<Row> rows = {{{1, 1}, "one"}};
  loader->put(rows);
  server_.kill();
  EXPECT_THROW(
      {
        loader->put(rows);
        loader->finish();
      },
      std::runtime_error);
  EXPECT_THROW(place->find({1, 1}), std::runtime_error);
  EXPECT_THROW(redis_place(options()), std::runtime_error);
}

}  // namespace
}  // namespace bidwell::profile
