// Lines of an HTTP/1.1 head.
#include "replay/http_text.h"

#include <algorithm>

#include "bidwell/core/text.h"

namespace bidwell::replay {

bool is_token(std::string_view text) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kOthers.find(c) != std::string_view::npos;
  });
}

void write_request_line(std::string& out, std::string_view method, std::string_view target) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const std::size_t path = target.find('/', target.find("//") + 2);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  out.append(is_token(method) ? method : "POST").append(" ");
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != 0x7f) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  out.append(" HTTP/1.1\r\n");
}

void write_header(std::string& out, std::string_view name, std::string_view value) {
  using namespace std::string_view_literals;
  if (!is_token(name) || value.find_first_of("\r\n\0"sv) != std::string_view::npos) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

bool is_framing(std::string_view name) {
  for (const std::string_view framing :
       {"Content-Length", "Transfer-Encoding", "Content-Encoding", "Expect", "Trailer"}) {
    if (ascii_iequal(name, framing)) return true;
  }
  return false;
}

}  // namespace bidwell::replay
