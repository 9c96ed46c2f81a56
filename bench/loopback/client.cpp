// See client.h.
#include "client.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "http_text.h"
#include "interrupt.h"

namespace bidwell::loopback {
namespace {

constexpr std::size_t answer_length_max = 65'536;
constexpr std::string_view status_wanted = "HTTP/1.1 200 ";
constexpr std::string_view status_no_bid = "HTTP/1.1 204 ";

// The lengths of head and body once both are there.
struct Lengths {
  std::size_t head;
  std::size_t body;
};

std::optional<Lengths> find_whole_answer(std::string_view bytes) {
  const auto head = find_head_length(bytes);
  if (!head) return std::nullopt;
  const std::size_t body = find_content_length(bytes.substr(0, *head));
  if (bytes.size() < *head + body) return std::nullopt;
  return Lengths{*head, body};
}

}  // namespace

Answer fetch(std::uint16_t port, const std::string& request) {
  const Descriptor socket = connect_to(port);
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    throw std::system_error(errno, std::generic_category(), "send");
  }
  std::string bytes;
  std::optional<Lengths> whole;
  while (!whole) {
    char piece[4096];
    const auto got = ::recv(socket.get(), piece, sizeof(piece), 0);
    if (got <= 0) throw std::runtime_error(fmt::format("no whole answer, only: {}", bytes));
    bytes.append(piece, static_cast<std::size_t>(got));
    whole = find_whole_answer(bytes);
  }
  if (!bytes.starts_with(status_wanted) || whole->body == 0) {
    throw std::runtime_error(fmt::format("not a 200 with a body: {}", bytes));
  }
  return {bytes.substr(0, whole->head), bytes.substr(whole->head)};
}

Client::Client(std::string name, std::uint16_t port, std::size_t connections, std::vector<std::string> requests,
               std::optional<ExpectedAnswer> expected)
    : name_(std::move(name)),
      requests_(std::move(requests)),
      expected_(expected),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(connections) {
  for (auto& connection : connections_) {
    connection.socket = connect_to(port);
    connection.bytes.resize(answer_length_max);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.socket.get(), &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }
}

ClientBurst Client::burst(std::chrono::nanoseconds length) {
  latencies_.clear();
  const auto begin = Clock::now();
  const auto end = begin + length;
  for (auto& connection : connections_) send(connection, Clock::now());

  std::size_t in_flight = connections_.size();
  auto now = begin;
  epoll_event events[64];
  while (in_flight > 0) {
    const int ready = ::epoll_wait(epoll_.get(), events, 64, 5000);
    if (ready <= 0) {
      check_interrupt();
      if (ready == 0) fail("no answer within 5 s");
      if (errno != EINTR) fail(std::strerror(errno));
    }
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (!receive(connection)) continue;
      now = Clock::now();
      const auto latency = (now - connection.sent).count();
      constexpr long ceiling = std::numeric_limits<std::uint32_t>::max();
      latencies_.push_back(static_cast<std::uint32_t>(std::min(latency, ceiling)));
      if (now < end) {
        send(connection, now);
      } else {
        --in_flight;
      }
    }
  }
  return {latencies_.size(), now - begin, percentile(0.50), percentile(0.99)};
}

void Client::send(Connection& connection, Clock::time_point now) {
  const std::string& request = requests_[next_request_];
  if (++next_request_ == requests_.size()) next_request_ = 0;
  connection.sent = now;
  const auto sent = ::send(connection.socket.get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  // In a closed loop the socket's buffer is empty: a request that does not fit is a fault.
  if (sent != static_cast<ssize_t>(request.size())) fail("a request could not be sent whole");
}

// True once the answer is whole. One answer is in flight, so nothing may follow it.
bool Client::receive(Connection& connection) {
  const auto got = ::recv(connection.socket.get(), connection.bytes.data() + connection.used,
                          connection.bytes.size() - connection.used, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    check_interrupt();
    fail(got == 0 ? "closed a connection" : std::strerror(errno));
  }
  connection.used += static_cast<std::size_t>(got);
  const std::string_view bytes(connection.bytes.data(), connection.used);
  const auto whole = find_whole_answer(bytes);
  if (!whole) return false;
  if (whole->head + whole->body != bytes.size() || !is_expected(bytes, whole->body)) {
    fail(fmt::format("answered, instead of a 200 with {} bytes:\n{}",
                     expected_ ? std::to_string(expected_->body_length) : "any", bytes.substr(0, 1000)));
  }
  connection.used = 0;
  return true;
}

bool Client::is_expected(std::string_view bytes, std::size_t body_length) const {
  if (!expected_) return bytes.starts_with(status_wanted) || bytes.starts_with(status_no_bid);
  const std::size_t difference =
      std::max(body_length, expected_->body_length) - std::min(body_length, expected_->body_length);
  return bytes.starts_with(status_wanted) && difference <= expected_->tolerance;
}

std::chrono::nanoseconds Client::percentile(double share) {
  if (latencies_.empty()) return {};
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(latencies_.size() - 1));
  const auto place = latencies_.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(latencies_.begin(), place, latencies_.end());
  return std::chrono::nanoseconds(*place);
}

void Client::fail(const std::string& what) const {
  throw std::runtime_error(fmt::format("{}: {}", name_, what));
}

}  // namespace bidwell::loopback
