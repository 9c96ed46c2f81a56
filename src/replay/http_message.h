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
  // Whole, or as far as it came (`cut_off`); too large ones are counted alone.
  virtual void request(CapturedRequest&& request) = 0;
  virtual void answer(CapturedAnswer&& answer, std::optional<Loss> fault) = 0;
  // How many messages were in a gap here nobody knows: answers and requests may not match any more.
  virtual void lost_count() {}

 protected:
  ~MessageSink() = default;
};

// Behind a gap it goes on: exactly, where the gap lay within a body or a chunk of known length; else where the next
// bytes look like a message's first line. Any cut of the same bytes gives the same messages. What is not given as a
// whole message is counted in `losses`. Memory: one head and one body. Not thread-safe.
class MessageReader {
 public:
  // either: what the first message shows. Until then nothing is counted.
  enum class Kind : std::uint8_t { requests, answers, either };
  MessageReader(Kind kind, const MessageLimits& limits, MessageSink& sink, Losses& losses);
  ~MessageReader();

  void data(std::string_view bytes, std::int64_t at_ns);  // of a direction, in order
  void gap(std::uint64_t bytes, std::int64_t at_ns);      // that many are missing here; 0: nobody knows how many
  void end(std::int64_t at_ns);                           // the direction is closed, or given up
  // Answers: the next one belongs to a HEAD request and has no body.
  void expect_head_answer();

  Kind kind() const noexcept;
  // Where it is `either`: somebody knows it from the other direction.
  void decide(Kind kind);
  bool seen_message() const noexcept;  // whether anything here looked like HTTP

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
