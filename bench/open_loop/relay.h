// Stands between the bidder and a server it depends on, and makes that slow or dead at a word. It stays between them
// while the server is healthy too, so that what it costs itself is in all states alike.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace bidwell::open_loop {

enum class State : std::uint8_t {
  healthy,  // passes everything on
  slow,     // keeps answers back
  silent,   // open, and swallows everything
  refused,  // closes what is open, and refuses
};
// Whether anything comes back from the server in this state.
inline bool answers(State state) noexcept {
  return state == State::healthy || state == State::slow;
}

class Relay {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    std::filesystem::path listen, server;  // Unix sockets
    Clock::duration delay{};               // of a slow server's answers
    std::uint64_t greetings = 0;           // more pieces of answers than connecting takes
  };

  // Healthy at first. Its thread is made here and inherits its core and priority from the caller. Throws
  // boost::system::system_error.
  explicit Relay(Options options);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Soon, on the relay's thread: the caller does not wait.
  void set(State state);

  // When answers were seen to come back since the last set(), the first few of which are greetings.
  std::optional<Clock::time_point> flowing_since() const noexcept;

 private:
  class Link;
  using Socket = boost::asio::local::stream_protocol::socket;

  void open();
  void accept();
  void apply(State state);

  const Options options_;
  std::atomic<Clock::rep> flowing_since_{0};

  // The relay's thread.
  State state_ = State::healthy;
  std::uint64_t answers_ = 0;  // pieces that came from the server since the last switch
  boost::asio::io_context loop_{1};
  boost::asio::local::stream_protocol::acceptor acceptor_{loop_};
  std::vector<std::weak_ptr<Link>> links_;
  std::thread thread_;
};

}  // namespace bidwell::open_loop
