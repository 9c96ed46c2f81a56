// Undoes a body's Content-Encoding, within a bound: a few bytes can stand for gigabytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bidwell::replay {

enum class Inflated : unsigned char {
  whole,
  torn,       // the input ended too early; what there was is in `out`
  broken,     // not what it says it is, or an encoding that is neither gzip nor deflate
  too_large,  // more than `size_max`; `out` holds nothing
};

// "gzip", "x-gzip", "deflate" (zlib's wrapper, or none as some send it), "identity" or none, in any case. `out` is
// replaced.
Inflated inflate_body(std::string_view encoding, std::string_view encoded, std::size_t size_max, std::string& out);

// Whether the encoding leaves a body as it is.
bool is_identity(std::string_view encoding) noexcept;

}  // namespace bidwell::replay
