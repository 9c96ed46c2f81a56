// The bid handler without a socket: every kind of answer there is, and what is counted.
#include "bidwell/exchange/bid_handler.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/exchange/bidder.h"
#include "tests/exchange/campaigns.h"

namespace bidwell::exchange::testing {
namespace {

using Json = nlohmann::json;
using bidding::Reason;
using namespace std::chrono_literals;

struct Reply {
  unsigned status = 0;
  std::string body, extra_header;

  Json json() const { return Json::parse(body); }
  // The only bid there is.
  Json bid() const {
    const Json answer = json();
    EXPECT_EQ(answer.at("seatbid").size(), 1u) << body;
    EXPECT_EQ(answer.at("seatbid").at(0).at("bid").size(), 1u) << body;
    return answer.at("seatbid").at(0).at("bid").at(0);
  }
};

class BidHandlerTest : public ::testing::Test {
 protected:
  BidHandlerTest() {
    currencies_.set("EUR", 0.5);  // a dollar is half a euro: easy to see
    ExchangeOptions demo, seated, euro, nbr;
    demo.name = "demo";
    seated.name = "seated", seated.seat = "s-77";
    euro.name = "euro", euro.currency = "EUR";
    nbr.name = "nbr", nbr.answer_nbr = true, nbr.openrtb_version = "";
    for (const auto& options : {demo, seated, euro, nbr}) {
      exchanges_.emplace_back(options, currencies_);
    }
    options_.clock = still_clock();
    options_.worker = 0x1234'5678'9abcULL;
    start(kDisplay);
  }

  void start(std::string_view campaigns) {
    handler_ = std::make_unique<BidHandler>(exchanges_, compile(campaigns, currencies_), options_);
  }

  // `age`: how long ago the request was received.
  Reply post(std::string_view text, std::string_view exchange = "demo", std::chrono::milliseconds age = 0ms,
             std::size_t room = 64 * 1024) {
    std::string padded(text);
    padded.resize(text.size() + http::kBodyPadding);
    OutputBuffer out(room);
    http::Response response(out);
    http::Request request;
    request.method = http::Method::post;
    request.first_segment = "bid";
    request.rest = exchange;
    request.body = std::string_view(padded).substr(0, text.size());
    request.received = options_.clock.steady() - age;
    handler_->handle(request, response);
    EXPECT_FALSE(out.overflowed());
    return {response.status(), std::string(out.view()), std::string(response.extra_header())};
  }

  std::uint64_t no_bid(Reason reason) const {
    return handler_->counters().reasons.no_bid[static_cast<std::size_t>(reason)].value();
  }

