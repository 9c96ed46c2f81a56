// What notices say was spent of budgets, and which showings are remembered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bidwell/core/hash.h"
#include "tests/exchange/notice_test.h"

namespace bidwell::exchange::testing {
namespace {

using events::Kind;
using events::kNoPrice;
using ::testing::ElementsAre;

class NoticeBudgetTest : public NoticeTest {
 protected:
  NoticeBudgetTest() {
    ExchangeOptions on_win;
    on_win.name = "on_win";
    on_win.spend_on = SpendOn::win;
    exchanges_.emplace_back(on_win, currencies_);
  }
  Nanos spend(Kind kind, std::string_view query) { return expect_recorded(kind, query).spend; }
};

TEST_F(NoticeBudgetTest, TheBillingNoticeSaysWhatWasSpent) {
  EXPECT_EQ(spend(Kind::bill, "p=1.25"), 1'250'000);
  EXPECT_EQ(spend(Kind::bill, "p=0"), 0);
  EXPECT_EQ(spend(Kind::bill, ""), 2'500'000);
  EXPECT_EQ(spend(Kind::bill, "p=${AUCTION_PRICE}"), 2'500'000);
  for (const Kind kind : {Kind::win, Kind::loss, Kind::imp, Kind::click}) EXPECT_EQ(spend(kind, "p=1"), kNoPrice);
  for (const Kind kind : {Kind::win, Kind::bill, Kind::loss}) {
    EXPECT_EQ(expect_recorded(kind, "p=1").reserved, 2'500'000);
    EXPECT_EQ(expect_recorded(kind, "p=1").budget_currency, kUsd);
  }
  for (const Kind kind : {Kind::imp, Kind::click}) EXPECT_EQ(expect_recorded(kind).reserved, kNoPrice);
  // The campaign had no budget: what was spent is known all the same.
  for (const Kind kind : {Kind::win, Kind::bill, Kind::loss}) EXPECT_FALSE(expect_recorded(kind).from_purse);
  token_.from_purse = true;
  for (const Kind kind : {Kind::win, Kind::bill, Kind::loss}) EXPECT_TRUE(expect_recorded(kind).from_purse);
}

TEST_F(NoticeBudgetTest, OrTheWinNoticeWhereTheExchangeSendsNoOther) {
  token_.exchange = "on_win";
  EXPECT_EQ(spend(Kind::win, "p=1.25"), 1'250'000);
  EXPECT_EQ(spend(Kind::win, ""), 2'500'000);
  EXPECT_EQ(spend(Kind::bill, "p=1.25"), kNoPrice);
  EXPECT_EQ(spend(Kind::loss, "p=1.25"), kNoPrice);
}

TEST_F(NoticeBudgetTest, InTheBudgetsCurrency) {
  token_.budget_currency = currency_code("JPY");
  token_.reserved = 375'000'001;
  EXPECT_EQ(spend(Kind::bill, "p=2.5"), 375'000'001);
  EXPECT_EQ(spend(Kind::bill, "p=1.25"), 187'500'001);  // .5 is rounded up
  EXPECT_EQ(spend(Kind::bill, "p=0"), 0);
  EXPECT_EQ(spend(Kind::bill, "p=0.000001"), 151);
  EXPECT_EQ(spend(Kind::bill, ""), 375'000'001);
  EXPECT_EQ(expect_recorded(Kind::bill, "p=1").budget_currency, currency_code("JPY"));
  // No product overflows, and nothing is more than was reserved.
  token_.price_max = token_.reserved = kMaxMicros;
  --token_.reserved;
  EXPECT_EQ(spend(Kind::bill, "p=1000000000"), kMaxMicros - 1);
  EXPECT_EQ(spend(Kind::bill, "p=500000000"), kMaxMicros / 2);
  token_.price_max = 0;
  EXPECT_EQ(spend(Kind::bill, "p=0"), 0);
}

// Every price of a bid: never less than its share, never above what was reserved, and never falling.
TEST_F(NoticeBudgetTest, SharesOfEveryPrice) {
  token_.price_max = 997;
  token_.reserved = 10'007;
  Nanos before = 0;
  for (int price = 0; price <= 997; ++price) {
    const Nanos spent = spend(Kind::bill, "p=0." + std::to_string(1'000'000 + price).substr(1));
    EXPECT_GE(spent * 997, price * 10'007);
    EXPECT_LT((spent - 1) * 997, price * 10'007);
    EXPECT_GE(spent, before);
    before = spent;
  }
  EXPECT_EQ(before, 10'007);
}

class Remembered final : public profile::Remember {
 public:
  struct One {
    cache::Key user;
    profile::Show show;
    std::vector<profile::CapToFill> caps;
  };
  bool remember(const cache::Key& user, const profile::Show& show, const profile::CapToFill* caps,
                std::size_t count) noexcept override {
    all.push_back({user, show, {caps, caps + count}});
    return room;
  }
  std::vector<One> all;
  bool room = true;
};

// Of one advertiser: the first has caps of every kind, the second none of its own but the first's for both, the third
// is another's.
constexpr char kCapped[] = R"({"campaigns": [
  {"id": "tide", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
   "frequency": {"caps": [
            {"of": "campaign", "times": 3, "per": "1d"},
            {"of": "creative", "times": 2, "per": "1h"},
            {"of": "advertiser", "times": 5, "per": "7d"},
            {"of": "campaign", "times": 4, "per": "1d", "counted": "billing"}]},
   "creatives": [{"id": "tide-300x250", "media": "banner", "w": 300, "h": 250, "markup": "<p>Tide</p>",
                  "adomain": ["tide.example"]}]},
  {"id": "ebb", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
   "creatives": [{"id": "ebb", "media": "banner", "w": 300, "h": 250, "markup": "<p>Ebb</p>",
                  "adomain": ["tide.example"]}]},
  {"id": "dune", "advertiser": "dune", "seat": "house", "bid": {"model": "cpm", "price": 2},
   "creatives": [{"id": "dune", "media": "banner", "w": 300, "h": 250, "markup": "<p>Dune</p>",
                  "adomain": ["dune.example"]}]}]})";

class NoticeRememberTest : public NoticeTest {
 protected:
  NoticeRememberTest() {
    options_.remember = &remembered_;
    snapshot_ = compile(kCapped, currencies_, {.account = {}, .notices = true});
    start();
  }
  std::vector<Remembered::One> take() { return std::exchange(remembered_.all, {}); }

