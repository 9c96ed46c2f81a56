// An HTTP server for tests of the load client, on a thread of its own: what it does with each request is a function.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bidwell/replay/client.h"

namespace bidwell::replay::testing {

inline std::string answer_text(std::string_view body, std::string_view more_fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more_fields) +
         "\r\n" + std::string(body);
}

inline std::string request_text(std::string_view body, std::string_view method = "POST") {
  return std::string(method) + " /bid HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

// What is to be done about a request.
struct Reaction {
  std::string bytes;      // sent as they are
  bool closes = false;    // then
  std::size_t piece = 0;  // sent in pieces of so many bytes; 0: at once
};

class ScriptedServer {
 public:
  // Of the request's body, the connection's number and the request's on it, both from 0. On the server's thread.
  using Script = std::function<Reaction(const std::string& body, std::size_t connection, std::size_t request)>;
  enum class Place { tcp, unix_socket };

  explicit ScriptedServer(Script script, Place place = Place::tcp) : script_(std::move(script)) {
    place == Place::tcp ? listen_tcp() : listen_unix();
    if (::listen(listener_, 4096) != 0 || ::pipe(wake_) != 0) throw std::runtime_error("cannot listen");
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() {
    if (::write(wake_[1], "x", 1) != 1) std::abort();
    thread_.join();
    ::close(wake_[0]), ::close(wake_[1]), ::close(listener_);
    if (!directory_.empty()) ::unlink(target_.unix_path.c_str()), ::rmdir(directory_.c_str());
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  const Target& target() const { return target_; }
  std::size_t accepted() const { return accepted_; }

 private:
  struct Peer {
    int fd;
    std::size_t number, requests = 0;
    std::string input;
  };

  void listen_tcp() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("cannot bind");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    target_.address = "127.0.0.1";
    target_.port = std::to_string(ntohs(address.sin_port));
    target_.host = target_.address + ":" + target_.port;
  }

  void listen_unix() {
    std::string path = "/tmp/bidwell-scripted-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    directory_ = path;
    target_.host = "localhost";
    target_.unix_path = path + "/s";
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, target_.unix_path.data(), target_.unix_path.size());
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot bind");
    }
  }

  void serve() {
    std::vector<Peer> peers;
    for (;;) {
      std::vector<pollfd> waits = {{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const Peer& peer : peers) waits.push_back({peer.fd, POLLIN, 0});
      ::poll(waits.data(), waits.size(), -1);
      if (waits[0].revents != 0) break;
      for (std::size_t i = peers.size(); i-- > 0;) {
        if (waits[i + 2].revents == 0 || take(peers[i])) continue;
        ::close(peers[i].fd);
        peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if (waits[1].revents != 0) {
        const int fd = ::accept(listener_, nullptr, nullptr);
        if (fd >= 0) peers.push_back({.fd = fd, .number = accepted_++, .requests = 0, .input = {}});
      }
    }
    for (const Peer& peer : peers) ::close(peer.fd);
  }

  // False: the connection is over.
  bool take(Peer& peer) {
    char bytes[65536];
    const ssize_t got = ::recv(peer.fd, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    peer.input.append(bytes, static_cast<std::size_t>(got));
    for (;;) {
      const std::size_t head = peer.input.find("\r\n\r\n");
      if (head == std::string::npos) return true;
      const std::size_t field = peer.input.find("Content-Length: ");
      const std::size_t length = field < head ? std::strtoul(peer.input.c_str() + field + 16, nullptr, 10) : 0;
      if (peer.input.size() < head + 4 + length) return true;
      const Reaction reaction = script_(peer.input.substr(head + 4, length), peer.number, peer.requests++);
      peer.input.erase(0, head + 4 + length);
      if (!say(peer.fd, reaction) || reaction.closes) return false;
    }
  }

  static bool say(int fd, const Reaction& reaction) {
    std::string_view left = reaction.bytes;
    while (!left.empty()) {
      const ssize_t sent = ::send(
          fd, left.data(), reaction.piece == 0 ? left.size() : std::min(reaction.piece, left.size()), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      left.remove_prefix(static_cast<std::size_t>(sent));
      if (reaction.piece != 0) std::this_thread::yield();
    }
    return true;
  }

  Script script_;
  Target target_;
  std::string directory_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<std::size_t> accepted_{0};
  std::thread thread_;
};

}  // namespace bidwell::replay::testing
