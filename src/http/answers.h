// The worker's output: answers packed one behind the other until they are written. A body is
// written before its head is known, so room is left in front of it.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "bidwell/core/output_buffer.h"
#include "bidwell/http/message.h"
#include "bidwell/http/server.h"
#include "http/gzip.h"
#include "http/limits.h"

namespace bidwell::http {

class Answers {
 public:
  // What the request and the connection have to say about an answer.
  struct Frame {
    bool head_only = false;  // to a HEAD request
    bool accepts_gzip = false;
    bool close = false;
    bool say_keep_alive = false;  // to an HTTP/1.0 client that asked for it
  };

  // All must outlive it.
  Answers(const Options& options, const Limits& limits, Counters& counters);

  // Pass the Response to a handler, then to finish(), before the next begin().
  Response begin(Parking* parking = nullptr) noexcept;
  void finish(Response& response, const Frame& frame) noexcept;
  // In place of finish(): there is no answer yet.
  void take_back() noexcept { out_.truncate(begin_); }
  // For interim answers.
  void append(std::string_view raw) noexcept { out_.append(raw); }

  std::string_view unsent() const noexcept { return out_.view(unsent_); }
  // Time to write what is here: there may be no room for another answer.
  bool full() const noexcept { return out_.size() >= kFlushBytes; }
  void clear() noexcept {
    out_.truncate(0);
    unsent_ = 0;
  }

  // For a request's decompressed body, while no answer is being finished. Room for body_max, one
  // more and the padding.
  char* scratch() noexcept { return scratch_.get(); }

 private:
  static constexpr std::size_t kFlushBytes = 64 * 1024;
  static constexpr std::size_t kHeadRoom = 4 * 1024;  // a redirect's Location is part of it

  std::size_t body_begin() const noexcept { return begin_ + kHeadRoom; }
  bool compress() noexcept;
  char* write_head(const Response& response, const Frame& frame, bool gzip) noexcept;

  const Limits& limits_;
  Counters& counters_;
  std::size_t body_max_;
  std::size_t gzip_min_;
  OutputBuffer out_;
  std::size_t begin_ = 0;  // of the answer in progress
  std::size_t unsent_ = 0;
  std::unique_ptr<char[]> scratch_;
  Deflater deflater_;
};

}  // namespace bidwell::http
