#include "bidwell/core/money.h"

#include <algorithm>
#include <charconv>

namespace bidwell {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Micros> parse_micros(std::string_view text, Rounding rounding) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;

  // The digits as one integer, and where its decimal point stands. 18 digits always fit; of what follows
  // only the place and whether anything was lost matter.
  std::int64_t digits = 0;
  int kept = 0;
  long exponent = 0;
  bool lost = false;
  bool any = false;
  bool fraction = false;
  for (; at != end; ++at) {
    if (*at == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(*at)) break;
    any = true;
    if (kept < 18) {
      digits = digits * 10 + (*at - '0');
      if (digits != 0) ++kept;
      if (fraction) --exponent;
    } else {
      lost |= *at != '0';
      if (!fraction) ++exponent;
    }
  }
  if (!any) return std::nullopt;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && *at == '+' && at + 1 != end && is_digit(at[1])) ++at;
    int given = 0;
    const auto [after, error] = std::from_chars(at, end, given);
    if (after == at) return std::nullopt;
    exponent += error == std::errc::result_out_of_range ? (*at == '-' ? -100'000 : 100'000) : given;
    at = after;
  }
  if (at != end) return std::nullopt;

  exponent += 6;
  for (; exponent > 0 && digits != 0 && digits < kMaxMicros; --exponent) digits *= 10;
  for (; exponent < 0 && digits != 0; ++exponent) {
    lost |= digits % 10 != 0;
    digits /= 10;
  }
  digits = std::min(digits, kMaxMicros);
  if (lost && digits < kMaxMicros && (rounding == Rounding::up) != negative) ++digits;
  return negative ? -digits : digits;
}

char* write_micros(char* out, Micros amount) noexcept {
  if (amount < 0) {
    *out++ = '-';
    amount = -amount;
  }
  out = std::to_chars(out, out + 20, amount / kMicrosPerUnit).ptr;
  auto rest = static_cast<std::uint32_t>(amount % kMicrosPerUnit);
  if (rest == 0) return out;
  *out++ = '.';
  for (std::uint32_t place = 100'000; rest != 0; place /= 10) {
    *out++ = static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return out;
}

Micros scale(Micros amount, std::int64_t numerator, std::int64_t denominator, Rounding rounding) noexcept {
  __extension__ using Wide = __int128;
  const Wide product = static_cast<Wide>(amount) * numerator;
  Wide quotient = product / denominator;
  const Wide remainder = product % denominator;
  if (remainder > 0 && rounding == Rounding::up) ++quotient;
  if (remainder < 0 && rounding == Rounding::down) --quotient;
  return static_cast<Micros>(std::clamp<Wide>(quotient, -kMaxMicros, kMaxMicros));
}

}  // namespace bidwell
