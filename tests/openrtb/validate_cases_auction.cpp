// The correct pairs, and cases of the rules on the auction: 1-10, 24, 25, 30.
#include "tests/openrtb/validate_cases.h"

namespace bidwell::openrtb {
namespace {

const char* const kBannerRequest = R"({
  "id": "auction-1", "tmax": 120, "cur": ["EUR", "USD"],
  "imp": [{"id": "1", "bidfloor": 1.5, "secure": 1, "banner": {"w": 300, "h": 250, "battr": [13]}},
          {"id": "2", "banner": {"format": [{"w": 728, "h": 90}]}}],
  "site": {"domain": "news.example"}})";

const char* const kBannerResponse = R"({
  "id": "auction-1", "cur": "USD",
  "seatbid": [{"seat": "agency", "bid": [{
    "id": "bid-1", "impid": "1", "price": 2.5, "crid": "creative-1", "adomain": ["shop.example"],
    "cat": ["IAB22"], "attr": [1], "w": 300, "h": 250, "mtype": 1,
    "nurl": "https://bidder.example/win?p=${AUCTION_PRICE}",
    "adm": "<a href=\"http://shop.example/\"><img src=\"https://cdn.example/1.png\"></a>"}]}]})";

const char* const kVideoRequest = R"({
  "id": "auction-2", "tmax": 200,
  "imp": [{"id": "1", "bidfloor": 3, "video": {
    "mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "protocols": [2, 3], "api": [7],
    "w": 640, "h": 360}}],
  "app": {"bundle": "com.example.game"}})";

const char* const kVast = R"(<?xml version="1.0" encoding="UTF-8"?>
<VAST version="3.0" xmlns:xs="http://www.w3.org/2001/XMLSchema"><Ad id="a"><InLine>
<Impression><![CDATA[https://bidder.example/imp]]></Impression><Creatives><Creative><Linear>
<Duration>00:00:15</Duration>
<VideoClicks><ClickThrough>http://shop.example/</ClickThrough></VideoClicks>
<MediaFiles><MediaFile delivery="progressive" type="video/mp4" width="640" height="360">
https://cdn.example/1.mp4</MediaFile></MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>)";

const char* const kNativeRequest = R"({
  "id": "auction-3",
  "imp": [{"id": "1", "secure": 1, "native": {"ver": "1.2", "battr": [4]}}],
  "app": {"bundle": "com.example.news"}})";

const char* const kNativeMarkupRequest = R"({"ver": "1.2", "assets": [
  {"id": 1, "required": 1, "title": {"len": 12}},
  {"id": 2, "required": 1, "img": {"type": 3, "wmin": 600, "hmin": 300}},
  {"id": 3, "img": {"type": 1, "w": 80, "h": 80}},
  {"id": 4, "data": {"type": 2, "len": 30}},
  {"id": 5, "video": {"mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "protocols": [2]}}]})";

const char* const kNativeAnswer =
    R"({"ver": "1.2", "link": {"url": "http://shop.example/"}, "assets": [
  {"id": 1, "required": 1, "title": {"text": "Grüße, Welt!"}},
  {"id": 2, "required": 1, "img": {"url": "https://cdn.example/main.jpg", "w": 1200, "h": 627}},
  {"id": 4, "data": {"value": "see http://shop.example"}}]})";

const char* const kNativeResponse = R"({
  "id": "auction-3",
  "seatbid": [{"seat": "agency", "bid": [{
    "id": "bid-1", "impid": "1", "price": 0.5, "crid": "creative-3", "adomain": ["shop.example"]}]}]})";

const char* const kVideoResponse = R"({
  "id": "auction-2",
  "seatbid": [{"seat": "agency", "bid": [{
    "id": "bid-1", "impid": "1", "price": 3, "crid": "creative-2", "adomain": ["shop.example"]}]}]})";

void apply(const Edits& edits, Json& document) {
  for (const auto& [path, value] : edits) {
    const Json::json_pointer place(path);
    if (!value.is_discarded()) {
      document[place] = value;
    } else if (place.empty()) {
      document = Json::object();
    } else if (Json& parent = document.at(place.parent_pointer()); parent.is_object()) {
      parent.erase(place.back());
    } else {
      parent.erase(std::stoul(place.back()));
    }
  }
}

