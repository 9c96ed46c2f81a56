// The codec of events: what is written is read, and whatever else is read is refused.
#include "bidwell/events/event.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace bidwell::events {
namespace {

struct Buffer {
  char bytes[kEventBytesMax];
};

std::string encoded(const Event& event) {
  Buffer buffer;
  return {buffer.bytes, encode(event, buffer.bytes)};
}

Event notice() {
  Event event;
  event.kind = Kind::loss;
  event.at_us = 1'700'000'000'123'456;
  event.bid_at_ms = 1'700'000'000'001;
  event.bid_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};
  event.user[15] = 9;
  event.exchange = "demo";
  event.campaign_id = "campaign";
  event.creative_id = "creative";
  event.imp_id = "1";
  event.price = 1'250'000;
  event.price_max = 2'000'000;
  event.currency = currency_code("EUR");
  event.auction_id = "auction";
  event.deal_id = "deal";
  event.sampled_ppm = 10'000;
  event.late = true;
  event.loss_reason = 102;
  event.min_to_win = 1'300'000;
  event.budget_currency = currency_code("JPY");
  event.reserved = 2'100'000'000;
  event.from_purse = true;
  event.spend = 1'900'000'001;
  event.client = "203.0.113.0/24";
  return event;
}

TEST(Event, ComesBackAsItWas) {
  const std::string bytes = encoded(notice());
  Event event;
  ASSERT_TRUE(decode(bytes, event));
  const Event expected = notice();
  EXPECT_EQ(event.kind, expected.kind);
  EXPECT_EQ(event.at_us, expected.at_us);
  EXPECT_EQ(event.bid_at_ms, expected.bid_at_ms);
  EXPECT_EQ(event.bid_id, expected.bid_id);
  EXPECT_EQ(event.user, expected.user);
  EXPECT_EQ(event.exchange, expected.exchange);
  EXPECT_EQ(event.campaign_id, expected.campaign_id);
  EXPECT_EQ(event.creative_id, expected.creative_id);
  EXPECT_EQ(event.imp_id, expected.imp_id);
  EXPECT_EQ(event.price, expected.price);
  EXPECT_EQ(event.price_max, expected.price_max);
  EXPECT_EQ(event.currency, expected.currency);
  EXPECT_EQ(event.auction_id, expected.auction_id);
  EXPECT_EQ(event.deal_id, expected.deal_id);
  EXPECT_EQ(event.sampled_ppm, expected.sampled_ppm);
  EXPECT_EQ(event.late, expected.late);
  EXPECT_EQ(event.loss_reason, expected.loss_reason);
  EXPECT_EQ(event.min_to_win, expected.min_to_win);
  EXPECT_EQ(event.budget_currency, expected.budget_currency);
  EXPECT_EQ(event.reserved, expected.reserved);
  EXPECT_EQ(event.from_purse, expected.from_purse);
  EXPECT_EQ(event.spend, expected.spend);
  EXPECT_EQ(event.client, expected.client);
}

// As a program wrote it that knew nothing of budgets: the same without their 20 bytes behind the fixed ones.
TEST(Event, OfTheFirstVersionIsRead) {
  std::string bytes = encoded(notice());
  ASSERT_EQ(bytes[0], 2);
  bytes[0] = 1;
  bytes.erase(83, 20);
  Event event = notice();
  EXPECT_FALSE(decode(bytes, event)) << "with a flag that it had not";
  ASSERT_EQ(bytes[2], 3);
  bytes[2] = 1;
  ASSERT_TRUE(decode(bytes, event));
  EXPECT_TRUE(event.late);
  EXPECT_FALSE(event.from_purse);
  EXPECT_EQ(event.reserved, kNoPrice);
  EXPECT_EQ(event.spend, kNoPrice);
  EXPECT_EQ(event.budget_currency, kUsd);
  EXPECT_EQ(event.loss_reason, 102);
  EXPECT_EQ(event.client, "203.0.113.0/24");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size), event)) << size;
  }
}

