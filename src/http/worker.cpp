// The loop's bookkeeping: connections in and out, deadlines, draining.
#include "http/worker.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

namespace bidwell::http {

namespace asio = boost::asio;
using boost::system::error_code;

Worker::Worker(const Options& options, Router router)
    : work_(asio::make_work_guard(context_)),
      timer_(context_),
      limits_(options),
      router_(std::move(router)),
      trusted_proxies_(options.trusted_proxies),
      blocks_(limits_.block_bytes, options.large_requests_max),
      answers_(options, limits_, counters_),
      parked_(options.parked_max),
      park_timer_(context_) {
  tick();
}

Worker::~Worker() {
  for_each_connection([this](Connection& connection) { remove(connection); });
}

void Worker::run() {
  context_.run();
}

void Worker::hand_over(int fd, const Peer& peer) {
  load_.fetch_add(1, std::memory_order_relaxed);
  asio::post(context_, [this, fd, peer] { open(fd, peer); });
}

void Worker::open(int fd, const Peer& peer) {
  const bool tcp = peer.family == AF_INET || peer.family == AF_INET6;
  const asio::generic::stream_protocol protocol(peer.family, tcp ? IPPROTO_TCP : 0);
  Socket socket(context_.get_executor());
  error_code ec;
  socket.assign(protocol, fd, ec);
  if (ec) {
    counters_.open_errors.add();
    ::close(fd);
    load_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  // Told to Asio as well, so that a write returns what it could not do instead of waiting for it.
  socket.non_blocking(true, ec);
  if (tcp) socket.set_option(asio::ip::tcp::no_delay(true), ec);
  auto connection = std::make_unique<Connection>(*this, std::move(socket), peer);
  connections_[filled_next_].push_back(*connection);
  filled_next_ = (filled_next_ + 1) % kSlices;
  counters_.connections_accepted.add();
  counters_.connections_open.add();
  connection.release()->start();
}

void Worker::remove(Connection& connection) noexcept {
  delete &connection;
  counters_.connections_open.subtract();
  load_.fetch_sub(1, std::memory_order_relaxed);
  if (draining_) finish_if_drained();
}

void Worker::post(std::function<void()> task) {
  asio::post(context_, std::move(task));
}

void Worker::stop(std::chrono::steady_clock::time_point deadline) {
  asio::post(context_, [this, deadline] {
    draining_ = true;
    give_up_at_ = deadline;
    for_each_connection([](Connection& connection) { connection.close_if_idle(); });
    finish_if_drained();
  });
}

void Worker::finish_if_drained() {
  if (counters_.connections_open.value() != 0) return;
  work_.reset();
  timer_.cancel();
  park_timer_.cancel();
  park_timer_at_ = kNever;
}

void Worker::tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const error_code& ec) {
    if (ec) return;
    const auto now = std::chrono::steady_clock::now();
    if (draining_ && now >= give_up_at_) {
      for_each_connection([this](Connection& connection) {
        if (connection.abort()) gave_up_ = true;
      });
    } else {
      ConnectionList& slice = connections_[looked_at_next_];
      looked_at_next_ = (looked_at_next_ + 1) % kSlices;
      for (auto at = slice.begin(); at != slice.end();) (at++)->check_deadline(now);
    }
    if (!draining_ || counters_.connections_open.value() != 0) tick();
  });
}

void Worker::resume(std::uint64_t ticket) noexcept {
  if (Connection* connection = parked_.find(ticket)) connection->resume(std::chrono::steady_clock::now());
}

// A timer that goes off for a request that is gone costs less than setting it anew whenever one goes.
void Worker::watch_parked() noexcept {
  if (parked_.first_deadline() >= park_timer_at_) return;
  park_timer_at_ = parked_.first_deadline();
  park_timer_.expires_at(park_timer_at_);
  park_timer_.async_wait([this](const error_code& ec) {
    if (ec) return;
    park_timer_at_ = kNever;
    resume_due();
  });
}

void Worker::resume_due() noexcept {
  const auto now = std::chrono::steady_clock::now();
  while (!parked_.empty() && parked_.first_deadline() <= now) {
    counters_.parks_timed_out.add();
    parked_.first().resume(now);
  }
  if (!parked_.empty()) watch_parked();
}

template <typename Visit>
void Worker::for_each_connection(Visit visit) {
  for (ConnectionList& slice : connections_) {
    for (auto at = slice.begin(); at != slice.end();) visit(*at++);
  }
}

}  // namespace bidwell::http
