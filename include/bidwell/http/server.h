// The public HTTP server: listeners on a thread of their own, workers that each serve their
// connections from the first byte to the last. Knows nothing of bidding.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/core/counter.h"
#include "bidwell/http/options.h"
#include "bidwell/http/router.h"

namespace bidwell::http {

// One worker's counters: written by its thread alone (the two marked: by the acceptor's), readable
// from any.
struct alignas(64) Counters {
  Counter connections_open;  // now
  Counter connections_accepted;
  Counter connections_refused;  // past connections_max; by the acceptor
  Counter accept_errors;        // out of file descriptors and the like; by the acceptor, on worker 0
  Counter open_errors;          // accepted sockets that the worker's loop could not take
  Counter requests;             // that reached the router
  Counter answers_gzip;
  Counter answers_too_large;       // answered 500
  Counter bad_head;                // not HTTP: 400 and closed
  Counter bad_encoding;            // chunk framing, gzip or an unknown Content-Encoding
  Counter head_too_large;          // 431
  Counter body_too_large;          // 413
  Counter large_requests_refused;  // past large_requests_max: 503
  Counter timeouts_idle;
  Counter timeouts_request;
  Counter timeouts_write;
  Counter client_resets;    // closed or reset in the middle of a request or an answer
  Counter parked;           // requests that were put aside
  Counter parks_refused;    // past parked_max: answered at once
  Counter parks_timed_out;  // their deadline came first
};

class Server {
 public:
  // `make_router` is called once per worker, on the caller's thread. Throws std::runtime_error that
  // names the address when a listener cannot be opened or an option makes no sense.
  Server(const Options& options, const std::function<Router(unsigned worker)>& make_router);
  // Stops as stop() does where that was not called.
  ~Server();

  // Starts accepting. Returns at once.
  void start();

  // Stops accepting, closes idle connections, lets requests in flight finish (their answers say
  // `Connection: close`) and returns when all are gone or `shutdown_timeout` has passed. True: all
  // finished. From any thread but a worker's; once.
  bool stop();

  // Runs `task` on the worker's thread, between requests: the way to hand it a new catalog.
  // Thread-safe.
  void post(unsigned worker, std::function<void()> task);

  // Has the request with this ticket (Response::park) handled once more, now. On that worker's thread only, and not
  // from within a handler: from a task given to post(). A ticket that is no longer parked is ignored.
  void resume(unsigned worker, std::uint64_t ticket) noexcept;

  unsigned workers() const noexcept;
  // The addresses in use, as in Options::listen, with the port filled in.
  const std::vector<std::string>& addresses() const noexcept;
  const Counters& counters(unsigned worker) const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::http