// The bytes of one, so that both sides cannot err alike.
TEST(Event, OfTheFirstVersionByItsBytes) {
  const std::string bytes = std::string("\1\2\0", 3) + std::string(8, '\1') + std::string(8, '\2') +
                            std::string(12, '\3') + std::string(16, '\0') + std::string(8, '\5') +
                            std::string(16, '\xff') + std::string("DSU\0", 4) + std::string("\x40\x42\x0f\0", 4) +
                            std::string(4, '\xff') + std::string("\4\0demo", 6) + std::string(12, '\0');
  Event event;
  ASSERT_TRUE(decode(bytes, event));
  EXPECT_EQ(event.kind, Kind::bill);
  EXPECT_EQ(event.bid_at_ms, 0x0202020202020202);
  EXPECT_EQ(event.currency, kUsd);
  EXPECT_EQ(event.sampled_ppm, kEveryBid);
  EXPECT_EQ(event.price_max, kNoPrice);
  EXPECT_EQ(event.exchange, "demo");
}

TEST(Event, FlagsAreReadEachForItself) {
  for (const bool late : {false, true}) {
    for (const bool from_purse : {false, true}) {
      Event given = notice(), event;
      given.late = late, given.from_purse = from_purse;
      ASSERT_TRUE(decode(encoded(given), event));
      EXPECT_EQ(event.late, late);
      EXPECT_EQ(event.from_purse, from_purse);
    }
  }
  std::string bytes = encoded(notice());
  bytes[2] = 4;
  Event event;
  EXPECT_FALSE(decode(bytes, event));
}

TEST(Event, IsRefusedWhenCutOrLengthened) {
  const std::string bytes = encoded(notice());
  Event event;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size), event)) << size;
  }
  EXPECT_FALSE(decode(bytes + '\0', event));
}

TEST(Event, OfAnotherVersionOrKindIsRefused) {
  Event event;
  for (const std::size_t at : {0, 1, 2}) {
    std::string bytes = encoded(notice());
    bytes[at] = 77;
    EXPECT_FALSE(decode(bytes, event)) << at;
  }
}

TEST(Event, LongTextsAreCutAndStillFit) {
  const std::string text(100'000, 'x');
  Event event = notice();
  for (std::string_view* member : {&event.exchange, &event.campaign_id, &event.creative_id, &event.imp_id,
                                   &event.auction_id, &event.deal_id, &event.client}) {
    *member = text;
  }
  const std::string bytes = encoded(event);
  EXPECT_LE(bytes.size(), kEventBytesMax);
  Event read;
  ASSERT_TRUE(decode(bytes, read));
  EXPECT_EQ(read.imp_id, text.substr(0, kTextBytesMax));
}

TEST(Event, AnyBytesAreReadWithoutHarm) {
  std::mt19937 random(1);
  const std::string good = encoded(notice());
  std::size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    Event event;
    if (!decode(bytes, event)) continue;
    ++accepted;  // numbers may be anything; the texts lie within the bytes
    EXPECT_GE(event.client.data(), bytes.data());
    EXPECT_LE(event.client.data() + event.client.size(), bytes.data() + bytes.size());
  }
  EXPECT_GT(accepted, 0u);
}

TEST(Event, BidIdsAreWrittenInHex) {
  char text[kBidIdTextSize];
  write_bid_id({0, 1, 0xab, 0xff}, text);
  EXPECT_EQ(std::string_view(text, sizeof text), "0001abff0000000000000000");
}

TEST(Event, KindsHaveTheNamesOfTheirUrls) {
  EXPECT_EQ(name(Kind::bid), "bid");
  EXPECT_EQ(name(Kind::win), "win");
  EXPECT_EQ(name(Kind::bill), "bill");
  EXPECT_EQ(name(Kind::loss), "loss");
  EXPECT_EQ(name(Kind::imp), "imp");
  EXPECT_EQ(name(Kind::click), "click");
}

}  // namespace
}  // namespace bidwell::events
