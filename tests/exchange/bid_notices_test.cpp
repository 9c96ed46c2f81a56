// The notice URLs in bids, and what is recorded of them.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "bidwell/core/hash.h"
#include "bidwell/openrtb/validate.h"
#include "tests/exchange/bid_records.h"
#include "tests/exchange/bidder.h"
#include "tests/exchange/campaigns.h"
#include "tests/exchange/known_users.h"

namespace bidwell::exchange::testing {
namespace {

using Json = nlohmann::json;
using bidding::Reason;

constexpr char kClicked[] = R"({"campaigns": [{
  "id": "tide", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
  "creatives": [{"id": "tide-300x250", "media": "banner", "w": 300, "h": 250,
    "markup": "<a href=\"{{click_url}}\">Tide</a>", "landing_page": "https://tide.example/?b={{bid_id}}&c=1",
    "adomain": ["tide.example"]}]}]})";

std::string native_request(const char* version, bool wrapped) {
  Json markup = Json::parse(R"({"assets": [{"id": 1, "required": 1, "title": {"len": 90}}]})");
  if (version != nullptr) markup["ver"] = version;
  if (wrapped) markup = Json{{"native", markup}};
  return request_for("native", {{"request", markup.dump()}});
}

std::string video_request() {
  return request_for("video", Json::parse(R"({"mimes": ["video/mp4"], "maxduration": 30, "protocols": [3],
      "w": 640, "h": 360})"));
}

std::string audio_request() {
  return request_for("audio", Json::parse(R"({"mimes": ["audio/mpeg"], "maxduration": 30, "protocols": [3]})"));
}

std::string hex(const events::BidId& id) {
  std::string text(events::kBidIdTextSize, 0);
  events::write_bid_id(id, text.data());
  return text;
}

class BidNoticesTest : public ::testing::Test {
 protected:
  BidNoticesTest() {
    currencies_.set("EUR", 0.5);
    ExchangeOptions demo, euro, nbr;
    demo.name = "demo";
    euro.name = "euro", euro.currency = "EUR";
    nbr.name = "nbr", nbr.answer_nbr = true;
    for (const auto& options : {demo, euro, nbr}) exchanges_.emplace_back(options, currencies_);
    options_.clock = still_clock();
    options_.worker = 0xabcdef;
    records_.sign_and_record(options_);
    start(kClicked);
  }

  void start(std::string_view campaigns) {
    const bool notices = options_.keys != nullptr;
    handler_ =
        std::make_unique<BidHandler>(exchanges_, compile(campaigns, currencies_, {.notices = notices}), options_);
  }

  // The status, and the answer in `body_`.
  unsigned post(std::string text, std::string_view exchange = "demo", std::size_t room = 64 * 1024) {
    const std::size_t size = text.size();
    text.resize(size + http::kBodyPadding);
    OutputBuffer out(room);
    http::Response response(out);
    http::Request request;
    request.method = http::Method::post;
    request.rest = exchange;
    request.body = std::string_view(text).substr(0, size);
    handler_->handle(request, response);
    body_ = std::string(out.view());
    return response.status();
  }
  std::vector<Json> bids(const std::string& request, std::string_view exchange = "demo") {
    std::vector<Json> all;
    if (post(request, exchange) != 200) return all;
    const Json answer = Json::parse(body_);
    for (const Json& seat : answer.at("seatbid")) {
      for (const Json& bid : seat.at("bid")) all.push_back(bid);
    }
    return all;
  }
  Json bid(const std::string& request, std::string_view exchange = "demo") {
    const std::vector<Json> all = bids(request, exchange);
    EXPECT_EQ(all.size(), 1u) << body_;
    return all.at(0);
  }

  // That the bid's URLs of this kind, of which there is one, name it to their audience and to no other.
  void expect_names(const Json& bid, const std::string& text, const std::string& begin, Audience audience) {
    const std::vector<std::string> tokens = tokens_after(text, begin);
    ASSERT_EQ(tokens.size(), 1u) << begin << " in " << text;
    const SeenToken seen(records_.keys, tokens[0], audience);
    ASSERT_EQ(seen.error, TokenError::none) << text;
    EXPECT_EQ(hex(seen.token.bid_id), bid.at("id"));
    EXPECT_EQ(seen.token.bid_at_ms, 1'715'774'400'000);
    EXPECT_EQ(seen.token.exchange, "demo");
    EXPECT_EQ(seen.token.campaign_id, bid.at("cid"));
    EXPECT_EQ(seen.token.creative_id, bid.at("crid"));
    EXPECT_EQ(seen.token.imp_id, bid.at("impid"));
    EXPECT_EQ(seen.token.price_max, 2'000'000);
    EXPECT_EQ(seen.token.currency, kUsd);
    EXPECT_EQ(seen.token.user, events::UserKey{});
    const Audience other = audience == Audience::exchange ? Audience::browser : Audience::exchange;
    EXPECT_EQ(SeenToken(records_.keys, tokens[0], other).error, TokenError::forged);
  }
  void expect_names_everywhere(const Json& bid) {
    const std::string url = kNoticeUrl, markup_url = kMarkupUrl;
    expect_names(bid, bid.at("nurl"), url + "/win/", Audience::exchange);
    expect_names(bid, bid.at("burl"), url + "/bill/", Audience::exchange);
    expect_names(bid, bid.at("lurl"), url + "/loss/", Audience::exchange);
    expect_names(bid, bid.at("adm"), markup_url + "/imp/", Audience::browser);
    expect_names(bid, bid.at("adm"), markup_url + "/click/", Audience::browser);
  }

