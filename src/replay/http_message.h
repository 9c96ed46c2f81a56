// Reads HTTP/1.1 messages out of a stream of bytes: heads, Content-Length and chunked bodies, gzip and deflate. For one
// direction of a captured connection, for goreplay's records and for whatever else holds whole messages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

struct MessageLimits {
  std::size_t head_bytes_max = 64 << 10;
  std::size_t body_bytes_max = 8 << 20;
};

class MessageSink {
 public:
  // Whole, or as far as it came (`cut_off`).
  virtual void request(CapturedRequest&& request) = 0;
  virtual void answer(CapturedAnswer&& answer, std::optional<Loss> fault) = 0;

 protected:
  ~MessageSink() = default;
};

// Not thread-safe.
class MessageReader {
 public:
  enum class Kind : std::uint8_t { requests, answers };
  MessageReader(Kind kind, const MessageLimits& limits, MessageSink& sink, Losses& losses);
  ~MessageReader();

  void data(std::string_view bytes, std::int64_t at_ns);  // of a direction, in order
  void gap(std::uint64_t bytes, std::int64_t at_ns);      // that many are missing here
  void end(std::int64_t at_ns);                           // the direction is closed, or given up
  // Answers: the next one belongs to a HEAD request and has no body.
  void expect_head_answer();

  bool seen_message() const noexcept;  // whether anything here looked like HTTP

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
