#include "market/macros.h"

#include <array>

namespace bidwell::market {
namespace {

constexpr std::string_view kBegin = "${AUCTION_";

std::string value_of(std::string_view name, const MacroValues& values) {
  if (name == "ID") return std::string(values.auction_id);
  if (name == "BID_ID") return std::string(values.bid_id);
  if (name == "IMP_ID") return std::string(values.imp_id);
  if (name == "SEAT_ID") return std::string(values.seat_id);
  if (name == "AD_ID") return std::string(values.ad_id);
  if (name == "CURRENCY") return std::string(values.currency);
  if (name == "PRICE" && values.price) return decimal(*values.price);
  if (name == "MIN_TO_WIN" && values.min_to_win) return decimal(*values.min_to_win);
  if (name == "LOSS" && values.loss) return std::to_string(*values.loss);
  if (name == "IMP_TS" && values.imp_ts_ms) return std::to_string(*values.imp_ts_ms);
  return {};  // MBR and MULTIPLIER: not known here
}

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) out += at + i <= text.size() ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%', out += kHex[byte >> 4], out += kHex[byte & 15];
    }
  }
}

}  // namespace

std::string decimal(Micros amount) {
  std::array<char, kMicrosTextSize> text;
  return {text.data(), write_micros(text.data(), amount)};
}

std::string substitute(std::string_view text, const MacroValues& values) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t at = text.find(kBegin);
    const std::size_t end = at == std::string_view::npos ? at : text.find('}', at);
    out += text.substr(0, end == std::string_view::npos ? text.size() : at);
    if (end == std::string_view::npos) return out;
    const std::string_view name = text.substr(at + kBegin.size(), end - at - kBegin.size());
    const std::size_t colon = name.find(':');
    const std::string value = value_of(name.substr(0, colon), values);
    const bool encoded = colon != std::string_view::npos && name.substr(colon + 1) == "B64";
    append_escaped(out, encoded ? base64(value) : value);
    text.remove_prefix(end + 1);
  }
}

}  // namespace bidwell::market
