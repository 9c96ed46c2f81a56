// Answers, their macros and their markup.
#include "market/answer.h"

#include <gmock/gmock.h>

#include "market/macros.h"
#include "market/markup.h"

namespace bidwell::market {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AnswerTest, ReadsWhatAnAuctionNeeds) {
  const auto offers = read_answer(R"({"id":"q","bidid":"r","cur":"EUR","seatbid":[
    {"seat":"s","bid":[{"id":"1","impid":"i","price":0.9,"cid":"c","adid":"a","dealid":"d","nurl":"n","burl":"b","lurl":"l","adm":"m"},
                       {"id":"2","price":2.345678},{"id":"3"},{"price":1},{"id":"4","price":"1"},5]},
    {"bid":[{"id":"6","price":1e-6}]}, 7]})");
  ASSERT_TRUE(offers);
  EXPECT_EQ(offers->currency, "EUR");
  ASSERT_EQ(offers->bids.size(), 3u);
  const OfferedBid& bid = offers->bids[0];
  EXPECT_EQ(bid.price, 900'000);
  EXPECT_EQ(bid.seat + bid.imp + bid.campaign + bid.ad + bid.deal + bid.nurl + bid.burl + bid.lurl + bid.markup,
            "sicadnblm");
  EXPECT_EQ(offers->bids[1].price, 2'345'678);
  EXPECT_EQ(offers->bids[2].price, 1);
}

// Each price that can be written with six decimals is read as itself.
TEST(AnswerTest, PricesAreExact) {
  for (Micros micros = 1; micros < 100'000'000; micros = micros * 3 + 1) {
    const auto offers = read_answer(R"({"seatbid":[{"bid":[{"id":"1","price":)" + decimal(micros) + "}]}]}");
    ASSERT_TRUE(offers);
    EXPECT_EQ(offers->bids.at(0).price, micros);
  }
}

TEST(AnswerTest, WhatIsNoAnswer) {
  for (const char* text : {"", "{", "[]", "7", "{\"id\":\"\xff\"}"}) EXPECT_FALSE(read_answer(text)) << text;
  for (const char* text : {"{}", R"({"seatbid":[]})", R"({"seatbid":7})", R"({"seatbid":[{"bid":{}}]})"}) {
    ASSERT_TRUE(read_answer(text)) << text;
    EXPECT_THAT(read_answer(text)->bids, IsEmpty()) << text;
  }
}

TEST(MacrosTest, EachIsReplacedAndEscaped) {
  MacroValues values;
  values.auction_id = "q/1", values.bid_id = "b", values.imp_id = "i&", values.seat_id = "s";
  values.ad_id = "a d", values.currency = "USD";
  values.price = 2'500'000, values.min_to_win = 1, values.loss = 102, values.imp_ts_ms = 17;
  EXPECT_EQ(substitute("${AUCTION_ID}|${AUCTION_BID_ID}|${AUCTION_IMP_ID}|${AUCTION_SEAT_ID}|${AUCTION_AD_ID}", values),
            "q%2F1|b|i%26|s|a%20d");
  EXPECT_EQ(substitute("?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&l=${AUCTION_LOSS}&m=${AUCTION_MIN_TO_WIN}", values),
            "?p=2.5&c=USD&l=102&m=0.000001");
  EXPECT_EQ(substitute("${AUCTION_IMP_TS}${AUCTION_PRICE}", values), "172.5");
}

TEST(MacrosTest, TheUnknownBecomeNothing) {
  EXPECT_EQ(substitute("a${AUCTION_PRICE}b${AUCTION_MBR}c${AUCTION_MULTIPLIER}d${AUCTION_NEW}e${AUCTION_LOSS}f", {}),
            "abcdef");
  EXPECT_EQ(substitute("${OTHER} $ {} ${AUCTION_PRICE", {}), "${OTHER} $ {} ${AUCTION_PRICE");
  EXPECT_EQ(substitute("", {}), "");
}

// RFC 4648's own vectors are of letters; a price's length modulo three decides the padding.
TEST(MacrosTest, Base64) {
  MacroValues values;
  values.price = 2'500'000;
  EXPECT_EQ(substitute("${AUCTION_PRICE:B64}", values), "Mi41");
  values.price = 12'500'000;
  EXPECT_EQ(substitute("${AUCTION_PRICE:B64}", values), "MTIuNQ%3D%3D");
  values.price = 20'000'000;
  EXPECT_EQ(substitute("${AUCTION_PRICE:B64}", values), "MjA%3D");
  EXPECT_EQ(substitute("${AUCTION_MBR:B64}", values), "");
}

TEST(MarkupTest, Html) {
  const Trackers found = find_trackers(
      R"(<a href="https://h:1/click/T?a=1&amp;b=2#x" target=_blank><img src='http://cdn.example/x.png'></a>)"
      R"(<img src=https://other/imp/T><img src="https://other/imp/T"><img src="https://x/y?u=https://h/imp/U">)");
  EXPECT_THAT(found.impressions, ElementsAre("/imp/T"));
  EXPECT_THAT(found.clicks, ElementsAre("/click/T?a=1&b=2"));
}

TEST(MarkupTest, Vast) {
  const Trackers found = find_trackers(
      "<VAST version=\"3.0\"><Ad><InLine><Impression><![CDATA[https://h/imp/T]]></Impression>"
      "<ClickThrough><![CDATA[https://shop.example/?q=1]]></ClickThrough>"
      "<ClickTracking>\n https://h/click/T?r=0 \n</ClickTracking></InLine></Ad></VAST>");
  EXPECT_THAT(found.impressions, ElementsAre("/imp/T"));
  EXPECT_THAT(found.clicks, ElementsAre("/click/T?r=0"));
}

TEST(MarkupTest, Native) {
  const Trackers found = find_trackers(
      R"({"native":{"assets":[{"img":{"url":"https:\/\/cdn\/a.png"}}],"link":{"url":"https://shop","clicktrackers":)"
      R"(["https:\/\/h\/click\/T?r=0"]},"imptrackers":["https://h/imp/T"],"eventtrackers":[{"event":1,"method":1,)"
      R"("url":"https://h/imp/E"}],"jstracker":"<script src=\"https://h/imp/J\"></script>"}})");
  EXPECT_THAT(found.impressions, ::testing::UnorderedElementsAre("/imp/T", "/imp/E", "/imp/J"));
  EXPECT_THAT(found.clicks, ElementsAre("/click/T?r=0"));
}

TEST(MarkupTest, NothingToFind) {
  for (const char* markup : {"", "http", "https://", "https:///imp/T", "httphttp://", "{\"a\":", "imp /imp/T"}) {
    EXPECT_THAT(find_trackers(markup).impressions, IsEmpty()) << markup;
  }
}

TEST(MarkupTest, PathOfUrl) {
  EXPECT_EQ(path_of("https://h:1/win/T?p=1#x"), "/win/T?p=1");
  EXPECT_EQ(path_of("http://h"), "/");
  EXPECT_EQ(path_of("http://h?p=1"), "/?p=1");
  EXPECT_EQ(path_of("ftp://h/x"), "");
  EXPECT_EQ(path_of("https:///x"), "");
}

}  // namespace
}  // namespace bidwell::market
