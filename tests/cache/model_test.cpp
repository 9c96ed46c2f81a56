// Several engines on a store that does what the scripts do, in an order of replies, announcements and failures that
// chance chooses: whatever happens, no value is served past its bound, none comes back that was dropped, versions rise,
// everybody who waits is answered, and once all is well again everything is found.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>

#include "cache/engine.h"
#include "tests/cache/engine_rig.h"

namespace bidwell::cache::testing {
namespace {

constexpr std::uint64_t kKeys = 12;
constexpr milliseconds kHard{3'000};

// Time, chance, and what is due when.
class World {
 public:
  explicit World(std::uint64_t seed) : random(seed) {}

  void later(milliseconds least, milliseconds most, std::function<void()> what) {
    due.emplace(now + least + (most - least) * static_cast<int>(random() % 1000) / 1000, std::move(what));
  }
  bool chance(unsigned percent) { return random() % 100 < percent; }
  std::uint64_t us() const { return static_cast<std::uint64_t>(now.time_since_epoch() / std::chrono::microseconds(1)); }

  Time now{std::chrono::hours(1000)};
  std::mt19937_64 random;
  std::multimap<Time, std::function<void()>> due;
  unsigned failures = 10;                        // percent of calls that come to nothing
  std::map<std::uint64_t, std::uint64_t> truth;  // by key: what the origin says now
};

// What Redis holds, shared by all.
struct Redis {
  struct Value {
    std::uint64_t version = 0;
    Time born, until;
    bool expired = false;
    std::string bytes;
  };
  struct Held {
    std::uint64_t token = 0;
    bool waits = false;
    Time until;
  };
  std::map<std::uint64_t, Value> values;
  std::map<std::uint64_t, Held> leases;
  std::uint64_t tokens = 0;
  std::vector<std::function<void(const Announcement&)>> listeners;
};

class ModelStore final : public Store {
 public:
  ModelStore(World& world, Redis& redis) : world_(world), redis_(redis) {}

  bool usable(Time) override { return true; }
  void read(std::span<const Slot> slots, Time, std::function<void(std::span<const Stored>)> done) override {
    call(
        [this, slots = std::vector<Slot>(slots.begin(), slots.end()), done](bool good) {
          auto bytes = std::make_shared<std::deque<std::string>>();
          auto stored = std::make_shared<std::vector<Stored>>();
          for (const Slot& slot : slots) stored->push_back(stored_of(slot, *bytes));
          reply([=, keep = bytes] { done(good ? std::span<const Stored>(*stored) : std::span<const Stored>()); });
        },
        [done] { done({}); });
  }
  void acquire(const Slot& slot, std::uint64_t known, bool waits, Duration lease, Time,
               std::function<void(const Lease&)> done) override {
    call(
        [=, this](bool good) {
          Lease out;
          auto bytes = std::make_shared<std::deque<std::string>>();
          const Stored stored = stored_of(slot, *bytes);
          Redis::Held& held = redis_.leases[slot.key.high];
          if (stored.kind == Stored::Kind::value && stored.version > known && !stored.expired) {
            out = {Lease::Kind::newer, 0, {}, stored};
          } else if (held.until <= world_.now) {
            held = {++redis_.tokens, false, world_.now + lease};
            out = {Lease::Kind::won, held.token, {}, {}};
          } else {
            held.waits = held.waits || waits;
            out = {Lease::Kind::busy, 0, held.until - world_.now, {}};
          }
          reply([=, keep = bytes] { done(good ? out : Lease{}); });
        },
        [done] { done({}); });
  }
  void commit(const Slot& slot, std::uint64_t token, bool, std::string_view bytes, Time born, Duration ttl, Time,
              std::function<void(const Commit&)> done) override {
    call(
        [=, this, text = std::string(bytes)](bool good) {
          Commit out{Commit::Kind::rejected, 0};
          Redis::Held& held = redis_.leases[slot.key.high];
          if (held.token == token && held.until > world_.now) {
            const std::uint64_t version = next_version(slot);
            redis_.values[slot.key.high] = {version, born, world_.now + ttl, false, text};
            if (held.waits) publish({Announcement::Kind::committed, slot, version, {}});
            held.until = world_.now;
            out = {Commit::Kind::done, version};
          }
          reply([=] { done(good ? out : Commit{}); });
        },
        [done] { done({}); });
  }
  void invalidate(const Slot& slot, Invalidation how, Time, std::function<void(std::uint64_t)> done) override {
    call(
        [=, this](bool good) {
          const std::uint64_t version = next_version(slot);
          redis_.leases.erase(slot.key.high);
          if (how == Invalidation::drop) {
            redis_.values.erase(slot.key.high);
          } else if (const auto at = redis_.values.find(slot.key.high); at != redis_.values.end()) {
            at->second.version = version;
            at->second.expired = true;
          }
          publish({how == Invalidation::drop ? Announcement::Kind::dropped : Announcement::Kind::expired,
                   slot,
                   version,
                   {}});
          reply([=] { done(good ? version : 0); });
        },
        [done] { done(0); });
  }
  std::uint64_t version_at(Time time) const override {
    return static_cast<std::uint64_t>(time.time_since_epoch() / std::chrono::microseconds(1));
  }
  void listen(Listener) override {}

 private:
  // It takes effect later, and is heard of later still; or never takes effect (then `failed` is called), or is not
  // heard of (then `good` is false).
  void call(std::function<void(bool good)> effect, std::function<void()> failed) {
    if (world_.chance(world_.failures / 2)) return reply(std::move(failed));
    const bool good = !world_.chance(world_.failures / 2);
    world_.later(milliseconds(0), milliseconds(30), [=] { effect(good); });
  }
  void reply(std::function<void()> what) { world_.later(milliseconds(0), milliseconds(30), std::move(what)); }

  Stored stored_of(const Slot& slot, std::deque<std::string>& bytes) const {
    Stored out;
    const auto at = redis_.values.find(slot.key.high);
    if (at == redis_.values.end() || at->second.until <= world_.now) return out;
    bytes.push_back(at->second.bytes);
    out.kind = Stored::Kind::value;
    out.expired = at->second.expired;
    out.version = at->second.version;
    out.born = at->second.born;
    out.bytes = bytes.back();
    return out;
  }
  std::uint64_t next_version(const Slot& slot) const {
    const auto at = redis_.values.find(slot.key.high);
    return std::max(world_.us(), at == redis_.values.end() ? 0 : at->second.version + 1);
  }
  void publish(const Announcement& what) {
    for (const auto& listener : redis_.listeners) {
      world_.later(milliseconds(0), milliseconds(60), [=] { listener(what); });
    }
  }

  World& world_;
  Redis& redis_;
};

class ModelOrigin final : public Origin {
 public:
  explicit ModelOrigin(World& world) : world_(world) {}
  void load(std::vector<Slot> slots, std::function<void(std::vector<Loaded>)> done) override {
    ++calls;
    std::vector<Loaded> loaded;
    for (const Slot& slot : slots) {
      loaded.push_back({true, std::to_string(world_.truth[slot.key.high]) + " " + std::to_string(world_.us())});
    }
    if (world_.chance(world_.failures / 4)) return;  // hangs
    if (world_.chance(world_.failures / 2)) loaded.clear();
    world_.later(milliseconds(10), milliseconds(120), [=] { done(loaded); });
  }
  std::uint64_t calls = 0;

 private:
  World& world_;
};

struct Instance {
  Instance(World& world, Redis& redis, std::uint64_t seed)
      : options(options_of(seed)),
        store(world, redis),
        origin(world),
        l1(options.l1),
        reader(l1),
        engine(options, l1, &store, &origin, counters, hooks(world)) {
    redis.listeners.push_back([this](const Announcement& what) { engine.announced(what); });
  }

  static Options options_of(std::uint64_t seed) {
    Options out = EngineRig::options();
    out.classes[0].soft_ttl = milliseconds(400);
    out.classes[0].hard_ttl = kHard;
    out.classes[0].jitter = 0.3;
    out.classes[0].wait_for_origin = seed % 2 == 0;
    out.origin_timeout = milliseconds(300);
    out.lease_min = milliseconds(200);
    out.lease_max = milliseconds(1'000);
    out.seed = seed;
    return out;
  }
  Engine::Hooks hooks(World& world) {
    Engine::Hooks out;
    out.now = [&world] { return world.now; };
    out.answer = [this](const Waiter& waiter) { waiting.erase(waiter.ticket); };
    out.want_turn = [this, &world] { world.due.emplace(world.now, [this] { engine.end_turn(); }); };
    out.post = [&world](std::function<void()> task) { world.due.emplace(world.now, std::move(task)); };
    return out;
  }

  // As Port does it.
  void look(World& world, std::uint64_t number) {
    const L1::Reader::Pin pin(reader);
    const Entry* entry = reader.find(slot_of(number));
    if (entry == nullptr || world.now >= entry->hard) {
      waiting.insert(++tickets);
      engine.ask(AskKind::fetch, slot_of(number), {0, tickets});
      return;
    }
    std::istringstream in{std::string(entry->bytes())};
    std::uint64_t truth = 0, asked = 0;
    in >> truth >> asked;
    EXPECT_LE(world.us() - asked, static_cast<std::uint64_t>(kHard / std::chrono::microseconds(1)));
    EXPECT_GE(entry->version, last_version[number]);
    EXPECT_GE(truth, least_truth[number]) << "key " << number << ": it was dropped";
    last_version[number] = entry->version;
    seen[number] = truth;
    const Time::rep at = world.now.time_since_epoch().count();
    if (at < entry->soft.load() || at < entry->refreshing_until.load()) return;
    entry->refreshing_until = (world.now + options.read_timeout + options.origin_timeout).time_since_epoch().count();
    engine.ask(AskKind::refresh, slot_of(number), {});
  }

  const Options options;
  ModelStore store;
  ModelOrigin origin;
  L1 l1;
  L1::Reader reader;
  LoopCounters counters[1];
  Engine engine;
  std::set<std::uint64_t> waiting;
  std::uint64_t tickets = 0;
  std::map<std::uint64_t, std::uint64_t> last_version, least_truth, seen;
};

class Model : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Model() {
    for (std::uint64_t i = 0; i < 3; ++i) instances_.push_back(std::make_unique<Instance>(world_, redis_, i + 1));
  }

  void pass(milliseconds time) {
    const Time end = world_.now + time;
    while (world_.now < end) {
      Time next = end;
      if (!world_.due.empty()) next = std::min(next, world_.due.begin()->first);
      for (auto& instance : instances_) next = std::min(next, instance->engine.next_time());
      world_.now = std::max(world_.now, next);
      while (!world_.due.empty() && world_.due.begin()->first <= world_.now) {
        const auto what = std::move(world_.due.begin()->second);
        world_.due.erase(world_.due.begin());
        what();
      }
      for (auto& instance : instances_) {
        if (instance->engine.next_time() <= world_.now) instance->engine.on_time();
      }
    }
  }

  void drop(std::uint64_t key) {
    Instance& by = *instances_[world_.random() % instances_.size()];
    const std::uint64_t truth = ++world_.truth[key];
    by.engine.invalidate(slot_of(key), Invalidation::drop, [&by, key, truth](bool told) {
      if (told) by.least_truth[key] = std::max(by.least_truth[key], truth);
    });
  }

  World world_{GetParam()};
  Redis redis_;
  std::vector<std::unique_ptr<Instance>> instances_;
};

TEST_P(Model, NothingOldComesBackAndAllIsFoundInTheEnd) {
  for (std::uint64_t key = 1; key <= kKeys; ++key) world_.truth[key] = 1;
  for (int step = 0; step < 4'000; ++step) {
    Instance& instance = *instances_[world_.random() % instances_.size()];
    const std::uint64_t key = 1 + world_.random() % kKeys;
    switch (world_.random() % 40) {
      case 0: drop(key); break;
      case 1:
        ++world_.truth[key];
        instance.engine.invalidate(slot_of(key), Invalidation::expire, nullptr);
        break;
      case 2: instance.engine.changed(slot_of(key)); break;
      case 3: redis_.values.clear(); break;
      default: instance.look(world_, key);
    }
    pass(milliseconds(world_.random() % 8));
  }
  // Now all is well, and nobody changes anything.
  world_.failures = 0;
  pass(milliseconds(5'000));
  for (auto& instance : instances_) {
    EXPECT_EQ(instance->engine.flights(), 0u);
    EXPECT_TRUE(instance->waiting.empty());
  }
  for (int round = 0; round < 40; ++round) {
    for (auto& instance : instances_) {
      instance->seen.clear();
      for (std::uint64_t key = 1; key <= kKeys; ++key) instance->look(world_, key);
    }
    pass(milliseconds(50));
  }
  for (auto& instance : instances_) EXPECT_EQ(instance->seen, world_.truth);
}

// Three instances ask for cold keys of which the origin is slow: one call for each key.
TEST_P(Model, WhileAllIsWellEachKeyIsLoadedOnce) {
  world_.failures = 0;
  for (std::uint64_t key = 1; key <= kKeys; ++key) world_.truth[key] = 1;
  for (int round = 0; round < 20; ++round) {
    for (std::uint64_t key = 1; key <= kKeys; ++key) instances_[world_.random() % 3]->look(world_, key);
    pass(milliseconds(15));
  }
  std::uint64_t keys = 0;
  for (auto& instance : instances_) keys += instance->counters[0].origin_keys.value();
  EXPECT_EQ(keys, kKeys);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Model, ::testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace bidwell::cache::testing
