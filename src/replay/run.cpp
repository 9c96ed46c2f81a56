// A run: its threads made, started together, stopped and joined.
#include <algorithm>
#include <exception>
#include <stdexcept>
#include <thread>

#include "bidwell/replay/send.h"
#include "replay/feed.h"
#include "replay/sender.h"

namespace bidwell::replay {
namespace {

void check(const SendOptions& options) {
  if (options.threads == 0) throw std::invalid_argument("a run needs a thread");
  if (options.client.pipeline_max == 0) throw std::invalid_argument("a connection needs room for a request");
  if (options.connections == 0 && options.schedule.kind == ScheduleOptions::Kind::maximum) {
    throw std::invalid_argument("as fast as it goes: over a pool of connections, not one for each flow");
  }
}

std::size_t pool_of(const SendOptions& options, unsigned thread) {
  if (options.connections == 0) return 0;
  const std::size_t threads = options.threads;
  return std::max<std::size_t>(1, options.connections / threads + (thread < options.connections % threads ? 1 : 0));
}

}  // namespace

struct Run::Impl {
  Impl(const SendOptions& send_options, const MakeObserver& make)
      : options(send_options), make_observer(make), state(std::max(1U, send_options.threads)) {
    check(options);
  }

  void add(SenderParts parts) {
    parts.connections = pool_of(options, static_cast<unsigned>(senders.size()));
    senders.push_back(std::make_unique<Sender>(options, state, std::move(parts)));
  }

  void work(Sender& sender) noexcept {
    try {
      sender.run();
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
      state.stops.fetch_add(2);
    }
    state.finished.fetch_add(1);
  }

  const SendOptions options;
  const MakeObserver make_observer;
  RunState state;
  std::vector<std::unique_ptr<Sender>> senders;
  std::vector<std::thread> threads;
  std::atomic<bool> failed{false};
  std::exception_ptr error;  // the first thread's that failed; read after joining
};

Run::Run(const SendOptions& options, const Tape& tape, const MakeObserver& make_observer)
    : impl_(std::make_unique<Impl>(options, make_observer)) {
  const bool by_flow = options.connections == 0;
  for (unsigned i = 0; i < options.threads; ++i) {
    const Share share{.thread = i, .threads = options.threads, .by_flow = by_flow};
    SenderParts parts;
    parts.supply = supply_of(tape, impl_->options, share);
    if (by_flow) {
      parts.ahead = supply_of(tape, impl_->options, share);
      for (const Prepared& request : tape) {
        if (request.flow % options.threads == i) ++parts.rounds[request.flow];
      }
    }
    impl_->add(std::move(parts));
  }
}

Run::Run(const SendOptions& options, Feed& feed, const MakeObserver& make_observer)
    : impl_(std::make_unique<Impl>(options, make_observer)) {
  if (feed.queues_->threads() != options.threads) throw std::invalid_argument("the feed is made for other threads");
  for (unsigned i = 0; i < options.threads; ++i) {
    SenderParts parts;
    parts.supply = supply_of(*feed.queues_, impl_->options, i);
    impl_->add(std::move(parts));
  }
}

Run::~Run() {
  if (impl_->threads.empty()) return;
  impl_->state.stops.fetch_add(2);
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
}

void Run::start() {
  Impl& run = *impl_;
  for (auto& sender : run.senders) run.threads.emplace_back([&run, &sender = *sender] { run.work(sender); });
  run.state.connected.wait();
  run.state.started = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
  try {
    std::vector<std::unique_ptr<Observer>> observers;
    for (unsigned i = 0; i < run.options.threads; ++i) {
      observers.push_back(run.make_observer(i, run.state.started));
    }
    for (unsigned i = 0; i < run.options.threads; ++i) run.senders[i]->set_observer(std::move(observers[i]));
  } catch (...) {
    run.state.go.count_down();
    throw;
  }
  run.state.go.count_down();
}

void Run::stop() noexcept {
  impl_->state.stops.fetch_add(1, std::memory_order_relaxed);
}

bool Run::finished() const noexcept {
  return impl_->state.finished.load() == impl_->senders.size();
}

void Run::join() {
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  if (impl_->failed) std::rethrow_exception(impl_->error);
}

SteadyTime Run::started() const noexcept {
  return impl_->state.started;
}

SteadyTime Run::ended() const noexcept {
  SteadyTime last = impl_->state.started;
  for (const auto& sender : impl_->senders) last = std::max(last, sender->last_given());
  return last;
}

SendCounters Run::counters() const {
  SendCounters sum;
  for (const auto& sender : impl_->senders) {
    const SendCounters one = sender->counters();
    sum.given += one.given;
    sum.waited += one.waited;
    sum.skipped += one.skipped;
    sum.client.connects += one.client.connects;
    sum.client.connect_failures += one.client.connect_failures;
    sum.client.closes += one.client.closes;
    sum.client.unsolicited += one.client.unsolicited;
    sum.client.bytes_sent += one.client.bytes_sent;
    sum.client.bytes_received += one.client.bytes_received;
  }
  return sum;
}

std::vector<double> Run::busy() const {
  std::vector<double> shares;
  for (const auto& sender : impl_->senders) shares.push_back(sender->busy());
  return shares;
}

}  // namespace bidwell::replay
