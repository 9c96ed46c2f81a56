// The codec: what was written is read again, and what is not a profile is refused, whatever its bytes.
#include "bidwell/profile/profile.h"

#include <gmock/gmock.h>

#include <memory>
#include <random>

#include "tests/profile/contents.h"

namespace bidwell::profile {
namespace {

using ::testing::ElementsAre;
using namespace std::string_literals;
using testing::contents_of;
using testing::random_contents;
using testing::tidy;

// From a copy of exactly that size, so that AddressSanitizer sees a read beyond it.
std::optional<Contents> parse(std::string_view bytes) {
  const std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  const auto profile = Profile::parse({copy.get(), bytes.size()});
  if (!profile) return std::nullopt;
  return contents_of(*profile);
}

TEST(Profile, IsEmptyByDefault) {
  const Profile nobody;
  EXPECT_TRUE(nobody.empty());
  EXPECT_EQ(contents_of(nobody), Contents{});
  EXPECT_EQ(nobody.attribute("gender"), "");
}

TEST(Profile, ABytewiseKnownAnswer) {
  const std::string bytes = encode({{300, 7, 7, 301}, {"b=2", "a=1"}, {{0x0102030405060708, 2, 200}}});
  EXPECT_EQ(bytes,
            "\x01"
            "\x01\x05\x03\x07\xa5\x02\x01"
            "\x02\x09\x02\x03"
            "a=1\x03"
            "b=2"
            "\x03\x0c\x01\x08\x07\x06\x05\x04\x03\x02\x01\x02\xc8\x01"s);
}

TEST(Profile, SortsAndKeepsTheLastOfEqualOnes) {
  const auto read = parse(encode({{9, 0, 9, 4294967295u},
                                  {"z=1", "income=low", "z=2", "income=high=er", "empty="},
                                  {{5, 1, 1}, {3, 9, 9}, {5, 2, 2}}}));
  ASSERT_TRUE(read);
  EXPECT_THAT(read->segments, ElementsAre(0, 9, 4294967295u));
  EXPECT_THAT(read->attributes, ElementsAre("empty=", "income=high=er", "z=2"));
  EXPECT_THAT(read->history, ElementsAre(Shown{3, 9, 9}, Shown{5, 2, 2}));
}

TEST(Profile, LeavesOutAttributesWithoutAName) {
  const auto read = parse(encode({{}, {"", "=", "=x", "name", "a=b"}, {}}));
  ASSERT_TRUE(read);
  EXPECT_THAT(read->attributes, ElementsAre("a=b"));
}

TEST(Profile, FindsAttributesByTheirWholeName) {
  const std::string bytes = encode({{}, {"gender=F", "gen=x", "income=a=b", "none="}, {}});
  const Profile profile = *Profile::parse(bytes);
  EXPECT_EQ(profile.attribute("gender"), "F");
  EXPECT_EQ(profile.attribute("gen"), "x");
  EXPECT_EQ(profile.attribute("income"), "a=b");
  EXPECT_EQ(profile.attribute("none"), "");
  EXPECT_EQ(profile.attribute("gend"), "");
  EXPECT_EQ(profile.attribute("genders"), "");
  EXPECT_EQ(profile.attribute("income=a"), "");
  EXPECT_EQ(profile.attribute(""), "");
}

TEST(Profile, RandomContentsComeBack) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    const Contents contents = random_contents(random);
    const std::string bytes = encode(contents);
    const auto read = parse(bytes);
    ASSERT_TRUE(read) << round;
    EXPECT_EQ(*read, tidy(contents)) << round;
    EXPECT_EQ(encode(*read), bytes) << round;
  }
}

TEST(Profile, EveryTruncationIsRefusedOrAPrefixOfWholeSections) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 100; ++round) {
    const std::string bytes = encode(random_contents(random));
    int whole = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto read = parse(std::string_view(bytes).substr(0, size));
      if (!read) continue;
      ++whole;
      EXPECT_EQ(encode(*read), bytes.substr(0, size));
    }
    EXPECT_LE(whole, 3) << "a byte of format, and a section of each kind but the last";
  }
}

