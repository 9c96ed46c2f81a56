// Answers, read back with another JSON library.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "bidwell/openrtb/response.h"

namespace bidwell::openrtb {
namespace {

using nlohmann::json;

std::string written(const BidResponse& response, std::size_t capacity = 65'536) {
  OutputBuffer out(capacity);
  write(response, out);
  EXPECT_FALSE(out.overflowed());
  return std::string(out.view());
}

const MarkupPart kMarkup[] = {{"<b a=\\\"1\\\">", Macro::none}};

Bid sample_bid() {
  Bid bid;
  bid.id = "b1", bid.impid = "1", bid.price = 2'500'000, bid.seat = "s", bid.fixed = R"(,"crid":"c","w":300)";
  bid.adm = kMarkup;
  return bid;
}

BidResponse response_of(std::span<const Bid> bids) {
  BidResponse response;
  response.id = "r", response.cur = "USD", response.bids = bids;
  response.timestamp_ms = 1'768'392'000'123, response.random = 18'446'744'073'709'551'615u;
  return response;
}

TEST(Write, OneBid) {
  const Bid bids[] = {sample_bid()};
  EXPECT_EQ(json::parse(written(response_of(bids))),
            json::parse(R"({"id": "r", "cur": "USD", "seatbid": [{"seat": "s", "bid": [
                {"id": "b1", "impid": "1", "price": 2.5, "crid": "c", "w": 300, "adm": "<b a=\"1\">"}]}]})"));
}

TEST(Write, DealAndExtensionWhereThereAreSome) {
  Bid bids[] = {sample_bid()};
  bids[0].dealid = "d\"1";
  bids[0].ext = R"({"dsa":{"adrender":1}})";
  const json bid = json::parse(written(response_of(bids)))["seatbid"][0]["bid"][0];
  EXPECT_EQ(bid["dealid"], "d\"1");
  EXPECT_EQ(bid["ext"]["dsa"]["adrender"], 1);
  bids[0].dealid = bids[0].ext = {};
  const json plain = json::parse(written(response_of(bids)))["seatbid"][0]["bid"][0];
  EXPECT_FALSE(plain.contains("dealid"));
  EXPECT_FALSE(plain.contains("ext"));
}

TEST(Write, BidsOfOneSeatShareASeatbid) {
  Bid bids[] = {sample_bid(), sample_bid(), sample_bid(), sample_bid()};
  bids[0].impid = "1", bids[1].impid = "2", bids[2].impid = "3", bids[3].impid = "4";
  bids[0].seat = "a", bids[1].seat = "a", bids[2].seat = "b\"", bids[3].seat = "c";
  const json seatbid = json::parse(written(response_of(bids)))["seatbid"];
  ASSERT_EQ(seatbid.size(), 3u);
  EXPECT_EQ(seatbid[0]["seat"], "a");
  ASSERT_EQ(seatbid[0]["bid"].size(), 2u);
  EXPECT_EQ(seatbid[0]["bid"][1]["impid"], "2");
  EXPECT_EQ(seatbid[1]["seat"], "b\"");
  EXPECT_EQ(seatbid[2]["bid"][0]["impid"], "4");
}

TEST(Write, NoBidsIsStillAnAnswer) {
  EXPECT_EQ(json::parse(written(response_of({}))), json::parse(R"({"id": "r", "cur": "USD", "seatbid": []})"));
  OutputBuffer out(256);
  write_no_bid("r\"\n", 15, out);
  EXPECT_EQ(json::parse(out.view()), (json{{"id", "r\"\n"}, {"seatbid", json::array()}, {"nbr", 15}}));
}

