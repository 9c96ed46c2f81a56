// Names and envelopes; the scripts are tried on a real Redis in redis_store_test.
#include "bidwell/cache/redis_values.h"

#include <gtest/gtest.h>

#include <cstring>

namespace bidwell::cache {
namespace {

std::string envelope(unsigned magic, unsigned flags, std::uint64_t version, std::uint64_t born, std::string bytes) {
  std::string out(18, '\0');
  out[0] = static_cast<char>(magic);
  out[1] = static_cast<char>(flags);
  std::memcpy(out.data() + 2, &version, 8);
  std::memcpy(out.data() + 10, &born, 8);
  return out + bytes;
}

TEST(RedisValues, OpensWhatTheScriptsStore) {
  const std::string text = envelope(0xB1, 2, 1'700'000'000'000'001, 1'700'000'000'000'000, "bytes");
  const auto opened = open_envelope(text);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->expired);
  EXPECT_FALSE(opened->negative);
  EXPECT_EQ(opened->version, 1'700'000'000'000'001u);
  EXPECT_EQ(opened->born, 1'700'000'000'000'000u);
  EXPECT_EQ(opened->bytes, "bytes");
}

TEST(RedisValues, TakesNothingElse) {
  EXPECT_FALSE(open_envelope(""));
  EXPECT_FALSE(open_envelope("hello"));
  EXPECT_FALSE(open_envelope(envelope(0xB1, 0, 1, 1, "").substr(0, 17)));
  EXPECT_FALSE(open_envelope(envelope(0xB2, 0, 1, 1, "")));
  EXPECT_FALSE(open_envelope(envelope(0xB1, 4, 1, 1, "")));
  EXPECT_FALSE(open_envelope(envelope(0xB1, 0, 0, 1, "")));
  EXPECT_FALSE(open_envelope(envelope(0xB1, 0, std::uint64_t{1} << 53, 1, "")));
  EXPECT_FALSE(open_envelope(envelope(0xB1, 1, 1, 1, "negative, yet there are bytes")));
  EXPECT_TRUE(open_envelope(envelope(0xB1, 1, 1, 1, "")));
}

TEST(RedisValues, KeysAreTextAndBack) {
  for (const Key& key : {Key{0, 0}, Key{~0ULL, ~0ULL}, Key{0x0123456789abcdef, 0xfedcba9876543210}, Key{1, 0},
                         Key{0, 1}, Key{1ULL << 63, 1ULL << 63}}) {
    const std::string text = key_text(key);
    EXPECT_EQ(text.size(), 22u);
    EXPECT_EQ(parse_key_text(text), key);
  }
  EXPECT_EQ(key_text({0, 0}), "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(key_text({~0ULL, ~0ULL}), "_____________________w");  // RFC 4648: the last two bits, and four zeros
  EXPECT_FALSE(parse_key_text("_____________________x"));
  EXPECT_FALSE(parse_key_text("AAAAAAAAAAAAAAAAAAAAA"));
  EXPECT_FALSE(parse_key_text("AAAAAAAAAAAAAAAAAAAAA="));
}

TEST(RedisValues, ValueAndLeaseShareTheirHashTag) {
  const Key key{1, 2};
  EXPECT_EQ(value_name("thing:", key), "thing:{" + key_text(key) + "}");
  EXPECT_EQ(lease_name("thing:", key), "lease:thing:{" + key_text(key) + "}");
  EXPECT_EQ(parse_value_name("thing:", value_name("thing:", key)), key);
  EXPECT_FALSE(parse_value_name("thing:", lease_name("thing:", key)));
  EXPECT_FALSE(parse_value_name("other:", value_name("thing:", key)));
  EXPECT_FALSE(parse_value_name("thing:", "thing:(" + key_text(key) + ")"));
}

}  // namespace
}  // namespace bidwell::cache
