// The exchange's side of OpenRTB's substitution macros (2.6, section 4.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bidwell/core/money.h"

namespace bidwell::market {

// What is known; what is not becomes nothing.
struct MacroValues {
  std::string_view auction_id, bid_id, imp_id, seat_id, ad_id, currency;
  std::optional<Micros> price, min_to_win;
  std::optional<int> loss;
  std::optional<std::int64_t> imp_ts_ms;
};

// "2.5": the shortest decimal.
std::string decimal(Micros amount);

// Each ${AUCTION_...} by its value, escaped as a URL's query needs it; those that are not known by nothing. ":B64" asks
// for the value in base64. Other text stays, "${" without an end too.
std::string substitute(std::string_view text, const MacroValues& values);

}  // namespace bidwell::market
