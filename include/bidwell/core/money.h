// Money as integers: micros (a millionth) of a currency's unit. A price is a CPM, so 2.50 USD for a
// thousand impressions is 2'500'000. Decimals exist only in JSON; this is where they are read and written.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bidwell {

using Micros = std::int64_t;

inline constexpr Micros kMicrosPerUnit = 1'000'000;

// A billionth of a currency's unit. One impression at a price of n micros for a thousand costs exactly n nanos, so
// sums of what impressions cost lose nothing to rounding: ledgers count in them. 2^63 of them are 9.2 billion units.
using Nanos = std::int64_t;
inline constexpr Nanos kNanosPerMicro = 1'000;
inline constexpr Nanos kNanosPerUnit = 1'000'000'000;
// Larger amounts are read as this one: a floor nobody reaches, and sums of a few of them do not overflow.
inline constexpr Micros kMaxMicros = 1'000'000'000'000'000;

enum class Rounding { down, up };

// Reads a JSON number ("0.05", "1.0E-5", "-3", also with surrounding spaces). Digits beyond the sixth
// decimal are rounded as told (up = away from zero for positive amounts). Empty when it is not a number.
std::optional<Micros> parse_micros(std::string_view text, Rounding rounding) noexcept;

// Writes the shortest decimal ("2.5", "0.000001", "12") and returns the end. Needs kMicrosTextSize bytes.
inline constexpr std::size_t kMicrosTextSize = 28;
char* write_micros(char* out, Micros amount) noexcept;

// amount * numerator / denominator, without overflow for amounts up to kMaxMicros and terms up to 2^62.
Micros scale(Micros amount, std::int64_t numerator, std::int64_t denominator, Rounding rounding) noexcept;

}  // namespace bidwell
