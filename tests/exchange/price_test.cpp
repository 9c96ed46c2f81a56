// Prices as exchanges write them, and what is none.
#include "bidwell/exchange/price.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <random>
#include <string>

namespace bidwell::exchange::testing {
namespace {

// Google's own example: developers.google.com/authorized-buyers/rtb/response-guide/decrypt-price, "Sample code".
constexpr char kEncryptionKey[] = "skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o=";
constexpr char kIntegrityKey[] = "arO23ykdNqUQ5LEoQ0FVmPkBd7xB5CO89PDZlSjpFxo=";

GooglePriceKeys google_keys() {
  return {parse_price_key(kEncryptionKey).value(), parse_price_key(kIntegrityKey).value()};
}

std::optional<Micros> google(std::string_view value) {
  return read_price(value, PriceFormat::google, google_keys());
}

// Google's encryption, by OpenSSL's one-shots and libsodium's base64.
std::string encrypt(std::uint64_t micros, const std::array<std::uint8_t, 16>& iv) {
  const GooglePriceKeys keys = google_keys();
  std::array<std::uint8_t, 28> out;
  std::array<std::uint8_t, 24> signed_text;  // price, iv
  std::uint8_t pad[20], signature[20];
  HMAC(EVP_sha1(), keys.encryption.data(), 32, iv.data(), iv.size(), pad, nullptr);
  for (std::size_t i = 0; i < 8; ++i) {
    signed_text[i] = static_cast<std::uint8_t>(micros >> (56 - 8 * i));
    out[16 + i] = signed_text[i] ^ pad[i];
  }
  for (std::size_t i = 0; i < 16; ++i) signed_text[8 + i] = out[i] = iv[i];
  HMAC(EVP_sha1(), keys.integrity.data(), 32, signed_text.data(), signed_text.size(), signature, nullptr);
  for (std::size_t i = 0; i < 4; ++i) out[24 + i] = signature[i];
  char text[64];
  return sodium_bin2base64(text, sizeof text, out.data(), out.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

TEST(GooglePrice, PublishedVectors) {
  EXPECT_EQ(google("YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw"), 100);
  EXPECT_EQ(google("YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOgA"), 1900);
  EXPECT_EQ(google("YWJjMTIzZGVmNDU2Z2hpN7fhCuPemC32prpWWw"), 2700);
  EXPECT_EQ(google("YWJjMTIzZGVmNDU2Z2hpN7fhCuPemC32prpWWw=="), 2700);
}

TEST(GooglePrice, AnyPriceAndVector) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::array<std::uint8_t, 16> iv;
    for (std::uint8_t& byte : iv) byte = static_cast<std::uint8_t>(random());
    const std::uint64_t micros = random() >> (14 + i % 50);
    EXPECT_EQ(google(encrypt(micros, iv)), std::min<std::uint64_t>(micros, kMaxMicros));
  }
  EXPECT_EQ(google(encrypt(~std::uint64_t{0}, {})), kMaxMicros);
}

// The signature has 32 bits: one change in 4 billion passes by chance, none of these.
TEST(GooglePrice, AnyChangeIsRefused) {
  const std::string good = "YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = good;
      flipped[i] = static_cast<char>(flipped[i] ^ 1 << bit);
      EXPECT_EQ(google(flipped), std::nullopt) << i << " " << bit;
    }
  }
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_EQ(google(good.substr(0, size)), std::nullopt);
  for (const char* more : {"A", "AA", "=", "===", "====", " "}) EXPECT_EQ(google(good + more), std::nullopt);
  EXPECT_EQ(google(std::string(1000, 'A')), std::nullopt);
  EXPECT_EQ(google("1.25"), std::nullopt);
  GooglePriceKeys other = google_keys();
  other.encryption[31] ^= 1;
  EXPECT_EQ(read_price(good, PriceFormat::google, other), std::nullopt);
  other = google_keys();
  other.integrity[31] ^= 1;
  EXPECT_EQ(read_price(good, PriceFormat::google, other), std::nullopt);
}

TEST(GooglePrice, Keys) {
  EXPECT_TRUE(parse_price_key(kEncryptionKey));
  EXPECT_EQ(parse_price_key("skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o"), parse_price_key(kEncryptionKey));
  EXPECT_EQ(parse_price_key("skU7Ax/NL5pPAFyKdkfZjZz2+VhIN8bjj1rVFOaJ/5o="), parse_price_key(kEncryptionKey));
  for (const char* bad :
       {"", "skU7", "skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5", "skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5p=",
        "skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o==", "skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5oA"}) {
    EXPECT_FALSE(parse_price_key(bad)) << bad;
  }
  EXPECT_FALSE(parse_price_key(std::string(10'000, 'A')));
}

TEST(Price, Plain) {
  const auto plain = [](std::string_view value) { return read_price(value, PriceFormat::plain, {}); };
  EXPECT_EQ(plain("1.25"), 1'250'000);
  EXPECT_EQ(plain("0"), 0);
  EXPECT_EQ(plain("12"), 12'000'000);
  EXPECT_EQ(plain("0.0000019"), 1);
  EXPECT_EQ(plain("1e-3"), 1000);
  EXPECT_EQ(plain("99999999999999999999"), kMaxMicros);
  for (const char* bad : {"", "-1", "-0.000001", "1,25", "$1", "1.2.3", "abc", "NaN", "inf", "0x10", "1.25USD"}) {
    EXPECT_EQ(plain(bad), std::nullopt) << bad;
  }
}

TEST(Price, Base64) {
  const auto base64 = [](std::string_view value) { return read_price(value, PriceFormat::base64, {}); };
  EXPECT_EQ(base64("MS4yNQ=="), 1'250'000);  // 1.25
  EXPECT_EQ(base64("MS4yNQ"), 1'250'000);
  EXPECT_EQ(base64("MC4wNQ"), 50'000);
  EXPECT_EQ(base64("MTIz"), 123'000'000);
  for (const char* bad : {"", "1.25", "MS4yNQ=", "MS4yNR==", "MS4yN", "MS4yNQ==MS4y", "LTE", "MS4y NQ==", "===="}) {
    EXPECT_EQ(base64(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(base64(std::string(4000, 'M')), std::nullopt);
}

TEST(MacroState, OfEachForm) {
  EXPECT_EQ(state_of(""), MacroState::empty);
  EXPECT_EQ(state_of("1.25"), MacroState::value);
  EXPECT_EQ(state_of("${AUCTION_PRICE}"), MacroState::unexpanded);
  EXPECT_EQ(state_of("${AUCTION_PRICE:B64}"), MacroState::unexpanded);
  EXPECT_EQ(state_of("${"), MacroState::value);
  EXPECT_EQ(state_of("AUDIT"), MacroState::audit);
  EXPECT_EQ(state_of("QVVESVQ="), MacroState::audit);
  EXPECT_EQ(state_of("AUDITS"), MacroState::value);
}

}  // namespace
}  // namespace bidwell::exchange::testing
