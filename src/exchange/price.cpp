// Reads prices. Google's form: "Decrypt price confirmations",
// developers.google.com/authorized-buyers/rtb/response-guide/decrypt-price.
#include "bidwell/exchange/price.h"

#include <sodium.h>

#include <algorithm>

#include "exchange/base64.h"
#include "exchange/hmac.h"

namespace bidwell::exchange {
namespace {

// iv[16] · (price XOR pad)[8] · signature[4]. Pad and signature are cut from HMAC-SHA1: of the iv under the one key, of
// price and iv under the other.
constexpr std::size_t kIvBytes = 16, kPriceBytes = 8, kSignatureBytes = 4;
constexpr std::size_t kGoogleBytes = kIvBytes + kPriceBytes + kSignatureBytes;

// More digits than any price has.
constexpr std::size_t kTextMax = 64;

std::optional<Micros> read_plain(std::string_view value) noexcept {
  const std::optional<Micros> price = parse_micros(value, Rounding::down);
  return price && *price >= 0 ? price : std::nullopt;
}

std::optional<Micros> read_base64(std::string_view value) noexcept {
  std::array<std::uint8_t, kTextMax> plain;
  if (value.size() > kTextMax) return std::nullopt;
  const std::optional<std::size_t> size = decode_padded_base64(value, Alphabet::either, plain.data());
  if (!size) return std::nullopt;
  return read_plain({reinterpret_cast<const char*>(plain.data()), *size});
}

std::optional<Micros> read_google(std::string_view value, const GooglePriceKeys& keys) noexcept {
  std::array<std::uint8_t, kTextMax> bytes;
  if (value.size() > kTextMax) return std::nullopt;
  if (decode_padded_base64(value, Alphabet::url, bytes.data()) != kGoogleBytes) return std::nullopt;
  const std::span<const std::uint8_t> iv(bytes.data(), kIvBytes);
  const std::uint8_t* const sealed = bytes.data() + kIvBytes;

  const Hmac<Sha1>::Digest pad = Hmac<Sha1>(keys.encryption)(iv);
  std::array<std::uint8_t, kPriceBytes> price;
  for (std::size_t i = 0; i < kPriceBytes; ++i) price[i] = sealed[i] ^ pad[i];
  const Hmac<Sha1>::Digest signature = Hmac<Sha1>(keys.integrity)(price, iv);
  if (sodium_memcmp(signature.data(), sealed + kPriceBytes, kSignatureBytes) != 0) return std::nullopt;

  std::uint64_t micros = 0;
  for (const std::uint8_t byte : price) micros = micros << 8 | byte;
  return static_cast<Micros>(std::min<std::uint64_t>(micros, kMaxMicros));
}

}  // namespace

MacroState state_of(std::string_view value) noexcept {
  if (value.empty()) return MacroState::empty;
  if (value.starts_with("${") && value.ends_with('}')) return MacroState::unexpanded;
  // As it stands, and where the macro asked for base64.
  if (value == "AUDIT" || value == "QVVESVQ=" || value == "QVVESVQ") return MacroState::audit;
  return MacroState::value;
}

std::optional<std::array<std::uint8_t, 32>> parse_price_key(std::string_view base64) {
  std::array<std::uint8_t, 48> bytes;
  if (base64.size() > 44) return std::nullopt;
  std::array<std::uint8_t, 32> key;
  if (decode_padded_base64(base64, Alphabet::either, bytes.data()) != key.size()) return std::nullopt;
  std::copy_n(bytes.data(), key.size(), key.data());
  return key;
}

std::optional<Micros> read_price(std::string_view value, PriceFormat format, const GooglePriceKeys& keys) noexcept {
  switch (format) {
    case PriceFormat::plain: return read_plain(value);
    case PriceFormat::base64: return read_base64(value);
    case PriceFormat::google: return read_google(value, keys);
  }
  return std::nullopt;
}

}  // namespace bidwell::exchange
