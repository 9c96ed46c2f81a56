// Text helpers and the hashes that stand for texts.
#include "bidwell/core/text.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "bidwell/core/hash.h"

namespace bidwell {
namespace {

TEST(AsciiLower, ChangesCapitalLettersOnly) {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    EXPECT_EQ(ascii_lower(c), i >= 'A' && i <= 'Z' ? static_cast<char>(i + 32) : c) << i;
  }
}

TEST(AsciiIequal, ComparesWithoutCase) {
  EXPECT_TRUE(ascii_iequal("", ""));
  EXPECT_TRUE(ascii_iequal("Example.COM", "eXAMPLE.com"));
  EXPECT_FALSE(ascii_iequal("a", "ab"));
  EXPECT_FALSE(ascii_iequal("a", "b"));
  EXPECT_FALSE(ascii_iequal("[", "{")) << "differ by the same bit as letters' cases";
}

TEST(Trim, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("a"), "a");
}

TEST(WithinDomain, IsTheDomainAndItsSubdomains) {
  EXPECT_TRUE(within_domain("example.com", "example.com"));
  EXPECT_TRUE(within_domain("a.example.com", "example.com"));
  EXPECT_TRUE(within_domain("A.B.Example.com", "eXample.COM"));
  EXPECT_FALSE(within_domain("notexample.com", "example.com"));
  EXPECT_FALSE(within_domain("example.com", "a.example.com"));
  EXPECT_FALSE(within_domain("example.com", ""));
  EXPECT_FALSE(within_domain("", "example.com"));
  EXPECT_FALSE(within_domain("example.com.evil", "example.com"));
}

TEST(Hash64, DependsOnTextAndSeed) {
  EXPECT_EQ(hash64("a"), hash64(std::string("a")));
  EXPECT_NE(hash64("a"), hash64("b"));
  EXPECT_NE(hash64("a"), hash64("A"));
  EXPECT_NE(hash64("a", 1), hash64("a", 2));
  EXPECT_EQ(hash64(""), hash64(std::string_view{}));
}

TEST(Hash64Lower, IsBlindToCaseUpTo256Bytes) {
  EXPECT_EQ(hash64_lower("Example.COM", 3), hash64("example.com", 3));
  const std::string most(256, 'X');
  EXPECT_EQ(hash64_lower(most), hash64(std::string(256, 'x')));
  const std::string more(257, 'X');
  EXPECT_EQ(hash64_lower(more), hash64(more));
  EXPECT_EQ(hash64_lower("\xC3\x84"), hash64("\xC3\x84")) << "ASCII letters only";
}

TEST(Mix, DependsOnBothAndOnTheirOrder) {
  EXPECT_NE(mix(1, 2), mix(2, 1));
  std::set<std::uint64_t> seen;
  for (std::uint64_t a = 0; a < 100; ++a) {
    const std::uint64_t hash = hash64(std::to_string(a));
    for (std::uint64_t b = 0; b < 100; ++b) seen.insert(mix(hash, hash64(std::to_string(b))));
  }
  EXPECT_EQ(seen.size(), 10'000u);
}

}  // namespace
}  // namespace bidwell
