// What is known of the user comes into the bid: at once, after a wait, or next time.
#include <gtest/gtest.h>

#include "tests/exchange/bidder.h"
#include "tests/exchange/campaigns.h"
#include "tests/exchange/known_users.h"
#include "tests/http/client.h"
#include "tests/http/requests.h"

namespace bidwell::exchange::testing {
namespace {

using bidding::Reason;
using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

std::string request_of(const std::string& user, nlohmann::json patch = nlohmann::json::object()) {
  patch["/user/buyeruid"] = user;
  return banner_request(patch);
}

// A place for one request.
struct Place final : http::Parking {
  std::uint64_t park(Time until) noexcept override {
    deadline = until;
    parked = ticket != 0;
    return ticket;
  }
  void stay() noexcept override { parked = false; }

  std::uint64_t ticket = 7;  // the next
  bool parked = false;
  std::optional<Time> deadline;
};

Time now;

class KnownUserTest : public ::testing::Test {
 protected:
  KnownUserTest() {
    ExchangeOptions demo;
    demo.name = "demo";
    exchanges_.emplace_back(demo, currencies_);
  }

  void start(std::chrono::milliseconds wait, std::size_t asks_max = 64) {
    users_.emplace(wait, asks_max);
    now = std::chrono::steady_clock::now();
    BidHandler::Options options;
    options.clock = still_clock();
    options.clock.steady = [] { return now; };
    options.profiles = &users_->profiles;
    handler_.emplace(exchanges_, compile(kForSegment, currencies_), options);
  }

  // The status; 0: parked.
  unsigned post(std::string text, bool resumed = false, std::chrono::microseconds age = 0us) {
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
    request.received = now - age;
    request.resumed = resumed;
    handler_->handle(request, response);
    return place_.parked ? 0 : response.status();
  }
  unsigned resume(const std::string& text, std::chrono::microseconds age = 0us) { return post(text, true, age); }

  std::uint64_t no_bid(Reason reason) const {
    return handler_->counters().reasons.no_bid[static_cast<std::size_t>(reason)].value();
  }
  const profile::ProfileCounters& profiles() const { return users_->profiles.counters(); }

