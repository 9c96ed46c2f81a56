// The codes that tokens and prices are made of, against published vectors and other implementations.
#include <gtest/gtest.h>
#include <sodium.h>

#include <random>
#include <string>
#include <vector>

#include "exchange/base64.h"
#include "exchange/hmac.h"

namespace bidwell::exchange::testing {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

// RFC 4231: test cases 1, 2, 3, and (for SHA-1) RFC 2202's of the same keys.
TEST(Hmac, PublishedVectors) {
  const std::vector<std::uint8_t> key1(20, 0x0b), jefe = bytes_of("Jefe"), key3(20, 0xaa), data3(50, 0xdd);
  const auto hi = bytes_of("Hi There"), what = bytes_of("what do ya want for nothing?");
  EXPECT_EQ(hex(Hmac<Sha256>(key1)(hi)), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(Hmac<Sha256>(jefe)(what)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(Hmac<Sha256>(key3)(data3)), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hex(Hmac<Sha1>(key1)(hi)), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hex(Hmac<Sha1>(jefe)(what)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex(Hmac<Sha1>(key3)(data3)), "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
  // In two pieces, and again.
  const Hmac<Sha256> hmac(jefe);
  const std::span<const std::uint8_t> message(what);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(hmac(message.first(5), message.subspan(5)), hmac(message));
}

TEST(Base64, HasOneTextForBytes) {
  std::mt19937_64 random(1);
  for (std::size_t size = 0; size < 100; ++size) {
    std::vector<std::uint8_t> bytes(size), read(size + 3);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    std::string text(size * 2 + 4, '\0');
    text.resize(encode_base64(bytes, text.data()) - text.data());
    std::string sodiums(size * 2 + 8, '\0');
    sodium_bin2base64(sodiums.data(), sodiums.size(), bytes.data(), size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    EXPECT_EQ(text, sodiums.c_str());
    EXPECT_EQ(decode_base64(text, Alphabet::url, read.data()), size);
    read.resize(size);
    EXPECT_EQ(read, bytes);
    // Each other last character, and so each other choice of left-over bits, is other bytes or none.
    if (text.empty()) continue;
    for (int c = 0; c < 256; ++c) {
      std::string other = text;
      other.back() = static_cast<char>(c);
      std::vector<std::uint8_t> others(size + 3);
      const auto got = decode_base64(other, Alphabet::url, others.data());
      others.resize(size);
      EXPECT_TRUE(other == text || !got || others != bytes);
    }
  }
}

}  // namespace
}  // namespace bidwell::exchange::testing
