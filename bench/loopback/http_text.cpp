// See http_text.h.
#include "http_text.h"

#include <fmt/format.h>
#include <strings.h>

#include <charconv>
#include <cstring>

namespace bidwell::loopback {

std::optional<std::size_t> find_head_length(std::string_view bytes) noexcept {
  const void* end = ::memmem(bytes.data(), bytes.size(), "\r\n\r\n", 4);
  if (end == nullptr) return std::nullopt;
  return static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data()) + 4;
}

std::size_t find_content_length(std::string_view head) noexcept {
  constexpr std::string_view name = "content-length:";
  const char* const end = head.data() + head.size();
  const char* line = head.data();
  while (line < end) {
    const auto left = static_cast<std::size_t>(end - line);
    const auto* newline = static_cast<const char*>(std::memchr(line, '\n', left));
    const char* const line_end = newline == nullptr ? end : newline;
    if ((*line | 0x20) == 'c' && left > name.size() && ::strncasecmp(line, name.data(), name.size()) == 0) {
      const char* digit = line + name.size();
      while (digit < line_end && *digit == ' ') ++digit;
      std::size_t value = 0;
      std::from_chars(digit, line_end, value);
      return value;
    }
    line = line_end + 1;
  }
  return 0;
}

std::string make_post(std::string_view path, std::string_view body) {
  return fmt::format(
      "POST {} HTTP/1.1\r\n"
      "Host: bid.bidder.example\r\n"
      "User-Agent: example-exchange/4.2\r\n"
      "Accept: */*\r\n"
      "Connection: keep-alive\r\n"
      "Content-Type: application/json\r\n"
      "x-openrtb-version: 2.5\r\n"
      "Content-Length: {}\r\n\r\n{}",
      path, body.size(), body);
}

}  // namespace bidwell::loopback
