// Caps and budgets in a whole bid: what the user has seen is looked up beside his profile, waited for at most once, and
// what is answered is taken out of the purse.
#include <gtest/gtest.h>

#include "tests/exchange/bid_records.h"
#include "tests/exchange/bidder.h"
#include "tests/exchange/campaigns.h"
#include "tests/exchange/known_users.h"
#include "tests/http/requests.h"

namespace bidwell::exchange::testing {
namespace {

using bidding::Reason;
using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr char kCapped[] = R"({"campaigns": [{
  "id": "tide", "advertiser": "tide", "seat": "house", "bid": {"price": 2},
  "frequency": {"caps": [{"times": 1, "per": "1d"}]},
  "creatives": [{"id": "c", "media": "banner", "w": 300, "h": 250, "markup": "<p>Tide</p>",
                 "adomain": ["tide.example"]}]}]})";
constexpr char kBudgeted[] = R"({"campaigns": [{
  "id": "tide", "advertiser": "tide", "seat": "house", "currency": "EUR", "bid": {"price": 1},
  "budget": {"daily": 100},
  "creatives": [{"id": "c", "media": "banner", "w": 300, "h": 250, "markup": "<p>Tide</p>",
                 "adomain": ["tide.example"]}]}]})";

struct Place final : http::Parking {
  std::uint64_t park(Time until) noexcept override {
    deadline = until;
    parked = true;
    return ++tickets;
  }
  void stay() noexcept override { parked = false; }

  std::uint64_t tickets = 0;
  bool parked = false;
  std::optional<Time> deadline;
};

Time now;

