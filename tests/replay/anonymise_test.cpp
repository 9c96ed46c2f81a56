// No identifier stays, the same becomes the same, and a request stays a request of the same form.
#include "bidwell/replay/anonymise.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "bidwell/replay/lines.h"
#include "replay/pseudonym.h"
#include "tests/replay/corpus.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::json;

const Pseudonyms& pseudonyms() {
  static const Pseudonyms made("a secret");
  return made;
}

bool matches(const std::string& text, const char* pattern) {
  return std::regex_match(text, std::regex(pattern));
}

std::string anonymised(const std::string& body, const std::string& secret = "a secret") {
  CapturedRequest request;
  request.method = "POST", request.body = body;
  EXPECT_TRUE(Anonymiser({.secret = secret}).anonymise(request));
  return request.body;
}

TEST(PseudonymTest, KeepsTheForm) {
  const Pseudonyms& p = pseudonyms();
  EXPECT_TRUE(matches(p.identifier("6f9619ff-8b86-4011-b42d-00c04fc964ff"),
                      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-b[0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_TRUE(matches(p.identifier("A6C28B71-EC67-1CE9-8BDC-E1FA518CB481"),
                      "[0-9A-F]{8}-[0-9A-F]{4}-1[0-9A-F]{3}-8[0-9A-F]{3}-[0-9A-F]{12}"));
  EXPECT_TRUE(matches(p.identifier("354347048908641"), "[0-9]{15}"));
  EXPECT_TRUE(matches(p.identifier("93D05D4D69DEE2BC6645D9F0A0C1938C"), "[0-9A-F]{32}"));
  EXPECT_TRUE(matches(p.identifier("81407cd1808b59681f2da1341d8ac62dfa9293fa"), "[0-9a-f]{40}"));
  EXPECT_TRUE(matches(p.identifier("CAESEGzAb-_9xyQ"), "[A-Z]{6}[a-z][A-Z][a-z]-_[0-9][a-z]{2}[A-Z]"));
  EXPECT_TRUE(matches(p.identifier("jane.doe@example.com"), "[a-z]{4}\\.[a-z]{3}@[a-z]{7}\\.[a-z]{3}"));
  EXPECT_TRUE(matches(p.identifier("J\xc3\xa4ne"), "[A-Z][a-z]{3}"));
  EXPECT_TRUE(matches(p.number("-71067337"), "-[1-9][0-9]{7}"));
  EXPECT_TRUE(matches(p.number("10.50e3"), "[1-9][0-9]\\.[0-9]{2}e3"));
  for (const std::string same : {"", "0", "00000000-0000-0000-0000-000000000000"}) EXPECT_EQ(p.identifier(same), same);
  EXPECT_EQ(p.number("0"), "0");
}

TEST(PseudonymTest, SameForSameAndOtherForOther) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = "user-identifier-" + std::to_string(100'000 + i);
    const std::string replaced = pseudonyms().identifier(id);
    EXPECT_EQ(replaced, Pseudonyms("a secret").identifier(id));
    EXPECT_NE(replaced, Pseudonyms("another").identifier(id));
    seen.insert(replaced);
  }
  EXPECT_EQ(seen.size(), 10'000u);
  // An upper case UUID is the same person.
  std::string upper = pseudonyms().identifier("A6C28B71-EC67-4CE9-BBDC-E1FA518CB481");
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  std::string lower = pseudonyms().identifier("a6c28b71-ec67-4ce9-bbdc-e1fa518cb481");
  EXPECT_EQ(upper.substr(0, 19), lower.substr(0, 19));
  EXPECT_EQ(upper.substr(20), lower.substr(20));
}

TEST(PseudonymTest, AddressesOfOneNetworkStayInOne) {
  const Pseudonyms& p = pseudonyms();
  const std::string a = p.address("64.124.253.1"), b = p.address("64.124.253.77"), c = p.address("64.124.254.1");
  const auto network = [](const std::string& address) { return address.substr(0, address.rfind('.')); };
  EXPECT_TRUE(matches(a, "2[45][0-9]\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"));
  EXPECT_EQ(network(a), network(b));
  EXPECT_NE(a, b);
  EXPECT_NE(network(a), network(c));
  EXPECT_TRUE(p.address("64.124.253.0").ends_with(".0"));
  EXPECT_EQ(p.address("::ffff:64.124.253.1"), "::ffff:" + a);
  const std::string d = p.address("2a02:8071:1:2:3:4:5:6"), e = p.address("2a02:8071:1:2:9::"),
                    f = p.address("2a02:8071:1:2::");
  EXPECT_TRUE(d.starts_with("2001:db8:"));
  EXPECT_NE(d, e);
  EXPECT_EQ(d.substr(0, 19), e.substr(0, 19));
  EXPECT_TRUE(f.ends_with("::"));
  EXPECT_EQ(p.addresses("64.124.253.1, 64.124.254.1"), a + ", " + c);
  EXPECT_TRUE(matches(p.address("123.145.167.1.3.2"), "[0-9]{3}\\.[0-9]{3}\\.[0-9]{3}\\.[0-9]\\.[0-9]\\.[0-9]"));
}

TEST(PseudonymTest, UrlsLoseTheirQueriesValues) {
  const Pseudonyms& p = pseudonyms();
  EXPECT_EQ(p.url("http://a.example/path/x.html"), "http://a.example/path/x.html");
  EXPECT_TRUE(matches(p.url("http://a.example/p?user=alice&n=12&q=a%20bcd#frag"),
                      "http://a\\.example/p\\?user=[a-z]{5}&n=12&q=[a-z]%20[a-z]{3}#[a-z]{4}"));
  EXPECT_NE(p.url("/?user=alice"), "/?user=alice");
  EXPECT_EQ(p.url("/?user=alice&x=y").substr(0, 12), p.url("/?user=alice").substr(0, 12));
  EXPECT_TRUE(matches(p.url("/x?alice12"), "/x\\?[a-z]{5}[0-9]{2}"));
  EXPECT_EQ(p.url("http://user:pass@a.example/p").find("user:pass"), std::string::npos);
  EXPECT_TRUE(p.url("http://user:pass@a.example/p").ends_with("@a.example/p"));
  EXPECT_EQ(p.url("mailto@x/p"), "mailto@x/p");
  EXPECT_EQ(p.url("/a?%%%%").find("/a?"), 0u);
}

TEST(PseudonymTest, ConsentLosesItsTimesOnly) {
  const std::string tcf = "CPc3uYAPc3uYAAHABAENCECgAAAAAAAAAAAAAAAAAAAA.YAAAAAAAAAAA";
  const std::string without = "CPAAAAAPAAAAAAHABAENCECgAAAAAAAAAAAAAAAAAAAA.YAAAAAAAAAAA";
  EXPECT_EQ(pseudonyms().consent(tcf), without);
  EXPECT_EQ(pseudonyms().consent("DBACNYA~" + tcf + "~1YNN"), "DBACNYA~" + without + "~1YNN");
  EXPECT_EQ(pseudonyms().consent("DBABLA~BAAAAAA"), "DBABLA~BAAAAAA");
  EXPECT_EQ(pseudonyms().consent("1YNN"), "1YNN");
  EXPECT_NE(pseudonyms().consent("somebody"), "somebody");
}

TEST(PseudonymTest, PlacesAndYearsAreRounded) {
  EXPECT_EQ(rounded_degrees("-71.067337"), "-71.1");
  EXPECT_EQ(rounded_degrees("51.5"), "51.5");
  EXPECT_EQ(rounded_degrees("22"), "22");
  EXPECT_EQ(rounded_degrees("5.1511e1"), "51.5");
  EXPECT_EQ(rounded_degrees("ff"), "ff");
  EXPECT_EQ(rounded_degrees(""), "");
  EXPECT_EQ(decade("1973"), "1970");
  EXPECT_EQ(decade("x"), "x");
  EXPECT_EQ(coarse_postcode("90049"), "90000");
  EXPECT_EQ(coarse_postcode("SW1A 2AA"), "SW10 000");
}

TEST(AnonymiseTest, ReplacesAndKeeps) {
  const Json out = Json::parse(anonymised(R"({"id":"80ce30c53c16e6ede735f123ef6e32361bfc7b22","tmax":120,
    "imp":[{"id":"1","tagid":"slot-12345","ext":{"gpid":"/123/home","tid":"6b8762d8-26ec-45bc-821b-8d6a72fdcd55"}}],
    "site":{"id":"102855","page":"http://a.example/x?uid=alice1234","content":{"url":"http://b/?s=98765432"},
            "search":"my disease","publisher":{"id":"pub12345"}},
    "user":{"id":"55816b39711f9b5acf3b90e313ed29e51665623f","buyeruid":545678765467876,"yob":1984,"gender":"F",
            "keywords":"boldly,going","consent":"","data":[{"id":"seg-provider","segment":[{"id":"12341318394918"}]}],
            "eids":[{"source":"uidapi.com","uids":[{"id":"fb58593e-7ac6-48bd-b2de-89a758726362","atype":1}]}],
            "ext":{"sessiondepth":3,"unheard":"of-this-1","data":{"imei":"354347048908641"}}},
    "device":{"ua":"Mozilla/5.0","ip":"64.124.253.1","ifa":"A6C28B71-EC67-4CE9-BBDC-E1FA518CB481","os":"iOS",
              "pxratio":2.6086956521,"mccmnc":310260,"serial":26086956,
              "geo":{"lat":42.36225,"lon":-71.067337,"country":"USA","zip":"02114"},"ext":{"x":"unheard-of"}},
    "user\u0069d":"hidden-behind-escapes",
    "userIds":{"prov":"7d837be6-94de-11e1-841f-68b599c88614","xchg":"5273283952213481305"},
    "ext":{"copy":["55816b39711f9b5acf3b90e313ed29e51665623f","64.124.253.1"]}})"));
  EXPECT_TRUE(matches(out["id"], "[0-9a-f]{40}"));
  EXPECT_NE(out["id"], "80ce30c53c16e6ede735f123ef6e32361bfc7b22");
  EXPECT_EQ(out["tmax"], 120);
  EXPECT_EQ(out["imp"][0]["id"], "1");
  EXPECT_EQ(out["imp"][0]["tagid"], "slot-12345");
  EXPECT_EQ(out["imp"][0]["ext"]["gpid"], "/123/home");
  EXPECT_NE(out["imp"][0]["ext"]["tid"], "6b8762d8-26ec-45bc-821b-8d6a72fdcd55");
  EXPECT_EQ(out["site"]["id"], "102855");
  EXPECT_EQ(out["site"]["publisher"]["id"], "pub12345");
  EXPECT_TRUE(matches(out["site"]["page"], "http://a.example/x\\?uid=[a-z]{5}[0-9]{4}"));
  EXPECT_EQ(out.dump().find("alice"), std::string::npos);
  EXPECT_EQ(out.dump().find("98765432"), std::string::npos);
  EXPECT_EQ(out.dump().find("disease"), std::string::npos);
  const Json& user = out["user"];
  EXPECT_TRUE(user["buyeruid"].is_number());
  EXPECT_NE(user["buyeruid"], 545678765467876);
  EXPECT_EQ(user["yob"], 1980);
  EXPECT_EQ(user["gender"], "F");
  EXPECT_TRUE(matches(user["keywords"], "[a-z]{6},[a-z]{5}"));
  EXPECT_EQ(user["data"], Json::parse(R"([{"id":"seg-provider","segment":[{"id":"12341318394918"}]}])"));
  EXPECT_EQ(user["eids"][0]["source"], "uidapi.com");
  EXPECT_EQ(user["eids"][0]["uids"][0]["atype"], 1);
  EXPECT_NE(user["eids"][0]["uids"][0]["id"], "fb58593e-7ac6-48bd-b2de-89a758726362");
  EXPECT_EQ(user["ext"]["sessiondepth"], 3);
  EXPECT_NE(user["ext"]["unheard"], "of-this-1");
  EXPECT_NE(user["ext"]["data"]["imei"], "354347048908641");
  const Json& device = out["device"];
  EXPECT_EQ(device["ua"], "Mozilla/5.0");
  EXPECT_EQ(device["os"], "iOS");
  EXPECT_EQ(device["pxratio"], 2.6086956521);
  EXPECT_EQ(device["mccmnc"], 310260);
  EXPECT_NE(device["serial"], 26086956);
  EXPECT_NE(device["ip"], "64.124.253.1");
  EXPECT_NE(device["ifa"], "A6C28B71-EC67-4CE9-BBDC-E1FA518CB481");
  EXPECT_EQ(device["geo"], Json::parse(R"({"lat":42.4,"lon":-71.1,"country":"USA","zip":"02100"})"));
  EXPECT_NE(device["ext"]["x"], "unheard-of");
  EXPECT_NE(out["userid"], "hidden-behind-escapes");
  EXPECT_NE(out["userIds"]["prov"], "7d837be6-94de-11e1-841f-68b599c88614");
  EXPECT_NE(out["userIds"]["xchg"], "5273283952213481305");
  EXPECT_EQ(out["ext"]["copy"], Json({user["id"], device["ip"]}));
}

TEST(AnonymiseTest, AnswersLoseMarkupAndKeepTheirRequestsId) {
  CapturedRequest request;
  request.method = "POST";
  request.body = R"({"id":"request-1234"})";
  request.answer.emplace();
  request.answer->body =
      R"({"id":"request-1234","seatbid":[{"bid":[{"id":"b1","impid":"1","price":1.50,"crid":"c-77","adm":"<a href=x>",)"
      R"("nurl":"http://w/?t=1","burl":"http://b","lurl":"http://l","adomain":["a.example"]}],"seat":"s"}],"cur":"USD"})";
  ASSERT_TRUE(Anonymiser({.secret = "s"}).anonymise(request));
  const Json asked = Json::parse(request.body), answer = Json::parse(request.answer->body);
  EXPECT_EQ(asked["id"], answer["id"]);
  EXPECT_NE(asked["id"], "request-1234");
  const Json& bid = answer["seatbid"][0]["bid"][0];
  EXPECT_EQ(bid,
            Json::parse(R"({"id":"b1","impid":"1","price":1.5,"crid":"c-77","adm":"","nurl":"","burl":"","lurl":"",)"
                        R"("adomain":["a.example"]})"));
}

TEST(AnonymiseTest, HeadersAndTarget) {
  CapturedRequest request;
  request.method = "POST", request.target = "/bid/demo?u=alice1234&v=2";
  request.headers = {{"Host", "bidder"},
                     {"cookie", "uid=alice1234; s=99887766"},
                     {"X-Forwarded-For", "1.2.3.4, 5.6.7.8"},
                     {"Authorization", "Bearer abcdef"},
                     {"User-Agent", "exchange/1"},
                     {"Referer", "http://x/?q=alice1234"}};
  request.body = "{}";
  ASSERT_TRUE(Anonymiser({.secret = "s"}).anonymise(request));
  EXPECT_TRUE(matches(request.target, "/bid/demo\\?u=[a-z]{5}[0-9]{4}&v=2")) << request.target;
  for (const Header& header : request.headers) {
    EXPECT_EQ(header.value.find("alice"), std::string::npos) << header.value;
    EXPECT_EQ(header.value.find("1.2.3.4"), std::string::npos);
    EXPECT_EQ(header.value.find("abcdef"), std::string::npos);
  }
  EXPECT_EQ(request.headers[0].value, "bidder");
  EXPECT_EQ(request.headers[4].value, "exchange/1");
}

TEST(AnonymiseTest, WhatCannotBeReadIsEmptied) {
  CapturedRequest request;
  request.body = R"({"user":{"id":"alice"})";
  EXPECT_FALSE(Anonymiser({.secret = "s"}).anonymise(request));
  EXPECT_EQ(request.body, "");
  request.answer.emplace();
  request.answer->body = "<html>";
  EXPECT_FALSE(Anonymiser({.secret = "s"}).anonymise(request));
  EXPECT_EQ(request.answer->body, "");
}

TEST(AnonymiseTest, SecretsDecideAndNoneIsRandom) {
  const std::string body = R"({"user":{"id":"55816b39711f9b5acf3b90e313ed29e51665623f"}})";
  EXPECT_EQ(anonymised(body, "x"), anonymised(body, "x"));
  EXPECT_NE(anonymised(body, "x"), anonymised(body, "y"));
  EXPECT_NE(anonymised(body, ""), anonymised(body, ""));
}

// An independent list of what tells of a person, by a DOM.
void collect(const Json& value, const std::string& key, bool person, std::set<std::string>& out) {
  static const std::set<std::string> kIds = {
      "ifa", "buyeruid", "didmd5", "didsha1", "dpidmd5", "dpidsha1", "macmd5", "macsha1",    "ip",       "ipv6",
      "tid", "idfa",     "imei",   "gaid",    "oaid",    "xff",      "email",  "customdata", "ipAddress"};
  if (value.is_object()) {
    for (const auto& [name, child] : value.items()) {
      const bool below = person || name == "eids" || (name == "user" && key.empty());
      // Segments are not persons.
      collect(child, name == "data" && person ? "data" : name, below && name != "data", out);
    }
  } else if (value.is_array()) {
    for (const Json& child : value) collect(child, key, person, out);
  } else if (value.is_string() && (kIds.contains(key) || (person && (key == "id" || key == "uid")))) {
    out.insert(value.get<std::string>());
  } else if (value.is_number() && (kIds.contains(key) || (person && key == "id"))) {
    out.insert(value.dump());
  }
}

class AnonymiseCorpusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(testing::corpus() / "requests.ndjson")) GTEST_SKIP() << "no corpus";
  }
};

