// The price in a notice, as the exchanges write it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bidwell/core/money.h"

namespace bidwell::exchange {

// A macro's value in a URL, percent-decoded by the caller.
enum class MacroState : std::uint8_t {
  value,
  empty,       // the exchange does not know it
  unexpanded,  // "${AUCTION_PRICE}" as we wrote it: the exchange does not fill it in
  audit        // "AUDIT": test rendering (OpenRTB 2.6, section 4.4); no money
};
MacroState state_of(std::string_view value) noexcept;

enum class PriceFormat : std::uint8_t {
  plain,   // a decimal: 1.25
  base64,  // ${AUCTION_PRICE:B64}: a decimal in base64 (RFC 4648, standard or URL-safe, padding optional)
  google   // Google Authorized Buyers, "Decrypt price confirmations": 28 bytes in web-safe base64
};

// Google's two keys of 32 bytes: encryption and integrity.
struct GooglePriceKeys {
  std::array<std::uint8_t, 32> encryption{}, integrity{};
};
// From web-safe base64, as Google shows them. Nothing when it is not 32 bytes.
std::optional<std::array<std::uint8_t, 32>> parse_price_key(std::string_view base64);

// A CPM. Digits beyond the sixth decimal are cut. Nothing: it is none, is negative, or its signature is wrong.
std::optional<Micros> read_price(std::string_view value, PriceFormat format, const GooglePriceKeys& keys) noexcept;

}  // namespace bidwell::exchange
