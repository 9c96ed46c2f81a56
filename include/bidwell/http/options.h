// The limits of the HTTP server: each with its unit, default and reason. Nothing that a client
// sends can take more of the server than these.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bidwell::http {

struct Options {
  // Where to listen: "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:0" (a free port) or "unix:/path". An
  // IPv6 address takes IPv6 alone: "[::]:8080" and "0.0.0.0:8080" stand side by side.
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  int backlog = 4096;  // pending connections per listener; the kernel caps it at net.core.somaxconn

  // Networks ("10.0.0.0/8", "::1", "unix") whose X-Forwarded-For is believed: the load balancer's. Nobody else's is.
  std::vector<std::string> trusted_proxies;

  // Threads that serve; 0 = one per core. Optionally pinned: worker i to cores[i % size]. Empty:
  // not pinned.
  unsigned workers = 0;
  std::vector<int> pin_cores;

  // Over all workers; past it a new connection is closed at once and counted. Two file descriptors
  // of headroom each are a good rule for RLIMIT_NOFILE.
  std::size_t connections_max = 20'000;

  std::size_t head_bytes_max = 8 * 1024;    // request line and headers; exchanges send 0.3 to 2 kB
  std::size_t body_bytes_max = 256 * 1024;  // as sent and, on its own, after decompression; requests reach 30 kB
  // Per worker: requests at once that outgrow a connection's own 8 KiB, each lent a block of
  // body_bytes_max and a bit; more get 503. 256 take at most 72 MB with the default body_bytes_max.
  std::size_t large_requests_max = 256;
  // Per worker: requests put aside at once (Response::park); more must be answered as they are. Waits are a few
  // milliseconds, so 4096 are more than a worker can take in meanwhile. 52 bytes each, taken at the start.
  std::size_t parked_max = 4096;
  std::size_t answer_bytes_max = 1024 * 1024;  // one answer's body; larger ones become 500 and are counted
  std::size_t gzip_answer_bytes_min = 1400;    // smaller answers fit one packet: compressing buys nothing

  // Longer than what load balancers (ALB 60 s) and exchanges (150 s) keep: who closes first gets
  // the error.
  std::chrono::seconds idle_timeout{180};
  std::chrono::seconds request_timeout{10};   // from a request's first byte to its last: slow senders
  std::chrono::seconds write_timeout{10};     // for a client to take an answer: slow readers
  std::chrono::seconds shutdown_timeout{10};  // for what is in flight when the server stops
};

}  // namespace bidwell::http
