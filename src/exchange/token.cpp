// Signs and verifies tokens. A MAC covers the payload as it is sent, so nothing is deciphered or believed before it is
// known to be ours.
#include "bidwell/exchange/token.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>

#include "exchange/base64.h"
#include "exchange/hmac.h"

namespace bidwell::exchange {
namespace {

constexpr std::size_t kMacBytes = 9;
constexpr std::size_t kBrowsersMacAt = 16;  // in the HMAC; the exchange's is at 0
constexpr std::size_t kHeadBytes = 1 + std::tuple_size_v<events::BidId>;

constexpr std::size_t kVarintMax = 10, kCurrencyBytes = 3, kTexts = 4, kGroup = 3;
constexpr std::size_t kFieldsMax = 1 + kVarintMax + std::tuple_size_v<events::UserKey> +
                                   2 * (kVarintMax + kCurrencyBytes) + kTexts * 2 + kTokenTextsMax + kGroup - 1;
constexpr std::size_t kPayloadMax = (kTokenTextMax - kTokenMacTextSize) / 4 * 3;
static_assert(kHeadBytes + kFieldsMax <= kPayloadMax && kMacBytes * 4 / 3 == kTokenMacTextSize);

constexpr std::uint8_t kHasUser = 1, kHasBudget = 2, kFromPurse = 4;

class FieldWriter {
 public:
  explicit FieldWriter(std::uint8_t* out) noexcept : at_(out) {}

