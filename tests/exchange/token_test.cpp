// Tokens say what was signed, to whom it was signed for, and nothing else passes.
#include "bidwell/exchange/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/exchange/tokens.h"

namespace bidwell::exchange::testing {
namespace {

using ::testing::HasSubstr;
using std::string_literals::operator""s;

constexpr Audience kAudiences[] = {Audience::exchange, Audience::browser};

TokenError verify(const TokenKeys& keys, std::string_view text, Audience audience) {
  TokenKeys::Scratch scratch;
  BidToken token;
  return keys.verify(text, audience, scratch, token);
}

TEST(Token, SaysWhatWasSigned) {
  const TokenKeys keys(kOneKey);
  const BidToken token = some_token();
  for (const Audience audience : kAudiences) {
    const std::string text = sign(keys, token, audience);
    TokenKeys::Scratch scratch;
    BidToken read;
    ASSERT_EQ(keys.verify(text, audience, scratch, read), TokenError::none);
    EXPECT_EQ(read.bid_id, token.bid_id);
    EXPECT_EQ(read.bid_at_ms, token.bid_at_ms);
    EXPECT_EQ(read.user, token.user);
    EXPECT_EQ(read.price_max, token.price_max);
    EXPECT_EQ(read.currency, token.currency);
    EXPECT_EQ(read.reserved, token.reserved);
    EXPECT_EQ(read.budget_currency, token.budget_currency);
    EXPECT_EQ(read.from_purse, token.from_purse);
    EXPECT_EQ(read.exchange, token.exchange);
    EXPECT_EQ(read.campaign_id, token.campaign_id);
    EXPECT_EQ(read.creative_id, token.creative_id);
    EXPECT_EQ(read.imp_id, token.imp_id);
  }
}

// A budget in another currency, or in the same one but of another amount.
TEST(Token, SaysWhatWasReserved) {
  const TokenKeys keys(kOneKey);
  BidToken euro = some_token(), other_amount = some_token(), nothing = some_token(), from_purse = some_token();
  euro.budget_currency = currency_code("EUR");
  other_amount.reserved = INT64_MAX;
  nothing.reserved = 0;
  nothing.user = {};
  from_purse.from_purse = true;
  for (const BidToken& token : {some_token(), euro, other_amount, nothing, from_purse}) {
    TokenKeys::Scratch scratch;
    BidToken read;
    ASSERT_EQ(keys.verify(sign(keys, token, Audience::exchange), Audience::exchange, scratch, read), TokenError::none);
    EXPECT_EQ(read.reserved, token.reserved);
    EXPECT_EQ(read.budget_currency, token.budget_currency);
    EXPECT_EQ(read.from_purse, token.from_purse);
    EXPECT_EQ(read.user, token.user);
    EXPECT_EQ(read.imp_id, token.imp_id);
  }
}

TEST(Token, OfEverySize) {
  const TokenKeys keys(kOneKey);
  std::string id;
  for (std::size_t size = 0; size <= kTokenTextsMax; ++size) {
    BidToken token = some_token();
    if (size % 3 == 0) token.reserved = (token.price_max = token.bid_at_ms = INT64_MAX) - 1;
    token.exchange = token.campaign_id = token.creative_id = {};
    id = std::string(size, 'x') + "\0\n\xff"s.substr(0, std::min<std::size_t>(3, size));
    id.resize(size);
    token.imp_id = id;
    if (size % 2 == 0) token.user = {};
    const std::string text = sign(keys, token, Audience::browser);
    EXPECT_LE(text.size(), kTokenTextMax);
    TokenKeys::Scratch scratch;
    BidToken read;
    ASSERT_EQ(keys.verify(text, Audience::browser, scratch, read), TokenError::none) << size;
    EXPECT_EQ(read.imp_id, id);
    EXPECT_EQ(read.user, token.user);
  }
}

TEST(Token, OfEveryNumber) {
  const TokenKeys keys(kOneKey);
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{127}, std::int64_t{128}, std::int64_t{1} << 53, INT64_MAX}) {
    BidToken token = some_token();
    token.price_max = token.bid_at_ms = number;
    TokenKeys::Scratch scratch;
    BidToken read;
    ASSERT_EQ(keys.verify(sign(keys, token, Audience::exchange), Audience::exchange, scratch, read), TokenError::none);
    EXPECT_EQ(read.price_max, number);
    EXPECT_EQ(read.bid_at_ms, number);
  }
}

