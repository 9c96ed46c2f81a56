// The exchange's side: requests leave when they are due, whatever has become of earlier ones, over keep-alive
// connections in turn (pipelined where one is still busy), driven by raw epoll on the calling thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "loopback/sockets.h"
#include "open_loop/request_source.h"
#include "population.h"

namespace bidwell::open_loop {

using Clock = std::chrono::steady_clock;

// One request.
struct Sample {
  Clock::time_point due;
  std::uint32_t late_ns = 0;     // it was sent this long after it was due
  std::uint32_t latency_ns = 0;  // from when it was due to the last byte of its answer; 0: not answered yet
  bool bids = false;             // a 200, not a 204
  bool notice = false;           // not a bid request
};

// Not thread-safe. Errors are thrown as std::runtime_error or std::system_error: a closed connection, another status
// than 200 (and 204, to a bid request), a request that the server's sockets did not take.
class Client {
 public:
  // Opens `connections` to `port` of 127.0.0.1. `source` must outlive it.
  Client(std::uint16_t port, std::size_t connections, RequestSource& source, std::uint64_t seed);

  // The next request is due anew: at an exponentially distributed time from now with this mean.
  void set_rate(double requests_per_second);

  // Sends what becomes due and takes answers until then.
  void run_until(Clock::time_point end);

  // Sends nothing more; waits for the answers that are due, five seconds at most.
  void drain();

  // All so far, in the order in which they were due.
  const std::deque<Sample>& samples() const noexcept { return samples_; }

 private:
  struct Connection {
    loopback::Descriptor socket;
    std::size_t used = 0;
    std::vector<char> bytes;
    std::deque<std::size_t> in_flight;  // indices of samples
  };

  void advance();
  void send_due(Clock::time_point now);
  void wait_and_receive(Clock::time_point until);
  void receive(Connection& connection);
  void take_answer(Connection& connection, std::string_view head, std::string_view body, Clock::time_point now);

  RequestSource& source_;
  bench::Draw draw_;
  double mean_gap_ns_ = 0;
  Clock::time_point due_;
  loopback::Descriptor epoll_;
  std::vector<Connection> connections_;
  std::size_t next_connection_ = 0;
  std::size_t in_flight_ = 0;
  std::deque<Sample> samples_;  // as a vector it would pause to move
};

}  // namespace bidwell::open_loop