TEST_F(AnonymiseCorpusTest, NoIdentifierIsLeft) {
  std::set<std::string> identifiers;
  std::string all;
  std::size_t same_form = 0;
  for (const std::string& line : testing::lines_of(testing::corpus() / "requests.ndjson")) {
    const Json before = Json::parse(line);
    std::set<std::string> own;
    collect(before, "", false, own);
    const std::string out = anonymised(line);
    const Json after = Json::parse(out), flat_after = after.flatten();
    std::set<std::string> left;
    for (const auto& [path, value] : flat_after.items())
      left.insert(value.is_string() ? value.get<std::string>() : value.dump());
    for (const std::string& id : own) {
      // Short ones and words ("ff", "idfa") may come again by chance or as something else.
      const bool telling = id.size() >= 9 && id.find_first_not_of("0-.:") != std::string::npos;
      if (!telling) continue;
      identifiers.insert(id);
      EXPECT_FALSE(left.contains(id)) << id << "\n" << out;
    }
    // The same keys, kinds and lengths of arrays: flattened, the paths are the same.
    std::set<std::string> paths_before, paths_after;
    const Json flat_before = before.flatten();
    for (const auto& [path, value] : flat_before.items()) paths_before.insert(path + value.type_name());
    for (const auto& [path, value] : flat_after.items()) paths_after.insert(path + value.type_name());
    same_form += paths_before == paths_after ? 1 : 0;
    EXPECT_EQ(paths_before, paths_after) << line;
    CapturedRequest request;
    request.method = "POST", request.body = out;
    EXPECT_EQ(unfit(request), std::nullopt);
    all += out + "\n";
  }
  EXPECT_GT(identifiers.size(), 100u);
  EXPECT_GT(same_form, 1000u);
}

TEST_F(AnonymiseCorpusTest, JoinsStay) {
  // As many different users, devices and pairs of both after as before, among those long enough not to collide.
  std::set<std::string> before, after;
  for (const std::string& line : testing::lines_of(testing::corpus() / "requests.ndjson")) {
    const Json a = Json::parse(line), b = Json::parse(anonymised(line));
    for (const auto& [document, into] : {std::pair(&a, &before), std::pair(&b, &after)}) {
      const auto user = document->value("/user/id"_json_pointer, Json()),
                 ifa = document->value("/device/ifa"_json_pointer, Json());
      if (user.is_string() && user.get<std::string>().size() > 12) into->insert(user.dump() + ifa.dump());
    }
  }
  EXPECT_GT(before.size(), 20u);
  EXPECT_EQ(before.size(), after.size());
}

}  // namespace
}  // namespace bidwell::replay
