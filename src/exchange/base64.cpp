// By table, four characters at a time.
#include "exchange/base64.h"

#include <array>

namespace bidwell::exchange {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0x80;  // beyond 6 bits, so that it shows when values are put together with '|'

using Values = std::array<std::uint8_t, 256>;

constexpr Values values_of(Alphabet alphabet) {
  Values values;
  values.fill(kNone);
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kDigits[i])] = i;
  if (alphabet == Alphabet::either) {
    values['+'] = 62;
    values['/'] = 63;
  }
  return values;
}

constexpr Values kUrlValues = values_of(Alphabet::url);
constexpr Values kEitherValues = values_of(Alphabet::either);

}  // namespace

char* encode_base64(std::span<const std::uint8_t> bytes, char* out) noexcept {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, at += 3) {
    const std::uint32_t group = at[0] << 16 | at[1] << 8 | at[2];
    *out++ = kDigits[group >> 18];
    *out++ = kDigits[group >> 12 & 63];
    *out++ = kDigits[group >> 6 & 63];
    *out++ = kDigits[group & 63];
  }
  if (left == 0) return out;
  const std::uint32_t group = at[0] << 16 | (left == 2 ? at[1] << 8 : 0);
  *out++ = kDigits[group >> 18];
  *out++ = kDigits[group >> 12 & 63];
  if (left == 2) *out++ = kDigits[group >> 6 & 63];
  return out;
}

std::optional<std::size_t> decode_base64(std::string_view text, Alphabet alphabet, std::uint8_t* out) noexcept {
  const Values& values = alphabet == Alphabet::url ? kUrlValues : kEitherValues;
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const std::uint8_t* const begin = out;
  std::uint32_t seen = 0;
  std::size_t left = text.size();
  for (; left >= 4; left -= 4, at += 4) {
    const std::uint32_t a = values[at[0]], b = values[at[1]], c = values[at[2]], d = values[at[3]];
    seen |= a | b | c | d;
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    *out++ = static_cast<std::uint8_t>(group >> 16);
    *out++ = static_cast<std::uint8_t>(group >> 8);
    *out++ = static_cast<std::uint8_t>(group);
  }
  if (left == 1) return std::nullopt;
  if (left != 0) {
    const std::uint32_t a = values[at[0]], b = values[at[1]], c = left == 3 ? values[at[2]] : 0u;
    seen |= a | b | c;
    const std::uint32_t group = a << 18 | b << 12 | c << 6;
    *out++ = static_cast<std::uint8_t>(group >> 16);
    if (left == 3) *out++ = static_cast<std::uint8_t>(group >> 8);
    const std::uint32_t left_over = left == 3 ? group & 0xff : group & 0xffff;
    if (left_over != 0) return std::nullopt;
  }
  if ((seen & kNone) != 0) return std::nullopt;
  return static_cast<std::size_t>(out - begin);
}

std::optional<std::size_t> decode_padded_base64(std::string_view text, Alphabet alphabet, std::uint8_t* out) noexcept {
  if (text.ends_with('=')) {
    if (text.size() % 4 != 0) return std::nullopt;
    text.remove_suffix(text.ends_with("==") ? 2 : 1);
  }
  return decode_base64(text, alphabet, out);
}

}  // namespace bidwell::exchange
