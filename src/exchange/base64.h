// Base64 (RFC 4648) as tokens and prices need it: in buffers of the caller's, without padding of its own making, and
// strict, so that bytes have one text in each alphabet. Not in constant time: what is coded here is public.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bidwell::exchange {

enum class Alphabet : std::uint8_t {
  url,    // '-' and '_' alone
  either  // '+' and '/' as well
};

// In the URL's alphabet. `out` has room for 4 characters for each 3 bytes begun; returns the end of what was written.
char* encode_base64(std::span<const std::uint8_t> bytes, char* out) noexcept;

// Without padding. Returns the bytes, or nothing: a character that is none of the alphabet's, a length that cannot be,
// bits left over that are not zero. `out` has room for 3 bytes for each 4 characters begun.
std::optional<std::size_t> decode_base64(std::string_view text, Alphabet alphabet, std::uint8_t* out) noexcept;

// The same where the text is padded with '=' to a multiple of 4, or not at all.
std::optional<std::size_t> decode_padded_base64(std::string_view text, Alphabet alphabet, std::uint8_t* out) noexcept;

}  // namespace bidwell::exchange
