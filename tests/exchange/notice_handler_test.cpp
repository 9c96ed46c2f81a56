// What becomes of each notice: its answer, its counter and what is recorded.
#include <gtest/gtest.h>

#include "tests/exchange/notice_test.h"

namespace bidwell::exchange::testing {
namespace {

using events::Kind;
using Result = NoticeResult;
using std::string_literals::operator""s;

TEST_F(NoticeTest, SaysWhatItsTokenSays) {
  for (const Kind kind : kNoticeKinds) {
    const events::Event event = expect_recorded(kind);
    EXPECT_EQ(event.kind, kind);
    EXPECT_EQ(event.at_us, kNowMs * 1000);
    EXPECT_EQ(event.bid_at_ms, kNowMs);
    EXPECT_EQ(event.bid_id, token_.bid_id);
    EXPECT_EQ(event.user, token_.user);
    EXPECT_EQ(event.exchange, "demo");
    EXPECT_EQ(event.campaign_id, "tide");
    EXPECT_EQ(event.creative_id, "tide-300x250");
    EXPECT_EQ(event.imp_id, "1");
    EXPECT_EQ(event.price, events::kNoPrice);
    EXPECT_EQ(event.price_max, 2'500'000);
    EXPECT_EQ(event.currency, kUsd);
    EXPECT_EQ(event.min_to_win, events::kNoPrice);
    EXPECT_EQ(event.loss_reason, -1);
    EXPECT_FALSE(event.late);
    EXPECT_EQ(event.client, kind == Kind::imp || kind == Kind::click ? "203.0.113.0/24" : "");
  }
  EXPECT_EQ(desk_->counters().no_price.value(), 2u);
}

TEST_F(NoticeTest, AnswersInTheFormOfItsKind) {
  for (const Kind kind : {Kind::win, Kind::bill, Kind::loss}) {
    const Reply reply = send_good(kind, "p=1");
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.body, "");
    EXPECT_EQ(reply.header, "");
  }
  for (const Reply& reply : {send_good(Kind::imp), send_good(Kind::click, "r=0")}) {
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.body.size(), 43u);
    EXPECT_TRUE(reply.body.starts_with("GIF89a\1\0\1\0"s));
    EXPECT_EQ(reply.body.back(), ';');
    EXPECT_EQ(reply.type, "image/gif");
    EXPECT_EQ(reply.header, "Cache-Control: no-store\r\n");
  }
  token_.imp_id = "a&b/ü";
  const Reply click = send_good(Kind::click);
  EXPECT_EQ(click.status, 302u);
  EXPECT_EQ(click.body, "");
  EXPECT_EQ(click.header,
            "Location: https://tide.example/?b=a0a1a2a3a4a5a6a7a8a9aaab&i=a%26b%2f%c3%bc&t=1715774400000"
            "&c=tide-300x250\r\nCache-Control: no-store\r\n");
}

TEST_F(NoticeTest, RandomIsAnotherEachTime) {
  token_.creative_id = "random";
  const std::string first = send_good(Kind::click).header;
  EXPECT_NE(first, send_good(Kind::click).header);
  start();
  EXPECT_EQ(first, send_good(Kind::click).header);
  options_.seed = 1;
  start();
  EXPECT_NE(first, send_good(Kind::click).header);
}

// The token of a bid on a test request names no exchange.
TEST_F(NoticeTest, TestsAreAnsweredAndNotRecorded) {
  token_.exchange = "";
  for (const Kind kind : kNoticeKinds) {
    EXPECT_EQ(send_good(kind, "p=1").status, kind == Kind::click ? 302u : 200u);
    EXPECT_EQ(take_counted(kind), (std::map<Result, std::uint64_t>{{Result::audit, 1}}));
  }
  EXPECT_EQ(send_good(Kind::click, "r=0").status, 200u);
  EXPECT_EQ(take_recorded().size(), 0u);
}

