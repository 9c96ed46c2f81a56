// Values are percent-encoded as in markup (openrtb/write.cpp).
#include "exchange/landing.h"

namespace bidwell::exchange {
namespace {

constexpr bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_percent_encoded(std::string_view text, OutputBuffer& out) noexcept {
  for (const char c : text) {
    if (unreserved(c)) {
      out.append(c);
      continue;
    }
    constexpr char kHex[] = "0123456789abcdef";
    out.append('%');
    out.append(kHex[static_cast<unsigned char>(c) >> 4]);
    out.append(kHex[static_cast<unsigned char>(c) & 15]);
  }
}

void append_bid_id(const events::BidId& id, OutputBuffer& out) noexcept {
  if (char* const at = out.reserve(events::kBidIdTextSize)) {
    events::write_bid_id(id, at);
    out.commit(at + events::kBidIdTextSize);
  }
}

}  // namespace

void append_landing(std::span<const openrtb::MarkupPart> landing, const BidToken& token, std::uint64_t random,
                    OutputBuffer& out) noexcept {
  using openrtb::Macro;
  for (const openrtb::MarkupPart& part : landing) {
    out.append(part.text);
    switch (part.macro) {
      case Macro::imp_id: append_percent_encoded(token.imp_id, out); break;
      case Macro::bid_id: append_bid_id(token.bid_id, out); break;
      case Macro::timestamp: out.append_number(token.bid_at_ms); break;
      case Macro::random: out.append_number(random); break;
      default: break;
    }
  }
}

}  // namespace bidwell::exchange
