// Exchange rates as they were configured. Prices are compared in US dollars inside the bidder and leave it in
// a currency that the request accepts; conversion is integer arithmetic on micros.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bidwell/core/money.h"

namespace bidwell {

// An ISO 4217 code such as "USD" as a number; letters are upper-cased. 0 for anything else.
using CurrencyCode = std::uint32_t;
constexpr CurrencyCode currency_code(std::string_view text) noexcept {
  if (text.size() != 3) return 0;
  CurrencyCode code = 0;
  for (char c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c < 'A' || c > 'Z') return 0;
    code = code << 8 | static_cast<unsigned char>(c);
  }
  return code;
}
inline constexpr CurrencyCode kUsd = currency_code("USD");

struct Currency {
  CurrencyCode code = kUsd;
  char name[4] = "USD";
  std::int64_t nanos_per_usd = 1'000'000'000;  // units of this currency for a dollar, times 10^9

  std::string_view text() const noexcept { return {name, 3}; }
};

// Immutable after its filling at start-up. USD is always in it.
class CurrencyTable {
 public:
  CurrencyTable() : currencies_{Currency{}} {}

  // False, and nothing changed, when the code or the rate makes no sense.
  bool set(std::string_view code, double units_per_usd);

  // Null when no rate is known. An empty code is USD, as OpenRTB has it.
  const Currency* find(std::string_view code) const noexcept;

 private:
  std::vector<Currency> currencies_;
};

Micros convert(Micros amount, const Currency& from, const Currency& to, Rounding rounding) noexcept;

}  // namespace bidwell