TEST(Profile, FlippedBytesAreRefusedOrReadAsWhatTheySay) {
  std::mt19937_64 random(3);
  int read_anyway = 0, refused = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string bytes = encode(random_contents(random));
    for (int flip = 0; flip < 200; ++flip) {
      std::string changed = bytes;
      for (auto n = 1 + random() % 3; n > 0; --n) {
        changed[random() % changed.size()] = static_cast<char>(random());
      }
      const auto read = parse(changed);
      ++(read ? read_anyway : refused);
      if (read) {
        EXPECT_EQ(*parse(encode(*read)), *read);
      }
    }
  }
  EXPECT_GT(read_anyway, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(Profile, UnknownSectionsAreSkipped) {
  const std::string known = encode({{1, 2}, {"a=b"}, {{7, 1, 1}}});
  const auto read = parse(known + "\x04\x03???"s + "\xff\x00"s);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (Contents{{1, 2}, {"a=b"}, {{7, 1, 1}}}));
  EXPECT_FALSE(parse(known + "\x04\x04???"s)) << "its size runs over the end";
}

TEST(Profile, WhatIsNoProfileIsRefused) {
  const std::pair<const char*, std::string> cases[] = {
      {"nothing", ""},
      {"another format", "\x02"s},
      {"format 0", "\0"s},
      {"a kind without a size", "\x01\x01"s},
      {"kind 0", "\x01\x00\x00"s},
      {"a section twice", "\x01\x01\x02\x01\x05\x01\x02\x01\x05"s},
      {"sections not in order", "\x01\x02\x05\x01\x03x=b\x01\x02\x01\x05"s},
      {"an empty section", "\x01\x01\x01\x00"s},
      {"no count", "\x01\x01\x00"s},
      {"fewer segments than its count", "\x01\x01\x02\x02\x05"s},
      {"more segments than its count", "\x01\x01\x03\x01\x05\x01"s},
      {"the same segment twice", "\x01\x01\x03\x02\x05\x00"s},
      {"a segment beyond 32 bits", "\x01\x01\x07\x02\xff\xff\xff\xff\x0f\x01"s},
      {"a varint beyond 32 bits", "\x01\x01\x06\x01\xff\xff\xff\xff\x10"s},
      {"a varint without an end", "\x01\x01\x07\x01\x80\x80\x80\x80\x80\x80"s},
      {"a varint of more bytes than needed", "\x01\x01\x03\x01\x85\x00"s},
      {"an attribute that runs over the end", "\x01\x02\x05\x01\x04x=b"s},
      {"an attribute without =", "\x01\x02\x05\x01\x03xyz"s},
      {"an attribute without a name", "\x01\x02\x05\x01\x03=yz"s},
      {"attributes not in order", "\x01\x02\x09\x02\x03y=1\x03x=1"s},
      {"an attribute twice", "\x01\x02\x09\x02\x03x=1\x03x=2"s},
      {"a subject cut short", "\x01\x03\x07\x01zzzzzz"s},
      {"no last minute", "\x01\x03\x0a\x01zzzzzzzz\x01"s},
      {"a subject twice", "\x01\x03\x15\x02zzzzzzzz\x01\x01zzzzzzzz\x01\x01"s},
  };
  for (const auto& [why, bytes] : cases) EXPECT_FALSE(parse(bytes)) << why;
}

TEST(Profile, OneThatIsTooLargeIsRefused) {
  Contents contents;
  for (std::uint32_t i = 0; i < 5'000; ++i) contents.segments.push_back(i * 200);
  EXPECT_TRUE(Profile::parse(encode(contents)));
  for (std::uint32_t i = 5'000; i < 10'000; ++i) contents.segments.push_back(i * 200);
  EXPECT_GT(encode(contents).size(), Profile::kBytesMax);
  EXPECT_FALSE(Profile::parse(encode(contents)));
}

}  // namespace
}  // namespace bidwell::profile
