#include "bidwell/core/currency.h"

#include <cmath>

namespace bidwell {

bool CurrencyTable::set(std::string_view code, double units_per_usd) {
  const CurrencyCode number = currency_code(code);
  if (number == 0 || !(units_per_usd >= 1e-6 && units_per_usd <= 1e8)) return false;
  Currency currency;
  currency.code = number;
  currency.nanos_per_usd = std::llround(units_per_usd * 1e9);
  if (number == kUsd && currency.nanos_per_usd != Currency{}.nanos_per_usd) return false;
  for (int i = 0; i < 3; ++i) currency.name[i] = static_cast<char>(number >> (16 - 8 * i));
  for (Currency& known : currencies_) {
    if (known.code == number) {
      known = currency;
      return true;
    }
  }
  currencies_.push_back(currency);
  return true;
}

const Currency* CurrencyTable::find(std::string_view code) const noexcept {
  const CurrencyCode number = code.empty() ? kUsd : currency_code(code);
  for (const Currency& currency : currencies_) {
    if (currency.code == number) return &currency;
  }
  return nullptr;
}

Micros convert(Micros amount, const Currency& from, const Currency& to, Rounding rounding) noexcept {
  if (from.code == to.code) return amount;
  return scale(amount, to.nanos_per_usd, from.nanos_per_usd, rounding);
}

}  // namespace bidwell