  CurrencyTable currencies_;
  std::deque<Exchange> exchanges_;
  BidHandler::Options options_;
  std::unique_ptr<BidHandler> handler_;
};

TEST_F(BidHandlerTest, BidsOnABanner) {
  const Reply reply = post(banner_request());
  EXPECT_EQ(reply.status, 200u);
  const Json answer = reply.json();
  EXPECT_EQ(answer.at("id"), "r-1");
  EXPECT_EQ(answer.at("cur"), "USD");
  EXPECT_EQ(answer.at("seatbid").at(0).at("seat"), "house");
  const Json bid = reply.bid();
  EXPECT_EQ(bid.at("impid"), "1");
  EXPECT_EQ(bid.at("price"), 2.0);
  EXPECT_EQ(bid.at("crid"), "tide-300x250");
  EXPECT_EQ(bid.at("cid"), "tide");
  EXPECT_EQ(bid.at("adomain"), Json::array({"tide.example"}));
  EXPECT_EQ(bid.at("mtype"), 1);
  EXPECT_EQ(bid.at("w"), 300);
  EXPECT_EQ(bid.at("h"), 250);
  EXPECT_EQ(bid.at("adm"),
            "<a href=\"https://tide.example/?b=" + bid.at("id").get<std::string>() + "&amp;t=1715774400000\">Tide</a>");
  EXPECT_EQ(handler_->counters().requests.value(), 1u);
  EXPECT_EQ(handler_->counters().answered.value(), 1u);
  EXPECT_EQ(handler_->counters().bids.value(), 1u);
}

TEST_F(BidHandlerTest, RefusesAnUnknownExchange) {
  for (const char* name : {"", "dem", "demo2", "Demo", "demo/x"}) {
    const Reply reply = post(banner_request(), name);
    EXPECT_EQ(reply.status, 404u) << name;
    EXPECT_EQ(reply.json().size(), 1u);
    EXPECT_TRUE(reply.json().contains("error"));
    EXPECT_EQ(reply.extra_header, "");
  }
  EXPECT_EQ(handler_->counters().unknown_exchange.value(), 5u);
  EXPECT_EQ(handler_->counters().requests.value(), 0u);
}

TEST_F(BidHandlerTest, RefusesWhatItCannotAnswerAndSaysWhy) {
  using openrtb::ParseError;
  std::string many = R"({"id":"r","imp":[{"id":"0"})";
  for (std::size_t i = 1; i <= options_.limits.imps_max; ++i) {
    many += R"(,{"id":")" + std::to_string(i) + R"("})";
  }
  many += "]}";
  const std::pair<ParseError, std::string> cases[] = {
      {ParseError::not_json, R"({"id":"r","imp":[{"id":"1"})"},
      {ParseError::not_an_object, R"([{"id":"r"}])"},
      {ParseError::id_missing, R"({"imp":[{"id":"1"}]})"},
      {ParseError::imp_missing, R"({"id":"r","imp":{"id":"1"}})"},
      {ParseError::imp_empty, R"({"id":"r","imp":[]})"},
      {ParseError::too_many, many},
  };
  for (const auto& [error, body] : cases) {
    const std::string what(openrtb::describe(error));
    const Reply reply = post(body);
    EXPECT_EQ(reply.status, 400u) << what;
    EXPECT_EQ(reply.body, "{\"error\":\"" + what + "\"}\n");
    EXPECT_EQ(handler_->counters().refused[static_cast<std::size_t>(error)].value(), 1u) << what;
    EXPECT_EQ(post(banner_request()).status, 200u) << "after: " << what;
  }
  EXPECT_EQ(post("").status, 400u);
  EXPECT_EQ(no_bid(Reason::invalid_request), std::size(cases) + 1);
}

TEST_F(BidHandlerTest, SaysNothingWhereItDoesNotBid) {
  const std::string request = banner_request({{"/imp/0/bidfloor", 2.01}});
  const Reply reply = post(request);
  EXPECT_EQ(reply.status, 204u);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(no_bid(Reason::no_candidate), 1u);
  EXPECT_EQ(handler_->counters().answered.value(), 0u);
}

TEST_F(BidHandlerTest, SaysWhyWhereTheExchangeWantsToKnow) {
  const Reply no_candidate = post(banner_request({{"/imp/0/bidfloor", 2.01}}), "nbr");
  EXPECT_EQ(no_candidate.status, 200u);
  EXPECT_EQ(no_candidate.json(), (Json{{"id", "r-1"}, {"seatbid", Json::array()}, {"nbr", 0}}));
  EXPECT_EQ(post(banner_request({{"/tmax", 1}}), "nbr").json().at("nbr"), 15);
  EXPECT_EQ(post(banner_request({{"/id", "a\"b\\"}, {"/tmax", 1}}), "nbr").json().at("id"), "a\"b\\");
}

TEST_F(BidHandlerTest, NamesItsVersionWithEveryAnswer) {
  for (const std::string& body : {banner_request(), banner_request({{"/tmax", 1}}), std::string("{")}) {
    EXPECT_EQ(post(body).extra_header, "x-openrtb-version: 2.6\r\n") << body;
    EXPECT_EQ(post(body, "nbr").extra_header, "") << body;
  }
}

TEST_F(BidHandlerTest, BidsUnderTheExchangesSeat) {
  const auto seat = [&](const Json& patch, const char* exchange) {
    const Reply reply = post(banner_request(patch), exchange);
    return reply.status == 200 ? reply.json().at("seatbid").at(0).at("seat").get<std::string>()
                               : std::to_string(reply.status);
  };
  EXPECT_EQ(seat({}, "demo"), "house");
  EXPECT_EQ(seat({}, "seated"), "s-77");
  // wseat and bseat are about the seat that the exchange knows.
  EXPECT_EQ(seat({{"/wseat", Json::array({"s-77"})}}, "seated"), "s-77");
  EXPECT_EQ(seat({{"/wseat", Json::array({"house"})}}, "seated"), "204");
  EXPECT_EQ(seat({{"/wseat", Json::array({"house"})}}, "demo"), "house");
  EXPECT_EQ(seat({{"/bseat", Json::array({"s-77"})}}, "seated"), "204");
  EXPECT_EQ(seat({{"/bseat", Json::array({"house"})}}, "seated"), "s-77");
}

TEST_F(BidHandlerTest, AnswersInTheExchangesCurrencyWhereTheRequestTakesIt) {
  const auto answered = [&](const Json& patch, const char* exchange) {
    const Reply reply = post(banner_request(patch), exchange);
    if (reply.status != 200) return std::to_string(reply.status);
    return reply.json().at("cur").get<std::string>() + " " + reply.bid().at("price").dump();
  };
  EXPECT_EQ(answered({{"/cur", {"USD", "EUR"}}}, "demo"), "USD 2");
  EXPECT_EQ(answered({{"/cur", {"USD", "EUR"}}}, "euro"), "EUR 1");
  EXPECT_EQ(answered({{"/cur", Json::array({"EUR"})}}, "demo"), "EUR 1");
  EXPECT_EQ(answered({{"/cur", Json::array({"USD"})}}, "euro"), "USD 2");
  EXPECT_EQ(answered({{"/cur", nullptr}}, "euro"), "USD 2");  // OpenRTB: absent is USD
  EXPECT_EQ(answered({{"/cur", Json::array({"XAU"})}}, "demo"), "204");
  EXPECT_EQ(no_bid(Reason::currency_not_accepted), 1u);
}

TEST_F(BidHandlerTest, KeepsTheWayBackFree) {
  const auto status = [&](const Json& tmax, std::chrono::milliseconds age) {
    return post(banner_request({{"/tmax", tmax}}), "demo", age).status;
  };
  // The margin is 20 ms.
  EXPECT_EQ(status(20, 0ms), 204u);
  EXPECT_EQ(status(21, 0ms), 200u);
  EXPECT_EQ(status(50, 29ms), 200u);
  EXPECT_EQ(status(50, 30ms), 204u);
  EXPECT_EQ(status(0, 0ms), 204u);
  EXPECT_EQ(status(-1, 0ms), 204u);
  EXPECT_EQ(status(-2147483647, 0ms), 204u);
  EXPECT_EQ(no_bid(Reason::too_little_time), 5u);
  // Without a tmax: 100 ms.
  EXPECT_EQ(status(nullptr, 79ms), 200u);
  EXPECT_EQ(status(nullptr, 80ms), 204u);
}

TEST_F(BidHandlerTest, AnswersATest) {
  EXPECT_EQ(post(banner_request({{"/test", 1}})).status, 200u);
}

TEST_F(BidHandlerTest, NeverRepeatsABidId) {
  std::set<std::string> ids;
  Json request = Json::parse(banner_request());
  const Json imp = request.at("imp").at(0);
  for (const char* id : {"2", "3"}) {
    request["imp"].push_back(imp);
    request["imp"].back()["id"] = id;
  }
  const std::string text = request.dump();
  for (int i = 0; i < 2000; ++i) {
    const Json answer = post(text).json();
    for (const Json& bid : answer.at("seatbid").at(0).at("bid")) {
      const std::string id = bid.at("id");
      EXPECT_TRUE(ids.insert(id).second) << id;
      EXPECT_THAT(id, ::testing::MatchesRegex("123456789abc[0-9a-f]{12}"));
    }
  }
  EXPECT_EQ(ids.size(), 6000u);
}

TEST_F(BidHandlerTest, BidsOfOneSeatStandTogether) {
  start(kTwoSeats);
  Json request = Json::parse(banner_request());
  for (const auto& [id, w, h] : {std::tuple{"2", 320, 50}, {"3", 300, 250}, {"4", 320, 50}}) {
    request["imp"].push_back({{"id", id}, {"banner", {{"w", w}, {"h", h}}}});
  }
  std::map<std::string, std::set<std::string>> by_seat;
  const Json answer = post(request.dump()).json();
  for (const Json& seat : answer.at("seatbid")) {
    auto [at, fresh] = by_seat.try_emplace(seat.at("seat"));
    EXPECT_TRUE(fresh) << answer;
    for (const Json& bid : seat.at("bid")) at->second.insert(bid.at("impid"));
  }
  EXPECT_EQ(by_seat, (decltype(by_seat){{"one", {"1", "3"}}, {"two", {"2", "4"}}}));
}

TEST_F(BidHandlerTest, BidsOnADeal) {
  start(kDeals);
  const Json deal{{"id", "d\"1\\"}, {"bidfloor", 3}};
  const Reply reply = post(banner_request({{"/imp/0/pmp", {{"deals", Json::array({deal})}}}}));
  EXPECT_EQ(reply.bid().at("dealid"), "d\"1\\");
  EXPECT_EQ(post(banner_request()).status, 204u);
}

TEST_F(BidHandlerTest, AnswersNativeWithTheAssetsThatWereAskedFor) {
  start(kNative);
  const Json assets = Json::parse(R"([
      {"id": 7, "required": 1, "title": {"len": 25}},
      {"id": 9, "img": {"type": 3, "wmin": 300, "hmin": 200}},
      {"id": 11, "data": {"type": 1}},
      {"id": 12, "data": {"type": 5}}])");
  for (const bool wrapped : {false, true}) {
    Json markup{{"ver", "1.2"}, {"assets", assets}};
    if (wrapped) markup = Json{{"native", markup}};
    const Reply reply = post(request_for("native", {{"request", markup.dump()}}));
    ASSERT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.bid().at("mtype"), 4);
    Json native = Json::parse(reply.bid().at("adm").get<std::string>());
    if (wrapped) {
      EXPECT_EQ(native.size(), 1u);
      native = Json(native.at("native"));
    }
    EXPECT_EQ(native.at("ver"), "1.2");
    EXPECT_EQ(native.at("link").at("url"), "https://tide.example/");
    EXPECT_EQ(native.at("assets"), Json::parse(R"([
        {"id": 7, "required": 1, "title": {"text": "Tides \"today\""}},
        {"id": 9, "img": {"url": "https://cdn.tide.example/a.png", "w": 300, "h": 250}},
        {"id": 11, "data": {"value": "Tide & Co"}}])"));
  }
  const Json too_short = Json::parse(R"([{"id": 7, "required": 1, "title": {"len": 5}}])");
  EXPECT_EQ(post(request_for("native", {{"request", Json{{"assets", too_short}}.dump()}})).status, 204u);
}

