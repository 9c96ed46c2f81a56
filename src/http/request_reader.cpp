// The stages of a request: head, then a body of known size or in chunks, or one that is thrown
// away.
#include "http/request_reader.h"

#include <algorithm>
#include <cstring>

namespace bidwell::http {
namespace {

// Reads shorter than this are not worth a system call while a request is in progress.
constexpr std::size_t kReadMin = 1024;
// "0\r\n\r\n" ends every chunked body: looking at less would only make the parser look again.
constexpr std::size_t kLastChunkBytes = 5;

// One past the empty line that ends the head at `begin`, looking from `from` on; null where it is
// not there yet. `bare`: there is a newline without its carriage return. By lines, since memchr is
// several times faster than memmem over a head.
const char* find_head_end(const char* begin, const char* from, const char* end, bool& bare) {
  for (;; ++from) {
    from = static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
    if (from == nullptr) return nullptr;
    bare = from == begin || from[-1] != '\r';
    if (bare) return nullptr;
    if (from - begin >= 3 && from[-2] == '\n' && from[-3] == '\r') return from + 1;
  }
}

// What no head begins with, TLS for instance: to be told so now and not after a timeout.
bool hopeless(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return (byte <= ' ' && byte != '\r') || byte >= 0x7f;
}

}  // namespace

std::span<char> RequestReader::space() noexcept {
  // No more than the own buffer holds, where what came behind a request goes when its block is
  // given back; but the rest of a body at once.
  std::size_t size = std::min(capacity_ - end_, kOwnBytes);
  if (lent() && stage_ == Stage::sized) size = body_begin_ + length_ - end_;
  return {buffer_ + end_, size};
}

RequestReader::Progress RequestReader::advance() noexcept {
  switch (stage_) {
    case Stage::head: return find_head();
    case Stage::sized: return read_sized();
    case Stage::chunked: return read_chunked();
    case Stage::discard_sized: return discard_sized();
    case Stage::complete: return Progress::complete;
  }
  return Progress::broken;
}

std::size_t RequestReader::forwarded_for(std::span<std::string_view, ForwardedFor::kMax> values) const noexcept {
  const ForwardedFor& all = head().forwarded_for;
  const std::size_t kept = std::min<std::size_t>(all.count, ForwardedFor::kMax);
  for (std::size_t i = 0; i < kept; ++i) {
    const ForwardedFor::Place& place = all.places[(all.count - kept + i) % ForwardedFor::kMax];
    values[i] = {buffer_ + begin_ + place.at, place.size};
  }
  return kept;
}

RequestReader::Progress RequestReader::find_head() noexcept {
  // RFC 9112 2.2: empty lines before a request are ignored.
  while (end_ - begin_ >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') begin_ += 2;
  if (begin_ == end_) {
    drop_everything_read();
    return Progress::need_more;
  }
  raw_ = std::max(raw_, begin_);
  const char* begin = buffer_ + begin_;
  bool bare = false;
  const char* head_end = find_head_end(begin, buffer_ + raw_, buffer_ + end_, bare);
  if (bare) return broken({400, "a line does not end in CR LF", &Counters::bad_head});
  const std::size_t size = head_end == nullptr ? end_ - begin_ : head_end - begin;
  if (size > limits_.head_max || (head_end == nullptr && size == limits_.head_max)) {
    return broken({431, limits_.head_too_large, &Counters::head_too_large});
  }
  if (head_end == nullptr) {
    if (hopeless(*begin)) return broken({400, "not an HTTP/1 request", &Counters::bad_head});
    raw_ = end_;
    return make_room(0) ? Progress::need_more : broken(too_many());
  }
  parser_.emplace(begin);
  const std::string_view fault = parser_->parse_head({begin, size});
  if (!fault.empty()) {
    parser_.reset();
    return broken({400, fault, &Counters::bad_head});
  }
  raw_ = body_begin_ = body_end_ = begin_ + size;
  nothing_of_body_ = raw_ == end_;
  return begin_body();
}

RequestReader::Progress RequestReader::begin_body() noexcept {
  if (head().encoding == ContentEncoding::unsupported) {
    refusal_ = {415, "Content-Encoding is neither gzip nor identity", &Counters::bad_encoding};
  }
  if (parser_->chunked()) {
    stage_ = Stage::chunked;
    raw_total_ = 0;
    if (refused()) parser_->discard();
    return read_chunked();
  }
  length_ = parser_->content_length().value_or(0);
  if (length_ == 0) nothing_of_body_ = false;
  if (length_ > limits_.body_max) {
    refusal_ = too_large();
    if (length_ > limits_.discard_max) return Progress::broken;
  }
  stage_ = Stage::sized;
  return refused() ? discard_sized() : read_sized();
}

RequestReader::Progress RequestReader::read_sized() noexcept {
  if (end_ - body_begin_ >= length_) {
    body_end_ = raw_ = body_begin_ + length_;
    return complete();
  }
  nothing_of_body_ = end_ == body_begin_;
  if (make_room(body_begin_ - begin_ + length_)) return Progress::need_more;
  refusal_ = too_many();
  return discard_sized();
}

RequestReader::Progress RequestReader::discard_sized() noexcept {
  stage_ = Stage::discard_sized;
  const std::size_t size = std::min<std::uint64_t>(length_, end_ - raw_);
  raw_ += size;
  length_ -= size;
  if (length_ == 0) return complete();
  nothing_of_body_ = nothing_of_body_ && size == 0;
  drop_everything_read();
  return Progress::need_more;
}

RequestReader::Progress RequestReader::read_chunked() noexcept {
  if (end_ - raw_ >= kLastChunkBytes) {
    nothing_of_body_ = false;
    const auto [consumed, written, good] =
        parser_->parse_chunks({buffer_ + raw_, end_ - raw_}, buffer_ + body_end_, limits_.body_max);
    raw_ += consumed;
    raw_total_ += consumed;
    body_end_ += written;
    if (!good) return broken({400, "malformed chunk framing", &Counters::bad_encoding});
    if (!refused() && parser_->announced() > limits_.body_max) {
      refusal_ = too_large();
    }
    if (parser_->is_done()) return complete();
    // The framing may be larger than what it frames; nobody needs it to be.
    if (parser_->announced() > limits_.discard_max || raw_total_ > limits_.discard_max + limits_.head_max) {
      return broken(too_large());
    }
  } else if (end_ > raw_) {
    nothing_of_body_ = false;
  }
  if (end_ - raw_ > limits_.head_max) {
    return broken({400, limits_.framing_too_large, &Counters::bad_encoding});
  }
  if (refused()) begin_ = body_begin_ = body_end_ = raw_;
  if (make_room(0)) return Progress::need_more;
  if (refused()) return Progress::broken;
  refusal_ = too_many();
  parser_->discard();
  begin_ = body_begin_ = body_end_ = raw_;
  return make_room(0) ? Progress::need_more : broken(too_many());
}

RequestReader::Progress RequestReader::complete() noexcept {
  stage_ = Stage::complete;
  return Progress::complete;
}

RequestReader::Progress RequestReader::broken(const Refusal& why) noexcept {
  refusal_ = why;
  return Progress::broken;
}

RequestReader::Refusal RequestReader::too_large() const noexcept {
  return {413, limits_.body_too_large, &Counters::body_too_large};
}

RequestReader::Refusal RequestReader::too_many() const noexcept {
  return {503, limits_.too_many_large, &Counters::large_requests_refused};
}

void RequestReader::drop_everything_read() noexcept {
  begin_ = body_begin_ = body_end_ = raw_ = end_ = 0;
}

bool RequestReader::make_room(std::size_t size) noexcept {
  const bool fits = size != 0 ? begin_ + size <= capacity_ : capacity_ - end_ >= kReadMin;
  if (fits) return true;
  // Moving what is there to the front closes two gaps: before the request, and what chunk framing
  // left.
  const std::size_t gaps = begin_ + (stage_ == Stage::chunked ? raw_ - body_end_ : 0);
  const std::size_t used = end_ - gaps;
  if (size != 0 ? size <= capacity_ : capacity_ - used >= kReadMin) {
    move_to(buffer_, capacity_);
    return true;
  }
  if (lent()) {
    move_to(buffer_, capacity_);
    return end_ < capacity_;
  }
  char* block = pool_.borrow();
  if (block == nullptr) return false;
  move_to(block, pool_.block_bytes());
  return true;
}

void RequestReader::move_to(char* buffer, std::size_t capacity) noexcept {
  // Of a chunked body, what is decoded and what is not stand apart.
  const std::size_t kept_end = stage_ == Stage::chunked ? body_end_ : end_;
  const std::size_t kept = kept_end - begin_;
  std::memmove(buffer, buffer_ + begin_, kept);
  if (stage_ == Stage::chunked) {
    const std::size_t pending = end_ - raw_;
    std::memmove(buffer + kept, buffer_ + raw_, pending);
    raw_ = kept;
    end_ = kept + pending;
  } else {
    raw_ -= begin_;
    end_ -= begin_;
  }
  body_begin_ -= std::min(body_begin_, begin_);
  body_end_ -= std::min(body_end_, begin_);
  begin_ = 0;
  buffer_ = buffer;
  capacity_ = capacity;
}

void RequestReader::use_own_buffer() noexcept {
  if (!lent()) return;
  pool_.give_back(buffer_);
  buffer_ = own_;
  capacity_ = kOwnBytes;
}

void RequestReader::finish() noexcept {
  parser_.reset();
  refusal_ = {};
  stage_ = Stage::head;
  begin_ = raw_;
  if (lent()) {
    std::memcpy(own_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = raw_ = 0;
    use_own_buffer();
  }
  if (begin_ == end_) drop_everything_read();
}

void RequestReader::abandon() noexcept {
  parser_.reset();
  refusal_ = {};
  stage_ = Stage::head;
  use_own_buffer();
  drop_everything_read();
}

}  // namespace bidwell::http
