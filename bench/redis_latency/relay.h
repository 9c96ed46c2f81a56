// Stands between the bidder and Redis, and makes it slow or dead at a word. It stays between them while Redis is
// healthy too, so that what it costs itself is in all states alike.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace bidwell::redis_latency {

enum class State : std::uint8_t {
  healthy,  // passes everything on
  slow,     // keeps answers back
  silent,   // open, and swallows everything
  refused,  // closes what is open, and refuses
};
inline constexpr State kStates[] = {State::healthy, State::slow, State::silent, State::refused};
std::string_view name_of(State state) noexcept;

// Whether anything comes back from Redis in this state.
inline bool answers(State state) noexcept {
  return state == State::healthy || state == State::slow;
}

class Relay {
 public:
  using Clock = std::chrono::steady_clock;

  // Listens on the Unix socket `path` for connections to the one at `redis`. Healthy at first. Its thread is made here
  // and inherits its core and priority from the caller. Throws boost::system::system_error.
  Relay(const std::filesystem::path& path, const std::filesystem::path& redis, Clock::duration delay);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Soon, on the relay's thread: the caller does not wait.
  void set(State state);

  // When values were seen to come back since the last set(): the first few answers are greetings.
  std::optional<Clock::time_point> flowing_since() const noexcept;

 private:
  class Link;
  using Socket = boost::asio::local::stream_protocol::socket;

  void open();
  void accept();
  void apply(State state);

  const std::filesystem::path path_;
  const std::filesystem::path redis_;
  const Clock::duration delay_;
  std::atomic<Clock::rep> flowing_since_{0};

  // The relay's thread.
  State state_ = State::healthy;
  std::uint64_t answers_ = 0;  // pieces that came from Redis since the last switch
  boost::asio::io_context loop_{1};
  boost::asio::local::stream_protocol::acceptor acceptor_{loop_};
  std::vector<std::weak_ptr<Link>> links_;
  std::thread thread_;
};

}  // namespace bidwell::redis_latency