TEST_F(BidHandlerTest, AnswersVideoAndAudioWithVast) {
  start(kStreams);
  const Json video{{"mimes", Json::array({"video/mp4"})},
                   {"maxduration", 30},
                   {"protocols", Json::array({3})},
                   {"w", 640},
                   {"h", 360}};
  const Json seen = post(request_for("video", video)).bid();
  EXPECT_EQ(seen.at("mtype"), 2);
  EXPECT_EQ(seen.at("dur"), 15);
  EXPECT_EQ(seen.at("protocol"), 3);
  const std::string vast = seen.at("adm");
  EXPECT_THAT(vast, ::testing::StartsWith("<VAST version=\"3.0\">"));
  EXPECT_THAT(vast, ::testing::HasSubstr("<Duration>00:00:15</Duration>"));
  EXPECT_THAT(vast, ::testing::HasSubstr("<![CDATA[https://cdn.tide.example/v.mp4]]>"));
  EXPECT_THAT(vast, ::testing::HasSubstr("?b=" + seen.at("id").get<std::string>()));

  const Json audio{{"mimes", Json::array({"audio/mpeg"})}, {"maxduration", 30}, {"protocols", Json::array({3})}};
  const Json heard = post(request_for("audio", audio)).bid();
  EXPECT_EQ(heard.at("mtype"), 3);
  EXPECT_THAT(heard.at("adm").get<std::string>(), ::testing::HasSubstr("type=\"audio/mpeg\""));
}