  Remembered remembered_;
};

TEST_F(NoticeRememberTest, AnImpressionAndTheCapsItMayFill) {
  expect_recorded(Kind::imp);
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].user, (cache::Key{0x0102030405060708, 0x090a0b0c0d0e0f10}));
  const profile::Show& show = all[0].show;
  EXPECT_EQ(show.kind, profile::Showing::impression);
  EXPECT_EQ(show.campaign, catalog::subject_of("campaign:tide"));
  EXPECT_EQ(show.creative, catalog::subject_of("creative:tide-300x250"));
  EXPECT_EQ(show.advertiser, catalog::subject_of("advertiser:tide"));
  EXPECT_EQ(show.at, kNowMs / 1000);
  std::vector<std::string> caps;
  for (const profile::CapToFill& cap : all[0].caps) {
    caps.push_back(std::to_string(static_cast<int>(cap.what)) + " " + std::to_string(cap.times) + " " +
                   std::to_string(cap.per_seconds));
    EXPECT_EQ(cap.counted, profile::Showing::impression);
  }
  EXPECT_THAT(caps, ElementsAre("1 3 86400", "2 2 3600", "3 5 604800"));
  EXPECT_EQ(all[0].caps[0].subject, show.campaign);
  EXPECT_EQ(all[0].caps[1].subject, show.creative);
  EXPECT_EQ(all[0].caps[2].subject, show.advertiser);
}

TEST_F(NoticeRememberTest, ABillingIsAnotherShowing) {
  expect_recorded(Kind::imp);
  expect_recorded(Kind::bill, "p=1");
  expect_recorded(Kind::bill, "p=1");
  const auto all = take();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].show.kind, profile::Showing::billing);
  ASSERT_EQ(all[1].caps.size(), 1u);
  EXPECT_EQ(all[1].caps[0].times, 4u);
  EXPECT_NE(all[0].show.bid, all[1].show.bid);
  EXPECT_EQ(all[2].show.bid, all[1].show.bid) << "a repeat is known as one";
  token_.bid_id[0] ^= 1;
  expect_recorded(Kind::bill, "p=1");
  EXPECT_NE(take()[0].show.bid, all[1].show.bid);
}

TEST_F(NoticeRememberTest, WhatNoCapCountsIsNotRemembered) {
  for (const Kind kind : {Kind::win, Kind::loss}) expect_recorded(kind);
  expect_recorded(Kind::click, "r=0");
  send_good(Kind::bill, "p=AUDIT");
  send_good(Kind::bill, "p=99");
  send(Kind::imp, "nonsense");
  take_counted(Kind::imp);
  EXPECT_EQ(take().size(), 0u);
  BidToken nobody = token_;
  std::swap(token_, nobody);
  token_.user = {};
  expect_recorded(Kind::imp);
  token_ = nobody;
  token_.campaign_id = "dune";
  expect_recorded(Kind::imp);
  token_.campaign_id = "gone";
  expect_recorded(Kind::imp);
  EXPECT_EQ(take().size(), 0u);
  // That of a campaign whose advertiser another one counts.
  token_.campaign_id = "ebb";
  token_.creative_id = "gone";
  expect_recorded(Kind::imp);
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].show.advertiser, catalog::subject_of("advertiser:tide"));
  EXPECT_EQ(all[0].caps.size(), 0u);
}

TEST_F(NoticeRememberTest, NobodyWaitsForItAndItIsDoneOnce) {
  remembered_.room = false;
  expect_recorded(Kind::imp);
  EXPECT_EQ(take().size(), 1u);
  options_.await_durable = true;
  start();
  const std::string token = sign(records_.keys, token_, Audience::browser);
  Places places(5), none(0);
  send(Kind::imp, token, {}, {}, &none);
  EXPECT_EQ(take().size(), 0u) << "it could not be parked, so it was not recorded";
  send(Kind::imp, token, {}, {}, &places);
  EXPECT_EQ(take().size(), 1u);
  EXPECT_EQ(send(Kind::imp, token, {}, {}, &places, true).status, 503u);
  EXPECT_EQ(take().size(), 0u);
}

}  // namespace
}  // namespace bidwell::exchange::testing
