// A raw epoll loop in C style: reads a head and its body, writes canned bytes, and does nothing
// else. Not an example to follow: it is the lower bound.
#include "floor_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "http_text.h"

namespace bidwell::loopback {
namespace {

struct Peer {
  int fd;
  std::size_t used;
  char bytes[16384];
};

void add_to(int epoll, int fd, void* tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = tag;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) std::_Exit(1);
}

void accept_peer(int epoll, int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  auto* peer = static_cast<Peer*>(std::malloc(sizeof(Peer)));
  if (peer == nullptr) std::_Exit(1);
  peer->fd = fd;
  peer->used = 0;
  add_to(epoll, fd, peer);
}

// False once the peer is gone or sends what cannot be answered.
bool serve(Peer* peer, std::string_view answer) {
  const auto got = ::recv(peer->fd, peer->bytes + peer->used, sizeof(peer->bytes) - peer->used, 0);
  if (got <= 0) return false;
  peer->used += static_cast<std::size_t>(got);
  for (;;) {
    const std::string_view bytes(peer->bytes, peer->used);
    const auto head = find_head_length(bytes);
    if (!head) break;
    const std::size_t whole = *head + find_content_length(bytes.substr(0, *head));
    if (whole > peer->used) break;
    const auto sent = ::send(peer->fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(answer.size())) return false;
    peer->used -= whole;
    std::memmove(peer->bytes, peer->bytes + whole, peer->used);
  }
  return peer->used < sizeof(peer->bytes);
}

}  // namespace

void run_floor_server(int listener, std::string_view answer) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) std::_Exit(1);
  add_to(epoll, listener, nullptr);
  epoll_event events[64];
  for (;;) {
    const int ready = ::epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; ++i) {
      auto* peer = static_cast<Peer*>(events[i].data.ptr);
      if (peer == nullptr) {
        accept_peer(epoll, listener);
      } else if (!serve(peer, answer)) {
        ::close(peer->fd);
        std::free(peer);
      }
    }
  }
}

}  // namespace bidwell::loopback
