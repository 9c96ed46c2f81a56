// The thread behind the requests, and the ways between it and theirs.
#include "bidwell/cache/tiered.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "cache/engine.h"
#include "cache/state.h"

namespace bidwell::cache {
namespace {

namespace asio = boost::asio;

struct Asked {
  AskKind kind;
  Slot slot;
  std::uint64_t ticket;
};

void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(std::string("cache options: ") + what);
}

const Options& validated(const Options& options) {
  require(!options.classes.empty() && options.classes.size() <= 256, "from 1 to 256 classes");
  for (const ClassOptions& cls : options.classes) {
    require(cls.soft_ttl.count() > 0 && cls.hard_ttl >= cls.soft_ttl, "0 < soft_ttl <= hard_ttl");
    require(cls.negative_ttl.count() > 0, "negative_ttl must be positive");
    require(cls.jitter >= 0 && cls.jitter < 1, "jitter is a share, below 1");
    require(cls.hot_uses <= Entry::kUsesMax, "hot_uses is at most Entry::kUsesMax");
  }
  require(options.read_keys_max > 0 && options.origin_keys_max > 0 && options.refresh_keys_max > 0,
          "batches hold at least one key");
  require(options.origin_keys_per_s >= 1, "origin_keys_per_s is at least 1");
  require(options.read_timeout.count() > 0 && options.write_timeout.count() > 0 && options.origin_timeout.count() > 0 &&
              options.doubt_spread.count() >= 0,
          "timeouts are positive");
  require(options.asks_max > 0 && options.flights_max > 0, "asks_max and flights_max are at least 1");
  require(options.lease_min.count() > 0 && options.lease_max >= options.lease_min, "0 < lease_min <= lease_max");
  require(options.refresh_share >= 0 && options.refresh_share <= 1, "refresh_share is a share");
  return options;
}

// Lets tasks in from threads that may outlive the loop, as an origin's do.
class Gate {
 public:
  explicit Gate(asio::io_context& loop) : loop_(&loop) {}
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) asio::post(*loop_, std::move(task));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* loop_;
};

}  // namespace

// Between one port's thread and the cache's.
struct Port::Shared {
  Shared(Tiered::Impl& owner, std::function<void()> on_answer, const Options& options)
      : tiered(owner),
        wake(std::move(on_answer)),
        waiting_max(options.asks_max),
        counters(new PortCounters[options.classes.size()]),
        asked(options.asks_max),
        answered(options.asks_max) {}

  Tiered::Impl& tiered;
  const std::function<void()> wake;
  const std::size_t waiting_max;
  const std::unique_ptr<PortCounters[]> counters;

  boost::lockfree::spsc_queue<Asked> asked;             // to the cache's thread
  boost::lockfree::spsc_queue<std::uint64_t> answered;  // to the port's

  std::size_t waiting = 0;          // the port's thread: tickets that have not come back
  bool answered_something = false;  // the cache's thread: since it last woke the port
};

struct Tiered::Impl {
  Impl(const Options& given, const MakeStore& make_store, Origin* origin)
      : options(validated(given)),
        l1(options.l1),
        counters(new LoopCounters[options.classes.size()]),
        store(make_store ? make_store(loop) : nullptr),
        gate(std::make_shared<Gate>(loop)),
        timer(loop) {
    require(store != nullptr || origin != nullptr, "neither a store nor an origin: there is nothing to cache");
    Engine::Hooks hooks;
    hooks.now = [] { return std::chrono::steady_clock::now(); };
    hooks.answer = [this](const Waiter& waiter) { answer(waiter); };
    hooks.want_turn = [this] {
      asio::post(loop, [this] {
        engine->end_turn();
        update();
      });
    };
    hooks.post = [gate = gate](std::function<void()> task) { gate->post(std::move(task)); };
    engine = std::make_unique<Engine>(options, l1, store.get(), origin, counters.get(), std::move(hooks));
    if (store) listen();
    thread = std::thread([this] {
      const auto work = asio::make_work_guard(loop);
      update();
      loop.run();
    });
    pthread_setname_np(thread.native_handle(), "cache");
  }

  ~Impl() { stop(); }

