#include "open_loop/client.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <system_error>

#include "bidwell/core/hash.h"
#include "loopback/http_text.h"
#include "loopback/interrupt.h"

namespace bidwell::open_loop {
namespace {

constexpr std::size_t kBufferSize = 131'072;

std::uint32_t nanoseconds(Clock::duration time) {
  return static_cast<std::uint32_t>(std::clamp<Clock::rep>(time.count(), 1, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

Client::Client(std::uint16_t port, std::size_t connections, RequestSource& source, std::uint64_t seed)
    : source_(source), draw_(mix(seed, 4)), epoll_(::epoll_create1(EPOLL_CLOEXEC)), connections_(connections) {
  for (auto& connection : connections_) {
    connection.socket = loopback::connect_to(port);
    connection.bytes.resize(kBufferSize);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.socket.get(), &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }
}

void Client::set_rate(double requests_per_second) {
  mean_gap_ns_ = 1e9 / requests_per_second;
  due_ = Clock::now();
  advance();
}

void Client::advance() {
  due_ += std::chrono::nanoseconds(std::llround(-std::log(1 - draw_.unit()) * mean_gap_ns_));
}

void Client::run_until(Clock::time_point end) {
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    loopback::check_interrupt();
    send_due(now);
    wait_and_receive(std::min(due_, end));
  }
}

void Client::drain() {
  const auto end = Clock::now() + std::chrono::seconds(5);
  while (in_flight_ > 0) {
    if (Clock::now() > end) throw std::runtime_error(fmt::format("{} requests were never answered", in_flight_));
    loopback::check_interrupt();
    wait_and_receive(end);
  }
}

void Client::send_due(Clock::time_point now) {
  for (; due_ <= now; advance()) {
    Connection& connection = connections_[next_connection_];
    if (++next_connection_ == connections_.size()) next_connection_ = 0;
    const Request request = source_.next();
    samples_.push_back({.due = due_, .late_ns = nanoseconds(Clock::now() - due_), .notice = request.notice});
    const std::string_view text = request.text;
    const auto sent = ::send(connection.socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error(fmt::format("a request could not be sent whole with {} unanswered", in_flight_));
    }
    connection.in_flight.push_back(samples_.size() - 1);
    ++in_flight_;
  }
}

void Client::wait_and_receive(Clock::time_point until) {
  const auto left = std::max(Clock::duration(0), until - Clock::now());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
  epoll_event events[64];
  const int ready = ::epoll_pwait2(epoll_.get(), events, 64, &timeout, nullptr);
  if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_pwait2");
  for (int i = 0; i < ready; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
}

void Client::receive(Connection& connection) {
  const auto got = ::recv(connection.socket.get(), connection.bytes.data() + connection.used,
                          connection.bytes.size() - connection.used, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    throw std::runtime_error(fmt::format("bidwell: {}", got == 0 ? "closed a connection" : std::strerror(errno)));
  }
  const auto now = Clock::now();
  connection.used += static_cast<std::size_t>(got);
  std::string_view rest(connection.bytes.data(), connection.used);
  while (const auto head = loopback::find_head_length(rest)) {
    const std::size_t whole = *head + loopback::find_content_length(rest.substr(0, *head));
    if (rest.size() < whole) break;
    take_answer(connection, rest.substr(0, *head), rest.substr(*head, whole - *head), now);
    rest.remove_prefix(whole);
  }
  std::memmove(connection.bytes.data(), rest.data(), rest.size());
  connection.used = rest.size();
}

void Client::take_answer(Connection& connection, std::string_view head, std::string_view body, Clock::time_point now) {
  if (connection.in_flight.empty()) throw std::runtime_error(fmt::format("bidwell answered unasked:\n{}", head));
  Sample& sample = samples_[connection.in_flight.front()];
  const bool good = head.starts_with("HTTP/1.1 200 ");
  if (!good && (sample.notice || !head.starts_with("HTTP/1.1 204 "))) {
    throw std::runtime_error(fmt::format("bidwell answered, instead of a 200 or 204:\n{}", head));
  }
  connection.in_flight.pop_front();
  --in_flight_;
  sample.latency_ns = nanoseconds(now - sample.due);
  sample.bids = good && !sample.notice;
  if (sample.bids) source_.take_bids(body);
}

}  // namespace bidwell::open_loop