TEST(Write, PricesAsPlainDecimals) {
  const std::pair<Micros, const char*> prices[] = {
      {1, "0.000001"}, {10, "0.00001"}, {1'000'000, "1"}, {123'456'789, "123.456789"}, {900'000, "0.9"}};
  for (const auto& [micros, text] : prices) {
    Bid bids[] = {sample_bid()};
    bids[0].price = micros;
    EXPECT_NE(written(response_of(bids)).find(std::string("\"price\":") + text + ","), std::string::npos) << text;
  }
}

TEST(Write, MacrosPercentEncoded) {
  const MarkupPart parts[] = {{"a=", Macro::auction_id}, {"&i=", Macro::imp_id}, {"&b=", Macro::bid_id},
                              {"&t=", Macro::timestamp}, {"&r=", Macro::random}, {";", Macro::none}};
  Bid bids[] = {sample_bid()};
  bids[0].adm = parts;
  bids[0].impid = "1/2 \"é\"";
  BidResponse response = response_of(bids);
  response.id = "Az09-._~ &+\n\\";
  const json answer = json::parse(written(response));
  EXPECT_EQ(answer["seatbid"][0]["bid"][0]["adm"],
            "a=Az09-._~%20%26%2b%0a%5c&i=1%2f2%20%22%c3%a9%22&b=b1&t=1768392000123&r="
            "18446744073709551615;");
  EXPECT_EQ(answer["id"], response.id) << "as it came";
  EXPECT_EQ(answer["seatbid"][0]["bid"][0]["impid"], bids[0].impid);
}

// An answer's native markup, which is JSON inside a JSON string.
json native_markup(const Bid& bid) {
  const Bid bids[] = {bid};
  return json::parse(json::parse(written(response_of(bids)))["seatbid"][0]["bid"][0]["adm"].get<std::string>());
}

TEST(Write, NativeAssetsThenTheLink) {
  const MarkupPart link[] = {{R"(,\"link\":{\"url\":\"https://a.example/?b=)", Macro::bid_id}, {R"(\"})", Macro::none}};
  const NativeAssetAnswer assets[] = {{1, true, R"(\"title\":{\"text\":\"A \\\"title\\\"\"})"},
                                      {-7, false, R"(\"data\":{\"value\":\"v\"})"}};
  Bid bid = sample_bid();
  bid.native = true;
  bid.adm = link;
  bid.assets = assets;
  json expected = json::parse(R"({"assets": [{"id": 1, "required": 1, "title": {"text": "A \"title\""}},
                                             {"id": -7, "data": {"value": "v"}}],
                                  "link": {"url": "https://a.example/?b=b1"}})");
  EXPECT_EQ(native_markup(bid), expected);
  bid.native_wrapped = true;
  EXPECT_EQ(native_markup(bid), (json{{"native", expected}}));
  bid.native_ver = "1.2";
  expected["ver"] = "1.2";
  EXPECT_EQ(native_markup(bid), (json{{"native", expected}}));
  bid.native_ver = "1\"}";
  EXPECT_EQ(native_markup(bid)["native"]["ver"], "1%22%7d") << "nobody breaks out of the string";
}

const Notices kNotices = {
    "http://bid.example:8080", "https://px.example/a", "TOKEN", "+mac", "-mac", "?p=${AUCTION_PRICE}",
    "?p=${PRICE:B64}",         "?l=${AUCTION_LOSS}"};

TEST(Write, NoticeUrlsWhereSomebodyListens) {
  Bid bids[] = {sample_bid()};
  bids[0].notices = &kNotices;
  const json bid = json::parse(written(response_of(bids)))["seatbid"][0]["bid"][0];
  EXPECT_EQ(bid["nurl"], "http://bid.example:8080/win/TOKEN+mac?p=${AUCTION_PRICE}");
  EXPECT_EQ(bid["burl"], "http://bid.example:8080/bill/TOKEN+mac?p=${PRICE:B64}");
  EXPECT_EQ(bid["lurl"], "http://bid.example:8080/loss/TOKEN+mac?l=${AUCTION_LOSS}");
  bids[0].notices = nullptr;
  const json silent = json::parse(written(response_of(bids)))["seatbid"][0]["bid"][0];
  for (const char* key : {"nurl", "burl", "lurl"}) EXPECT_FALSE(silent.contains(key)) << key;
}