const Json kDeals = Json::parse(R"({"private_auction": "1", "deals": [
  {"id": "d1", "bidfloor": 2, "wseat": ["agency"], "wadomain": ["shop.example"]}, {"id": 7}]})");
const Json kSecondBid = Json::parse(R"({
  "id": "bid-2", "impid": "2", "price": 1, "crid": "creative-4", "adomain": ["shop.example"], "adm": "<b>ad</b>"})");

const std::string kBid = "/seatbid/0/bid/0";

}  // namespace

Json gone() {
  return Json(Json::value_t::discarded);
}

Json native_answer() {
  return Json::parse(kNativeAnswer);
}

Json request_of(const Case& c) {
  Json request;
  if (c.base == Base::banner) request = Json::parse(kBannerRequest);
  if (c.base == Base::video) request = Json::parse(kVideoRequest);
  if (c.base == Base::native) {
    request = Json::parse(kNativeRequest);
    request["/imp/0/native/request"_json_pointer] = kNativeMarkupRequest;
  }
  apply(c.request, request);
  return request;
}

Json response_of(const Case& c) {
  Json response;
  if (c.base == Base::banner) response = Json::parse(kBannerResponse);
  if (c.base == Base::video) {
    response = Json::parse(kVideoResponse);
    response["/seatbid/0/bid/0/adm"_json_pointer] = kVast;
  }
  if (c.base == Base::native) {
    response = Json::parse(kNativeResponse);
    response["/seatbid/0/bid/0/adm"_json_pointer] = native_answer().dump();
  }
  apply(c.response, response);
  return response;
}

