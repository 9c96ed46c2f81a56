// Lists of records on a real Redis: what scripts::kAppend does to what stands there, and to what comes between.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bidwell/cache/redis_values.h"
#include "tests/redis/loop.h"
#include "tests/redis/redis_server.h"

namespace bidwell::cache {
namespace {

using redis::testing::Loop;
using redis::testing::RedisServer;

constexpr Key kKey{1, 2};

// A record of 8 bytes of which the first 4 say which one it is.
std::string record(unsigned number, const char* rest = "....") {
  std::string digits = std::to_string(10'000 + number).substr(1);
  return digits + rest;
}

struct Appended {
  bool answered = false;
  std::uint64_t version = 0;
  bool is_new = false;
  std::string bytes;
};

// A connection on a loop of its own, for one thread.
class Appender {
 public:
  explicit Appender(const RedisServer& server) {
    std::string fault;
    client_.emplace(loop_.context(), *redis::parse_url(server.url(), fault), redis::Client::Events{}, 1);
    client_->start();
    EXPECT_TRUE(loop_.until([this] { return client_->connected(); }));
  }

  Appended append(const std::string& bytes, unsigned most = 5, const std::string& ttl_ms = "60000") {
    const std::string name = value_name("list:", kKey), count = std::to_string(most);
    const std::string_view keys[] = {name}, arguments[] = {bytes, "4", "8", count, ttl_ms};
    Appended out;
    bool done = false;
    client_->evaluate(script_, keys, arguments, redis::testing::much_later(),
                      [&](redis::Failure failure, const redis::Reply& reply) {
                        done = true;
                        EXPECT_EQ(failure, redis::Failure::none);
                        EXPECT_FALSE(reply.is_error()) << reply.text();
                        out = {reply.size() == 3, static_cast<std::uint64_t>(reply[0].integer()),
                               reply[1].integer() == 1, std::string(reply[2].text())};
                      });
    EXPECT_TRUE(loop_.until([&] { return done; }));
    return out;
  }

 private:
  const redis::Script script_{scripts::kAppend};
  Loop loop_;
  std::optional<redis::Client> client_;
};

class Append : public ::testing::Test {
 protected:
  std::string stored() const { return server.cli("GET", name); }
  // What stands there, held against the scripts' own reading of it.
  std::string bytes() const {
    const std::string value = stored();
    const auto envelope = open_envelope(value);
    return envelope && !envelope->negative && !envelope->expired ? std::string(envelope->bytes) : "(no value)";
  }
  std::uint64_t version() const {
    const std::string value = stored();
    const auto envelope = open_envelope(value);
    return envelope ? envelope->version : 0;
  }

  RedisServer server;
  Appender appender{server};
  const std::string name = value_name("list:", kKey);
};

TEST_F(Append, PutsRecordsBehindEachOther) {
  const Appended first = appender.append(record(1));
  EXPECT_TRUE(first.is_new);
  EXPECT_EQ(first.bytes, record(1));
  EXPECT_EQ(version(), first.version);
  const Appended second = appender.append(record(2));
  EXPECT_TRUE(second.is_new);
  EXPECT_EQ(second.bytes, record(1) + record(2));
  EXPECT_EQ(bytes(), second.bytes);
  EXPECT_GT(second.version, first.version);
  EXPECT_EQ(version(), second.version);
}

TEST_F(Append, ARepeatChangesNothing) {
  appender.append(record(1), 5, "10000");
  const Appended before = appender.append(record(2), 5, "10000");
  const std::string standing = stored();
  const Appended repeat = appender.append(record(1, "else"), 5, "90000");
  EXPECT_FALSE(repeat.is_new);
  EXPECT_EQ(repeat.version, before.version);
  EXPECT_EQ(repeat.bytes, before.bytes);
  EXPECT_EQ(stored(), standing);
  EXPECT_LE(std::stol(server.cli("PTTL", name)), 10'000);
}

TEST_F(Append, OnlyWholeRecordsAreCompared) {
  appender.append("abcd0001");
  EXPECT_TRUE(appender.append("00010001").is_new);  // stands there, but across two fields
  EXPECT_TRUE(appender.append("d000....").is_new);
}

TEST_F(Append, TheOldestGo) {
  for (unsigned i = 1; i <= 5; ++i) appender.append(record(i));
  EXPECT_EQ(appender.append(record(6)).bytes, record(2) + record(3) + record(4) + record(5) + record(6));
  EXPECT_TRUE(appender.append(record(1)).is_new);  // forgotten
  EXPECT_EQ(appender.append(record(7), 2).bytes, record(1) + record(7));
}

TEST_F(Append, LivesFromTheLastRecordOn) {
  appender.append(record(1), 5, "10000");
  EXPECT_LE(std::stol(server.cli("PTTL", name)), 10'000);
  appender.append(record(2), 5, "60000");
  EXPECT_GT(std::stol(server.cli("PTTL", name)), 10'000);
}

TEST_F(Append, VersionsOnlyRise) {
  const std::uint64_t ahead = appender.append(record(1)).version + 3'600'000'000;  // as if Redis' clock were set back
  std::string value = stored();
  std::memcpy(value.data() + 2, &ahead, sizeof ahead);
  server.cli("SET", name, value);
  EXPECT_EQ(appender.append(record(2)).version, ahead + 1);
  EXPECT_EQ(bytes(), record(1) + record(2));
}

TEST_F(Append, ReplacesWhatIsNoneOfOurs) {
  const std::string good = [&] {
    appender.append(record(9));
    return stored();
  }();
  std::string negative = good.substr(0, 18), odd = good + "x", magic = good;
  negative[1] = 1;
  magic[0] = 'x';
  for (const std::string& standing : {std::string("hello"), std::string(), negative, odd, magic, good.substr(0, 17)}) {
    server.cli("SET", name, standing);
    const Appended answer = appender.append(record(1));
    EXPECT_TRUE(answer.is_new);
    EXPECT_EQ(answer.bytes, record(1));
    EXPECT_EQ(bytes(), record(1));
  }
  server.cli("DEL", name);
  server.cli("RPUSH", name, "a", "list");
  EXPECT_TRUE(appender.append(record(1)).is_new);
  EXPECT_EQ(bytes(), record(1));
}

// An invalidated value is appended to, and is none any more.
TEST_F(Append, KeepsWhatIsExpired) {
  appender.append(record(1));
  std::string value = stored();
  value[1] = 2;
  server.cli("SET", name, value);
  EXPECT_EQ(appender.append(record(2)).bytes, record(1) + record(2));
  EXPECT_EQ(bytes(), record(1) + record(2));
}

TEST_F(Append, EightAtOnceLoseNone) {
  constexpr unsigned kThreads = 8, kEach = 200;
  std::atomic<unsigned> added{0}, repeats{0};
  std::atomic<bool> going{true};
  // Reads between them see whole lists that only grow.
  std::thread reader([&] {
    std::size_t longest = 0;
    while (going) {
      const std::string seen = stored();
      if (seen == "(nil)") continue;
      const auto envelope = open_envelope(seen);
      ASSERT_TRUE(envelope);
      ASSERT_EQ(envelope->bytes.size() % 8, 0u);
      ASSERT_GE(envelope->bytes.size(), longest);
      longest = envelope->bytes.size();
    }
  });
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Appender mine(server);
      for (unsigned j = 0; j < kEach; ++j) {
        // Every other one comes from two threads.
        const unsigned number = j % 2 == 0 ? i * kEach + j : i / 2 * 2 * kEach + j;
        (mine.append(record(number), 5000).is_new ? added : repeats).fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  going = false;
  reader.join();

  std::map<std::string, int> seen;
  const std::string list = bytes();
  for (std::size_t at = 0; at < list.size(); at += 8) ++seen[list.substr(at, 8)];
  EXPECT_EQ(seen.size(), kThreads * kEach * 3 / 4);
  EXPECT_EQ(list.size() / 8, seen.size());
  EXPECT_EQ(added, seen.size());
  EXPECT_EQ(repeats, kThreads * kEach / 4);
}

}  // namespace
}  // namespace bidwell::cache
