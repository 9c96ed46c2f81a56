// One instance of the cache as a process of its own, told what to do line by line: several of them on one Redis are
// what the tests of stampedes and faults are made of. Its origin counts its calls in a file that all share.
#include <CLI/CLI.hpp>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "bidwell/cache/redis_store.h"
#include "bidwell/cache/redis_values.h"
#include "bidwell/cache/tiered.h"
#include "tests/cache/shared_state.h"

namespace bidwell::cache::testing {
namespace {

using std::chrono::milliseconds;

// Keys from here on are the fleet's own, for warming up.
constexpr std::uint64_t kUncounted = 1'000'000;

std::int64_t us_of(Time time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

// Says "<version> <when it was asked, in us of the machine's steady clock>" of every key, slowly.
class SlowOrigin final : public Origin {
 public:
  explicit SlowOrigin(SharedFile& state) : state_(state), thread_([this] { run(); }) {}
  ~SlowOrigin() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void load(std::vector<Slot> slots, std::function<void(std::vector<Loaded>)> done) override {
    Call call{std::vector<Loaded>(slots.size()), std::move(done), {}, slots.front().key.high < kUncounted};
    if (call.counted) state_->loads.fetch_add(slots.size());
    for (Loaded& loaded : call.answer) {
      loaded = {true,
                std::to_string(state_->version.load()) + " " + std::to_string(us_of(std::chrono::steady_clock::now()))};
    }
    call.due = std::chrono::steady_clock::now() + milliseconds(state_->delay_ms.load());
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    changed_.notify_one();
  }

 private:
  struct Call {
    std::vector<Loaded> answer;
    std::function<void(std::vector<Loaded>)> done;
    Time due;
    bool counted;
  };

  // Calls overlap, as a database's do; they are due in the order in which they came.
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ending_ || !calls_.empty(); });
      if (ending_) return;
      Call call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      std::this_thread::sleep_until(call.due);
      while (state_->gate_shut.load() != 0) std::this_thread::sleep_for(milliseconds(1));
      if (call.counted) state_->finished.fetch_add(call.answer.size());
      call.done(std::move(call.answer));
      lock.lock();
    }
  }

  SharedFile& state_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> calls_;
  bool ending_ = false;
  std::thread thread_;
};

Slot slot_of(std::uint64_t number) {
  return {0, {number, number * 7919}};
}

// One thread's port, and a way to wait on it.
class Seat {
 public:
  explicit Seat(Tiered& tiered)
      : port_(tiered.make_port([this] {
          const std::lock_guard lock(mutex_);
          woken_ = true;
          changed_.notify_one();
        })) {}

  std::string find(std::uint64_t key, milliseconds patience) {
    std::string found = look(key);
    if (found != "miss") return found;
    if (patience.count() == 0) {
      port_->fetch(slot_of(key));
      return found;
    }
    if (!port_->wait(slot_of(key), ++ticket_)) return found;
    const Time deadline = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    while (std::chrono::steady_clock::now() < deadline) {
      changed_.wait_until(lock, deadline, [this] { return woken_; });
      woken_ = false;
      while (const std::uint64_t answered = port_->next_answered()) {
        if (answered != ticket_) continue;
        found = look(key);
        port_->count_wait_ended(0, found != "miss");
        return found;
      }
    }
    port_->count_wait_ended(0, false);
    return look(key);
  }

  // "hit 3 17 250000": version of the origin, then of the cache, then microseconds since the origin was asked.
  std::string look(std::uint64_t key) {
    const auto pin = port_->pin();
    const Time now = std::chrono::steady_clock::now();
    const Found found = port_->find(pin, slot_of(key), now);
    if (found.kind == Found::Kind::miss) return "miss";
    if (found.kind == Found::Kind::negative) return "negative";
    std::istringstream in{std::string(found.bytes)};
    std::uint64_t version = 0;
    std::int64_t asked = 0;
    in >> version >> asked;
    return (found.kind == Found::Kind::hit ? "hit " : "stale ") + std::to_string(version) + " " +
           std::to_string(found.version) + " " + std::to_string(us_of(now) - asked);
  }

