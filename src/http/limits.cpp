// Derives the limits and their texts from the options.
#include "http/limits.h"

#include <algorithm>

namespace bidwell::http {

Limits::Limits(const Options& options)
    : head_max(options.head_bytes_max),
      body_max(options.body_bytes_max),
      discard_max(8 * options.body_bytes_max),
      block_bytes(2 * options.head_bytes_max + options.body_bytes_max + kOwnBytes),
      idle_timeout(options.idle_timeout),
      request_timeout(options.request_timeout),
      write_timeout(options.write_timeout),
      linger_timeout(std::min(options.write_timeout, std::chrono::seconds(1))) {
  const auto bytes = [](std::size_t n) { return std::to_string(n) + " bytes"; };
  head_too_large = "request head larger than " + bytes(head_max);
  body_too_large = "request body larger than " + bytes(body_max);
  decompressed_too_large = "decompressed request body larger than " + bytes(body_max);
  framing_too_large = "chunk header or trailers larger than " + bytes(head_max);
  answer_too_large = "answer larger than " + bytes(options.answer_bytes_max);
  too_slow = "request not complete within " + std::to_string(options.request_timeout.count()) + " s";
  too_many_large = "more than " + std::to_string(options.large_requests_max) + " large requests at once";
}

}  // namespace bidwell::http
