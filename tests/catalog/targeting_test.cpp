// The vocabulary of targeting: names to bits and tokens.
#include "bidwell/catalog/targeting.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace bidwell::catalog {
namespace {

TEST(Traits, ShareOneWordWithoutOverlap) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kTraits; ++i) {
    const TraitInfo& trait = info(static_cast<Trait>(i));
    EXPECT_EQ(trait.trait, static_cast<Trait>(i));
    EXPECT_EQ(seen & trait.mask(), 0u) << trait.key;
    seen |= trait.mask();
    for (std::size_t value = 0; value < trait.values.size(); ++value) {
      EXPECT_NE(trait_bit(trait.trait, static_cast<int>(value)) & trait.mask(), 0u) << trait.key;
    }
  }
}

TEST(Traits, CountUnknownValuesAsUnknown) {
  for (std::size_t i = 0; i < kTraits; ++i) {
    const Trait trait = static_cast<Trait>(i);
    const auto past_the_end = static_cast<std::int64_t>(info(trait).values.size());
    EXPECT_EQ(trait_bit(trait, past_the_end), trait_bit(trait, 0));
    EXPECT_EQ(trait_bit(trait, -1), trait_bit(trait, 0));
    EXPECT_EQ(trait_bit(trait, INT32_MIN), trait_bit(trait, 0)) << "absent";
  }
}

TEST(OsValue, KnowsWhatExchangesCallThem) {
  const std::pair<const char*, const char*> names[] = {{"iOS", "ios"},
                                                       {"iPhone OS", "ios"},
                                                       {"iPadOS", "ios"},
                                                       {"ios 17", "ios"},
                                                       {"Android", "android"},
                                                       {"ANDROID", "android"},
                                                       {"Windows", "windows"},
                                                       {"Windows NT 10", "windows"},
                                                       {"Mac OS X", "macos"},
                                                       {"macOS", "macos"},
                                                       {"OS X", "macos"},
                                                       {"Linux", "linux"},
                                                       {"Chrome OS", "chromeos"},
                                                       {"CrOS", "chromeos"},
                                                       {"tvOS", "tvos"},
                                                       {"Apple TV", "tvos"},
                                                       {"Roku OS", "roku"},
                                                       {"Tizen", "tizen"},
                                                       {"webOS", "webos"},
                                                       {"Web OS", "webos"},
                                                       {"Fire OS", "fireos"},
                                                       {"", "unknown"},
                                                       {"Symbian", "unknown"},
                                                       {"i", "unknown"}};
  for (const auto& [name, value] : names) EXPECT_EQ(info(Trait::os).values[os_value(name)], value) << name;
}

TEST(GenderValue, LooksAtTheFirstLetter) {
  EXPECT_EQ(gender_value("M"), 1u);
  EXPECT_EQ(gender_value("female"), 2u);
  EXPECT_EQ(gender_value("O"), 3u);
  EXPECT_EQ(gender_value(""), 0u);
  EXPECT_EQ(gender_value("x"), 0u);
}

TEST(Token, IsBlindToCaseButForDeals) {
  EXPECT_EQ(token(Dimension::bundle, "Com.A"), token(Dimension::bundle, "com.a"));
  EXPECT_EQ(token(Dimension::city, "MUNICH"), token(Dimension::city, "munich"));
  EXPECT_NE(token(Dimension::deal, "Deal"), token(Dimension::deal, "deal"));
}

TEST(Token, DiffersByDimension) {
  std::set<std::uint64_t> tokens;
  for (std::size_t i = 0; i < kDimensions; ++i) tokens.insert(token(static_cast<Dimension>(i), "us"));
  EXPECT_EQ(tokens.size(), kDimensions);
  EXPECT_EQ(tokens.count(0), 0u);
}

TEST(Token, IsZeroForWhatIsNoValue) {
  for (std::size_t i = 0; i < kDimensions; ++i) EXPECT_EQ(token(static_cast<Dimension>(i), ""), 0u);
  EXPECT_EQ(token(Dimension::country, "Germany"), 0u);
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    EXPECT_NE(any_token(dimension), 0u);
    EXPECT_EQ(token(dimension, kAnyValue), any_token(dimension)) << key(dimension);
  }
}

TEST(Token, BringsTheSameThingToTheSameNumber) {
  EXPECT_EQ(token(Dimension::country, "US"), token(Dimension::country, "usa"));
  EXPECT_EQ(token(Dimension::language, "en-US"), token(Dimension::language, "EN"));
  EXPECT_EQ(token(Dimension::language, "pt_BR"), token(Dimension::language, "pt"));
}

TEST(ParentCategory, IsThatOfTheFirstTaxonomy) {
  EXPECT_EQ(parent_category("IAB1-2"), "IAB1");
  EXPECT_EQ(parent_category("iab25-3"), "iab25");
  EXPECT_EQ(parent_category("IAB1"), "");
  EXPECT_EQ(parent_category("123"), "");
  EXPECT_EQ(parent_category("JLBCU7-1"), "");
  EXPECT_EQ(parent_category(""), "");
}

constexpr std::uint64_t version(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  return a << 32 | b << 16 | c;
}

TEST(ParseVersion, FillsWhatIsNotWritten) {
  EXPECT_EQ(parse_version("10.3.1", 0), version(10, 3, 1));
  EXPECT_EQ(parse_version("10_3_1", 0), version(10, 3, 1));
  EXPECT_EQ(parse_version("10.3.1.7", 0), version(10, 3, 1));
  EXPECT_EQ(parse_version("13", 0), version(13, 0, 0));
  EXPECT_EQ(parse_version("13", 0xffff), version(13, 0xffff, 0xffff));
  EXPECT_EQ(parse_version("13.4", 0xffff), version(13, 4, 0xffff));
  EXPECT_EQ(parse_version("13.", 7), version(13, 7, 7));
  EXPECT_EQ(parse_version("13.x.5", 0), version(13, 0, 0));
  EXPECT_EQ(parse_version("10.0.19045", 0), version(10, 0, 19045));
  EXPECT_EQ(parse_version("14 beta", 0), version(14, 0, 0));
}

TEST(ParseVersion, RefusesWhatDoesNotBeginWithANumber) {
  for (const char* text : {"", "x", ".5", "-1", "v12", "99999"})
    EXPECT_EQ(parse_version(text, 0), std::nullopt) << text;
}

TEST(ParseVersion, OrdersAsVersionsDo) {
  const char* const versions[] = {"8", "9.0.1", "9.1", "10", "10.0.1", "10.2", "10.10", "11"};
  for (std::size_t i = 1; i < std::size(versions); ++i) {
    EXPECT_LT(*parse_version(versions[i - 1], 0), *parse_version(versions[i], 0)) << versions[i];
  }
}

}  // namespace
}  // namespace bidwell::catalog