  void stop() {
    gate->close();
    loop.stop();
    if (thread.joinable()) thread.join();
  }

  void listen() {
    Store::Listener listener;
    listener.announced = [this](const Announcement& what) { engine->announced(what); };
    listener.changed = [this](const Slot& slot) { engine->changed(slot); };
    listener.missed = [this] { begin_doubt(); };
    store->listen(std::move(listener));
  }

  void begin_doubt() {
    for (std::size_t cls = 0; cls < options.classes.size(); ++cls) counters[cls].doubts.add();
    const Time now = std::chrono::steady_clock::now();
    if (now - current_doubt().begun >= options.doubt_spread) {
      doubt_begun.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    doubt_since.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }

  // A port's thread, after it asked for something.
  void wake() {
    // Both sides exchange, so that either this sees the loop's, or the loop the key that was put before this.
    if (scheduled.exchange(true)) return;
    asio::post(loop, [this] { take_asks(); });
  }

  void take_asks() {
    scheduled.exchange(false);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      ports[i]->asked.consume_all([&](const Asked& asked) {
        engine->ask(asked.kind, asked.slot, {static_cast<std::uint32_t>(i), asked.ticket});
      });
    }
    update();
  }

  void answer(const Waiter& waiter) {
    Port::Shared& port = *ports[waiter.port];
    port.answered.push(waiter.ticket);  // there is room: Port::wait() counts
    port.answered_something = true;
    if (!std::exchange(wake_posted, true)) {
      asio::post(loop, [this] { wake_ports(); });
    }
  }

  void wake_ports() {
    wake_posted = false;
    for (const auto& port : ports) {
      if (std::exchange(port->answered_something, false)) port->wake();
    }
  }

  void update() {
    reachable.store(engine->reachable(), std::memory_order_relaxed);
    const Time next = engine->next_time();
    if (next == timer_at) return;
    timer_at = next;
    if (next == Time::max()) {
      timer.cancel();
      return;
    }
    timer.expires_at(next);
    timer.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      timer_at = Time::max();
      engine->on_time();
      update();
    });
  }

  Doubt current_doubt() const {
    return {Time(Duration(doubt_since.load(std::memory_order_relaxed))),
            Time(Duration(doubt_begun.load(std::memory_order_relaxed))), options.doubt_spread};
  }

  const Options options;
  L1 l1;
  const std::unique_ptr<LoopCounters[]> counters;

  // Read by all ports, written rarely.
  alignas(64) std::atomic<bool> reachable{true};
  std::atomic<Time::rep> doubt_since{0}, doubt_begun{0};
  alignas(64) std::atomic<bool> scheduled{false};  // take_asks() is on its way

  // The cache's thread.
  asio::io_context loop{1};
  std::vector<std::shared_ptr<Port::Shared>> ports;  // never shrinks: a waiter names its port by its place
  std::unique_ptr<Store> store;
  std::unique_ptr<Engine> engine;
  const std::shared_ptr<Gate> gate;
  asio::steady_timer timer;
  Time timer_at = Time::max();
  bool wake_posted = false;
  std::thread thread;
};

Tiered::Tiered(const Options& options, const MakeStore& make_store, Origin* origin)
    : impl_(std::make_unique<Impl>(options, make_store, origin)) {}

Tiered::~Tiered() = default;

std::unique_ptr<Port> Tiered::make_port(std::function<void()> wake) {
  auto shared = std::make_shared<Port::Shared>(*impl_, std::move(wake), impl_->options);
  std::unique_ptr<Port> port(new Port(impl_->l1, shared));
  std::promise<void> done;
  asio::post(impl_->loop, [&] {
    impl_->ports.push_back(shared);
    done.set_value();
  });
  done.get_future().wait();
  return port;
}

void Tiered::invalidate(const Slot& slot, Invalidation how, std::function<void(bool)> done) {
  asio::post(impl_->loop, [impl = impl_.get(), slot, how, done = std::move(done)]() mutable {
    impl->engine->invalidate(slot, how, std::move(done));
  });
}

void Tiered::heard(const Announcement& what) {
  asio::post(impl_->loop, [impl = impl_.get(), what] { impl->engine->announced(what); });
}

