// Finds where an HTTP/1.x message begins in bytes that may hold anything before it: mid-stream, behind a gap, or in a
// connection of which nobody knows yet what it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace bidwell::replay {

struct MessageStart {
  std::size_t at = 0;
  bool is_request = false;
};

struct StartSearch {
  bool requests = true, answers = true;  // which ones are wanted
  // A message ended right before the first byte, or the stream begins there: then any method will do, as it will behind
  // a line's end. Elsewhere it must be a known one: a body may end without a line's end, and behind a gap "ST" may be
  // what is left of "POST".
  bool at_boundary = true;
};

// A whole request line ("METHOD target HTTP/1.1\r\n", or "\n" alone as some send it) or the beginning of a status line
// ("HTTP/1.1 200 "). If there is none, `keep` is from where on bytes could still become one with what follows: all
// before can be forgotten.
std::optional<MessageStart> find_start(std::string_view bytes, const StartSearch& search, std::size_t& keep) noexcept;

// Looks for a head's end, line by line as its bytes come.
struct HeadSearch {
  enum class State : unsigned char { going, whole, malformed };

  // `bytes` begins with the head, the same as the last time and more. whole: `end` is behind the empty line. malformed:
  // a line is no header field, so this is no head; a body said "GET / HTTP/1.1" on a line of its own.
  State look(std::string_view bytes) noexcept;

  std::size_t end = 0;

 private:
  std::size_t line_ = 0;  // the last one's begin
};

// Whether this is what a request line begins with, as far as it goes: "POST /bi". A known method and some of a target.
bool begins_request(std::string_view bytes) noexcept;

}  // namespace bidwell::replay
