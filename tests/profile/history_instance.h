// An instance as far as histories go: a cache, one worker's access, a recorder. Several may share one Redis.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "bidwell/cache/redis_store.h"
#include "bidwell/cache/redis_values.h"
#include "bidwell/profile/histories.h"
#include "tests/redis/redis_server.h"

namespace bidwell::profile::testing {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kNow = 1'795'000'000;

// Ends with an exception after half a minute.
template <class Condition>
void until(Condition&& condition) {
  const auto patience = std::chrono::steady_clock::now() + seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("it did not happen");
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

struct InstanceOptions {
  // By itself nothing is read again.
  milliseconds soft = hours(1), hard = hours(1);
  const redis::testing::RedisServer* server = nullptr;
  LocalHistories* local = nullptr;  // where there is no server
  bool announces = true;            // what it announces is heard
  std::size_t queue_max = 8192;
  milliseconds timeout = seconds(20);
  milliseconds stop_within = seconds(20);
  std::uint64_t seed = 1;
  bool started = true;
};

class Instance {
 public:
  explicit Instance(const InstanceOptions& given)
      : cache(cache_options(given), given.server != nullptr ? make_store(given) : cache::Tiered::MakeStore(),
              given.local),
        port(cache.make_port([] {})),
        histories(*port),
        recorder(recorder_options(given), cache),
        worker(recorder.add_worker()) {
    if (given.started) recorder.start();
    // The store is connected, and announcements are heard.
    if (given.server != nullptr) until([&] { return cache.counters(kHistoryClass).doubts.value() > 0; });
    until([&] { return look(cache::Key{~0ULL, given.seed}, [](const History&) { return 0; }).has_value(); });
  }
  ~Instance() { recorder.stop(); }

  // As a request does: what is not there is waited for. Nothing: not known.
  template <class Question>
  std::optional<unsigned> look(const cache::Key& user, Question question) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      {
        const auto seen = histories.find(user, std::chrono::steady_clock::now());
        if (seen.history().known()) return static_cast<unsigned>(question(seen.history()));
        if (!seen.missed()) return std::nullopt;
      }
      if (!histories.wait(user, 1)) return std::nullopt;
      until([&] { return port->next_answered() != 0; });
    }
    return std::nullopt;
  }
  // How often the user was shown the campaign; waits until it is known.
  unsigned times(const cache::Key& user, std::uint32_t campaign = 1) {
    std::optional<unsigned> times;
    until([&] {
      times = look(user, [&](const History& history) {
        return history.times(History::Subject::campaign, campaign, Showing::impression, kNow - 3600);
      });
      return times.has_value();
    });
    return *times;
  }

  bool remember(const cache::Key& user, std::uint32_t bid, unsigned cap = 0) {
    const CapToFill to_fill{History::Subject::campaign, 1, Showing::impression, cap, 3600};
    return worker.remember(user, {bid, 1, 2, 3, kNow, Showing::impression}, &to_fill, cap == 0 ? 0 : 1);
  }
  // And waits until the recorder has heard what came of it.
  void remember_now(const cache::Key& user, std::uint32_t bid, unsigned cap = 0) {
    const std::uint64_t before = answered();
    if (!remember(user, bid, cap)) throw std::runtime_error("no room");
    until([&] { return answered() > before; });
    settle();
  }
  std::uint64_t answered() const {
    const RecorderCounters& counters = recorder.counters();
    return counters.remembered.value() + counters.repeats.value() + counters.failures.value();
  }
  // The cache's thread has done what it was told before.
  void settle() {
    (void)cache.make_port([] {});
  }

  cache::Tiered cache;
  const std::unique_ptr<cache::Port> port;
  Histories histories;
  Recorder recorder;
  Remember& worker;

 private:
  static cache::Options cache_options(const InstanceOptions& given) {
    cache::Options options;
    cache::ClassOptions cls = history_class();
    cls.soft_ttl = given.soft;
    cls.hard_ttl = cls.negative_ttl = given.hard;
    options.classes = {cls};
    options.l1.bytes_max = 4 << 20;
    options.l1.shards = 4;
    options.read_timeout = options.write_timeout = seconds(20);
    options.origin_keys_per_s = 1'000'000;
    options.doubt_spread = milliseconds(0);
    options.seed = given.seed;
    return options;
  }

  static redis::Options redis_options(const InstanceOptions& given) {
    std::string fault;
    redis::Options options = *redis::parse_url(given.server->url(), fault);
    options.stalled_after = seconds(60);
    options.backoff_max = milliseconds(50);
    return options;
  }

  static cache::Tiered::MakeStore make_store(const InstanceOptions& given) {
    return [given](boost::asio::io_context& loop) {
      cache::RedisStoreOptions options;
      options.redis = redis_options(given);
      options.classes = {history_class()};
      options.channel = cache::kDefaultChannel;
      options.seed = given.seed;
      return std::make_unique<cache::RedisStore>(loop, options);
    };
  }

  static Recorder::Options recorder_options(const InstanceOptions& given) {
    Recorder::Options options;
    if (given.server != nullptr) options.redis = redis_options(given);
    options.local = given.local;
    options.prefix = history_class().prefix;
    options.class_name = history_class().name;
    options.channel = given.announces ? std::string(cache::kDefaultChannel) : "nobody listens";
    options.queue_max = given.queue_max;
    options.timeout = given.timeout;
    options.stop_within = given.stop_within;
    options.seed = given.seed;
    return options;
  }
};

}  // namespace bidwell::profile::testing