TEST(Write, TheMarkupsUrls) {
  const MarkupPart parts[] = {{"<img src='", Macro::imp_url}, {"'><a href='", Macro::click_url}, {"'>", Macro::none}};
  Bid bids[] = {sample_bid()};
  bids[0].adm = parts;
  bids[0].notices = &kNotices;
  const auto adm = [&] { return json::parse(written(response_of(bids)))["seatbid"][0]["bid"][0]["adm"]; };
  EXPECT_EQ(adm(), "<img src='https://px.example/a/imp/TOKEN-mac'><a href='https://px.example/a/click/TOKEN-mac'>");
  bids[0].notices = nullptr;
  EXPECT_EQ(adm(), "<img src=''><a href=''>");
}

TEST(Write, NativeImpressionsInTheVersionsForm) {
  const MarkupPart parts[] = {{R"(,\"link\":{\"url\":\"https://a.example/\"})", Macro::native_imp}, {"", Macro::none}};
  Bid bid = sample_bid();
  bid.native = true;
  bid.adm = parts;
  bid.notices = &kNotices;
  const std::string url = "https://px.example/a/imp/TOKEN-mac";
  for (const char* version : {"1.2", "1.2.1", "1.3", "2"}) {
    bid.native_ver = version;
    json markup = native_markup(bid);
    EXPECT_EQ(markup["eventtrackers"], (json{{{"event", 1}, {"method", 1}, {"url", url}}})) << version;
    EXPECT_FALSE(markup.contains("imptrackers")) << version;
  }
  for (const char* version : {"", "1", "1.0", "1.1", "1.1.2"}) {
    bid.native_ver = version;
    json markup = native_markup(bid);
    EXPECT_EQ(markup["imptrackers"], json{url}) << version;
    EXPECT_FALSE(markup.contains("eventtrackers")) << version;
  }
  bid.native_wrapped = true;
  EXPECT_EQ(native_markup(bid)["native"]["imptrackers"], json{url});
  bid.notices = nullptr;
  EXPECT_FALSE(native_markup(bid)["native"].contains("imptrackers"));
}

TEST(AppendJsonEscaped, IsReadBackAsTheSameText) {
  const auto round_trip = [](const std::string& text) {
    OutputBuffer out(8 * text.size() + 8);
    out.append('"');
    append_json_escaped(text, out);
    out.append('"');
    return json::parse(out.view()).get<std::string>();
  };
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  EXPECT_EQ(round_trip(all), all);
  EXPECT_EQ(round_trip(""), "");
  EXPECT_EQ(round_trip("é\U0001F600\u2028"), "é\U0001F600\u2028");
  EXPECT_EQ(round_trip("\"\"\\\\"), "\"\"\\\\");
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (auto size = random() % 40; size > 0; --size) text += static_cast<char>(random() % 128);
    ASSERT_EQ(round_trip(text), text);
  }
}

TEST(Write, SaysThatItOverflowedAtAnyCapacityThatIsTooSmall) {
  const MarkupPart parts[] = {{"x", Macro::auction_id}, {"y", Macro::timestamp}, {"z", Macro::random},
                              {"", Macro::imp_url},     {"", Macro::click_url},  {"", Macro::native_imp}};
  Bid bids[] = {sample_bid(), sample_bid()};
  bids[1].notices = &kNotices;
  bids[0].adm = bids[1].adm = parts;
  bids[1].seat = "t", bids[1].dealid = "d\n", bids[1].ext = "{}";
  const BidResponse response = response_of(bids);
  const std::string whole = written(response);
  for (std::size_t capacity = 0; capacity < whole.size(); ++capacity) {
    OutputBuffer out(capacity);
    write(response, out);
    ASSERT_TRUE(out.overflowed()) << capacity;
  }
  OutputBuffer roomy(whole.size() + 64);  // a price asks for more room than it takes
  write(response, roomy);
  EXPECT_FALSE(roomy.overflowed());
  EXPECT_EQ(roomy.view(), whole);
}

}  // namespace
}  // namespace bidwell::openrtb