TEST(Token, RefusesWhatItCannotCarry) {
  const TokenKeys keys(kOneKey);
  SignedToken out;
  const std::string long_id(kTokenTextsMax, 'x');
  BidToken token = some_token();
  token.imp_id = long_id;  // and the others
  EXPECT_FALSE(keys.sign(token, out));
  token = some_token();
  token.price_max = -1;
  EXPECT_FALSE(keys.sign(token, out));
  token = some_token();
  token.bid_at_ms = -1;
  EXPECT_FALSE(keys.sign(token, out));
  token = some_token();
  token.currency = 1 << 24;
  EXPECT_FALSE(keys.sign(token, out));
  token = some_token();
  token.budget_currency = 1 << 24;
  EXPECT_FALSE(keys.sign(token, out));
  token = some_token();
  token.reserved = -1;
  EXPECT_FALSE(keys.sign(token, out));
}

// some_token()'s fields, as described, without the zeros behind them.
std::vector<std::uint8_t> described_fields() {
  const BidToken token = some_token();
  std::vector<std::uint8_t> fields = {1};
  const auto add_number = [&](std::uint64_t number) {
    for (; number != 0; number >>= 7) fields.push_back((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
  };
  add_number(1'715'774'400'000);
  fields.insert(fields.end(), token.user.begin(), token.user.end());
  add_number(2'500'000);
  for (const char c : std::string_view("USD\4demo\4tide\14tide-300x250\1"
                                       "1")) {
    fields.push_back(static_cast<std::uint8_t>(c));
  }
  return fields;
}

// In described_fields(): flags, time, user, price, currency.
constexpr std::ptrdiff_t kTextsAt = 1 + 6 + 16 + 4 + 3;

// The token put together as its description says, by OpenSSL's EVP and libsodium's base64: both of which allocate, and
// know nothing of ours.
std::string described_token(std::vector<std::uint8_t> fields) {
  const auto derive = [](std::string_view secret, const char* purpose) {
    std::vector<std::uint8_t> key(32);
    crypto_generichash_blake2b_salt_personal(key.data(), key.size(),
                                             reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                                             nullptr, 0, nullptr, reinterpret_cast<const unsigned char*>(purpose));
    return key;
  };
  const std::string& secret = kOneKey[0].secret;
  const BidToken token = some_token();
  while ((1 + 12 + fields.size()) % 3 != 0) fields.push_back(0);

  std::vector<std::uint8_t> iv(4, 0);  // the counter, then the nonce
  iv.insert(iv.end(), token.bid_id.begin(), token.bid_id.end());
  const auto cipher_key = derive(secret, "bidwell token ci");
  std::vector<std::uint8_t> payload = {7};
  payload.insert(payload.end(), token.bid_id.begin(), token.bid_id.end());
  payload.resize(13 + fields.size());
  EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
  int size = 0;
  EVP_EncryptInit_ex(cipher, EVP_chacha20(), nullptr, cipher_key.data(), iv.data());
  EVP_EncryptUpdate(cipher, payload.data() + 13, &size, fields.data(), static_cast<int>(fields.size()));
  EVP_CIPHER_CTX_free(cipher);

  const auto mac_key = derive(secret, "bidwell token ma");
  std::uint8_t mac[32];
  HMAC(EVP_sha256(), mac_key.data(), 32, payload.data(), payload.size(), mac, nullptr);
  payload.insert(payload.end(), mac + 16, mac + 25);
  char text[1000];
  return sodium_bin2base64(text, sizeof text, payload.data(), payload.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

TEST(Token, IsAsDescribed) {
  const TokenKeys keys(kOneKey);
  EXPECT_EQ(sign(keys, some_token(), Audience::browser), described_token(described_fields()));
}

// By another program that has the key.
TEST(Token, SignedNonsenseIsRefused) {
  const TokenKeys keys(kOneKey);
  const auto error_of = [&](const auto& spoil) {
    std::vector<std::uint8_t> fields = described_fields();
    spoil(fields);
    return verify(keys, described_token(fields), Audience::browser);
  };
  EXPECT_EQ(error_of([](auto&) {}), TokenError::none);
  // Without the last byte what fills the group up takes its place.
  for (std::size_t size = described_fields().size() - 1; size-- > 0;) {
    EXPECT_EQ(error_of([&](auto& fields) { fields.resize(size); }), TokenError::malformed) << size;
  }
  EXPECT_EQ(error_of([](auto& fields) { fields.push_back(1); }), TokenError::malformed);
  EXPECT_EQ(error_of([](auto& fields) { fields.resize(fields.size() + 3); }), TokenError::malformed);
  EXPECT_EQ(error_of([](auto& fields) { fields[0] = 5; }), TokenError::none);  // out of a purse
  EXPECT_EQ(error_of([](auto& fields) { fields[0] = 9; }), TokenError::malformed);
  // What a budget has in common with the price is not said twice: a bid has one token.
  const auto with_budget = [&](std::string_view budget) {
    return error_of([&](auto& fields) {
      fields[0] = 3;
      fields.insert(fields.begin() + kTextsAt, budget.begin(), budget.end());
    });
  };
  EXPECT_EQ(with_budget("\1USD"), TokenError::none);
  EXPECT_EQ(with_budget("\240\313\230\1EUR"), TokenError::none);
  EXPECT_EQ(with_budget("\240\313\230\1USD"), TokenError::malformed);
  EXPECT_EQ(with_budget("\377\377\377\377\377\377\377\377\377\1EUR"), TokenError::malformed);
  EXPECT_EQ(error_of([](auto& fields) { fields.back() = 0xff, fields[fields.size() - 2] = 0xff; }),
            TokenError::malformed);
  EXPECT_EQ(error_of([](auto& fields) { std::fill(fields.begin() + 1, fields.end(), 0xff); }), TokenError::malformed);
}

// What was handed out must be good after an update of the program.
TEST(Token, StaysReadable) {
  const TokenKeys keys(kOneKey);
  EXPECT_EQ(sign(keys, some_token(), Audience::exchange),
            "B6ChoqOkpaanqKmqq1_Zvgah4YuHQWsv-GJv-9JHMtsNtyGw-qcQ9xAyhaDKvkVvIFEQbW5M-QBV_izObXKwDSrKqoAVDO6NzCbsu358");
}

TEST(Token, DoesNotShowWhatItSays) {
  const TokenKeys keys(kOneKey);
  BidToken token = some_token();
  const std::string one = sign(keys, token, Audience::browser);
  token.reserved = token.price_max += 1;
  token.bid_id[11] ^= 1;
  const std::string other = sign(keys, token, Audience::browser);
  ASSERT_EQ(one.size(), other.size());
  std::size_t alike = 0;
  for (std::size_t i = 20; i < one.size(); ++i) alike += one[i] == other[i];
  EXPECT_LT(alike, one.size() / 4);  // one in 64 by chance
}

TEST(Token, TheOtherAudienceIsRefused) {
  const TokenKeys keys(kOneKey);
  EXPECT_EQ(verify(keys, sign(keys, some_token(), Audience::exchange), Audience::browser), TokenError::forged);
  EXPECT_EQ(verify(keys, sign(keys, some_token(), Audience::browser), Audience::exchange), TokenError::forged);
}

// Also of the characters, so that none has two forms.
TEST(Token, AnyBitFlippedIsRefused) {
  const TokenKeys keys(kOneKey);
  for (const Audience audience : kAudiences) {
    const std::string text = sign(keys, some_token(), audience);
    for (std::size_t i = 0; i < text.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = text;
        flipped[i] = static_cast<char>(flipped[i] ^ 1 << bit);
        EXPECT_NE(verify(keys, flipped, audience), TokenError::none) << i << " " << bit;
      }
    }
    EXPECT_EQ(verify(keys, text, audience), TokenError::none);
  }
}

TEST(Token, AnotherLengthIsRefused) {
  const TokenKeys keys(kOneKey);
  const std::string text = sign(keys, some_token(), Audience::exchange);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const TokenError error = verify(keys, text.substr(0, size), Audience::exchange);
    EXPECT_EQ(error, size % 4 != 0 || size < 32 ? TokenError::malformed : TokenError::forged) << size;
  }
  for (const char* more : {"A", "AA", "AAA", "AAAA", "=", "==", "====", "\n", " ", "%3D", "/"}) {
    EXPECT_NE(verify(keys, text + more, Audience::exchange), TokenError::none) << more;
    EXPECT_NE(verify(keys, more + text, Audience::exchange), TokenError::none) << more;
  }
  EXPECT_EQ(verify(keys, std::string(kTokenTextMax + 4, 'A'), Audience::exchange), TokenError::malformed);
  EXPECT_EQ(verify(keys, std::string(kTokenTextMax, 'A'), Audience::exchange), TokenError::unknown_key);
}

// 10 million with BIDWELL_FORGED_TOKENS=10000000.
TEST(Token, NoForgeryIsAccepted) {
  const char* const asked = std::getenv("BIDWELL_FORGED_TOKENS");
  const std::uint64_t count = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 200'000;
  const TokenKeys keys(kOneKey);
  BidToken token = some_token();
  Forger forger(1);
  std::uint64_t accepted = 0, refused[kTokenErrors] = {};
  std::string text[2], other[2];
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i % 1000 == 0) {
      for (int a = 0; a < 2; ++a) {
        text[a] = sign(keys, token, kAudiences[a]);
        token.bid_id[i / 1000 % 12] += 1;
        other[a] = sign(keys, token, kAudiences[a]);
        ASSERT_EQ(verify(keys, text[a], kAudiences[a]), TokenError::none);
      }
    }
    const TokenError error = verify(keys, forger.forge(text[i % 2], other[i % 2]), kAudiences[i % 2]);
    ++refused[static_cast<std::size_t>(error)];
    accepted += error == TokenError::none;
  }
  EXPECT_EQ(accepted, 0U);
  // So that it is the signature that refuses, and not only the form.
  EXPECT_GT(refused[static_cast<std::size_t>(TokenError::forged)], count / 2);
  RecordProperty("forged", std::to_string(count));
}

