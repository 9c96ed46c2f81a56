// One thread's share of the server: its loop, its connections, and what they lend from it.
// Everything but what is marked otherwise is for the thread that runs the loop.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "bidwell/http/router.h"
#include "bidwell/http/server.h"
#include "http/answers.h"
#include "http/block_pool.h"
#include "http/connection.h"
#include "http/gzip.h"
#include "http/limits.h"
#include "http/parking_lot.h"
#include "http/peer.h"
#include "http/trusted_proxies.h"

namespace bidwell::http {

class Worker {
 public:
  Worker(const Options& options, Router router);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The loop: returns when stop() has been heeded.
  void run();

  // Any thread. Takes a connected, non-blocking socket.
  void hand_over(int fd, const Peer& peer);
  // Any thread: connections open or handed over.
  std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
  // Any thread.
  void post(std::function<void()> task);
  // Any thread: drains, and gives up what is left at `deadline`.
  void stop(std::chrono::steady_clock::time_point deadline);
  // After run(): whether stop() had to give up something in flight.
  bool gave_up() const noexcept { return gave_up_; }
  // Any thread.
  const Counters& counters() const noexcept { return counters_; }

  // What connections lend.
  Counters& counters() noexcept { return counters_; }
  const Limits& limits() const noexcept { return limits_; }
  const Router& router() const noexcept { return router_; }
  const TrustedProxies& trusted_proxies() const noexcept { return trusted_proxies_; }
  BlockPool& blocks() noexcept { return blocks_; }
  Answers& answers() noexcept { return answers_; }
  Inflater& inflater() noexcept { return inflater_; }
  bool draining() const noexcept { return draining_; }
  boost::asio::io_context& context() noexcept { return context_; }
  ParkingLot& parked() noexcept { return parked_; }
  // Sees to it that the parked requests' deadlines are kept. After one was put aside.
  void watch_parked() noexcept;
  // Deletes it.
  void remove(Connection& connection) noexcept;

  // As Server::resume().
  void resume(std::uint64_t ticket) noexcept;

  // Takes the socket at once; hand_over() ends here.
  void open(int fd, const Peer& peer);

 private:
  // Deadlines are looked at once a second, a slice of the connections at a time: with thousands of
  // them a whole sweep would hold up the requests behind it.
  static constexpr std::size_t kSlices = 16;
  static constexpr std::chrono::milliseconds kTick = std::chrono::milliseconds(1000) / kSlices;
  static constexpr auto kNever = std::chrono::steady_clock::time_point::max();

  void tick();
  void resume_due() noexcept;
  void finish_if_drained();
  template <typename Visit>
  void for_each_connection(Visit visit);

  // Only the loop's thread touches sockets and timers; tasks may come from any.
  boost::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  boost::asio::steady_timer timer_;
  Counters counters_;
  Limits limits_;
  Router router_;
  TrustedProxies trusted_proxies_;
  BlockPool blocks_;
  Answers answers_;
  Inflater inflater_;
  ParkingLot parked_;
  boost::asio::steady_timer park_timer_;
  std::chrono::steady_clock::time_point park_timer_at_ = kNever;
  std::array<ConnectionList, kSlices> connections_;
  std::size_t looked_at_next_ = 0;
  std::size_t filled_next_ = 0;
  bool draining_ = false;
  bool gave_up_ = false;
  std::chrono::steady_clock::time_point give_up_at_;
  std::atomic<std::size_t> load_{0};
};

}  // namespace bidwell::http
