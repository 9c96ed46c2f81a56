// Opening addresses, accepting, and choosing the worker.
#include "http/listener.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace bidwell::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Out of descriptors or memory: others must let go first, and asking again at once would spin.
constexpr std::chrono::milliseconds kPause{100};

// Errors of the one connection, which is gone, not of the listener (accept(2)).
bool concerns_one_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: return true;
    default: return false;
  }
}

Peer peer_from(const sockaddr_storage& from, int family) {
  Peer peer{family, {}};
  if (family == AF_INET) {
    std::uint8_t octets[4];
    std::memcpy(octets, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, sizeof octets);
    peer.address = IpAddress::v4(octets);
  } else if (family == AF_INET6) {
    std::memcpy(peer.address.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr,
                peer.address.bytes.size());
  }
  return peer;
}

// A socket file outlives a server that crashed. One that nobody listens on is removed.
void remove_stale(const std::string& path, const std::string& text) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISSOCK(info.st_mode)) {
    throw std::runtime_error("cannot listen on \"" + text + "\": the file is not a socket");
  }
  asio::io_context context;
  asio::local::stream_protocol::socket probe(context);
  error_code ec;
  probe.connect(asio::local::stream_protocol::endpoint(path), ec);
  if (ec == asio::error::connection_refused) {
    ::unlink(path.c_str());
    return;
  }
  throw std::runtime_error("cannot listen on \"" + text +
                           "\": " + (ec ? ec.message() : "another process listens there"));
}

}  // namespace

Listener::Listener(const Options& options, std::vector<Worker*> workers)
    : workers_(std::move(workers)), connections_max_(options.connections_max) {
  if (options.listen.empty()) throw std::runtime_error("no address to listen on");
  try {
    for (const std::string& text : options.listen) open(text, options.backlog);
  } catch (...) {
    close_doors();
    throw;
  }
}

void Listener::open(const std::string& text, int backlog) {
  const Address address = parse_address(text);
  if (!address.unix_path.empty()) remove_stale(address.unix_path, text);
  const asio::generic::stream_protocol protocol = address.endpoint.protocol();
  auto door = std::make_unique<Door>(
      Door{Acceptor(context_), asio::steady_timer(context_), protocol.family(), address.unix_path});
  try {
    door->acceptor.open(protocol);
    door->acceptor.non_blocking(true);
    if (door->unix_path.empty()) {
      door->acceptor.set_option(asio::socket_base::reuse_address(true));
      if (door->family == AF_INET6) door->acceptor.set_option(asio::ip::v6_only(true));
    }
    door->acceptor.bind(address.endpoint);
    door->acceptor.listen(backlog);
    addresses_.push_back(to_text(door->acceptor.local_endpoint(), door->unix_path));
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("cannot listen on \"" + text + "\": " + error.code().message());
  }
  if (struct stat info{}; !door->unix_path.empty() && ::stat(door->unix_path.c_str(), &info) == 0) {
    door->device = info.st_dev;
    door->inode = info.st_ino;
  }
  doors_.push_back(std::move(door));
}

void Listener::start() {
  for (auto& door : doors_) wait(*door);
  thread_ = std::thread([this] { context_.run(); });
  pthread_setname_np(thread_.native_handle(), "http-accept");
}

void Listener::wait(Door& door) {
  door.acceptor.async_wait(Acceptor::wait_read, [this, &door](const error_code& wait_error) {
    if (wait_error == asio::error::operation_aborted || !door.acceptor.is_open()) return;
    if (accept_waiting(door)) return wait(door);
    door.retry.expires_after(kPause);
    door.retry.async_wait([this, &door](const error_code& ec) {
      if (!ec) wait(door);
    });
  });
}

bool Listener::accept_waiting(Door& door) {
  for (;;) {
    sockaddr_storage from;
    socklen_t size = sizeof from;
    const int fd = ::accept4(door.acceptor.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      place(fd, peer_from(from, door.family));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    workers_.front()->counters().accept_errors.add();
    if (!concerns_one_connection(errno)) return false;
  }
}

void Listener::place(int fd, const Peer& peer) {
  const auto fewer = [](const Worker* a, const Worker* b) { return a->load() < b->load(); };
  Worker* worker = *std::min_element(workers_.begin(), workers_.end(), fewer);
  const std::size_t open = std::accumulate(workers_.begin(), workers_.end(), std::size_t{0},
                                           [](std::size_t sum, const Worker* w) { return sum + w->load(); });
  if (open >= connections_max_) {
    worker->counters().connections_refused.add();
    ::close(fd);
    return;
  }
  worker->hand_over(fd, peer);
}

void Listener::stop() {
  if (thread_.joinable()) {
    asio::post(context_, [this] {
      for (auto& door : doors_) accept_waiting(*door);
      close_doors();
    });
    thread_.join();
  }
  close_doors();
}

void Listener::close_doors() noexcept {
  for (auto& door : doors_) {
    if (!door->acceptor.is_open()) continue;
    struct stat info {};
    if (!door->unix_path.empty() && ::lstat(door->unix_path.c_str(), &info) == 0 && info.st_dev == door->device &&
        info.st_ino == door->inode) {
      ::unlink(door->unix_path.c_str());
    }
    error_code ignored;
    door->acceptor.close(ignored);
    door->retry.cancel();
  }
}

}  // namespace bidwell::http
