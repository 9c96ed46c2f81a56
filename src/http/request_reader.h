// Turns the bytes that a connection reads into requests: finds the head, makes sure that the body
// fits, and hands out views into the buffer. Knows nothing of sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bidwell/http/server.h"
#include "http/block_pool.h"
#include "http/head_parser.h"
#include "http/limits.h"

namespace bidwell::http {

class RequestReader {
 public:
  enum class Progress : std::uint8_t {
    need_more,  // read into space(), call received(), advance again
    complete,   // a request, or its refusal, is there, and stays until finish()
    broken,     // answer refusal(), then close: the next request's start is unknown, or not worth it
  };

  // Why a request gets an error without a handler having seen it. Status 0: it does not.
  struct Refusal {
    unsigned status = 0;
    std::string_view reason;
    Counter Counters::*counter = nullptr;
  };

  // Both must outlive the reader.
  RequestReader(const Limits& limits, BlockPool& pool) : limits_(limits), pool_(pool) {}
  ~RequestReader() { use_own_buffer(); }
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Where the next bytes go. Never empty after advance() said need_more.
  std::span<char> space() noexcept;
  void received(std::size_t size) noexcept { end_ += size; }

  Progress advance() noexcept;

  // Of the current request, until finish(). head() needs head_known(); target() and body() need a
  // complete or expected request that is not refused.
  bool head_known() const noexcept { return parser_.has_value(); }
  const Head& head() const noexcept { return parser_->head(); }
  std::string_view target() const noexcept { return {buffer_ + begin_ + head().target_at, head().target_size}; }
  std::string_view body() const noexcept { return {buffer_ + body_begin_, body_end_ - body_begin_}; }
  // What X-Forwarded-For says, in the headers' order; returns their number.
  std::size_t forwarded_for(std::span<std::string_view, ForwardedFor::kMax> values) const noexcept;
  const Refusal& refusal() const noexcept { return refusal_; }
  // The client announced a body and has not sent a byte of it.
  bool body_outstanding() const noexcept { return stage_ != Stage::head && nothing_of_body_; }

  // Forgets the current request. What was read behind it stays.
  void finish() noexcept;
  // Forgets everything, for a connection that only throws away what still comes.
  void abandon() noexcept;

  // Nothing of a request is here.
  bool empty() const noexcept { return begin_ == end_ && stage_ == Stage::head; }

 private:
  enum class Stage : std::uint8_t { head, sized, chunked, discard_sized, complete };

  Progress find_head() noexcept;
  Progress begin_body() noexcept;
  Progress read_sized() noexcept;
  Progress read_chunked() noexcept;
  Progress discard_sized() noexcept;

  Progress complete() noexcept;
  Progress broken(const Refusal& why) noexcept;
  Refusal too_large() const noexcept;
  Refusal too_many() const noexcept;
  bool refused() const noexcept { return refusal_.status != 0; }
  void drop_everything_read() noexcept;
  // Room for `size` bytes from begin_ on, or for some more where that is unknown (0).
  bool make_room(std::size_t size) noexcept;
  void move_to(char* buffer, std::size_t capacity) noexcept;
  bool lent() const noexcept { return buffer_ != own_; }
  void use_own_buffer() noexcept;

  const Limits& limits_;
  BlockPool& pool_;
  char* buffer_ = own_;
  std::size_t capacity_ = kOwnBytes;
  // Offsets into buffer_, in this order.
  std::size_t begin_ = 0;       // of the current request
  std::size_t body_begin_ = 0;  // of its body: decoded, where it is chunked
  std::size_t body_end_ = 0;
  std::size_t raw_ = 0;  // first byte not looked at yet; before it the head and the body
  std::size_t end_ = 0;  // of what was read

  std::uint64_t length_ = 0;     // sized: the body's; discard_sized: still to come
  std::uint64_t raw_total_ = 0;  // chunked: bytes consumed, framing and all
  Refusal refusal_;
  Stage stage_ = Stage::head;
  bool nothing_of_body_ = false;
  std::optional<HeadParser> parser_;
  char own_[kOwnBytes + kBodyPadding];
};

}  // namespace bidwell::http