  std::uint64_t no_bid(Reason reason) const {
    return handler_->counters().reasons.no_bid[static_cast<std::size_t>(reason)].value();
  }

  CurrencyTable currencies_;
  std::deque<Exchange> exchanges_;
  BidRecords records_;
  BidHandler::Options options_;
  std::unique_ptr<BidHandler> handler_;
  std::string body_;
};

TEST_F(BidNoticesTest, NameTheirBidInEachMedium) {
  const std::pair<const char*, std::string> cases[] = {
      {kClicked, banner_request()},
      {kStreams, video_request()},
      {kStreams, audio_request()},
      {kNative, native_request("1.2", false)},
      {kNative, native_request("1.2", true)},
      {kNative, native_request("1.1", false)},
      {kNative, native_request("1", true)},
      {kNative, native_request(nullptr, false)},
  };
  for (const auto& [campaigns, request] : cases) {
    SCOPED_TRACE(request);
    start(campaigns);
    expect_names_everywhere(bid(request));
    for (const auto& violation : openrtb::validate(request, {200, body_})) {
      ADD_FAILURE() << "rule " << violation.rule << " at " << violation.where << ": " << violation.what;
    }
    EXPECT_EQ(body_.find("{{"), std::string::npos) << body_;
  }
}

TEST_F(BidNoticesTest, StandWhereTheMediumHasThem) {
  const auto tokens = [](const std::string& text, const char* begin) { return tokens_after(text, begin).size(); };
  std::string adm = bid(banner_request()).at("adm");
  EXPECT_TRUE(adm.starts_with("<a href=\"https://px.example/click/")) << adm;
  EXPECT_EQ(tokens(adm, "</a><img src=\"https://px.example/imp/"), 1u) << adm;

  start(kStreams);
  adm = bid(video_request()).at("adm");
  EXPECT_EQ(tokens(adm, "<Impression><![CDATA[https://px.example/imp/"), 1u) << adm;
  EXPECT_EQ(tokens(adm, "<ClickTracking><![CDATA[https://px.example/click/"), 1u) << adm;
  EXPECT_NE(adm.find("?r=0]]></ClickTracking>"), std::string::npos) << adm;

  start(kNative);
  const Json native = Json::parse(bid(native_request("1.2", false)).at("adm").get<std::string>());
  EXPECT_EQ(native.at("link").at("url"), "https://tide.example/");
  EXPECT_TRUE(native.at("link").at("clicktrackers").at(0).get<std::string>().ends_with("?r=0"));
  EXPECT_EQ(native.at("eventtrackers").at(0).at("event"), 1);
  EXPECT_EQ(native.at("eventtrackers").at(0).at("method"), 1);
}

TEST_F(BidNoticesTest, AskForWhatTheExchangeFillsIn) {
  const Json one = bid(banner_request());
  EXPECT_TRUE(one.at("nurl").get<std::string>().ends_with(exchanges_[0].win_query()));
  EXPECT_TRUE(one.at("burl").get<std::string>().ends_with(exchanges_[0].bill_query()));
  EXPECT_TRUE(one.at("lurl").get<std::string>().ends_with(exchanges_[0].loss_query()));
}

TEST_F(BidNoticesTest, BoundThePriceInTheAnswersCurrency) {
  const Json one = bid(banner_request({{"/cur", {"USD", "EUR"}}}), "euro");
  const SeenToken seen(records_.keys, tokens_after(one.at("nurl").get<std::string>(), "/win/").at(0),
                       Audience::exchange);
  EXPECT_EQ(seen.token.price_max, 1'000'000);
  EXPECT_EQ(seen.token.currency, currency_code("EUR"));
  EXPECT_EQ(seen.token.exchange, "euro");
  const std::vector<events::Event> recorded = records_.events();
  ASSERT_EQ(recorded.size(), 1u);
  EXPECT_EQ(recorded[0].price, 1'000'000);
  EXPECT_EQ(recorded[0].currency, currency_code("EUR"));
}