  const PortCounters& counters() const { return port_->counters(0); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::uint64_t ticket_ = 0;
  std::unique_ptr<Port> port_;
};

// Looks at keys without end, and at what it is given: versions must not go back, ages not pass the bound.
class Watcher {
 public:
  Watcher(Tiered& tiered, std::uint64_t keys, milliseconds bound) : bound_us_(bound.count() * 1000) {
    thread_ = std::thread([this, &tiered, keys] { run(tiered, keys); });
  }
  std::string stop() {
    ending_ = true;
    thread_.join();
    return "served " + std::to_string(served_) + " too_old " + std::to_string(too_old_) + " backwards " +
           std::to_string(backwards_) + " oldest_ms " + std::to_string(oldest_ / 1000);
  }

 private:
  void run(Tiered& tiered, std::uint64_t keys) {
    Seat seat(tiered);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> last(keys);
    std::mt19937_64 random(1);
    while (!ending_) {
      for (int i = 0; i < 32; ++i) {
        const std::uint64_t key = random() % keys;
        std::istringstream found(seat.find(key, milliseconds(0)));
        std::string kind;
        std::uint64_t version = 0, cache_version = 0;
        std::int64_t age = 0;
        found >> kind >> version >> cache_version >> age;
        if (kind != "hit" && kind != "stale") continue;
        ++served_;
        oldest_ = std::max(oldest_, age);
        if (age > bound_us_) ++too_old_;
        if (version < last[key].first || cache_version < last[key].second) ++backwards_;
        last[key] = {version, cache_version};
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  const std::int64_t bound_us_;
  std::atomic<bool> ending_{false};
  std::uint64_t served_ = 0, too_old_ = 0, backwards_ = 0;
  std::int64_t oldest_ = 0;
  std::thread thread_;
};

struct Arguments {
  std::string redis, state;
  unsigned threads = 8;
  int soft = 200, hard = 60'000, negative = 1'000, lease = 250, hot = 0;
  bool no_leases = false, no_single_flight = false, tracked = false;
  std::uint64_t seed = 1;
};

Options options_of(const Arguments& arguments) {
  Options options;
  ClassOptions cls;
  cls.name = "thing";
  cls.prefix = "thing:";
  cls.soft_ttl = milliseconds(arguments.soft);
  cls.hard_ttl = milliseconds(arguments.hard);
  cls.negative_ttl = milliseconds(arguments.negative);
  cls.hot_uses = static_cast<unsigned>(arguments.hot);
  cls.written_by_others = arguments.tracked;
  cls.jitter = 0;
  cls.wait = milliseconds(5);
  options.classes = {cls};
  options.l1.bytes_max = 16 << 20;
  options.l1.shards = 4;
  options.lease_min = milliseconds(arguments.lease);
  options.origin_timeout = milliseconds(60'000);
  options.doubt_spread = milliseconds(100);
  options.leases = !arguments.no_leases;
  options.single_flight = !arguments.no_single_flight;
  options.seed = arguments.seed;
  return options;
}

class Instance {
 public:
  explicit Instance(const Arguments& arguments)
      : state_(arguments.state),
        origin_(state_),
        tiered_(
            options_of(arguments), [&](boost::asio::io_context& loop) { return make_store(arguments, loop); },
            &origin_),
        hard_(arguments.hard) {
    for (unsigned i = 0; i < arguments.threads; ++i) seats_.push_back(std::make_unique<Seat>(tiered_));
  }

  std::string obey(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::uint64_t key = 0;
    words >> verb >> key;
    if (verb == "find") {
      int patience = 0;
      words >> patience;
      return seats_[0]->find(key, milliseconds(patience));
    }
    if (verb == "look") return seats_[0]->look(key);
    if (verb == "stampede") {
      int patience = 0;
      words >> patience;
      return stampede(key, milliseconds(patience));
    }
    if (verb == "invalidate") {
      std::string how;
      words >> how;
      return invalidate(key, how == "drop" ? Invalidation::drop : Invalidation::expire);
    }
    if (verb == "watch") {
      watcher_ = std::make_unique<Watcher>(tiered_, key, hard_);
      return "watching";
    }
    if (verb == "unwatch") return watcher_->stop();
    if (verb == "counters") return counters();
    return "what?";
  }

 private:
  static std::unique_ptr<Store> make_store(const Arguments& arguments, boost::asio::io_context& loop) {
    RedisStoreOptions options;
    std::string fault;
    options.redis = *redis::parse_url(arguments.redis, fault);
    options.redis.backoff_max = milliseconds(100);
    options.classes = options_of(arguments).classes;
    options.channel = std::string(kDefaultChannel);
    options.seed = arguments.seed;
    return std::make_unique<RedisStore>(loop, std::move(options));
  }

  // All threads of all processes at once.
  std::string stampede(std::uint64_t key, milliseconds patience) {
    std::atomic<unsigned> hit{0}, stale{0}, miss{0};
    std::vector<std::thread> threads;
    for (auto& seat : seats_) {
      threads.emplace_back([&, seat = seat.get()] {
        state_->at_barrier.fetch_add(1);
        while (state_->go.load() == 0) {
        }
        const std::string found = seat->find(key, patience);
        ++(found.starts_with("hit") ? hit : found.starts_with("stale") ? stale : miss);
      });
    }
    for (std::thread& thread : threads) thread.join();
    return "hit " + std::to_string(hit) + " stale " + std::to_string(stale) + " miss " + std::to_string(miss);
  }

  std::string invalidate(std::uint64_t key, Invalidation how) {
    std::mutex mutex;
    std::condition_variable changed;
    int told = -1;
    tiered_.invalidate(slot_of(key), how, [&](bool good) {
      const std::lock_guard lock(mutex);
      told = good ? 1 : 0;
      changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return told >= 0; });
    return told == 1 ? "told" : "failed";
  }

  std::string counters() const {
    const LoopCounters& loop = tiered_.counters(0);
    std::uint64_t non_answers = 0;
    for (const auto& seat : seats_) non_answers += seat->counters().non_answers.value();
    std::ostringstream out;
    out << "non_answers " << non_answers << " commits " << loop.commits.value() << " rejected "
        << loop.commits_rejected.value() << " won " << loop.leases_won.value() << " busy " << loop.leases_busy.value()
        << " refreshes " << loop.refreshes_started.value() << " doubts " << loop.doubts.value() << " failures "
        << loop.store_failures.value() << " miss_calls " << loop.origin_calls_miss.value() << " refresh_calls "
        << loop.origin_calls_refresh.value() << " invalidations " << loop.invalidations.value();
    return out.str();
  }

  SharedFile state_;
  SlowOrigin origin_;
  Tiered tiered_;
  const milliseconds hard_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"one instance of the cache, for tests"};
  app.add_option("--redis", arguments.redis)->required();
  app.add_option("--state", arguments.state)->required();
  app.add_option("--threads", arguments.threads);
  app.add_option("--soft", arguments.soft);
  app.add_option("--hard", arguments.hard);
  app.add_option("--negative", arguments.negative);
  app.add_option("--lease", arguments.lease);
  app.add_option("--hot", arguments.hot);
  app.add_option("--seed", arguments.seed);
  app.add_flag("--no-leases", arguments.no_leases);
  app.add_flag("--no-single-flight", arguments.no_single_flight);
  app.add_flag("--tracked", arguments.tracked);
  CLI11_PARSE(app, argc, argv);

  Instance instance(arguments);
  for (std::string line; std::getline(std::cin, line);) std::cout << instance.obey(line) << std::endl;
  return 0;
}

}  // namespace bidwell::cache::testing

int main(int argc, char** argv) {
  return bidwell::cache::testing::run(argc, argv);
}
