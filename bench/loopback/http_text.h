// The two things of HTTP/1.1 that the floor server and the client need: where a head ends, and how
// long the body after it is. By hand, as the measuring side must cost next to nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace bidwell::loopback {

// Length of the head with its blank line, or nothing while that has not come.
std::optional<std::size_t> find_head_length(std::string_view bytes) noexcept;

// The value of Content-Length; 0 where the head has none or one that is not a number.
std::size_t find_content_length(std::string_view head) noexcept;

}  // namespace bidwell::loopback