TEST_F(BidNoticesTest, NobodyListensWithoutKeys) {
  options_.keys = nullptr;
  start(kClicked);
  const Json one = bid(banner_request());
  for (const char* key : {"nurl", "burl", "lurl"}) EXPECT_FALSE(one.contains(key)) << key;
  EXPECT_EQ(one.at("adm"),
            "<a href=\"https://tide.example/?b=" + one.at("id").get<std::string>() + "&amp;c=1\">Tide</a>");
  EXPECT_EQ(records_.events().size(), 1u) << "a bid is one all the same";
}

TEST_F(BidNoticesTest, NameTheUser) {
  KnownUsers users(std::chrono::milliseconds(0));
  options_.profiles = &users.profiles;
  start(kClicked);
  const cache::Key key = *users.keys.key_of("buyeruid:u");
  events::UserKey expected;
  for (int i = 0; i < 8; ++i) {
    expected[i] = static_cast<std::uint8_t>(key.high >> (56 - 8 * i));
    expected[8 + i] = static_cast<std::uint8_t>(key.low >> (56 - 8 * i));
  }
  const auto user = [&](const Json& patch) {
    const std::string nurl = bid(banner_request(patch)).at("nurl");
    return SeenToken(records_.keys, tokens_after(nurl, "/win/").at(0), Audience::exchange).token.user;
  };
  EXPECT_EQ(user({{"/user/buyeruid", "u"}}), expected);
  EXPECT_EQ(user({{"/user/buyeruid", "u"}, {"/regs/coppa", 1}}), events::UserKey{}) << "whom nobody may know";
  EXPECT_EQ(user({}), events::UserKey{});
  const std::vector<events::Event> recorded = records_.events();
  ASSERT_EQ(recorded.size(), 3u);
  EXPECT_EQ(recorded[0].user, expected);
  EXPECT_EQ(recorded[1].user, events::UserKey{});
}

TEST_F(BidNoticesTest, ABidThatTheyCannotNameIsNotMade) {
  Json request = Json::parse(banner_request());
  request["imp"].push_back(request["imp"][0]);
  request["imp"][0]["id"] = std::string(kTokenTextsMax, 'x');
  request["imp"][1]["id"] = "good";
  EXPECT_EQ(bid(request.dump()).at("impid"), "good");
  EXPECT_EQ(handler_->counters().bids_too_long.value(), 1u);
  EXPECT_EQ(no_bid(Reason::ids_too_long), 0u);

  request["imp"].erase(1);
  EXPECT_EQ(post(request.dump()), 204u);
  EXPECT_EQ(body_, "");
  EXPECT_EQ(post(request.dump(), "nbr"), 200u);
  EXPECT_EQ(Json::parse(body_), (Json{{"id", "r-1"}, {"seatbid", Json::array()}, {"nbr", 0}}));
  EXPECT_EQ(handler_->counters().bids_too_long.value(), 3u);
  EXPECT_EQ(no_bid(Reason::ids_too_long), 2u);
  EXPECT_EQ(handler_->counters().answered.value(), 1u);
  EXPECT_EQ(records_.events().size(), 1u);
}

// A test never spends: it is answered as others are, but its notices are of no exchange, and it is not recorded.
TEST_F(BidNoticesTest, ATestIsKnownForOne) {
  const Json one = bid(banner_request({{"/test", 1}}));
  for (const auto& [text, begin, audience] : {std::tuple{one.at("nurl"), "/win/", Audience::exchange},
                                              {one.at("burl"), "/bill/", Audience::exchange},
                                              {one.at("lurl"), "/loss/", Audience::exchange},
                                              {one.at("adm"), "/imp/", Audience::browser},
                                              {one.at("adm"), "/click/", Audience::browser}}) {
    const SeenToken seen(records_.keys, tokens_after(text.get<std::string>(), begin).at(0), audience);
    ASSERT_EQ(seen.error, TokenError::none);
    EXPECT_EQ(seen.token.exchange, "") << begin;
    EXPECT_EQ(seen.token.campaign_id, "tide");
  }
  EXPECT_EQ(records_.events().size(), 0u);
  EXPECT_EQ(handler_->counters().bids_on_tests.value(), 1u);
  EXPECT_EQ(handler_->counters().bids.value(), 1u);
}

TEST_F(BidNoticesTest, UrlsThatNeedEscapingAreRefused) {
  for (const char* url : {"", "https://a.example/", "https://a.example/?a=1&b=2", "https://a.example/\"", "https://a b",
                          "https://a.example/<", "https://a.example/'", "https://a.example/\\", "https://\xc3\xa9"}) {
    for (std::string BidHandler::Options::*option :
         {&BidHandler::Options::notice_url, &BidHandler::Options::markup_url}) {
      BidHandler::Options options = options_;
      options.*option = url;
      EXPECT_THROW(BidHandler(exchanges_, compile(kClicked, currencies_), options), std::invalid_argument) << url;
    }
  }
}

