// The loop of the load client: waits for events and deadlines, and knows the connections by their numbers.
#include "bidwell/replay/client.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <system_error>
#include <vector>

#include "replay/connection.h"

namespace bidwell::replay {
namespace {

using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

// Few at a time: what is due meanwhile waits for them.
constexpr int kEvents = 16;
constexpr nanoseconds kCheckPause{1'000'000};

// The kernel ends a wait late by up to 1/200 of it, so a long one is done in ever shorter parts.
nanoseconds part_of(nanoseconds wait) noexcept {
  return wait > nanoseconds(500'000) ? wait - wait / 128 : wait;
}

int wait_for_events(int epoll, std::array<epoll_event, kEvents>& events, nanoseconds wait) noexcept {
  static std::atomic<bool> has_pwait2{true};
  if (wait <= nanoseconds(0)) return ::epoll_wait(epoll, events.data(), kEvents, 0);
  if (has_pwait2.load(std::memory_order_relaxed)) {
    const timespec limit{.tv_sec = wait.count() / 1'000'000'000, .tv_nsec = wait.count() % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll, events.data(), kEvents, &limit, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    has_pwait2 = false;  // Linux before 5.11
  }
  // The last millisecond is not slept through.
  return ::epoll_wait(epoll, events.data(), kEvents, static_cast<int>(wait.count() / 1'000'000));
}

}  // namespace

std::string_view name_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::answered: return "answered";
    case Outcome::connect_failed: return "connect_failed";
    case Outcome::closed: return "closed";
    case Outcome::malformed: return "malformed";
    case Outcome::unanswered: return "unanswered";
    case Outcome::count_: break;
  }
  return "";
}

struct Client::Impl {
  struct Known {
    std::string address, port, unix_path;
    std::vector<Endpoint> endpoints;
  };

  Impl(const ClientOptions& options, AnswerSink& sink)
      : shared{.options = options,
               .sink = sink,
               .epoll = ::epoll_create1(EPOLL_CLOEXEC),
               .counters = {},
               .free = {},
               .input = {}} {
    if (shared.epoll < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
  ~Impl() {
    connections.clear();
    ::close(shared.epoll);
  }

  const std::vector<Endpoint>& endpoints_of(const Target& target) {
    for (const Known& known : targets) {
      if (known.address == target.address && known.port == target.port && known.unix_path == target.unix_path) {
        return known.endpoints;
      }
    }
    return targets.emplace_back(Known{target.address, target.port, target.unix_path, resolve(target)}).endpoints;
  }

  void check(SteadyTime now) {
    // Deadlines that arise from now on are told by check_before(), but for those of answers: these are later than this.
    shared.check_at = now + shared.options.answer_timeout;
    for (std::size_t i = 0; i < connections.size(); ++i) {  // the sink may open more
      shared.check_before(std::max(connections[i]->check(now), now + kCheckPause));
    }
  }

  void take(const epoll_event& event) {
    connections[event.data.u64 >> 32]->take_events(event.events, static_cast<std::uint32_t>(event.data.u64));
  }

  ClientShared shared;
  std::deque<Known> targets;
  std::vector<std::unique_ptr<Connection>> connections;
  bool has_polled = false;
};

Client::Client(const ClientOptions& options, AnswerSink& sink) : impl_(std::make_unique<Impl>(options, sink)) {}

Client::~Client() = default;

std::size_t Client::open(const Target& target) {
  const std::vector<Endpoint>& endpoints = impl_->endpoints_of(target);
  std::vector<std::uint32_t>& free = impl_->shared.free;
  std::size_t number = impl_->connections.size();
  if (free.empty()) {
    impl_->connections.push_back(std::make_unique<Connection>(impl_->shared, static_cast<std::uint32_t>(number)));
  } else {
    number = free.back();
    free.pop_back();
  }
  impl_->connections[number]->open(endpoints);
  return number;
}

void Client::close(std::size_t connection) {
  impl_->connections.at(connection)->close();
}

bool Client::send(std::size_t connection, std::string_view bytes, std::uint64_t tag) {
  return impl_->connections.at(connection)->send(bytes, tag);
}

std::size_t Client::waiting(std::size_t connection) const noexcept {
  return impl_->connections[connection]->waiting();
}

std::size_t Client::in_flight() const noexcept {
  return impl_->shared.in_flight;
}

std::size_t Client::connected() const noexcept {
  return impl_->shared.connected;
}

void Client::poll(SteadyTime until) {
  if (!impl_->has_polled) {
    ::prctl(PR_SET_TIMERSLACK, 1);
    impl_->has_polled = true;
  }
  ClientShared& shared = impl_->shared;
  std::array<epoll_event, kEvents> events;
  do {
    const SteadyTime now = Clock::now();
    if (now >= shared.check_at) impl_->check(now);
    const nanoseconds wait = shared.options.spin ? nanoseconds(0) : part_of(std::min(until, shared.check_at) - now);
    const int count = wait_for_events(shared.epoll, events, wait);
    for (int i = 0; i < count; ++i) impl_->take(events[static_cast<std::size_t>(i)]);
    if (count > 0) return;
  } while (Clock::now() < until);
}

void Client::abandon() {
  const SteadyTime now = Clock::now();
  for (std::size_t i = 0; i < impl_->connections.size(); ++i) impl_->connections[i]->abandon(now);
}

const ClientCounters& Client::counters() const noexcept {
  return impl_->shared.counters;
}

}  // namespace bidwell::replay
