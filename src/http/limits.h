// The limits that a worker's connections look at, derived once from the options, with the reasons
// they give to a client that runs into one.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "bidwell/http/options.h"

namespace bidwell::http {

// A connection's own buffer. Bid requests are about 2 kB: larger ones borrow a block from the
// worker.
inline constexpr std::size_t kOwnBytes = 8 * 1024;

struct Limits {
  explicit Limits(const Options& options);

  std::size_t head_max;
  std::size_t body_max;
  // Of a refused body this much is read and thrown away, so that a healthy client keeps its
  // connection.
  std::size_t discard_max;
  // Holds any request within the limits, a partial line of chunk framing, and one more read.
  std::size_t block_bytes;
  std::chrono::steady_clock::duration idle_timeout;
  std::chrono::steady_clock::duration request_timeout;
  std::chrono::steady_clock::duration write_timeout;
  std::chrono::steady_clock::duration linger_timeout;

  std::string head_too_large;
  std::string body_too_large;
  std::string decompressed_too_large;
  std::string framing_too_large;
  std::string answer_too_large;
  std::string too_slow;
  std::string too_many_large;
};

}  // namespace bidwell::http