TEST_F(NoticeTest, AClickOnWhatIsGoneIsRecorded) {
  for (const char* creative : {"gone", "unlinked"}) {
    token_.creative_id = creative;
    const Reply reply = send_good(Kind::click);
    EXPECT_EQ(reply.status, 404u);
    EXPECT_EQ(reply.header, "Cache-Control: no-store\r\n");
    EXPECT_EQ(take_counted(Kind::click), (std::map<Result, std::uint64_t>{{Result::unknown_creative, 1}}));
    ASSERT_EQ(take_recorded().size(), 1u);
    expect_recorded(Kind::imp);
    expect_recorded(Kind::click, "r=0");
  }
  // Not a word of what it asks for, nor where it says to go.
  EXPECT_EQ(send_good(Kind::click, "to=https://evil.example&url=https://evil.example").status, 404u);
  token_.creative_id = "tide-300x250";
  desk_->set_snapshot(compile(R"({"campaigns": []})", currencies_));
  EXPECT_EQ(send_good(Kind::click).status, 404u);
}

TEST_F(NoticeTest, TokensThatAreNotOurs) {
  for (const Kind kind : kNoticeKinds) {
    const std::string good = sign(records_.keys, token_, audience_of(kind));
    const std::string other =
        sign(records_.keys, token_, kind == Kind::imp || kind == Kind::click ? Audience::exchange : Audience::browser);
    for (const std::string& bad : {""s, "x"s, good + "/", good + "/more", good.substr(1), good + "%20"}) {
      expect_refused(kind, send(kind, bad), Result::malformed_token, 400);
    }
    expect_refused(kind, send(kind, good.substr(0, good.size() - 4)), Result::forged_token, 403);
    expect_refused(kind, send(kind, other), Result::forged_token, 403);
    expect_refused(kind, send(kind, sign(TokenKeys({{8, "x"}}), token_, audience_of(kind))), Result::unknown_key, 403);
    expect_refused(kind, send(kind, sign(TokenKeys({{7, "x"}}), token_, audience_of(kind))), Result::forged_token, 403);
  }
  EXPECT_EQ(send(Kind::imp, "x").header, "Cache-Control: no-store\r\n");
}