TEST_F(BidNoticesTest, EachBidIsRecorded) {
  start(kTwoSeats);
  Json request = Json::parse(banner_request());
  request["imp"].push_back({{"id", "2"}, {"banner", {{"w", 320}, {"h", 50}}}});
  std::map<std::string, Json> made;
  for (const Json& one : bids(request.dump())) made[one.at("id")] = one;
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(post(banner_request({{"/imp/0/bidfloor", 100}})), 204u);

  const std::vector<events::Event> recorded = records_.events();
  ASSERT_EQ(recorded.size(), 2u);
  for (const events::Event& event : recorded) {
    ASSERT_TRUE(made.contains(hex(event.bid_id)));
    const Json& one = made[hex(event.bid_id)];
    EXPECT_EQ(event.kind, events::Kind::bid);
    EXPECT_EQ(event.at_us, 1'715'774'400'000'000);
    EXPECT_EQ(event.bid_at_ms, 1'715'774'400'000);
    EXPECT_EQ(event.user, events::UserKey{});
    EXPECT_EQ(event.exchange, "demo");
    EXPECT_EQ(event.campaign_id, one.at("cid"));
    EXPECT_EQ(event.creative_id, one.at("crid"));
    EXPECT_EQ(event.imp_id, one.at("impid"));
    EXPECT_EQ(event.price, 2'000'000);
    EXPECT_EQ(event.currency, kUsd);
    EXPECT_EQ(event.auction_id, "r-1");
    EXPECT_EQ(event.deal_id, "");
    EXPECT_EQ(event.sampled_ppm, events::kEveryBid);
  }
}

TEST_F(BidNoticesTest, ADealIsRecorded) {
  start(kDeals);
  const Json deal{{"id", "d-1"}, {"bidfloor", 3}};
  EXPECT_EQ(post(banner_request({{"/imp/0/pmp", {{"deals", Json::array({deal})}}}})), 200u);
  ASSERT_EQ(records_.events().size(), 1u);
  EXPECT_EQ(records_.events()[0].deal_id, "d-1");
  EXPECT_EQ(records_.events()[0].price, 5'000'000);
}

TEST_F(BidNoticesTest, WhatWasNotAnsweredIsNotRecorded) {
  EXPECT_EQ(post(banner_request()), 200u);
  const std::size_t whole = body_.size();
  EXPECT_EQ(post(banner_request(), "demo", whole - 1), 204u);
  EXPECT_EQ(no_bid(Reason::answer_too_large), 1u);
  EXPECT_EQ(records_.events().size(), 1u);
}

TEST_F(BidNoticesTest, ASampleIsDrawnByTheBidsIds) {
  options_.sampled_ppm = 250'000;
  start(kClicked);
  std::set<std::string> drawn;
  constexpr int kBids = 4000;
  for (int i = 0; i < kBids; ++i) {
    const std::string id = bid(banner_request()).at("id");
    std::string bytes;
    for (std::size_t at = 0; at < id.size(); at += 2)
      bytes += static_cast<char>(std::stoi(id.substr(at, 2), nullptr, 16));
    if (hash64(bytes) % 1'000'000 < 250'000) drawn.insert(id);
  }
  EXPECT_GT(drawn.size(), 850u);  // of 1000 expected; five standard deviations are 137
  EXPECT_LT(drawn.size(), 1150u);
  std::set<std::string> recorded;
  for (const events::Event& event : records_.events()) {
    recorded.insert(hex(event.bid_id));
    EXPECT_EQ(event.sampled_ppm, 250'000u);
  }
  EXPECT_EQ(recorded, drawn);
  EXPECT_EQ(handler_->counters().bids_not_sampled.value(), kBids - drawn.size());
  EXPECT_EQ(handler_->counters().bids.value(), 1u * kBids);

  options_.sampled_ppm = 0;
  start(kClicked);
  EXPECT_EQ(post(banner_request()), 200u);
  EXPECT_EQ(records_.events().size(), drawn.size());
}

// Nobody waits for a journal that has no room.
TEST_F(BidNoticesTest, AFullJournalIsNoReasonNotToBid) {
  BidRecords small(2 << 20);
  small.sign_and_record(options_);
  start(kClicked);
  const std::string request = banner_request({{"/id", std::string(500, 'x')}});
  std::uint64_t bids = 0;
  while (small.journal.counters().bids_dropped.value() == 0 && bids < 100'000) {
    ASSERT_EQ(post(request), 200u);
    ++bids;
  }
  EXPECT_GT(small.journal.counters().records.value(), 1000u);
  EXPECT_EQ(small.journal.counters().records.value() + small.journal.counters().bids_dropped.value(), bids);
  EXPECT_EQ(handler_->counters().bids.value(), bids);
}

}  // namespace
}  // namespace bidwell::exchange::testing