TEST_F(BidHandlerTest, ShowsTransparencyWhereItIsRequired) {
  start(kTransparent);
  const auto dsa = [&](const Json& regs) {
    return post(banner_request({{"/regs", regs}})).bid().value("/ext/dsa"_json_pointer, Json());
  };
  EXPECT_EQ(dsa(Json::object()), Json());
  const Json by_advertiser{{"behalf", "Tide"}, {"paid", "Tide Holding"}, {"adrender", 1}};
  EXPECT_EQ(dsa(Json::parse(R"({"ext":{"dsa":{"dsarequired":2,"pubrender":0}}})")), by_advertiser);
  const Json by_publisher{{"behalf", "Tide"}, {"paid", "Tide Holding"}, {"adrender", 0}};
  EXPECT_EQ(dsa(Json::parse(R"({"dsa":{"dsarequired":3,"pubrender":2}})")), by_publisher);
}

TEST_F(BidHandlerTest, TakesANewCatalog) {
  EXPECT_EQ(post(banner_request()).bid().at("cid"), "tide");
  handler_->set_snapshot(compile(kDeals, currencies_));
  EXPECT_EQ(post(banner_request()).status, 204u);
  handler_->set_snapshot(compile(kTwoSeats, currencies_));
  EXPECT_EQ(post(banner_request()).bid().at("cid"), "one");
}

