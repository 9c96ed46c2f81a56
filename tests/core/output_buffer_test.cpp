// The buffer that answers are written into: it never writes past its end, and says so.
#include "bidwell/core/output_buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "bidwell/core/money.h"

namespace bidwell {
namespace {

TEST(OutputBuffer, KeepsWhatIsAppended) {
  OutputBuffer out(32);
  out.append("ab");
  out.append('c');
  out.append("");
  out.append_number(-12);
  out.append_number(std::uint64_t{3});
  EXPECT_EQ(out.view(), "abc-123");
  EXPECT_EQ(out.view(3), "-123");
  EXPECT_EQ(out.size(), 7u);
  EXPECT_EQ(out.room(), 25u);
  EXPECT_FALSE(out.overflowed());
}

TEST(OutputBuffer, TakesExactlyItsCapacity) {
  OutputBuffer out(4);
  out.append("abc");
  out.append('d');
  EXPECT_EQ(out.view(), "abcd");
  EXPECT_EQ(out.room(), 0u);
  EXPECT_FALSE(out.overflowed());
  out.append("");
  EXPECT_FALSE(out.overflowed());
}

TEST(OutputBuffer, SaysThatItOverflowedWhateverDidNotFit) {
  const auto overflows = [](auto&& append) {
    OutputBuffer out(4);
    out.append("abc");
    append(out);
    EXPECT_EQ(out.view(), "abc");
    return out.overflowed();
  };
  EXPECT_TRUE(overflows([](OutputBuffer& out) { out.append("de"); }));
  EXPECT_TRUE(overflows([](OutputBuffer& out) { out.append_number(-1); }));
  EXPECT_TRUE(overflows([](OutputBuffer& out) { EXPECT_EQ(out.reserve(2), nullptr); }));
  OutputBuffer none(0);
  none.append('x');
  EXPECT_TRUE(none.overflowed());
  EXPECT_EQ(none.size(), 0u);
}

TEST(OutputBuffer, StaysOverflowedUntilItIsTruncated) {
  OutputBuffer out(4);
  out.append("ab");
  out.append("too much");
  out.append('c');
  EXPECT_TRUE(out.overflowed()) << "a later piece that fits does not mend it";
  out.truncate(1);
  EXPECT_FALSE(out.overflowed());
  EXPECT_EQ(out.view(), "a");
  out.append("bcd");
  EXPECT_EQ(out.view(), "abcd");
}

TEST(OutputBuffer, LendsRoomToWritersThatKnowTheirBound) {
  OutputBuffer out(kMicrosTextSize);
  char* at = out.reserve(kMicrosTextSize);
  ASSERT_NE(at, nullptr);
  out.commit(write_micros(at, 2'500'000));
  EXPECT_EQ(out.view(), "2.5");
  EXPECT_EQ(out.room(), kMicrosTextSize - 3);
}

}  // namespace
}  // namespace bidwell