  CurrencyTable currencies_;
  std::deque<Exchange> exchanges_;
  std::optional<KnownUsers> users_;
  std::optional<BidHandler> handler_;
  Place place_;
};

TEST_F(KnownUserTest, AfterAWaitAndAtOnceFromThenOn) {
  start(3ms);
  EXPECT_EQ(post(request_of("u")), 0u);
  EXPECT_EQ(place_.deadline, now + 3ms);
  users_->origin.answer(profile_of({{42}, {}, {}}));
  EXPECT_EQ(users_->next_ticket(), 7u);
  EXPECT_EQ(resume(request_of("u")), 200u);
  EXPECT_EQ(post(request_of("u")), 200u);
  EXPECT_FALSE(place_.deadline);

  EXPECT_EQ(handler_->counters().requests.value(), 2u);
  EXPECT_EQ(handler_->counters().scrubbed[0].value(), 2u);
  EXPECT_EQ(handler_->counters().answered.value(), 2u);
  EXPECT_EQ(profiles().known.value(), 2u);
  EXPECT_EQ(users_->counted().waits.value(), 1u);
  EXPECT_EQ(users_->counted().wait_hits.value(), 1u);
}

TEST_F(KnownUserTest, AWaitThatBringsNothing) {
  start(3ms);
  EXPECT_EQ(post(request_of("u")), 0u);
  EXPECT_EQ(resume(request_of("u")), 204u);
  EXPECT_EQ(profiles().not_known.value(), 1u);
  EXPECT_EQ(users_->counted().wait_hits.value(), 0u);
  EXPECT_EQ(users_->counted().non_answers.value(), 1u);
  EXPECT_EQ(no_bid(Reason::no_candidate), 1u);
  EXPECT_EQ(handler_->counters().requests.value(), 1u);
  // It comes nevertheless, for the next.
  users_->origin.answer(profile_of({{42}, {}, {}}));
  EXPECT_EQ(users_->next_ticket(), 7u);
  EXPECT_EQ(post(request_of("u")), 200u);
}

TEST_F(KnownUserTest, AUserThatDoesNotExist) {
  start(3ms);
  EXPECT_EQ(post(request_of("u")), 0u);
  users_->origin.answer({false, {}});
  EXPECT_EQ(users_->next_ticket(), 7u);
  EXPECT_EQ(resume(request_of("u")), 204u);
  EXPECT_EQ(post(request_of("u")), 204u);
  EXPECT_FALSE(place_.deadline);
  EXPECT_EQ(profiles().unknown.value(), 2u);
}

TEST_F(KnownUserTest, NoLongerThanTmaxAllows) {
  start(50ms);
  // 20 ms are the exchange's margin, 2 what answering needs.
  EXPECT_EQ(post(request_of("u", {{"/tmax", 60}})), 0u);
  EXPECT_EQ(place_.deadline, now + 38ms);
  EXPECT_EQ(post(request_of("v", {{"/tmax", 60}}), false, 37ms), 0u);
  EXPECT_EQ(place_.deadline, now + 1ms);
  // Nothing is left to wait for, but for an answer there is.
  EXPECT_EQ(post(request_of("w", {{"/tmax", 60}}), false, 38ms), 204u);
  EXPECT_FALSE(place_.deadline);
  EXPECT_EQ(no_bid(Reason::no_candidate), 1u);
  EXPECT_EQ(post(request_of("x", {{"/tmax", 21}})), 204u);
  EXPECT_FALSE(place_.deadline);
  EXPECT_EQ(no_bid(Reason::no_candidate), 2u);
  EXPECT_EQ(no_bid(Reason::too_little_time), 0u);
}

TEST_F(KnownUserTest, TooLateWhenTheWaitIsOver) {
  start(3ms);
  EXPECT_EQ(post(request_of("u")), 0u);
  EXPECT_EQ(resume(request_of("u"), 80ms), 204u);
  EXPECT_EQ(no_bid(Reason::too_little_time), 1u);
  EXPECT_EQ(users_->counted().non_answers.value(), 1u);
}

TEST_F(KnownUserTest, WithoutAWaitItIsKnownNextTime) {
  start(0ms);
  EXPECT_EQ(post(request_of("u")), 204u);
  EXPECT_FALSE(place_.deadline);
  EXPECT_EQ(profiles().not_known.value(), 1u);
  users_->origin.answer(profile_of({{42}, {}, {}}));
  users_->becomes(1);
  EXPECT_EQ(post(request_of("u")), 200u);
}

TEST_F(KnownUserTest, NoPlaceToPark) {
  start(3ms);
  place_.ticket = 0;
  EXPECT_EQ(post(request_of("u")), 204u);
  users_->origin.answer(profile_of({{42}, {}, {}}));
  users_->becomes(1);
  EXPECT_EQ(post(request_of("u")), 200u);
}

TEST_F(KnownUserTest, NoRoomToWait) {
  start(3ms, 1);
  EXPECT_EQ(post(request_of("u")), 0u);
  place_.ticket = 8;
  EXPECT_EQ(post(request_of("v")), 204u);
  EXPECT_TRUE(place_.deadline);  // it was parked, and stayed
  EXPECT_EQ(profiles().not_known.value(), 1u);
  users_->origin.answer(profile_of({{42}, {}, {}}));
  EXPECT_EQ(users_->next_ticket(), 7u);
  EXPECT_EQ(resume(request_of("u")), 200u);
}

// Nobody is looked up who did not agree, or is a child.
TEST_F(KnownUserTest, NobodyIsWaitedFor) {
  start(3ms);
  EXPECT_EQ(post(banner_request()), 204u);
  EXPECT_EQ(post(request_of("u", {{"/regs/coppa", 1}})), 204u);
  EXPECT_EQ(post(request_of("u", {{"/regs/gdpr", 1}})), 204u);
  EXPECT_EQ(post(request_of("u", {{"/device/lmt", 1}})), 204u);
  EXPECT_FALSE(place_.deadline);
  EXPECT_EQ(profiles().without_user.value(), 4u);
  EXPECT_EQ(users_->counted().misses.value(), 0u);
}

// The same over a socket: the cache's thread wakes the worker, which resumes the request.
TEST(KnownUserServerTest, IsBidOn) {
  CurrencyTable currencies;
  std::deque<Exchange> exchanges;
  ExchangeOptions demo;
  demo.name = "demo";
  exchanges.emplace_back(demo, currencies);
  http::Server* server = nullptr;
  KnownUsers* known = nullptr;
  KnownUsers users(60s, 64, [&] {
    server->post(0, [&] {
      while (const std::uint64_t ticket = known->port->next_answered()) server->resume(0, ticket);
    });
  });
  known = &users;
  BidHandler::Options options;
  options.clock.wall = still_clock().wall;
  options.profiles = &users.profiles;
  BidServer bidder(exchanges, compile(kForSegment, currencies), options);
  server = &bidder.server();

  http::testing::Client waiting(bidder.address()), other(bidder.address());
  const nlohmann::json patient = {{"/tmax", 60'000}};
  ASSERT_TRUE(waiting.send(http::testing::post("/bid/demo", request_of("u", patient)) +
                           http::testing::post("/bid/demo", request_of("u", patient))));
  EXPECT_EQ(other.exchange(http::testing::post("/bid/demo", banner_request()))->status, 204u);
  users.origin.answer(profile_of({{42}, {}, {}}));
  EXPECT_EQ(waiting.receive()->status, 200u);
  EXPECT_EQ(waiting.receive()->status, 200u);
  EXPECT_EQ(other.exchange(http::testing::post("/bid/demo", request_of("u")))->status, 200u);
  EXPECT_EQ(bidder.server().counters(0).parked.value(), 1u);
  EXPECT_EQ(bidder.counters().requests.value(), 4u);
}

}  // namespace
}  // namespace bidwell::exchange::testing
