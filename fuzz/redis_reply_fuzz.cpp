// Has a server send whatever comes, in whatever pieces, to a session with commands outstanding and to one that listens:
// each callback is called once, what was counted adds up, and nothing is left open.
//
// An input's first line says in which pieces the rest is sent, as in http_connection_fuzz.cpp. The rest is sent to a
// session from its first byte on, and again to one that has been greeted, and to one that listens and has been greeted.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "redis/session.h"

namespace {

using namespace bidwell::redis;

enum class Role { fresh, asking, listening };

constexpr int kCommands = 20;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

Options options() {
  Options options;
  options.unix_path = "/nonexistent";
  options.reply_bytes_max = 4096;
  options.in_flight_max = kCommands - 2;
  // The first connection is all there is.
  options.connect_timeout = options.stalled_after = options.backoff_min = options.backoff_max = std::chrono::hours(1);
  return options;
}

std::size_t weigh(const Reply& reply) {
  std::size_t weight = reply.text().size() + static_cast<std::size_t>(reply.integer() != 0) + !reply.text().empty();
  if (!reply.text().empty()) weight += static_cast<unsigned char>(reply.text().back());
  for (std::size_t i = 0; i < reply.size(); ++i) weight += weigh(reply[i]);
  return weight;
}

// One connection, from a first byte to its end.
class Peer {
 public:
  explicit Peer(Role role) {
    int pair[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
    fd_ = pair[0];
    Client::Events events;
    events.connected = [this] { ask(); };
    events.message = [this](std::string_view channel, const Reply& payload) {
      seen_ += channel.size() + weigh(payload);
    };
    session_ = std::make_shared<Session>(context(), options(), events, 1);
    if (role == Role::listening) session_->subscribe({"a", "b"}, [this] { ++seen_; });
    Socket socket(context());
    socket.assign(boost::asio::local::stream_protocol(), pair[1]);
    session_->start(std::move(socket));
    turn();
    if (role != Role::fresh) send(":7\r\n+PONG\r\n");
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty() && !closed_) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      turn();
      drain();
    }
  }

  void finish() {
    ::shutdown(fd_, SHUT_WR);
    turn();
    drain();
    require(closed_, "still open after the other side's end");
    require(!session_->connected(), "still connected");
    session_->stop();
    turn();
    const ClientCounters& counters = session_->counters();
    for (int i = 0; i < asked_; ++i) require(called_[i] == 1, "a callback not called once");
    require(counters.replies.value() + counters.disconnected.value() + counters.refused.value() ==
                static_cast<std::uint64_t>(asked_),
            "commands that are not accounted for");
    require(counters.connects.value() + counters.connect_failures.value() == 1, "not one connection");
  }

 private:
  static boost::asio::io_context& context() {
    static boost::asio::io_context context{1};
    return context;
  }

  // Some commands, and one from a callback.
  void ask() {
    for (int i = 0; i < kCommands; ++i) command(i == 3);
  }
  void command(bool again) {
    const std::string_view words[] = {"GET", "key"};
    session_->command(words, Time::max(), [this, number = asked_++, again](Failure failure, const Reply& reply) {
      ++called_[number];
      seen_ += weigh(reply);
      require(failure == Failure::none || reply.is_nil(), "a reply to a command that failed");
      if (again) command(false);
    });
  }

  void turn() {
    context().restart();
    context().poll();
  }
  void drain() {
    char bytes[4096];
    for (;;) {
      const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
      if (size > 0) continue;
      if (size == 0 || (errno != EAGAIN && errno != EINTR)) closed_ = true;
      return;
    }
  }

  int fd_ = -1;
  bool closed_ = false;
  std::shared_ptr<Session> session_;
  int asked_ = 0;
  int called_[kCommands + 1] = {};
  std::size_t seen_ = 0;
};

std::size_t piece_size(char c) {
  const std::size_t root = static_cast<unsigned char>(c) & 0x3f;
  return 1 + root * root;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::string_view pieces = input.substr(0, line_end);
  const std::string_view sent = input.substr(std::min(line_end + 1, input.size()));

  for (const Role role : {Role::fresh, Role::asking, Role::listening}) {
    Peer peer(role);
    for (std::size_t at = 0, i = 0; at < sent.size(); ++i) {
      const std::size_t piece = pieces.empty() ? sent.size() : piece_size(pieces[i % pieces.size()]);
      peer.send(sent.substr(at, piece));
      at += piece;
    }
    peer.finish();
  }
  return 0;
}
