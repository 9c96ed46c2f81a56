// An engine whose store, origin and time are played by the test: every call waits in a list until the test answers it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cache/engine.h"

namespace bidwell::cache::testing {

using std::chrono::milliseconds;

inline Slot slot_of(std::uint64_t number, ClassId cls = 0) {
  return {cls, {number, number * 7919}};
}

struct ScriptedStore final : Store {
  struct Read {
    std::vector<Slot> slots;
    std::function<void(std::span<const Stored>)> done;
  };
  struct Acquire {
    Slot slot;
    std::uint64_t known = 0;
    bool waits = false;
    Duration lease{};
    std::function<void(const Lease&)> done;
  };
  struct Put {
    Slot slot;
    std::uint64_t token = 0;
    bool negative = false;
    std::string bytes;
    std::function<void(const Commit&)> done;
  };
  struct Invalidate {
    Slot slot;
    Invalidation how;
    std::function<void(std::uint64_t)> done;
  };

  bool usable(Time) override { return up; }
  void read(std::span<const Slot> slots, Time, std::function<void(std::span<const Stored>)> done) override {
    reads.push_back({{slots.begin(), slots.end()}, std::move(done)});
  }
  void acquire(const Slot& slot, std::uint64_t known, bool waits, Duration lease, Time,
               std::function<void(const Lease&)> done) override {
    acquires.push_back({slot, known, waits, lease, std::move(done)});
  }
  void commit(const Slot& slot, std::uint64_t token, bool negative, std::string_view bytes, Time, Duration, Time,
              std::function<void(const Commit&)> done) override {
    commits.push_back({slot, token, negative, std::string(bytes), std::move(done)});
  }
  void invalidate(const Slot& slot, Invalidation how, Time, std::function<void(std::uint64_t)> done) override {
    invalidations.push_back({slot, how, std::move(done)});
  }
  std::uint64_t version_at(Time time) const override {
    return static_cast<std::uint64_t>(time.time_since_epoch() / std::chrono::microseconds(1));
  }
  void listen(Listener) override {}

  bool up = true;
  std::deque<Read> reads;
  std::deque<Acquire> acquires;
  std::deque<Put> commits;
  std::deque<Invalidate> invalidations;
};

struct ScriptedOrigin final : Origin {
  struct Call {
    std::vector<Slot> slots;
    std::function<void(std::vector<Loaded>)> done;
  };
  void load(std::vector<Slot> slots, std::function<void(std::vector<Loaded>)> done) override {
    calls.push_back({std::move(slots), std::move(done)});
  }
  std::deque<Call> calls;
};

template <class List>
auto take(List& list) {
  auto first = std::move(list.front());
  list.pop_front();
  return first;
}

class EngineRig {
 public:
  // soft 10 s, hard 60 s, negative 4 s; no jitter.
  static Options options() {
    Options out;
    ClassOptions cls;
    cls.name = "thing";
    cls.prefix = "thing:";
    cls.soft_ttl = milliseconds(10'000);
    cls.hard_ttl = milliseconds(60'000);
    cls.negative_ttl = milliseconds(4'000);
    cls.jitter = 0;
    out.classes = {cls};
    out.l1.bytes_max = 8 << 20;
    out.l1.shards = 4;
    out.l1.readers_max = 4;
    return out;
  }

  explicit EngineRig(const Options& given = options(), bool with_store = true, bool with_origin = true)
      : settings(given),
        l1(settings.l1),
        reader(l1),
        engine(settings, l1, with_store ? &store : nullptr, with_origin ? &origin : nullptr, counters, hooks()) {}

  void ask(std::uint64_t number, AskKind kind = AskKind::fetch, std::uint64_t ticket = 0) {
    engine.ask(kind, slot_of(number), {0, ticket});
    turns();
  }
  // Ends the loop's turns until nothing is left to do in them.
  void turns() {
    while (turn_wanted || !posted.empty()) {
      if (std::exchange(turn_wanted, false)) engine.end_turn();
      const auto tasks = std::exchange(posted, {});
      for (const auto& task : tasks) task();
    }
  }
  void pass(Duration time) {
    const Time end = now + time;
    while (engine.next_time() <= end) {
      now = std::max(now, engine.next_time());
      engine.on_time();
      turns();
    }
    now = end;
  }

  // Answers.
  Stored value(std::string_view bytes, std::uint64_t version, Duration age = {}) const {
    Stored out;
    out.kind = Stored::Kind::value;
    out.version = version;
    out.born = now - age;
    out.bytes = bytes;
    return out;
  }
  void answer_read(std::vector<Stored> stored) {
    take(store.reads).done(stored);
    turns();
  }
  void answer_absent() {
    auto read = take(store.reads);
    read.done(std::vector<Stored>(read.slots.size()));
    turns();
  }
  void answer_lease(Lease::Kind kind, std::uint64_t token = 1, Duration left = {}, Stored stored = {}) {
    take(store.acquires).done({kind, token, left, stored});
    turns();
  }
  void answer_origin(const std::string& bytes) {
    auto call = take(origin.calls);
    call.done(std::vector<Loaded>(call.slots.size(), Loaded{!bytes.empty(), bytes}));
    turns();
  }
  void answer_commit(Commit::Kind kind, std::uint64_t version = 0) {
    take(store.commits).done({kind, version});
    turns();
  }
  void announce(Announcement::Kind kind, std::uint64_t number, std::uint64_t version) {
    engine.announced({kind, slot_of(number), version, {}});
    turns();
  }

  // What a request would see: "" for nothing, "-" for a negative entry.
  std::string seen(std::uint64_t number) {
    const L1::Reader::Pin pin(reader);
    const Entry* entry = reader.find(slot_of(number));
    if (entry == nullptr || now >= entry->hard) return "";
    return entry->negative ? "-" : std::string(entry->bytes());
  }
  bool stale(std::uint64_t number) {
    L1::Peek peek;
    return l1.peek(slot_of(number), peek) && now >= peek.soft;
  }
  // How long nobody asks for its refresh.
  Duration pause(std::uint64_t number) {
    const L1::Reader::Pin pin(reader);
    const Entry* entry = reader.find(slot_of(number));
    return Duration(entry->refreshing_until.load()) - now.time_since_epoch();
  }
  std::uint64_t version(std::uint64_t number) {
    L1::Peek peek;
    return l1.peek(slot_of(number), peek) ? peek.version : 0;
  }

  Engine::Hooks hooks() {
    Engine::Hooks out;
    out.now = [this] { return now; };
    out.answer = [this](const Waiter& waiter) { answered.push_back(waiter.ticket); };
    out.want_turn = [this] { turn_wanted = true; };
    out.post = [this](std::function<void()> task) { posted.push_back(std::move(task)); };
    return out;
  }

  const Options settings;
  Time now{std::chrono::hours(1000)};
  ScriptedStore store;
  ScriptedOrigin origin;
  std::vector<std::uint64_t> answered;
  bool turn_wanted = false;
  std::vector<std::function<void()>> posted;
  L1 l1;
  L1::Reader reader;
  LoopCounters counters[2];
  Engine engine;
};

}  // namespace bidwell::cache::testing