TEST_F(NoticeTest, TokensOfAnotherPlaceOrTime) {
  const auto age_s = [&](std::int64_t seconds) { token_.bid_at_ms = kNowMs - 1000 * seconds; };
  for (const Kind kind : kNoticeKinds) {
    token_.exchange = "elsewhere";
    expect_refused(kind, send_good(kind), Result::foreign_token, 403);
    token_.exchange = "demo";
    age_s(-61);
    expect_refused(kind, send_good(kind), Result::foreign_token, 403);
    age_s(-60);
    EXPECT_FALSE(expect_recorded(kind).late);
    age_s(3600);
    EXPECT_FALSE(expect_recorded(kind).late);
    age_s(3601);
    EXPECT_TRUE(expect_recorded(kind).late);
    age_s(7 * 86'400);
    EXPECT_TRUE(expect_recorded(kind).late);
    age_s(7 * 86'400 + 1);
    expect_refused(kind, send_good(kind), Result::expired_token, 410);
    age_s(0);
  }
  EXPECT_EQ(desk_->counters().late.value(), 10u);
}

TEST_F(NoticeTest, OnlyTheClientsNetworkIsKept) {
  const std::pair<const char*, const char*> cases[] = {{"203.0.113.255", "203.0.113.0/24"},
                                                       {"2001:db8:1:2::3", "2001:db8:1::/48"},
                                                       {"::ffff:203.0.113.7", "203.0.113.0/24"},
                                                       {"", ""},
                                                       {"garbage", ""}};
  for (const auto& [client, network] : cases) {
    client_ = client;
    EXPECT_EQ(expect_recorded(Kind::imp).client, network);
  }
}

// The same again is acknowledged again: who stores them knows.
TEST_F(NoticeTest, ARepeatIsAcknowledged) {
  for (int i = 0; i < 3; ++i) expect_recorded(Kind::bill, "p=1");
}

TEST_F(NoticeTest, AFullJournalRefuses) {
  const profile::testing::Folder folder;
  events::JournalOptions tight;
  tight.directory = folder / "journals";
  tight.allowance_bytes = 1 << 20;
  events::Journals journals(tight);
  events::Journal& journal = journals.add_worker();
  journals.start();
  const auto restart = [&] {
    desk_ = std::make_unique<NoticeDesk>(records_.keys, exchanges_, journal, snapshot_, options_);
    for (const Kind kind : kNoticeKinds) handlers_[kind] = desk_->handler(kind);
  };
  restart();
  // Refused after the keeper has given up; before that its next segment may merely be late.
  std::size_t acknowledged = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (bool full = false; !full && std::chrono::steady_clock::now() < end;) {
    const bool no_more = journals.counters().segments_failed.value() > 0;
    const unsigned status = send_good(Kind::bill, "p=1").status;
    acknowledged += status == 200;
    full = no_more && status == 503;
  }
  EXPECT_EQ(acknowledged, journal.counters().records.value());
  for (const Kind kind : kNoticeKinds) {
    const Reply reply = send_good(kind);
    EXPECT_EQ(reply.status, 503u);
    EXPECT_EQ(reply.header, audience_of(kind) == Audience::browser ? "Cache-Control: no-store\r\nRetry-After: 2\r\n"
                                                                   : "Retry-After: 2\r\n");
    EXPECT_GE(take_counted(kind)[Result::no_room], 1u);
  }
  // Not even one that must be on disk stays parked.
  options_.await_durable = true;
  restart();
  Places places(1);
  EXPECT_EQ(send(Kind::win, sign(records_.keys, token_, Audience::exchange), "", "", &places).status, 503u);
  EXPECT_EQ(places.ticket, 0u);
}

class DurableNoticeTest : public NoticeTest {
 protected:
  DurableNoticeTest() {
    options_.await_durable = true;
    start();
  }
};

TEST_F(DurableNoticeTest, AnswersNothingYet) {
  Places places(1);
  const std::string token = sign(records_.keys, token_, Audience::exchange);
  send(Kind::win, token, "p=1", "", &places);
  EXPECT_EQ(places.ticket, 1u);
  EXPECT_EQ(places.deadline, std::chrono::steady_clock::time_point(options_.durable_wait));
  EXPECT_EQ(take_counted(Kind::win).size(), 0u);
  EXPECT_EQ(take_recorded().size(), 1u);
  // Nothing is on disk: nobody is told anything.
  desk_->confirm([](std::uint64_t) { FAIL(); });
  // The deadline came. It is not appended again.
  const Reply reply = send(Kind::win, token, "p=1", "", &places, true);
  EXPECT_EQ(reply.status, 503u);
  EXPECT_EQ(reply.header, "Retry-After: 2\r\n");
  EXPECT_EQ(take_counted(Kind::win), (std::map<Result, std::uint64_t>{{Result::not_durable, 1}}));
  EXPECT_EQ(take_recorded().size(), 0u);
}

TEST_F(DurableNoticeTest, IsNotRecordedWhereItCannotWait) {
  Places full(0);
  EXPECT_EQ(send(Kind::win, sign(records_.keys, token_, Audience::exchange), "p=1", "", &full).status, 503u);
  EXPECT_EQ(take_counted(Kind::win), (std::map<Result, std::uint64_t>{{Result::not_durable, 1}}));
  EXPECT_EQ(take_recorded().size(), 0u);
}

TEST_F(DurableNoticeTest, WhatIsRefusedDoesNotWait) {
  Places places(1);
  EXPECT_EQ(send(Kind::win, "x", "p=1", "", &places).status, 400u);
  EXPECT_EQ(places.ticket, 0u);
}

TEST(NoticeResult, Names) {
  EXPECT_EQ(name(Result::recorded), "recorded");
  EXPECT_EQ(name(Result::not_durable), "not_durable");
}

}  // namespace
}  // namespace bidwell::exchange::testing
