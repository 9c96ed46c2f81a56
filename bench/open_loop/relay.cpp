#include "open_loop/relay.h"

#include <fcntl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <string>
#include <utility>

namespace bidwell::open_loop {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

// A connection of the bidder and its own to the server. Lives as long as its reads and writes.
class Relay::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Relay& relay, Socket client)
      : relay_(relay), to_server_{std::move(client), relay.loop_}, from_server_{Socket(relay.loop_), relay.loop_} {}

  void start() {
    error_code error;
    from_server_.in.connect(relay_.options_.server.string(), error);  // local: at once
    if (error) return;
    read(to_server_, from_server_.in);
    read(from_server_, to_server_.in);
  }

  void close() {
    error_code ignored;
    to_server_.in.close(ignored);
    from_server_.in.close(ignored);
    to_server_.timer.cancel();
    from_server_.timer.cancel();
  }

  bool has_swallowed() const noexcept { return swallowed_; }

 private:
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };

  // One direction.
  struct Way {
    Way(Socket socket, asio::io_context& loop) : in(std::move(socket)), timer(loop) {}
    Socket in;
    asio::steady_timer timer;
    std::array<char, 65'536> buffer;
    std::deque<Piece> pieces;  // on their way; the first is being waited for, or written
  };

  void read(Way& way, Socket& out) {
    way.in.async_read_some(asio::buffer(way.buffer),
                           [this, self = shared_from_this(), &way, &out](const error_code& error, std::size_t size) {
                             if (error) return close();
                             take(way, out, size);
                             read(way, out);
                           });
  }

  void take(Way& way, Socket& out, std::size_t size) {
    if (relay_.state_ == State::silent) {
      swallowed_ = true;
      return;
    }
    const bool answer = &way == &from_server_;
    if (answer && ++relay_.answers_ == relay_.options_.greetings) {
      relay_.flowing_since_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
    }
    const bool late = answer && relay_.state_ == State::slow;
    way.pieces.push_back(
        {late ? Clock::now() + relay_.options_.delay : Clock::time_point(), {way.buffer.data(), size}});
    if (way.pieces.size() == 1) write(way, out);
  }

  // In their order, each when it is due.
  void write(Way& way, Socket& out) {
    const Piece& piece = way.pieces.front();
    if (piece.due > Clock::now()) {
      way.timer.expires_at(piece.due);
      way.timer.async_wait([this, self = shared_from_this(), &way, &out](const error_code& error) {
        if (!error) write(way, out);
      });
      return;
    }
    asio::async_write(out, asio::buffer(piece.bytes),
                      [this, self = shared_from_this(), &way, &out](const error_code& error, std::size_t) {
                        if (error) return close();
                        way.pieces.pop_front();
                        if (!way.pieces.empty()) write(way, out);
                      });
  }

  Relay& relay_;
  Way to_server_;    // `in` is the bidder's socket
  Way from_server_;  // `in` is the server's
  bool swallowed_ = false;
};

Relay::Relay(Options options) : options_(std::move(options)) {
  open();
  thread_ = std::thread([this] {
    const auto work = asio::make_work_guard(loop_);
    loop_.run();
  });
}

Relay::~Relay() {
  loop_.stop();
  thread_.join();
}

void Relay::open() {
  std::filesystem::remove(options_.listen);
  acceptor_ = asio::local::stream_protocol::acceptor(loop_, options_.listen.string());
  ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);  // else it would stay open in the bidder
  accept();
}

void Relay::accept() {
  acceptor_.async_accept([this](const error_code& error, Socket socket) {
    if (error) return;  // closed
    const auto link = std::make_shared<Link>(*this, std::move(socket));
    std::erase_if(links_, [](const auto& other) { return other.expired(); });
    links_.push_back(link);
    link->start();
    accept();
  });
}

void Relay::set(State state) {
  flowing_since_.store(0, std::memory_order_relaxed);
  asio::post(loop_, [this, state] { apply(state); });
}

void Relay::apply(State state) {
  const State before = std::exchange(state_, state);
  answers_ = 0;
  flowing_since_.store(0, std::memory_order_relaxed);
  for (const auto& weak : links_) {
    // Of what was swallowed the rest would make no sense.
    if (const auto link = weak.lock(); link && (state == State::refused || link->has_swallowed())) link->close();
  }
  if (state == State::refused) {
    acceptor_.close();
  } else if (before == State::refused) {
    open();
  }
}

std::optional<Relay::Clock::time_point> Relay::flowing_since() const noexcept {
  const Clock::rep since = flowing_since_.load(std::memory_order_relaxed);
  if (since == 0) return std::nullopt;
  return Clock::time_point(Clock::duration(since));
}

}  // namespace bidwell::open_loop
