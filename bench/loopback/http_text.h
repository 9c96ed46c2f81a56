// What the floor server and the clients need of HTTP/1.1: where a head ends, how long the body after it
// is, and a request. By hand, as the measuring side must cost next to nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bidwell::loopback {

// Length of the head with its blank line, or nothing while that has not come.
std::optional<std::size_t> find_head_length(std::string_view bytes) noexcept;

// The value of Content-Length; 0 where the head has none or one that is not a number.
std::size_t find_content_length(std::string_view head) noexcept;

// A bid request as an exchange sends it, with a realistic head.
std::string make_post(std::string_view path, std::string_view body);

}  // namespace bidwell::loopback