std::vector<Case> auction_cases() {
  const Base b = Base::banner;
  const Edits with_deals = {{"/imp/0/pmp", kDeals}};
  const Json dsa = {{"behalf", "Shop"}, {"paid", "Shop"}, {"adrender", 1}};
  const auto bid = [](const char* key) { return kBid + "/" + key; };
  return {
      {1, false, "SameId", b, {}, {}},
      {1, true, "OtherId", b, {}, {{"/id", "auction-2"}}},
      {1, true, "NoId", b, {}, {{"/id", gone()}}},
      {1, true, "NumberForString", b, {{"/id", "5"}}, {{"/id", 5}}},
      {1, false, "NumberAsText", b, {{"/id", 5}}, {{"/id", "5"}}},
      {1, false, "NumberAsNumber", b, {{"/id", 5}}, {{"/id", 5}}},
      {1, true, "NoBidWithOtherId", b, {}, {{"", {{"id", "x"}, {"nbr", 2}}}}},
      {2, false, "EmptyObject", b, {}, {{"", gone()}}},
      {2, false, "EmptySeatbid", b, {}, {{"/seatbid", Json::array()}}},
      {2, false, "Reason", b, {}, {{"/seatbid", Json::array()}, {"/nbr", 15}}},
      {2, false, "ExchangesReason", b, {}, {{"/seatbid", gone()}, {"/nbr", 500}}},
      {2, true, "UnknownReason", b, {}, {{"/seatbid", Json::array()}, {"/nbr", 18}}},
      {2, true, "ReasonAsText", b, {}, {{"/seatbid", Json::array()}, {"/nbr", "2"}}},
      {2, true, "NeitherBidsNorReason", b, {}, {{"/seatbid", gone()}}},
      {2, true, "SeatWithoutBids", b, {}, {{"/seatbid/0/bid", Json::array()}}},
      {2, true, "SeatbidAnObject", b, {}, {{"/seatbid", Json::object()}}},
      {2, true, "BidNoObject", b, {}, {{"/seatbid/0/bid/1", 5}}},
      {3, true, "NoBidId", b, {}, {{bid("id"), gone()}}},
      {3, true, "EmptyBidId", b, {}, {{bid("id"), ""}}},
      {3, true, "BidIdANumber", b, {}, {{bid("id"), 1}}},
      {3, false, "BidId", b, {}, {{bid("id"), "0"}}},
      {4, false, "SecondImpression", b, {}, {{kBid, kSecondBid}}},
      {4, false, "ImpressionWithNumber", b, {{"/imp/0/id", 1}}, {}},
      {4, true, "NoSuchImpression", b, {}, {{bid("impid"), "3"}}},
      {4, true, "ImpidMissing", b, {}, {{bid("impid"), gone()}}},
      {4, true, "ImpressionsWithOneId", b, {{"/imp/1/id", "1"}}, {}},
      {5, true, "NoPrice", b, {}, {{bid("price"), gone()}}},
      {5, true, "PriceAsText", b, {}, {{bid("price"), "2.5"}}},
      {5, true, "PriceZero", b, {{"/imp/0/bidfloor", gone()}}, {{bid("price"), 0}}},
      {5, true, "PriceNegative", b, {{"/imp/0/bidfloor", gone()}}, {{bid("price"), -1}}},
      {5, false, "PriceZeroInADeal", b, with_deals, {{bid("price"), 0}, {bid("dealid"), "7"}}},
      {5, false, "SmallPrice", b, {{"/imp/0/bidfloor", gone()}}, {{bid("price"), 0.000001}}},
      {6, false, "CurrencyAbsentOnBothSides", b, {{"/cur", gone()}}, {{"/cur", gone()}}},
      {6, false, "CurrencyListEmpty", b, {{"/cur", Json::array()}}, {}},
      {6, false, "CurrencyAsText", b, {{"/cur", "USD"}}, {}},
      {6, true, "CurrencyNotAsked", b, {{"/cur", {"EUR"}}}, {}},
      {6, true, "CurrencyAbsentIsUsd", b, {{"/cur", {"EUR"}}}, {{"/cur", gone()}}},
      {6, true, "CurrencyNoString", b, {}, {{"/cur", Json::array({"USD"})}}},
      {7, false, "AtTheFloor", b, {}, {{bid("price"), 1.5}}},
      {7, true, "BelowTheFloor", b, {}, {{bid("price"), 1.49}}},
      {7, true, "BelowFloorAsText", b, {{"/imp/0/bidfloor", " 2.6 "}}, {}},
      {7, false, "NegativeFloor", b, {{"/imp/0/bidfloor", -5}}, {}},
      {7, false, "NullFloor", b, {{"/imp/0/bidfloor", nullptr}}, {}},
      {7, true, "UnreadableFloor", b, {{"/imp/0/bidfloor", "free"}}, {}},
      {7, true, "EmptyFloor", b, {{"/imp/0/bidfloor", ""}}, {}},
      {7, true, "FloorABoolean", b, {{"/imp/0/bidfloor", true}}, {}},
      // 2 units of EUR a dollar: a floor of 5 EUR is 2.50 USD.
      {7, false, "ConvertedFloor", b, {{"/imp/0/bidfloor", 5}, {"/imp/0/bidfloorcur", "EUR"}}, {}},
      {7, true, "BelowConverted", b, {{"/imp/0/bidfloor", 5.1}, {"/imp/0/bidfloorcur", "EUR"}}, {}},
      {7, true, "AnswerConverted", b, {}, {{"/cur", "EUR"}}},
      {7, true, "UnknownCurrency", b, {{"/imp/0/bidfloor", 0.1}, {"/imp/0/bidfloorcur", "XXX"}}, {}},
      {7, false, "UnknownOnBothSides", b, {{"/imp/0/bidfloorcur", "XXX"}, {"/cur", {"XXX"}}}, {{"/cur", "XXX"}}},
      {7, false, "DealsOwnFloor", b, with_deals, {{bid("price"), 0.1}, {bid("dealid"), "7"}}},
      {7, true, "BelowDealsFloor", b, with_deals, {{bid("price"), 1.9}, {bid("dealid"), "d1"}}},
      {8, false, "DealOffered", b, with_deals, {{bid("dealid"), "d1"}}},
      {8, false, "NullDeal", b, {}, {{bid("dealid"), nullptr}}},
      {8, true, "DealNotOffered", b, with_deals, {{bid("dealid"), "d2"}}},
      {8, true, "DealOfAnother", b, {{"/imp/1/pmp", kDeals}}, {{bid("dealid"), "d1"}}},
      {9, true, "OpenBidInPrivate", b, with_deals, {}},
      {9, false, "OpenBidBesideDeals", b, {{"/imp/0/pmp", kDeals}, {"/imp/0/pmp/private_auction", 0}}, {}},
      {10, false, "SeatAllowed", b, {{"/wseat", {"other", "agency"}}}, {}},
      {10, true, "SeatNotAllowed", b, {{"/wseat", {"other"}}}, {}},
      {10, true, "SeatMissing", b, {{"/wseat", {"agency"}}}, {{"/seatbid/0/seat", gone()}}},
      {10, true, "SeatBlocked", b, {{"/bseat", {"agency"}}}, {}},
      {10, false, "OtherSeatBlocked", b, {{"/bseat", {"other"}}}, {}},
      {10, true, "SeatNotOfDeal", b, with_deals, {{bid("dealid"), "d1"}, {"/seatbid/0/seat", "x"}}},
      {10, true, "AdvertiserNotOfDeal", b, with_deals, {{bid("dealid"), "d1"}, {bid("adomain"), {"rival.example"}}}},
      {24, false, "TransparencyNotRequired", b, {{"/regs", {{"dsa", {{"dsarequired", 1}}}}}}, {}},
      {24, true, "NoTransparency", b, {{"/regs", {{"dsa", {{"dsarequired", 2}}}}}}, {}},
      {24, true, "NoTransparencyUnderExt", b, {{"/regs", {{"ext", {{"dsa", {{"dsarequired", "3"}}}}}}}}, {}},
      {24, false, "Transparency", b, {{"/regs", {{"dsa", {{"dsarequired", 3}}}}}}, {{bid("ext"), {{"dsa", dsa}}}}},
      {24,
       true,
       "NobodyPaid",
       b,
       {{"/regs", {{"dsa", {{"dsarequired", 3}}}}}},
       {{bid("ext"), {{"dsa", dsa}}}, {bid("ext/dsa/paid"), ""}}},
      {24,
       true,
       "OnNobodysBehalf",
       b,
       {{"/regs", {{"dsa", {{"dsarequired", 3}}}}}},
       {{bid("ext"), {{"dsa", dsa}}}, {bid("ext/dsa/behalf"), gone()}}},
      {24,
       true,
       "NobodyRenders",
       b,
       {{"/regs", {{"dsa", {{"dsarequired", 2}, {"pubrender", 0}}}}}},
       {{bid("ext"), {{"dsa", dsa}}}, {bid("ext/dsa/adrender"), 0}}},
      {24,
       true,
       "BothRender",
       b,
       {{"/regs", {{"dsa", {{"dsarequired", 2}, {"pubrender", 2}}}}}},
       {{bid("ext"), {{"dsa", dsa}}}}},
      {24,
       false,
       "PublisherRenders",
       b,
       {{"/regs", {{"dsa", {{"dsarequired", 2}, {"pubrender", 2}}}}}},
       {{bid("ext"), {{"dsa", dsa}}}, {bid("ext/dsa/adrender"), 0}}},
      {25, false, "Group", b, {}, {{"/seatbid/0/bid/1", kSecondBid}, {"/seatbid/0/group", 1}}},
      {25,
       true,
       "GroupOnOneImpression",
       b,
       {{"/imp/1/id", "9"}},
       {{"/seatbid/0/bid/1", response_of({0, false, "", b, {}, {}}).at(Json::json_pointer(kBid))},
        {"/seatbid/0/bid/1/id", "bid-2"},
        {"/seatbid/0/group", 1}}},
      {25, true, "GroupUnknown", b, {}, {{"/seatbid/0/group", 2}}},
      {30, false, "TwoIds", b, {}, {{"/seatbid/0/bid/1", kSecondBid}}},
      {30, true, "IdTwice", b, {}, {{"/seatbid/0/bid/1", kSecondBid}, {"/seatbid/0/bid/1/id", "bid-1"}}},
      {30,
       true,
       "IdTwiceInTwoSeats",
       b,
       {},
       {{"/seatbid/1", {{"bid", Json::array({kSecondBid})}}}, {"/seatbid/1/bid/0/id", "bid-1"}}},
  };
}

}  // namespace bidwell::openrtb