void Tiered::doubt() {
  asio::post(impl_->loop, [impl = impl_.get()] { impl->begin_doubt(); });
}

void Tiered::stop() {
  impl_->stop();
}

const LoopCounters& Tiered::counters(ClassId cls) const noexcept {
  return impl_->counters[cls];
}
L1Stats Tiered::l1_stats() const {
  return impl_->l1.stats();
}

Port::Port(L1& l1, std::shared_ptr<Shared> shared) : reader_(l1), shared_(std::move(shared)) {}
Port::~Port() = default;

Found Port::find(const Pin&, const Slot& slot, Time now) noexcept {
  Tiered::Impl& tiered = shared_->tiered;
  PortCounters& count = shared_->counters[slot.cls];
  Found found;
  bool became_hot = false;
  const Entry* entry = reader_.find(slot, tiered.options.classes[slot.cls].hot_uses, &became_hot);
  const Doubt doubt = tiered.current_doubt();
  if (entry != nullptr) found.kind = state_of(*entry, doubt, now);
  switch (found.kind) {
    case Found::Kind::miss: count.misses.add(); return found;
    case Found::Kind::hit: count.hits.add(); break;
    case Found::Kind::stale: count.stale.add(); break;
    case Found::Kind::negative: count.negative.add(); break;
  }
  found.bytes = entry->bytes();
  found.version = entry->version;
  found.age = now - entry->born;
  count.age_ms.record(static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<milliseconds>(found.age).count())));
  if (now >= soft_of(*entry, doubt)) {
    if (claim_refresh(*entry, now) && !ask(AskKind::refresh, slot, 0)) entry->refreshing_until.store(0);
  } else if (became_hot) {
    ask(AskKind::hot, slot, 0);
  }
  return found;
}

// The first who finds a value stale has it refreshed; whoever comes after him leaves it to him, for a time in which it
// must have come to something.
bool Port::claim_refresh(const Entry& entry, Time now) noexcept {
  const Options& options = shared_->tiered.options;
  if (!options.single_flight) return true;
  if (!shared_->tiered.reachable.load(std::memory_order_relaxed)) return false;
  Time::rep claimed = entry.refreshing_until.load(std::memory_order_relaxed);
  if (now.time_since_epoch().count() < claimed) return false;
  const Time until = now + options.read_timeout + options.origin_timeout;
  return entry.refreshing_until.compare_exchange_strong(claimed, until.time_since_epoch().count());
}

bool Port::ask(AskKind kind, const Slot& slot, std::uint64_t ticket) noexcept {
  if (!shared_->asked.push({kind, slot, ticket})) {
    shared_->counters[slot.cls].dropped_asks.add();
    return false;
  }
  shared_->tiered.wake();
  return true;
}

void Port::fetch(const Slot& slot) noexcept {
  shared_->counters[slot.cls].non_answers.add();
  if (shared_->tiered.reachable.load(std::memory_order_relaxed)) {
    ask(AskKind::fetch, slot, 0);
  }
}

bool Port::wait(const Slot& slot, std::uint64_t ticket) noexcept {
  PortCounters& count = shared_->counters[slot.cls];
  if (shared_->waiting < shared_->waiting_max && shared_->tiered.reachable.load(std::memory_order_relaxed) &&
      ask(AskKind::fetch, slot, ticket)) {
    ++shared_->waiting;
    count.waits.add();
    return true;
  }
  count.non_answers.add();
  return false;
}

std::uint64_t Port::next_answered() noexcept {
  std::uint64_t ticket = 0;
  if (shared_->answered.pop(ticket)) --shared_->waiting;
  return ticket;
}

Duration Port::wait_max(ClassId cls) const noexcept {
  return shared_->tiered.options.classes[cls].wait;
}

void Port::count_wait_ended(ClassId cls, bool found) noexcept {
  PortCounters& count = shared_->counters[cls];
  (found ? count.wait_hits : count.non_answers).add();
}

const PortCounters& Port::counters(ClassId cls) const noexcept {
  return shared_->counters[cls];
}

}  // namespace bidwell::cache
