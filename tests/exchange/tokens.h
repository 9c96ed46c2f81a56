// Tokens for tests, and keys that sign them.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "bidwell/exchange/token.h"

namespace bidwell::exchange::testing {

inline const std::vector<TokenKey> kOneKey = {{7, "correct horse battery staple"}};

inline BidToken some_token() {
  BidToken token;
  for (std::uint8_t i = 0; i < token.bid_id.size(); ++i) token.bid_id[i] = static_cast<std::uint8_t>(0xa0 + i);
  for (std::uint8_t i = 0; i < token.user.size(); ++i) token.user[i] = static_cast<std::uint8_t>(i + 1);
  token.bid_at_ms = 1'715'774'400'000;
  token.price_max = 2'500'000;
  token.currency = kUsd;
  token.reserved = 2'500'000;
  token.budget_currency = kUsd;
  token.exchange = "demo";
  token.campaign_id = "tide";
  token.creative_id = "tide-300x250";
  token.imp_id = "1";
  return token;
}

inline std::string text_of(const SignedToken& token, Audience audience) {
  return std::string(token.payload()) + std::string(token.mac(audience));
}

inline std::string sign(const TokenKeys& keys, const BidToken& token, Audience audience) {
  SignedToken out;
  return keys.sign(token, out) ? text_of(out, audience) : std::string();
}

// One character of base64url changed into another, or a token put together of two.
class Forger {
 public:
  explicit Forger(std::uint64_t seed) : random_(seed) {}

  // Never `text` itself.
  std::string forge(const std::string& text, const std::string& other) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string forged = text;
    switch (below(8)) {
      case 0: forged.resize(below(text.size())); break;
      case 1: forged = text.substr(0, 4 * below(text.size() / 4)) + other.substr(4 * below(other.size() / 4)); break;
      case 2: forged.insert(below(forged.size()), 1, kDigits[below(64)]); break;
      case 3: forged.replace(forged.size() - 12, 12, other, other.size() - 12, 12); break;
      default:
        for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
          char& c = forged[below(forged.size())];
          const std::size_t value = kDigits.find(c);
          c = value == std::string_view::npos ? 'A' : kDigits[value ^ (std::size_t{1} << below(6))];
        }
    }
    return forged == text || forged == other ? forge(text, other) : forged;
  }

 private:
  std::size_t below(std::size_t end) { return random_() % end; }

  std::mt19937_64 random_;
};

}  // namespace bidwell::exchange::testing
