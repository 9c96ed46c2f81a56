// The signed token in a bid's notice URLs: all that a notice must tell about its bid, so that any instance serves any
// notice without looking anything up.
//
//     payload = key id u8 · bid id[12] · sealed fields and zeros, to a multiple of 3
//     text    = base64url(payload) · base64url(MAC[9])
//     fields  = flags u8 (4: from_purse) · bid_at_ms · user[16] (flag 1; else nobody) · price_max · currency[3] ·
//               reserved, budget currency[3] (flag 2; else price_max, currency) · 4 texts (exchange, campaign,
//               creative, impression), each behind its length
//
// with LEB128 numbers. The fields are enciphered with ChaCha20 (RFC 8439), nonce: the bid id, which never comes twice,
// since the token passes through browsers and publishers' pages, who need know neither price nor user. No bits are left
// over anywhere, so a token has one text. The MAC is cut from HMAC-SHA256 (RFC 2104, FIPS 180-4) of the payload: bytes
// 0-8 for the exchange's own calls (win, bill, loss), bytes 16-24 for the markup's (imp, click). So who sees a page's
// pixel cannot make a bill of it. 72 bits: a forger who tries a million a second needs 75 million years.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/events/event.h"

namespace bidwell::exchange {

// Who presents a token.
enum class Audience : std::uint8_t { exchange, browser };

// What a token says of its bid. Views of whatever it was made from.
struct BidToken {
  events::BidId bid_id{};
  std::int64_t bid_at_ms = 0;
  events::UserKey user{};
  Micros price_max = 0;  // CPM
  CurrencyCode currency = kUsd;
  Nanos reserved = 0;  // what the impression costs at that price, in the currency of the campaign's budget
  CurrencyCode budget_currency = kUsd;
  bool from_purse = false;    // `reserved` was taken out of a purse; not where the campaign had no budget
  std::string_view exchange;  // empty: a bid on a test request, whose notices are recorded nowhere
  std::string_view campaign_id, creative_id, imp_id;
};

// The four texts together; a bid with longer ones gets no token. (Real ids come to 20 to 100.)
inline constexpr std::size_t kTokenTextsMax = 400;
inline constexpr std::size_t kTokenMacTextSize = 12;
inline constexpr std::size_t kTokenTextMax = 640 + kTokenMacTextSize;

// One buffer for both: payload · exchange's MAC, and payload · browser's MAC differ in their last 12 characters.
struct SignedToken {
  std::array<char, kTokenTextMax + kTokenMacTextSize> text;
  std::uint16_t payload_size = 0;
  std::string_view payload() const noexcept { return {text.data(), payload_size}; }
  std::string_view mac(Audience audience) const noexcept {
    return {text.data() + payload_size + (audience == Audience::exchange ? 0 : kTokenMacTextSize), kTokenMacTextSize};
  }
};

enum class TokenError : std::uint8_t {
  none,
  malformed,    // not a token's alphabet or length
  unknown_key,  // signed with a key that is not ours, or no longer
  forged        // or altered, cut short, or for the other audience
};
inline constexpr std::size_t kTokenErrors = 4;

struct TokenKey {
  std::uint8_t id = 0;
  std::string secret;  // of any length; at least 16 random bytes for a good one
};

// The keys ready to use: constant after construction, shared by all threads.
class TokenKeys {
 public:
  // The first signs, all verify: a new key is added behind the old one everywhere before it is put in front. Throws
  // std::invalid_argument for none, an id twice or an empty secret.
  explicit TokenKeys(const std::vector<TokenKey>& keys);
  ~TokenKeys();
  TokenKeys(const TokenKeys&) = delete;
  TokenKeys& operator=(const TokenKeys&) = delete;

  // Allocates nothing. False: the texts are longer than kTokenTextsMax, or a number makes no sense.
  bool sign(const BidToken& token, SignedToken& out) const noexcept;

  // The texts of `token` point into `scratch`.
  using Scratch = std::array<char, kTokenTextMax>;
  TokenError verify(std::string_view text, Audience audience, Scratch& scratch, BidToken& token) const noexcept;

 private:
  struct Key;
  std::vector<Key> keys_;
};

}  // namespace bidwell::exchange
