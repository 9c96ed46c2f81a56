// Histories against a plain list of showings.
#include "bidwell/profile/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace bidwell::profile {
namespace {

constexpr std::int64_t kNow = 1'795'000'000;

std::string bytes_of(const std::vector<Show>& shows) {
  std::string bytes;
  for (const Show& show : shows) {
    char record[kShowBytes];
    encode(show, record);
    bytes.append(record, kShowBytes);
  }
  return bytes;
}

std::uint32_t subject_in(const Show& show, History::Subject what) {
  switch (what) {
    case History::Subject::campaign: return show.campaign;
    case History::Subject::creative: return show.creative;
    case History::Subject::advertiser: return show.advertiser;
  }
  return 0;
}

TEST(History, RecordsStandAsDocumented) {
  char record[kShowBytes];
  encode({0x04030201, 0x08070605, 0x0c0b0a09, 0x100f0e0d, 1'577'836'800 + 3, Showing::billing}, record);
  EXPECT_EQ(std::string(record, kShowBytes),
            std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x07\x00\x00\x00", 20));
}

TEST(History, CountsAsAPlainListDoes) {
  std::mt19937_64 random(1);
  const auto up_to = [&](std::uint64_t max) { return random() % (max + 1); };
  unsigned counted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<Show> shows(up_to(round % 10 == 0 ? kShowsMax : 12));
    for (Show& show : shows) {
      show.bid = static_cast<std::uint32_t>(random());
      show.campaign = static_cast<std::uint32_t>(up_to(3));
      show.creative = static_cast<std::uint32_t>(up_to(3));
      show.advertiser = static_cast<std::uint32_t>(up_to(1));
      show.at = kNow - static_cast<std::int64_t>(up_to(100));
      show.kind = up_to(2) == 0 ? Showing::billing : Showing::impression;
    }
    const std::string bytes = bytes_of(shows);
    const History history = History::of(bytes);
    ASSERT_TRUE(history.known());
    ASSERT_EQ(history.size(), shows.size());
    for (std::size_t i = 0; i < shows.size(); ++i) ASSERT_EQ(decode_show(bytes.data() + i * kShowBytes), shows[i]);
    for (const auto what : {History::Subject::campaign, History::Subject::creative, History::Subject::advertiser}) {
      for (const auto kind : {Showing::impression, Showing::billing}) {
        const auto subject = static_cast<std::uint32_t>(up_to(3));
        const std::int64_t since = kNow - static_cast<std::int64_t>(up_to(110));
        const auto expected = std::count_if(shows.begin(), shows.end(), [&](const Show& show) {
          return subject_in(show, what) == subject && show.kind == kind && show.at >= since;
        });
        ASSERT_EQ(history.times(what, subject, kind, since), expected);
        counted += static_cast<unsigned>(expected);
      }
    }
  }
  EXPECT_GT(counted, 1000u);  // the rounds said something
}

TEST(History, WhatIsNoListOfRecordsIsNotKnown) {
  EXPECT_FALSE(History().known());
  for (std::size_t size = 0; size < (kShowsMax + 3) * kShowBytes; ++size) {
    const std::string bytes(size, 'x');
    const bool whole = size % kShowBytes == 0 && size <= kShowsMax * kShowBytes;
    const History history = History::of(bytes);
    ASSERT_EQ(history.known(), whole) << size;
    ASSERT_EQ(history.size(), whole ? size / kShowBytes : 0);
    if (!whole) {
      ASSERT_EQ(history.times(History::Subject::campaign, 0x78787878, Showing::impression, 0), 0u);
    }
  }
}

TEST(History, NothingIsKnownAndEmpty) {
  const History history = History::of({});
  EXPECT_TRUE(history.known());
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(history.times(History::Subject::campaign, 0, Showing::impression, 0), 0u);
}

TEST(History, TimesBeyondARecordAreItsFirstOrLast) {
  const auto round_trip = [](std::int64_t at) {
    char record[kShowBytes];
    encode({1, 2, 3, 4, at, Showing::impression}, record);
    return decode_show(record).at;
  };
  constexpr std::int64_t kFirst = 1'577'836'800, kLast = kFirst + 0x7fff'ffff;
  EXPECT_EQ(round_trip(kFirst), kFirst);
  EXPECT_EQ(round_trip(kLast), kLast);
  for (const std::int64_t at : {std::numeric_limits<std::int64_t>::min(), std::int64_t{0}, kFirst - 1}) {
    EXPECT_EQ(round_trip(at), kFirst);
  }
  for (const std::int64_t at : {std::numeric_limits<std::int64_t>::max(), kLast + 1}) EXPECT_EQ(round_trip(at), kLast);

  const std::string bytes = bytes_of({{1, 2, 3, 4, kNow, Showing::impression}});
  const auto since = [&](std::int64_t from) {
    return History::of(bytes).times(History::Subject::campaign, 2, Showing::impression, from);
  };
  EXPECT_EQ(since(std::numeric_limits<std::int64_t>::min()), 1u);
  EXPECT_EQ(since(kNow), 1u);
  EXPECT_EQ(since(kNow + 1), 0u);
  EXPECT_EQ(since(std::numeric_limits<std::int64_t>::max()), 0u);
}

}  // namespace
}  // namespace bidwell::profile
