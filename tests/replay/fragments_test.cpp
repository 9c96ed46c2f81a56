// Fragments in any order make the packet; what contradicts itself makes none, and nothing is kept without bound.
#include "replay/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/replay/packet_builder.h"

namespace bidwell::replay {
namespace {

using testing::Bytes;
using testing::bytes_of;

constexpr std::int64_t kSecond = 1'000'000'000;

FragmentKey key_of(std::uint32_t id) {
  FragmentKey key;
  key.from[15] = 1, key.to[15] = 2, key.id = id, key.protocol = 6, key.version = 4;
  return key;
}

class FragmentsTest : public ::testing::Test {
 protected:
  // The whole packet's text, or "" while it waits.
  std::string add(std::uint32_t offset, bool more, const std::string& text, std::int64_t at_ns = 0,
                  std::uint32_t id = 1) {
    const Bytes bytes = bytes_of(text);
    const auto whole = fragments.add(key_of(id), {offset, more, 6, bytes}, at_ns);
    return whole ? std::string(whole->bytes.begin(), whole->bytes.end()) : "";
  }
  std::uint64_t missing() const { return losses.of(Loss::fragment_missing); }

  Losses losses;
  Fragments fragments{losses, {.packets_max = 8, .bytes_max = 100'000}};
};

const std::string kA(8, 'a'), kB(16, 'b'), kC = "ccc";

TEST_F(FragmentsTest, AnyOrderMakesThePacket) {
  struct Part {
    std::uint32_t offset;
    bool more;
    std::string text;
  };
  std::vector<Part> parts = {{0, true, kA}, {8, true, kB}, {24, false, kC}};
  std::vector<std::size_t> order = {0, 1, 2};
  std::uint32_t id = 0;
  do {
    ++id;
    std::string whole;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(whole, "");
      const Part& part = parts[order[i]];
      whole = add(part.offset, part.more, part.text, 0, id);
    }
    EXPECT_EQ(whole, kA + kB + kC);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(id, 6u);
  fragments.finish();
  EXPECT_EQ(missing(), 0u);
}

TEST_F(FragmentsTest, TheProtocolIsTheFirstFragments) {
  const Bytes a = bytes_of(kA), c = bytes_of(kC);
  EXPECT_FALSE(fragments.add(key_of(1), {8, false, 99, c}, 0));
  const auto whole = fragments.add(key_of(1), {0, true, 17, a}, 0);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->protocol, 17);
}

TEST_F(FragmentsTest, CopiesDoNoHarm) {
  add(0, true, kA);
  EXPECT_EQ(add(0, true, kA), "");
  EXPECT_EQ(add(8, false, kC), kA + kC);
  // Those of a packet that is whole: seen twice, lost never.
  EXPECT_EQ(add(8, false, kC, kSecond / 2), "");
  fragments.finish();
  EXPECT_EQ(missing(), 0u);
}

TEST_F(FragmentsTest, AnIdIsUsedAgain) {
  add(0, true, kA);
  EXPECT_EQ(add(8, false, kC), kA + kC);
  EXPECT_EQ(add(0, true, kB, 2 * kSecond), "");
  EXPECT_EQ(add(16, false, kC, 2 * kSecond), kB + kC);
}

TEST_F(FragmentsTest, WhatOverlapsIsDroppedWholly) {
  add(0, true, kB);
  EXPECT_EQ(add(8, false, kC), "");
  EXPECT_EQ(missing(), 1u);
  // Its other fragments do not begin another packet.
  EXPECT_EQ(add(0, true, kA), "");
  EXPECT_EQ(add(8, false, kC), "");
  fragments.finish();
  EXPECT_EQ(missing(), 1u);
}

TEST_F(FragmentsTest, WhatContradictsIsDropped) {
  add(0, true, kA, 0, 1), add(0, true, std::string(8, 'x'), 0, 1);  // other bytes
  EXPECT_EQ(missing(), 1u);
  add(8, false, kC, 0, 2), add(16, false, kC, 0, 2);  // two ends
  EXPECT_EQ(missing(), 2u);
  add(8, false, kC, 0, 3), add(16, true, kA, 0, 3);  // behind the end
  EXPECT_EQ(missing(), 3u);
  add(16, true, kA, 0, 4), add(0, false, kC, 0, 4);  // an end before what is there
  EXPECT_EQ(missing(), 4u);
}

TEST_F(FragmentsTest, WhatCannotBeIsNotTaken) {
  EXPECT_EQ(add(0, true, "12345"), "");   // not a multiple of 8
  EXPECT_EQ(add(65'528, false, kB), "");  // longer than any packet
  EXPECT_EQ(add(0, true, ""), "");        // of nothing
  EXPECT_EQ(losses.of(Loss::packet_malformed), 3u);
  fragments.finish();
  EXPECT_EQ(missing(), 0u);
}

TEST_F(FragmentsTest, WaitsThirtySeconds) {
  add(0, true, kA, kSecond, 1);
  EXPECT_EQ(add(8, false, kC, 31 * kSecond, 1), kA + kC);
  add(0, true, kA, kSecond, 2);
  EXPECT_EQ(add(8, false, kC, 31 * kSecond + 1, 2), "");
  EXPECT_EQ(missing(), 1u);
  fragments.finish();
  EXPECT_EQ(missing(), 2u);  // the late one's first fragment is gone
}

TEST_F(FragmentsTest, TheOldestMakesRoom) {
  for (std::uint32_t id = 1; id <= 10; ++id) add(0, true, kA, id, id);
  EXPECT_EQ(add(8, false, kC, 11, 10), kA + kC);
  EXPECT_EQ(missing(), 2u);
  fragments.finish();
  EXPECT_EQ(missing(), 9u);
}

TEST_F(FragmentsTest, BytesAreBounded) {
  for (std::uint32_t id = 1; id <= 4; ++id) add(64'000, true, kA, id, id);
  EXPECT_EQ(missing(), 2u);  // two of 64 kB are past the limit; the newest stays
}

}  // namespace
}  // namespace bidwell::replay