cache::Loaded shown_once() {
  std::string bytes(profile::kShowBytes, '\0');
  profile::encode({1, catalog::subject_of("campaign:tide"), catalog::subject_of("creative:c"),
                   catalog::subject_of("advertiser:tide"), 1'715'774'000},
                  bytes.data());
  return {true, bytes};
}

class BidLimitsTest : public ::testing::Test {
 protected:
  BidLimitsTest() {
    EXPECT_TRUE(currencies_.set("EUR", 0.5));
    ExchangeOptions demo;
    demo.name = "demo";
    exchanges_.emplace_back(demo, currencies_);
    now = std::chrono::steady_clock::now();
    options_.clock = still_clock();
    options_.clock.steady = [] { return now; };
    options_.profiles = &users_.profiles;
    options_.histories = &histories_;
  }

  void start(std::string_view campaigns) {
    handler_.emplace(
        exchanges_,
        compile(campaigns, currencies_,
                {.account = [](const catalog::Campaign& it) { return it.budget ? 0 : catalog::kNoAccount; }}),
        options_);
  }

  // The status; 0: parked.
  unsigned post(const nlohmann::json& patch = {{"/user/buyeruid", "u"}}, bool resumed = false) {
    std::string text = banner_request(patch);
    const std::size_t size = text.size();
    text.resize(size + http::kBodyPadding);
    OutputBuffer out(64 * 1024);
    place_.parked = false;
    place_.deadline.reset();
    http::Response response(out, &place_);
    http::Request request;
    request.method = http::Method::post;
    request.rest = "demo";
    request.body = std::string_view(text).substr(0, size);
    request.received = now;
    request.resumed = resumed;
    handler_->handle(request, response);
    body_ = std::string(out.view());
    return place_.parked ? 0 : response.status();
  }
  unsigned resume() { return post({{"/user/buyeruid", "u"}}, true); }

  std::uint64_t refused(Reason reason) const {
    return handler_->counters().reasons.refused[static_cast<std::size_t>(reason)].value();
  }

  CurrencyTable currencies_;
  std::deque<Exchange> exchanges_;
  KnownUsers users_{3ms}, seen_{5ms};  // the second as the histories' cache
  profile::Histories histories_{*seen_.port};
  budget::Wallet wallet_;
  BidHandler::Options options_;
  std::optional<BidHandler> handler_;
  Place place_;
  std::string body_;
};

TEST_F(BidLimitsTest, BothAreFetchedAtTheSameTime) {
  start(kCapped);
  EXPECT_EQ(post(), 0u);
  EXPECT_EQ(place_.deadline, now + 3ms);
  seen_.origin.answer({false, {}});  // asked for though the profile is not there yet
  seen_.becomes(1);
  users_.origin.answer({false, {}});
  EXPECT_EQ(users_.next_ticket(), 1u);
  EXPECT_EQ(resume(), 200u);
  EXPECT_EQ(handler_->counters().history_waits.value(), 0u);
  EXPECT_EQ(handler_->counters().history_unknown.value(), 0u);
  EXPECT_EQ(users_.counted().wait_hits.value(), 1u);
}

TEST_F(BidLimitsTest, AResumedRequestDoesNotWaitAgainAndTheNextWaitsForTheHistory) {
  start(kCapped);
  EXPECT_EQ(post(), 0u);
  users_.origin.answer({false, {}});
  EXPECT_EQ(users_.next_ticket(), 1u);
  EXPECT_EQ(resume(), 204u);
  EXPECT_EQ(refused(Reason::history_unknown), 1u);
  EXPECT_EQ(handler_->counters().history_unknown.value(), 1u);

  EXPECT_EQ(post(), 0u);
  EXPECT_EQ(place_.deadline, now + 5ms);
  seen_.origin.answer({false, {}});
  EXPECT_EQ(seen_.next_ticket(), 2u);
  EXPECT_EQ(resume(), 200u);
  EXPECT_EQ(handler_->counters().history_waits.value(), 1u);
  EXPECT_EQ(handler_->counters().history_found.value(), 1u);
  EXPECT_EQ(users_.counted().waits.value(), 1u);
  EXPECT_EQ(users_.counted().wait_hits.value(), 1u) << "that wait was not for a profile";
  EXPECT_EQ(post(), 200u) << "both are there";
  EXPECT_EQ(handler_->counters().requests.value(), 3u);
}

TEST_F(BidLimitsTest, WhatWasSeenCounts) {
  start(kCapped);
  EXPECT_EQ(post(), 0u);
  users_.origin.answer({false, {}});
  seen_.origin.answer(shown_once());
  seen_.becomes(1);
  EXPECT_EQ(resume(), 204u);
  EXPECT_EQ(refused(Reason::capped), 1u);
}

TEST_F(BidLimitsTest, NobodysHistoryIsNotKnown) {
  start(kCapped);
  EXPECT_EQ(post(nlohmann::json::object()), 204u);
  EXPECT_FALSE(place_.deadline);
  EXPECT_EQ(refused(Reason::history_unknown), 1u);
}

TEST_F(BidLimitsTest, WithoutCapsNoHistoryIsLookedUp) {
  start(kDisplay);
  EXPECT_EQ(post(), 0u);
  users_.origin.answer({false, {}});
  EXPECT_EQ(users_.next_ticket(), 1u);
  EXPECT_EQ(resume(), 200u);
  EXPECT_EQ(seen_.counted().misses.value(), 0u);
}

TEST_F(BidLimitsTest, WhatIsAnsweredIsTakenOutOfThePurse) {
  wallet_.make_room(0);
  budget::Purse& purse = wallet_.purse(0);
  options_.wallet = &wallet_;
  start(kBudgeted);
  const nlohmann::json nobody = nlohmann::json::object();
  EXPECT_EQ(post(nobody), 204u);
  EXPECT_EQ(refused(Reason::over_budget), 1u);
  EXPECT_EQ(purse.offered(), 1'000'000);

  purse.fill(2'500'000, now + 1s);
  EXPECT_EQ(post(nobody), 200u);
  EXPECT_EQ(purse.used(), 1'000'000);  // 1 EUR for a thousand
  EXPECT_EQ(post({{"/test", 1}}), 200u);
  EXPECT_EQ(purse.used(), 1'000'000) << "a test spends nothing";
  EXPECT_EQ(post(nobody), 200u);
  EXPECT_EQ(post(nobody), 204u) << "half a bid is left";
  EXPECT_EQ(purse.used(), 2'000'000);

  purse.fill(1 << 30, now + 1s);
  EXPECT_EQ(post(nobody), 200u);
  now += 1s;
  EXPECT_EQ(post(nobody), 204u) << "the lease has ended";
  EXPECT_EQ(purse.used(), 3'000'000);
}

// Which bids a ledger may release again.
TEST_F(BidLimitsTest, ABidsTokenSaysWhetherItWasTakenOutOfAPurse) {
  BidRecords records;
  records.sign_and_record(options_);
  wallet_.make_room(0);
  wallet_.purse(0).fill(1 << 30, now + 1s);
  const auto is_from_purse = [&](std::string_view campaigns) {
    start(campaigns);
    EXPECT_EQ(post(nlohmann::json::object()), 200u);
    const std::vector<std::string> tokens = tokens_after(body_, kNoticeUrl + std::string("/bill/"));
    const SeenToken seen(records.keys, tokens.at(0), Audience::exchange);
    EXPECT_EQ(seen.error, TokenError::none);
    EXPECT_GT(seen.token.reserved, 0);
    return seen.token.from_purse;
  };
  EXPECT_FALSE(is_from_purse(kDisplay)) << "there is no ledger";
  options_.wallet = &wallet_;
  EXPECT_TRUE(is_from_purse(kBudgeted));
  EXPECT_FALSE(is_from_purse(kDisplay)) << "no budget";
}

}  // namespace
}  // namespace bidwell::exchange::testing
