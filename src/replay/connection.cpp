// Opening, losing and ending a connection; connection_traffic.cpp has what passes over it.
#include "replay/connection.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace bidwell::replay {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPauseMin{10}, kPauseMax{1000};
constexpr milliseconds kPauseOfFullQueue{1};

}  // namespace

Connection::Connection(ClientShared& shared, std::uint32_t number)
    : shared_(shared),
      number_(number),
      waiting_(std::max<std::size_t>(1, shared.options.pipeline_max)),
      reader_(shared.options.answer_bytes_max) {}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

void Connection::open(const std::vector<Endpoint>& endpoints) {
  endpoints_ = &endpoints;
  closing_ = false;
  endpoint_ = tried_ = 0;
  pause_ = milliseconds(0);
  const SteadyTime now = std::chrono::steady_clock::now();
  connect_by_ = now + shared_.options.connect_timeout;
  connect(now);
}

void Connection::close() {
  closing_ = true;
  if (waiting_.empty() && !taking_) end();
}

void Connection::end() {
  drop_socket();
  state_ = State::closed;
  shared_.free.push_back(number_);
}

bool Connection::watch(std::uint32_t events, int operation) noexcept {
  epoll_event event{};
  event.events = events | EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.u64 = std::uint64_t{number_} << 32 | generation_;
  return ::epoll_ctl(shared_.epoll, operation, fd_, &event) == 0;
}

void Connection::connect(SteadyTime now) {
  state_ = State::connecting;
  fd_ = begin_connect((*endpoints_)[endpoint_]);
  if (fd_ >= 0) {
    ++generation_;
    if (!watch(EPOLLOUT, EPOLL_CTL_ADD)) return connect_failed(now);
    return shared_.check_before(connect_by_);
  }
  if (errno == EAGAIN && now < connect_by_) {
    // A Unix server that has not accepted the others yet: no failure, it will.
    state_ = State::pausing;
    wake_at_ = now + kPauseOfFullQueue;
    return shared_.check_before(wake_at_);
  }
  connect_failed(now);
}

// The next address, or a pause.
void Connection::connect_failed(SteadyTime now) {
  drop_socket();
  endpoint_ = (endpoint_ + 1) % endpoints_->size();
  connect_by_ = now + shared_.options.connect_timeout;
  if (++tried_ < endpoints_->size()) return connect(now);
  ++shared_.counters.connect_failures;
  pause(now);
  tell_all(now, 0, Outcome::connect_failed, Outcome::connect_failed);
}

void Connection::pause(SteadyTime now) {
  state_ = State::pausing;
  tried_ = 0;
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  wake_at_ = now + pause_;
  connect_by_ = wake_at_ + shared_.options.connect_timeout;
  shared_.check_before(wake_at_);
}

void Connection::connected(SteadyTime now) {
  state_ = State::open;
  tried_ = 0;
  has_answered_ = false;
  ++shared_.connected;
  ++shared_.counters.connects;
  if (!watch(0, EPOLL_CTL_MOD)) return lose(now, Outcome::closed, Outcome::closed);
  flush(now);
}

void Connection::drop_socket() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (state_ == State::open) --shared_.connected;
  reader_.reset();
  input_.clear();
}

// The connection stood, and is of no more use.
void Connection::lose(SteadyTime now, Outcome first, Outcome others) {
  drop_socket();
  ++shared_.counters.closes;
  const bool at_once = has_answered_;
  if (at_once) pause_ = milliseconds(0);
  pause(now);
  tell_all(now, waiting_.size() - unsent_, first, others);
  if (at_once && !closing_ && state_ == State::pausing) {
    pause_ = milliseconds(0);
    connect_by_ = now + shared_.options.connect_timeout;
    connect(now);
  }
}

// Those that wait now: what the sink sends meanwhile goes to the next socket.
void Connection::tell_all(SteadyTime now, std::size_t sent, Outcome first, Outcome others) {
  unsent_ = 0;
  queued_ = written_ = 0;
  output_.clear();
  output_at_ = 0;
  const std::size_t count = waiting_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Waiting request = waiting_.front();
    waiting_.pop_front();
    --shared_.in_flight;
    Answer none;
    none.tag = request.tag;
    none.outcome = i == 0 ? first : others;
    none.sent = i < sent ? request.sent : now;
    none.done = now;
    shared_.sink.answered(none);
  }
  if (closing_ && waiting_.empty() && state_ != State::closed && !taking_) end();
}

void Connection::abandon(SteadyTime now) {
  if (waiting_.empty()) return;
  if (state_ == State::open) return lose(now, Outcome::unanswered, Outcome::unanswered);
  tell_all(now, 0, Outcome::unanswered, Outcome::unanswered);
}

SteadyTime Connection::check(SteadyTime now) {
  if (state_ == State::pausing && wake_at_ <= now) connect(now);
  if (state_ == State::connecting && connect_by_ <= now) connect_failed(now);
  const auto timeout = shared_.options.answer_timeout;
  if (state_ == State::open && !waiting_.empty() && waiting_.front().sent + timeout <= now) {
    lose(now, Outcome::unanswered, Outcome::unanswered);
  }
  switch (state_) {
    case State::pausing: return wake_at_;
    case State::connecting: return connect_by_;
    case State::open: return waiting_.empty() ? SteadyTime::max() : waiting_.front().sent + timeout;
    case State::closed: break;
  }
  return SteadyTime::max();
}

}  // namespace bidwell::replay
