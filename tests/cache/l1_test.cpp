// What L1 promises of one value at a time: versions, marks, uses.
#include "bidwell/cache/l1.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "l1_values.h"

namespace bidwell::cache {
namespace {

class L1Test : public testing::TestWithParam<Eviction> {
 protected:
  static L1Options options() {
    L1Options options;
    options.bytes_max = 1 << 20;
    options.shards = 4;
    options.eviction = GetParam();
    return options;
  }

  // What a reader sees of it.
  std::string seen(std::uint64_t number) {
    const L1::Reader::Pin pin(reader_);
    const Entry* const entry = reader_.find(slot_of(number));
    return entry == nullptr ? "nothing" : std::string(entry->bytes());
  }
  unsigned uses(std::uint64_t number) const {
    L1::Peek peek;
    return l1_.peek(slot_of(number), peek) ? peek.uses : 99;
  }

  L1 l1_{options()};
  L1::Reader reader_{l1_};
};
INSTANTIATE_TEST_SUITE_P(Policies, L1Test, testing::Values(Eviction::s3_fifo, Eviction::lru),
                         [](const auto& policy) { return policy.param == Eviction::lru ? "lru" : "s3_fifo"; });

TEST_P(L1Test, FindsWhatWasPutAsItWasPut) {
  EXPECT_EQ(seen(1), "nothing");
  Value value = value_of(1, 7, "bytes");
  value.loaded = at(3);
  value.born = at(2);
  value.refreshed = true;
  EXPECT_EQ(l1_.put(value, at(0)), PutResult::added);
  const L1::Reader::Pin pin(reader_);
  const Entry* const entry = reader_.find(slot_of(1));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->slot, slot_of(1));
  EXPECT_EQ(entry->version, 7u);
  EXPECT_EQ(entry->loaded, at(3));
  EXPECT_EQ(entry->born, at(2));
  EXPECT_EQ(entry->soft, at(500).time_since_epoch().count());
  EXPECT_EQ(entry->hard, at(1000));
  EXPECT_EQ(entry->bytes(), "bytes");
  EXPECT_FALSE(entry->negative);
  EXPECT_FALSE(entry->dropped);
  EXPECT_TRUE(entry->refreshed);
}

TEST_P(L1Test, ClassAndBothHalvesOfTheKeyTellValuesApart) {
  Value value = value_of(1, 1, "first");
  l1_.put(value, at(0));
  for (int part = 0; part < 3; ++part) {
    Slot other = slot_of(1);
    if (part == 0) ++other.cls;
    if (part == 1) ++other.key.high;
    if (part == 2) ++other.key.low;
    const L1::Reader::Pin pin(reader_);
    EXPECT_EQ(reader_.find(other), nullptr) << part;
  }
}

TEST_P(L1Test, VersionsNeverGoBack) {
  EXPECT_EQ(l1_.put(value_of(1, 5, "five"), at(0)), PutResult::added);
  EXPECT_EQ(l1_.put(value_of(1, 4, "four"), at(0)), PutResult::older);
  EXPECT_EQ(seen(1), "five");
  EXPECT_EQ(l1_.put(value_of(1, 5, "five again"), at(0)), PutResult::replaced);
  EXPECT_EQ(seen(1), "five again");
  EXPECT_EQ(l1_.put(value_of(1, 6, "six"), at(0)), PutResult::replaced);
  EXPECT_EQ(seen(1), "six");
  EXPECT_EQ(l1_.put(value_of(1, 5, "five"), at(2000)), PutResult::replaced)
      << "one that is dead is served to nobody: it does not keep others out";
  EXPECT_EQ(l1_.stats().entries, 1u);
}

TEST_P(L1Test, ALargeValueIsRefusedAndWhatStoodThereIsGone) {
  l1_.put(value_of(1, 5, "small"), at(0));
  const std::string large(options().bytes_max / options().shards / 4 + 1, 'x');
  EXPECT_EQ(l1_.put(value_of(1, 4, large), at(0)), PutResult::older);
  EXPECT_EQ(seen(1), "small");
  EXPECT_EQ(l1_.put(value_of(1, 6, large), at(0)), PutResult::too_large);
  EXPECT_EQ(seen(1), "nothing");
  EXPECT_EQ(l1_.stats().entries, 0u);
  EXPECT_EQ(l1_.stats().refused, 1u);
  const std::string fits(large.size() / 2, 'x');
  EXPECT_EQ(l1_.put(value_of(1, 6, fits), at(0)), PutResult::added);
}

TEST_P(L1Test, ExpireOnlyBringsForward) {
  EXPECT_FALSE(l1_.expire(slot_of(1), 9, at(1)));
  l1_.put(value_of(1, 5, "five"), at(0));
  EXPECT_FALSE(l1_.expire(slot_of(1), 5, at(1))) << "its own version is no news";
  L1::Peek peek;
  ASSERT_TRUE(l1_.peek(slot_of(1), peek));
  EXPECT_EQ(peek.soft, at(500));
  EXPECT_TRUE(l1_.expire(slot_of(1), 6, at(100)));
  l1_.peek(slot_of(1), peek);
  EXPECT_EQ(peek.soft, at(100));
  EXPECT_EQ(peek.version, 5u);
  EXPECT_TRUE(l1_.expire(slot_of(1), 6, at(200)));
  l1_.peek(slot_of(1), peek);
  EXPECT_EQ(peek.soft, at(100));
  EXPECT_EQ(seen(1), "five");
}

TEST_P(L1Test, ADroppedValueIsHiddenAndOlderOnesStayOut) {
  l1_.put(value_of(1, 5, "five"), at(0));
  l1_.drop(slot_of(1), 7, at(60), at(0));
  EXPECT_EQ(seen(1), "nothing");
  L1::Peek peek;
  ASSERT_TRUE(l1_.peek(slot_of(1), peek));
  EXPECT_TRUE(peek.dropped);
  EXPECT_EQ(peek.version, 7u);
  EXPECT_FALSE(l1_.expire(slot_of(1), 9, at(1))) << "there is nothing to be served";
  EXPECT_EQ(l1_.put(value_of(1, 6, "six"), at(59)), PutResult::older);
  EXPECT_EQ(l1_.put(value_of(1, 7, "seven"), at(59)), PutResult::replaced);
  EXPECT_EQ(seen(1), "seven");
}

TEST_P(L1Test, AMarkEndsAndNewerOnesAreNotDropped) {
  l1_.drop(slot_of(1), 7, at(60), at(0));
  l1_.drop(slot_of(1), 8, at(30), at(0));  // the longer of both times counts
  EXPECT_EQ(l1_.put(value_of(1, 6, "six"), at(59)), PutResult::older);
  EXPECT_EQ(l1_.put(value_of(1, 6, "six"), at(60)), PutResult::replaced);
  EXPECT_EQ(seen(1), "six");
  l1_.drop(slot_of(1), 6, at(90), at(60));
  EXPECT_EQ(seen(1), "six");
  l1_.drop(slot_of(1), 7, at(60), at(60));  // already over: no mark
  EXPECT_EQ(seen(1), "nothing");
  EXPECT_EQ(l1_.stats().entries, 0u);
}

TEST_P(L1Test, CountsUsesAndSaysWhenAValueBecomesHot) {
  l1_.put(value_of(1, 5, "five"), at(0));
  unsigned became = 0;
  for (unsigned use = 1; use <= 40; ++use) {
    const L1::Reader::Pin pin(reader_);
    bool hot = false;
    reader_.find(slot_of(1), 3, &hot);
    became += hot;
    EXPECT_EQ(hot, use == 3) << use;
    EXPECT_EQ(uses(1), std::min<unsigned>(use, Entry::kUsesMax));
  }
  EXPECT_EQ(became, 1u);
  l1_.put(value_of(1, 6, "six"), at(0));
  EXPECT_EQ(uses(1), 0u) << "a new value's uses begin anew";
}

TEST_P(L1Test, NeverHotAtZero) {
  l1_.put(value_of(1, 5, "five"), at(0));
  for (int use = 0; use < 20; ++use) {
    const L1::Reader::Pin pin(reader_);
    bool hot = false;
    reader_.find(slot_of(1), 0, &hot);
    EXPECT_FALSE(hot);
  }
}

TEST_P(L1Test, CountsRefreshesThatNobodyUsed) {
  Value value = value_of(1, 1, "one");
  value.refreshed = true;
  l1_.put(value, at(0));
  ++value.version;
  l1_.put(value, at(0));
  EXPECT_EQ(l1_.stats().refreshes_wasted, 1u);
  seen(1);
  ++value.version;
  l1_.put(value, at(0));
  EXPECT_EQ(l1_.stats().refreshes_wasted, 1u);
}

TEST_P(L1Test, EmptyAndNegativeValues) {
  Value value = value_of(1, 1, "");
  value.negative = true;
  l1_.put(value, at(0));
  EXPECT_EQ(seen(1), "");
  L1::Peek peek;
  ASSERT_TRUE(l1_.peek(slot_of(1), peek));
  EXPECT_TRUE(peek.negative);
}

TEST(L1Options, NonsenseIsRefused) {
  const auto refused = [](auto&& change) {
    L1Options options;
    change(options);
    EXPECT_THROW(L1{options}, std::invalid_argument);
  };
  refused([](L1Options& o) { o.shards = 0; });
  refused([](L1Options& o) { o.shards = 3; });
  refused([](L1Options& o) { o.bytes_max = 1000; });
  refused([](L1Options& o) { o.readers_max = 0; });
  refused([](L1Options& o) { o.small_share = 0; });
  refused([](L1Options& o) { o.small_share = 1; });
  refused([](L1Options& o) { o.promote_uses = 0; });
  refused([](L1Options& o) { o.promote_uses = 4; });
}

TEST(L1Readers, AreBoundedAndTheirSeatsComeBack) {
  L1Options options;
  options.readers_max = 2;
  L1 l1(options);
  L1::Reader first(l1);
  {
    L1::Reader second(l1);
    EXPECT_THROW(L1::Reader{l1}, std::runtime_error);
  }
  EXPECT_NO_THROW(L1::Reader{l1});
}

}  // namespace
}  // namespace bidwell::cache