  void byte(std::uint8_t value) noexcept { *at_++ = value; }
  void number(std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  void bytes(const void* data, std::size_t size) noexcept {
    if (size != 0) std::memcpy(at_, data, size);
    at_ += size;
  }
  void text(std::string_view value) noexcept {
    number(value.size());
    bytes(value.data(), value.size());
  }
  void currency(CurrencyCode code) noexcept {
    for (unsigned shift = 8 * kCurrencyBytes; shift != 0; shift -= 8)
      byte(static_cast<std::uint8_t>(code >> (shift - 8)));
  }
  std::uint8_t* at() const noexcept { return at_; }

 private:
  std::uint8_t* at_;
};

// Once something was missing all that follows is, too.
class FieldReader {
 public:
  explicit FieldReader(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

  std::uint64_t number() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = *bytes(1).data();
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    good_ = false;
    return 0;
  }
  // Where there are not so many left: zeros, as many as a user's key has at most.
  std::span<const std::uint8_t> bytes(std::size_t size) noexcept {
    static constexpr events::UserKey kZeros{};
    if (size > rest_.size()) {
      good_ = false;
      return {kZeros.data(), std::min(size, kZeros.size())};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::string_view text() noexcept {
    const auto taken = bytes(number());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  CurrencyCode currency() noexcept {
    CurrencyCode code = 0;
    for (const std::uint8_t byte : bytes(kCurrencyBytes)) code = code << 8 | byte;
    return code;
  }
  // Nothing is left but what fills a group up.
  bool at_end() const noexcept {
    return good_ && rest_.size() < kGroup &&
           std::all_of(rest_.begin(), rest_.end(), [](auto byte) { return byte == 0; });
  }

 private:
  std::span<const std::uint8_t> rest_;
  bool good_ = true;
};

// A micro for a thousand impressions is a nano for one.
bool budget_is_as_the_price(const BidToken& token) noexcept {
  return token.reserved == token.price_max && token.budget_currency == token.currency;
}

bool fits(const BidToken& token) noexcept {
  return token.exchange.size() + token.campaign_id.size() + token.creative_id.size() + token.imp_id.size() <=
             kTokenTextsMax &&
         token.bid_at_ms >= 0 && token.price_max >= 0 && token.reserved >= 0 &&
         token.currency < 1u << 8 * kCurrencyBytes && token.budget_currency < 1u << 8 * kCurrencyBytes;
}

// Returns the end, at a whole group.
std::uint8_t* write_payload(const BidToken& token, std::uint8_t key, std::uint8_t* out) noexcept {
  FieldWriter writer(out);
  writer.byte(key);
  writer.bytes(token.bid_id.data(), token.bid_id.size());
  const bool known = token.user != events::UserKey{};
  const bool budget = !budget_is_as_the_price(token);
  writer.byte(static_cast<std::uint8_t>((known ? kHasUser : 0) | (budget ? kHasBudget : 0) |
                                        (token.from_purse ? kFromPurse : 0)));
  writer.number(static_cast<std::uint64_t>(token.bid_at_ms));
  if (known) writer.bytes(token.user.data(), token.user.size());
  writer.number(static_cast<std::uint64_t>(token.price_max));
  writer.currency(token.currency);
  if (budget) {
    writer.number(static_cast<std::uint64_t>(token.reserved));
    writer.currency(token.budget_currency);
  }
  for (const std::string_view text : {token.exchange, token.campaign_id, token.creative_id, token.imp_id}) {
    writer.text(text);
  }
  while ((writer.at() - out) % kGroup != 0) writer.byte(0);
  return writer.at();
}

bool read_fields(std::span<const std::uint8_t> fields, BidToken& token) noexcept {
  FieldReader reader(fields);
  const std::uint64_t flags = reader.number();
  token.bid_at_ms = static_cast<std::int64_t>(reader.number());
  token.from_purse = (flags & kFromPurse) != 0;
  token.user = {};
  if ((flags & kHasUser) != 0) std::ranges::copy(reader.bytes(token.user.size()), token.user.begin());
  token.price_max = static_cast<Micros>(reader.number());
  token.currency = reader.currency();
  const bool budget = (flags & kHasBudget) != 0;
  token.reserved = budget ? static_cast<Nanos>(reader.number()) : token.price_max;
  token.budget_currency = budget ? reader.currency() : token.currency;
  for (std::string_view* text : {&token.exchange, &token.campaign_id, &token.creative_id, &token.imp_id}) {
    *text = reader.text();
  }
  return reader.at_end() && flags <= (kHasUser | kHasBudget | kFromPurse) && budget != budget_is_as_the_price(token) &&
         token.bid_at_ms >= 0 && token.price_max >= 0 && token.reserved >= 0;
}

// A key of 32 bytes for one use, from a secret of any length.
using DerivedKey = std::array<std::uint8_t, 32>;
DerivedKey derive(const std::string& secret, const char (&purpose)[crypto_generichash_blake2b_PERSONALBYTES + 1]) {
  DerivedKey key;
  crypto_generichash_blake2b_salt_personal(key.data(), key.size(),
                                           reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                                           nullptr, 0, nullptr, reinterpret_cast<const unsigned char*>(purpose));
  return key;
}

}  // namespace

struct TokenKeys::Key {
  explicit Key(const TokenKey& key)
      : id(key.id), mac(derive(key.secret, "bidwell token ma")), cipher(derive(key.secret, "bidwell token ci")) {}

  // Enciphers and deciphers.
  void cipher_fields(const std::uint8_t* bid_id, std::span<std::uint8_t> fields) const noexcept {
    static_assert(std::tuple_size_v<events::BidId> == crypto_stream_chacha20_ietf_NONCEBYTES);
    crypto_stream_chacha20_ietf_xor(fields.data(), fields.data(), fields.size(), bid_id, cipher.data());
  }

  std::uint8_t id;
  Hmac<Sha256> mac;
  DerivedKey cipher;
};

TokenKeys::TokenKeys(const std::vector<TokenKey>& keys) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  if (keys.empty()) throw std::invalid_argument("no key to sign notices with");
  for (const TokenKey& key : keys) {
    if (key.secret.empty())
      throw std::invalid_argument("the secret of token key " + std::to_string(key.id) + " is empty");
    for (const Key& other : keys_) {
      if (other.id == key.id) throw std::invalid_argument("token key " + std::to_string(key.id) + " is there twice");
    }
    keys_.emplace_back(key);
  }
}

TokenKeys::~TokenKeys() = default;

bool TokenKeys::sign(const BidToken& token, SignedToken& out) const noexcept {
  if (!fits(token)) return false;
  const Key& key = keys_.front();
  std::array<std::uint8_t, kPayloadMax> buffer;
  const std::span<std::uint8_t> payload(buffer.data(), write_payload(token, key.id, buffer.data()));
  key.cipher_fields(token.bid_id.data(), payload.subspan(kHeadBytes));
  const Hmac<Sha256>::Digest mac = key.mac(payload);

  char* at = encode_base64(payload, out.text.data());
  out.payload_size = static_cast<std::uint16_t>(at - out.text.data());
  at = encode_base64({mac.data(), kMacBytes}, at);
  encode_base64({mac.data() + kBrowsersMacAt, kMacBytes}, at);
  return true;
}

TokenError TokenKeys::verify(std::string_view text, Audience audience, Scratch& scratch,
                             BidToken& token) const noexcept {
  auto* const bytes = reinterpret_cast<std::uint8_t*>(scratch.data());
  if (text.size() > kTokenTextMax || text.size() % 4 != 0) return TokenError::malformed;
  const std::size_t size = decode_base64(text, Alphabet::url, bytes).value_or(0);
  if (size < kHeadBytes + kMacBytes) return TokenError::malformed;
  const std::span<std::uint8_t> payload(bytes, size - kMacBytes);

  const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.id == payload[0]; });
  if (key == keys_.end()) return TokenError::unknown_key;
  const Hmac<Sha256>::Digest mac = key->mac(payload);
  const std::size_t mac_at = audience == Audience::exchange ? 0 : kBrowsersMacAt;
  if (sodium_memcmp(mac.data() + mac_at, payload.data() + payload.size(), kMacBytes) != 0) return TokenError::forged;

  std::copy_n(payload.data() + 1, token.bid_id.size(), token.bid_id.begin());
  const std::span<std::uint8_t> fields = payload.subspan(kHeadBytes);
  key->cipher_fields(token.bid_id.data(), fields);
  return read_fields(fields, token) ? TokenError::none : TokenError::malformed;
}

}  // namespace bidwell::exchange