TEST(TokenKeys, Rotate) {
  const TokenKey old{1, "the old secret"}, young{2, "the new secret"};
  const TokenKeys before({old}), during({old, young}), after({young, old}), end({young});
  const std::string by_old = sign(during, some_token(), Audience::exchange);
  const std::string by_young = sign(after, some_token(), Audience::exchange);
  EXPECT_EQ(by_old, sign(before, some_token(), Audience::exchange));
  EXPECT_NE(by_old, by_young);
  for (const TokenKeys* keys : {&during, &after}) {
    EXPECT_EQ(verify(*keys, by_old, Audience::exchange), TokenError::none);
    EXPECT_EQ(verify(*keys, by_young, Audience::exchange), TokenError::none);
  }
  EXPECT_EQ(verify(before, by_young, Audience::exchange), TokenError::unknown_key);
  EXPECT_EQ(verify(end, by_old, Audience::exchange), TokenError::unknown_key);
  EXPECT_EQ(verify(TokenKeys({{2, "another secret"}}), by_young, Audience::exchange), TokenError::forged);
}

TEST(TokenKeys, RefuseWhatIsNoKeyRing) {
  const auto fault = [](const std::vector<TokenKey>& keys) -> std::string {
    try {
      const TokenKeys made(keys);
      return {};
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  EXPECT_THAT(fault({}), HasSubstr("no key"));
  EXPECT_THAT(fault({{3, "a"}, {4, "b"}, {3, "c"}}), HasSubstr("key 3 is there twice"));
  EXPECT_THAT(fault({{3, ""}}), HasSubstr("key 3 is empty"));
  EXPECT_EQ(fault({{0, "a"}, {255, std::string(1000, 'x')}}), "");
}

}  // namespace
}  // namespace bidwell::exchange::testing
