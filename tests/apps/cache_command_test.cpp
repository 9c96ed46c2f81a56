// bidwell cache simulate on trace files, as people have them.
#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/apps/process.h"
#include "tests/apps/workplace.h"

namespace bidwell::apps::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

// libCacheSim's oracleGeneral: u32 time, u64 id, u32 size, i64 next access.
std::string record(std::uint32_t time, std::uint64_t id, std::uint32_t size, std::int64_t next) {
  std::string out(24, '\0');
  std::memcpy(out.data(), &time, 4);
  std::memcpy(out.data() + 4, &id, 8);
  std::memcpy(out.data() + 12, &size, 4);
  std::memcpy(out.data() + 16, &next, 8);
  return out;
}

// Key 1 on each second request, between keys that are asked for once.
std::string trace(std::uint32_t requests) {
  std::string out;
  for (std::uint32_t i = 0; i < requests; ++i) {
    const bool hot = i % 2 == 0;
    out += record(i, hot ? 1 : 1000 + i, 100, hot && i + 2 < requests ? i + 2 : -1);
  }
  return out;
}

Ended simulate(const std::string& file, std::vector<std::string> more = {}) {
  std::vector<std::string> command = {BIDWELL_EXECUTABLE, "cache", "simulate", file};
  command.insert(command.end(), more.begin(), more.end());
  return run(command);
}

TEST(CacheCommand, AnOracleTrace) {
  Workplace place;
  place.write("trace.bin", trace(1'000));
  const Ended ended = simulate(place.path("trace.bin"), {"--size", "10%", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::string text = Json::parse(ended.out).dump();
  // All but its first request are hits of the one key that comes again: 499 of 1000, whatever the policy.
  EXPECT_THAT(text, HasSubstr("0.499"));
}

TEST(CacheCommand, PlainKeys) {
  Workplace place;
  place.write("keys.txt", "a\nb\na\nc,500\na\n");
  const Ended ended = simulate(place.path("keys.txt"), {"--size", "100%"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("5 requests for 3 things"));
  EXPECT_THAT(ended.out, HasSubstr("40.00 %"));
}

TEST(CacheCommand, ATruncatedTraceSaysWhere) {
  Workplace place;
  place.write("trace.bin", trace(101).substr(0, 100 * 24 + 10));
  const Ended ended = simulate(place.path("trace.bin"), {"--format", "oracle"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("record 101: the file ends after 10 of its 24 bytes"));
}

TEST(CacheCommand, AFileThatIsNotThere) {
  const Ended ended = simulate("/nowhere/trace.bin");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("/nowhere/trace.bin"));
}

TEST(CacheCommand, AMadeUpTraceIsTheSameForTheSameSeed) {
  const auto made = [] {
    return run({BIDWELL_EXECUTABLE, "cache", "simulate", "--generate", "zipf:0.9:keys=1000:requests=20000", "--size",
                "10%", "--seed", "7"});
  };
  const Ended one = made();
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.out, made().out);
}

}  // namespace
}  // namespace bidwell::apps::testing
