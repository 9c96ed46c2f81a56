// A request's target taken apart (RFC 9112 3.2): path, query and the segments that routing looks
// at.
#pragma once

#include <string_view>

#include "bidwell/core/text.h"
#include "bidwell/http/message.h"

namespace bidwell::http {

inline void split_target(std::string_view target, Request& request) noexcept {
  if (!target.empty() && target.front() != '/') {
    // "http://host/path", as sent to proxies.
    const std::size_t scheme = target.find("://");
    if (scheme != std::string_view::npos) {
      const std::size_t path = target.find_first_of("/?", scheme + 3);
      target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    }
  }
  constexpr std::string_view kNone = "";
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  request.query = question == std::string_view::npos ? kNone : target.substr(question + 1);
  std::string_view segments = request.path;
  if (!segments.empty() && segments.front() == '/') segments.remove_prefix(1);
  const std::size_t slash = segments.find('/');
  request.first_segment = segments.substr(0, slash);
  request.rest = slash == std::string_view::npos ? kNone : segments.substr(slash + 1);
}

}  // namespace bidwell::http
