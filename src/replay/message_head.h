// A message's head, read by Boost.Beast, and what it says of the body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

struct Framing {
  bool chunked = false;
  std::optional<std::uint64_t> length;
  std::string encoding;  // Content-Encoding
};

// `head` with the empty line behind it. False: malformed.
bool read_request_head(std::string_view head, CapturedRequest& request, Framing& framing);
bool read_answer_head(std::string_view head, CapturedAnswer& answer, Framing& framing);

// What can be told of a head that broke off: the method, and the target and headers that are there in full (a target
// that is cut, as far as it goes).
void read_torn_request_head(std::string_view head, CapturedRequest& request);

}  // namespace bidwell::replay