TEST_F(BidHandlerTest, AnAnswerThatDoesNotFitIsNoBid) {
  const std::size_t whole = post(banner_request()).body.size();
  EXPECT_EQ(post(banner_request(), "demo", 0ms, whole).status, 200u);
  const Reply reply = post(banner_request(), "demo", 0ms, whole - 1);
  EXPECT_EQ(reply.status, 204u);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(no_bid(Reason::answer_too_large), 1u);
  EXPECT_EQ(handler_->counters().answered.value(), 2u);
}

TEST_F(BidHandlerTest, IdsComeBackAsTheyCame) {
  const std::string ids[] = {R"(a"b\c/d)",
                             "tab\tline\nreturn\r",
                             std::string("\x01\x1f\x7f", 3),
                             "caf\xc3\xa9",
                             "\xf0\x9f\x8c\x8a waves",
                             "</script><!--",
                             "{{bid_id}} ${PRICE}",
                             " blank ",
                             std::string(2000, '"')};
  for (const std::string& id : ids) {
    for (const bool ascii : {false, true}) {  // true: everything else as \u escapes
      const Json request = Json::parse(banner_request({{"/id", id}, {"/imp/0/id", id}}));
      const Reply reply = post(request.dump(-1, ' ', ascii));
      ASSERT_EQ(reply.status, 200u) << id;
      EXPECT_EQ(reply.json().at("id"), id);
      EXPECT_EQ(reply.bid().at("impid"), id);
    }
  }
}

TEST_F(BidHandlerTest, CountsWhatPrivacyRemoved) {
  post(banner_request());
  post(banner_request({{"/regs", {{"coppa", 1}}}}));
  const auto scrubbed = [&](openrtb::PrivacyBasis basis) {
    return handler_->counters().scrubbed[static_cast<std::size_t>(basis)].value();
  };
  EXPECT_EQ(scrubbed(openrtb::PrivacyBasis::none), 1u);
  EXPECT_EQ(scrubbed(openrtb::PrivacyBasis::coppa), 1u);
}

}  // namespace
}  // namespace bidwell::exchange::testing
