// Events as lines of JSON: names and forms of the fields, and that no bytes whatever make a line that is not JSON.
#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "bidwell/events/ndjson.h"

namespace bidwell::events {
namespace {

using Json = nlohmann::json;

std::string line_of(const Event& event) {
  std::string out = "before";
  append_json(event, out);
  EXPECT_TRUE(out.starts_with("before{"));
  return out.substr(6);
}

// Throws where the line is not JSON, or not UTF-8.
Json parsed(const Event& event) {
  const std::string line = line_of(event);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  return Json::parse(line);
}

TEST(EventJson, ABidInFull) {
  Event event;
  event.at_us = 1'795'469'934'123'456;
  event.bid_at_ms = 1'795'469'934'123;
  event.bid_id = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0xff, 0x10, 0x01};
  event.user = {0xfe, 1};
  event.exchange = "demo";
  event.campaign_id = "c-1";
  event.creative_id = "cr";
  event.auction_id = "a \"1\"";
  event.imp_id = "1";
  event.deal_id = "d\\";
  event.price = 2'500'000;
  event.currency = currency_code("EUR");
  event.sampled_ppm = 10'000;
  EXPECT_EQ(line_of(event),
            R"({"kind":"bid","at":"2026-11-23T21:38:54.123456Z","bid_at":"2026-11-23T21:38:54.123Z",)"
            R"("bid_id":"0123456789abcdef00ff1001","exchange":"demo","campaign_id":"c-1","creative_id":"cr",)"
            R"("auction_id":"a \"1\"","imp_id":"1","deal_id":"d\\","price_micros":2500000,"currency":"EUR",)"
            R"("user_key":"fe010000000000000000000000000000","sample_ppm":10000})");
}

TEST(EventJson, ANoticeInFull) {
  Event event;
  event.kind = Kind::loss;
  event.at_us = 1;
  event.bid_at_ms = 2;
  event.price = 0;
  event.price_max = std::numeric_limits<Micros>::max();
  event.loss_reason = 102;
  event.min_to_win = 7;
  event.late = true;
  event.client = "203.0.113.0/24";
  EXPECT_EQ(line_of(event),
            R"({"kind":"loss","at":"1970-01-01T00:00:00.000001Z","bid_at":"1970-01-01T00:00:00.002Z",)"
            R"("bid_id":"000000000000000000000000","price_micros":0,"price_max_micros":9223372036854775807,)"
            R"("currency":"USD","loss_reason":102,"min_to_win_micros":7,"late":true,"client":"203.0.113.0/24"})");
}

TEST(EventJson, TheMoneyOfBudgets) {
  Event event;
  event.kind = Kind::bill;
  event.reserved = 2'500'000;
  event.spend = 0;
  event.budget_currency = currency_code("EUR");
  EXPECT_EQ(parsed(event)["reserved_nanos"], 2'500'000);
  EXPECT_EQ(parsed(event)["spend_nanos"], 0);
  EXPECT_EQ(parsed(event)["budget_currency"], "EUR");
  event.spend = kNoPrice;
  EXPECT_FALSE(parsed(event).contains("spend_nanos"));
  EXPECT_EQ(parsed(event)["budget_currency"], "EUR");
}

TEST(EventJson, WhatIsNotKnownIsAbsent) {
  Event event;
  event.kind = Kind::click;
  event.currency = 0;
  EXPECT_EQ(line_of(event),
            R"({"kind":"click","at":"1970-01-01T00:00:00.000000Z","bid_id":"000000000000000000000000","late":false})");
}

TEST(EventJson, TimesThatNoClockSaysStayDates) {
  Event event;
  for (const std::int64_t us : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}}) {
    event.at_us = us;
    EXPECT_EQ(parsed(event)["at"], "1970-01-01T00:00:00.000000Z");
  }
  event.at_us = event.bid_at_ms = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parsed(event)["at"], "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(parsed(event)["bid_at"], "9999-12-31T23:59:59.999Z");
  event.at_us = 951'782'400'000'000;
  EXPECT_EQ(parsed(event)["at"], "2000-02-29T00:00:00.000000Z");
}

TEST(EventJson, EveryByteAndEveryPairMakesALine) {
  Event event;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      event.auction_id = text;
      const std::string back = parsed(event)["auction_id"];
      if (first < 0x80 && second < 0x80) {
        ASSERT_EQ(back, text);
      } else if (first < 0x80) {
        ASSERT_EQ(back, text.substr(0, 1) + "\xef\xbf\xbd");
      }
    }
  }
}

TEST(EventJson, GoodUtf8StaysAndBadIsReplaced) {
  const auto through = [](std::string_view text) {
    Event event;
    event.deal_id = text;
    return parsed(event)["deal_id"].get<std::string>();
  };
  constexpr std::string_view kGood = "\u00e9\u0800\uffff\U00010000\U0010ffff\ud7ff\ue000\x7f";
  EXPECT_EQ(through(kGood), kGood);
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(through("\xc0\x80"), bad + bad);                      // overlong
  EXPECT_EQ(through("\xe0\x9f\xbf"), bad + bad + bad);            // overlong
  EXPECT_EQ(through("\xed\xa0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(through("\xf4\x90\x80\x80"), bad + bad + bad + bad);  // beyond the last
  EXPECT_EQ(through("a\xe2\x82"), "a" + bad + bad);               // cut
  EXPECT_EQ(through("\xe2\x82z"), bad + bad + "z");
}

TEST(EventJson, RandomBytesInAllTextsMakeALine) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 40, '\0');
    // Among them many that begin or go on with a character of several bytes.
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? 0x80 + random() % 128 : random());
    const std::string_view text = bytes;
    Event event;
    event.kind = static_cast<Kind>(random() % kKinds);
    event.at_us = static_cast<std::int64_t>(random());
    event.bid_at_ms = static_cast<std::int64_t>(random());
    event.price = static_cast<Micros>(random());
    event.price_max = static_cast<Micros>(random());
    event.min_to_win = static_cast<Micros>(random());
    event.reserved = static_cast<Nanos>(random());
    event.spend = static_cast<Nanos>(random());
    event.budget_currency = static_cast<CurrencyCode>(random());
    event.currency = static_cast<CurrencyCode>(random());
    event.loss_reason = static_cast<std::int32_t>(random());
    event.sampled_ppm = static_cast<std::uint32_t>(random());
    event.exchange = event.campaign_id = event.client = text;
    event.creative_id = event.imp_id = text.substr(text.size() / 2);
    event.auction_id = event.deal_id = text.substr(0, text.size() / 2);
    ASSERT_NO_THROW(parsed(event)) << line_of(event);
  }
}

TEST(EventJson, TheLongestLineFits) {
  Event event;
  const std::string longest(kTextBytesMax, '\x01');
  event.exchange = event.campaign_id = event.creative_id = event.imp_id = longest;
  event.auction_id = event.deal_id = event.client = longest;
  event.kind = Kind::click;
  event.at_us = event.bid_at_ms = event.min_to_win = std::numeric_limits<std::int64_t>::max();
  event.price = event.price_max = event.reserved = event.spend = std::numeric_limits<std::int64_t>::min();
  event.loss_reason = std::numeric_limits<std::int32_t>::max();
  event.user.fill(255);
  EXPECT_EQ(parsed(event)["client"], longest);
}

}  // namespace
}  // namespace bidwell::events
