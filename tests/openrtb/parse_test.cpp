// The parser's contract: what is refused and as what, what real exchanges send in odd forms, and
// the limits. The differential test beside it covers the breadth of fields.
#include "bidwell/openrtb/parse.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/openrtb/parse_reader.h"

namespace bidwell::openrtb {

void PrintTo(ParseError error, std::ostream* out) {
  *out << describe(error);
}

namespace {

using Names = std::vector<std::string>;

Names names(Strings list) {
  return {list.begin(), list.end()};
}

// ---- Errors ----

TEST(ParseErrors, SayWhatIsWrong) {
  const std::pair<const char*, ParseError> bodies[] = {
      {"", ParseError::not_json},
      {" \n ", ParseError::not_json},
      {"{", ParseError::not_json},
      {R"({"id":"r","imp":[{"id":"1"})", ParseError::not_json},
      {R"({"id":"r","imp":[{"id":"1"}])", ParseError::not_json},
      {R"({"id":"r" "imp":[{"id":"1"}]})", ParseError::not_json},
      {R"({"id":"r","imp":[{"id":"1"}]} x)", ParseError::not_json},
      {R"({"id":"r","imp":[{"id":"1"}]}{"id":"r"})", ParseError::not_json},
      {"{\"id\":\"r\xff\",\"imp\":[{\"id\":\"1\"}]}", ParseError::not_json},
      {"{\"id\":\"unclosed", ParseError::not_json},
      {"[]", ParseError::not_an_object},
      {R"([{"id":"r","imp":[{"id":"1"}]}])", ParseError::not_an_object},
      {"\"text\"", ParseError::not_an_object},
      {"1", ParseError::not_an_object},
      {"null", ParseError::not_an_object},
      {"{}", ParseError::id_missing},
      {R"({"imp":[{"id":"1"}]})", ParseError::id_missing},
      {R"({"id":null,"imp":[{"id":"1"}]})", ParseError::id_missing},
      {R"({"id":"","imp":[{"id":"1"}]})", ParseError::id_missing},
      {R"({"id":true,"imp":[{"id":"1"}]})", ParseError::id_missing},
      {R"({"id":{},"imp":[{"id":"1"}]})", ParseError::id_missing},
      {R"({"id":"r"})", ParseError::imp_missing},
      {R"({"id":"r","imp":null})", ParseError::imp_missing},
      {R"({"id":"r","imp":{"id":"1"}})", ParseError::imp_missing},
      {R"({"id":"r","imp":"1"})", ParseError::imp_missing},
      {R"({"id":"r","imp":["1"]})", ParseError::imp_missing},
      {R"({"id":"r","imp":[{"id":"1"},null]})", ParseError::imp_missing},
      {R"({"id":"r","imp":[]})", ParseError::imp_empty},
      {R"({"id":"r","imp":[{}]})", ParseError::none},
      {" {\t\"id\" :\r\n\"r\" , \"imp\" : [ { } ] } \n", ParseError::none},
  };
  Reader reader;
  for (const auto& [body, expected] : bodies) EXPECT_EQ(reader.parse(body), expected) << body;
}

TEST(ParseErrors, DoNotStickToTheParser) {
  Reader reader;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(reader.parse(R"({"id":"r","imp":[{"native":{"request":"{"}},)"),
              ParseError::not_json);
    EXPECT_EQ(reader.parse_with(R"("badv":["a.example"],"user":{"id":"u"})"), ParseError::none);
    EXPECT_EQ(reader.request.user.id, "u");
    EXPECT_EQ(reader.parse_with(""), ParseError::none);
    EXPECT_EQ(reader.request.user.id, "") << "nothing of the request before";
    EXPECT_TRUE(reader.request.badv.empty());
  }
}

TEST(ParseErrors, HaveWordsThatNeedNoEscaping) {
  for (int i = 0; i <= static_cast<int>(ParseError::too_many); ++i) {
    const std::string_view text = describe(static_cast<ParseError>(i));
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_of("\"\\\n"), std::string_view::npos) << text;
  }
}

// ---- Oddities: a member of the request, and what is read of it ----

struct Oddity {
  const char* members;
  std::function<std::string(const BidRequest&)> read;
  std::string expected;
};

std::string text(std::int32_t number) {
  return number == kAbsent ? "absent" : std::to_string(number);
}
std::string text(Strings list) {
  return testing::PrintToString(names(list));
}

TEST(ParseOddities, OfTheRequest) {
  const Oddity oddities[] = {
      {R"("at":2.0)", [](const BidRequest& r) { return text(r.at); }, "2"},
      {R"("at":"1")", [](const BidRequest& r) { return text(r.at); }, "1"},
      {R"("at":"")", [](const BidRequest& r) { return text(r.at); }, "2"},
      {R"("at":500)", [](const BidRequest& r) { return text(r.at); }, "500"},
      {R"("at":null)", [](const BidRequest& r) { return text(r.at); }, "2"},
      {R"("tmax":"120")", [](const BidRequest& r) { return text(r.tmax); }, "120"},
      {R"("tmax":" 120 ")", [](const BidRequest& r) { return text(r.tmax); }, "120"},
      {R"("tmax":120.5)", [](const BidRequest& r) { return text(r.tmax); }, "absent"},
      {R"("tmax":1700000000000)", [](const BidRequest& r) { return text(r.tmax); }, "absent"},
      {R"("tmax":{"ms":1})", [](const BidRequest& r) { return text(r.tmax); }, "absent"},
      {R"("test":true)", [](const BidRequest& r) { return text(r.test); }, "1"},
      {R"("test":false)", [](const BidRequest& r) { return text(r.test); }, "0"},
      {R"("cur":"EUR")", [](const BidRequest& r) { return text(r.cur); }, R"({ "EUR" })"},
      {R"("bcat":[1,25])", [](const BidRequest& r) { return text(r.bcat); }, R"({ "1", "25" })"},
      {R"("bcat":[null,"","IAB1",{},[],true])", [](const BidRequest& r) { return text(r.bcat); },
       R"({ "IAB1" })"},
      {R"("bcat":null)", [](const BidRequest& r) { return text(r.bcat); }, "{}"},
      {R"("bcat":{"a":1})", [](const BidRequest& r) { return text(r.bcat); }, "{}"},
      {R"("ext":"none")", [](const BidRequest& r) { return text(r.cattax); }, "1"},
      {R"("ext":7)", [](const BidRequest& r) { return text(r.cattax); }, "1"},
      {R"("ext":{"cattax":"6"})", [](const BidRequest& r) { return text(r.cattax); }, "6"},
      {R"("ext":{"cattax":6},"cattax":7)", [](const BidRequest& r) { return text(r.cattax); }, "7"},
      {R"("site":{"id":77})", [](const BidRequest& r) { return std::string(r.site.id); }, "77"},
      {R"("site":{"cat":"IAB1"})", [](const BidRequest& r) { return text(r.site.cat); },
       R"({ "IAB1" })"},
      {R"("site":{"keywords":["a","b"],"name":"n"})",
       [](const BidRequest& r) { return std::string(r.site.name); }, "n"},
      {R"("site":null)", [](const BidRequest& r) { return text(r.site.present); }, "0"},
      {R"("site":[])", [](const BidRequest& r) { return text(r.site.present); }, "0"},
      {R"("site":{})", [](const BidRequest& r) { return text(r.site.present); }, "1"},
      {R"("device":{"carrier":31041})",
       [](const BidRequest& r) { return std::string(r.device.carrier); }, "31041"},
      {R"("device":{"ip":"not an ip"})",
       [](const BidRequest& r) { return std::string(r.device.ip); }, "not an ip"},
      {R"("device":{"geo":{"country":"US"}})",
       [](const BidRequest& r) { return std::string(r.device.geo.country); }, "US"},
      {R"("device":{"geo":{"country":"Germany"}})",
       [](const BidRequest& r) { return std::string(r.device.geo.country); }, "Germany"},
      {R"("device":{"geo":{"country":840}})",
       [](const BidRequest& r) { return std::string(r.device.geo.country); }, "840"},
      {R"("device":{"geo":{"lat":"51.5","lon":-0.1}})",
       [](const BidRequest& r) { return text(r.device.geo.located()); }, "1"},
      {R"("device":{"geo":{"lat":"x","lon":-0.1}})",
       [](const BidRequest& r) { return text(r.device.geo.located()); }, "0"},
      {R"("device":{"geo":{"lat":91,"lon":-0.1}})",
       [](const BidRequest& r) { return text(r.device.geo.located()); }, "0"},
      {R"("device":{"lmt":"1"})", [](const BidRequest& r) { return text(r.device.lmt); }, "1"},
      {R"("device":{"lmt":null})", [](const BidRequest& r) { return text(r.device.lmt); }, "0"},
      {R"("user":{"yob":"1990"})", [](const BidRequest& r) { return text(r.user.yob); }, "1990"},
      {R"("user":{"yob":1990.0})", [](const BidRequest& r) { return text(r.user.yob); }, "1990"},
      {R"("user":{"ext":{"consent":"C"}})",
       [](const BidRequest& r) { return std::string(r.user.consent); }, "C"},
      {R"("user":{"ext":{"consent":"C"},"consent":"D"})",
       [](const BidRequest& r) { return std::string(r.user.consent); }, "D"},
      {R"("regs":{"ext":{"gdpr":1}})", [](const BidRequest& r) { return text(r.regs.gdpr); }, "1"},
      {R"("regs":{"gdpr":0,"ext":{"gdpr":1}})",
       [](const BidRequest& r) { return text(r.regs.gdpr); }, "0"},
      {R"("regs":{"ext":{"us_privacy":"1YYN"}})",
       [](const BidRequest& r) { return std::string(r.regs.us_privacy); }, "1YYN"},
      {R"("regs":{"gpp_sid":7})",
       [](const BidRequest& r) { return text(r.regs.gpp_sid.empty() ? 0 : r.regs.gpp_sid[0]); },
       "7"},
      {R"("regs":{"coppa":true})", [](const BidRequest& r) { return text(r.regs.coppa); }, "1"},
      {R"("source":{"ext":{"schain":{"complete":1,"nodes":[{"asi":"a"}]}}})",
       [](const BidRequest& r) {
         return std::string(r.schain.nodes.empty() ? "" : r.schain.nodes[0].asi);
       },
       "a"},
      {R"("unknown":{"id":"x","imp":[{"id":"y"}],"deep":[[{"id":[1]}]]},"tmax":5)",
       [](const BidRequest& r) { return std::string(r.id) + text(r.tmax); }, "r5"},
      {R"("app":{"id":"a"},"site":{"id":"s"},"dooh":{"id":"d"})",
       [](const BidRequest& r) { return std::string(r.channel().id); }, "a"},
      {R"("dooh":{"id":"d"},"site":{"id":"s"})",
       [](const BidRequest& r) { return std::string(r.channel().id); }, "s"},
      {R"("dooh":{"id":"d"})", [](const BidRequest& r) { return std::string(r.channel().id); },
       "d"},
      {R"("tmax":1,"tmax":2,"TMAX":3)", [](const BidRequest& r) { return text(r.tmax); }, "2"},
      {R"("bcat":["a"],"bcat":["b","c"])", [](const BidRequest& r) { return text(r.bcat); },
       R"({ "b", "c" })"},
      {R"("user":{"id":"a","id":"b"})", [](const BidRequest& r) { return std::string(r.user.id); },
       "b"},
  };
  Reader reader;
  for (const Oddity& oddity : oddities) {
    ASSERT_EQ(reader.parse_with(oddity.members), ParseError::none) << oddity.members;
    EXPECT_EQ(oddity.read(reader.request), oddity.expected) << oddity.members;
  }
}

TEST(ParseOddities, OfImpressions) {
  struct Odd {
    const char* members;
    std::function<std::string(const Imp&)> read;
    const char* expected;
  };
  const auto floor = [](const Imp& imp) {
    static const char* const kStates[] = {"absent", "", "unreadable"};
    return kStates[static_cast<int>(imp.bidfloor.state)] + std::to_string(imp.bidfloor.micros) +
           std::string(imp.bidfloor.currency);
  };
  const auto bits = [](EnumSet set) { return std::to_string(set.bits()); };
  const Odd oddities[] = {
      {R"("bidfloor":0.05)", floor, "50000"},
      {R"("bidfloor":1e-05)", floor, "10"},
      {R"("bidfloor":1.0E-5)", floor, "10"},
      {R"("bidfloor":"0.5","bidfloorcur":"EUR")", floor, "500000EUR"},
      {R"("bidfloorcur":"EUR","bidfloor":0.5)", floor, "500000EUR"},
      {R"("bidfloor":-2)", floor, "0"},
      {R"("bidfloor":0.0000001)", floor, "1"},
      {R"("bidfloor":1e30)", floor, "1000000000000000"},
      {R"("bidfloor":null)", floor, "absent0"},
      {R"("secure":1)", floor, "absent0"},
      {R"("bidfloor":"")", floor, "unreadable0"},
      {R"("bidfloor":"abc")", floor, "unreadable0"},
      {R"("bidfloor":true)", floor, "unreadable0"},
      {R"("bidfloor":[1])", floor, "unreadable0"},
      {R"("secure":true)", [](const Imp& imp) { return text(imp.secure); }, "1"},
      {R"("secure":"1")", [](const Imp& imp) { return text(imp.secure); }, "1"},
      {R"("secure":null)", [](const Imp& imp) { return text(imp.secure); }, "absent"},
      {R"("instl":"1")", [](const Imp& imp) { return text(imp.instl); }, "1"},
      {R"("exp":1700000000000)", [](const Imp& imp) { return text(imp.exp); }, "absent"},
      {R"("tagid":123)", [](const Imp& imp) { return std::string(imp.tagid); }, "123"},
      {R"("tagid":12.50)", [](const Imp& imp) { return std::string(imp.tagid); }, "12.50"},
      {R"("rwdd":1,"video":{"ext":{"rewarded":0}})", [](const Imp& imp) { return text(imp.rwdd); },
       "1"},
      {R"("video":{"ext":{"rewarded":1}})", [](const Imp& imp) { return text(imp.rwdd); }, "1"},
      {R"("banner":{"w":300.0,"h":"250"})",
       [](const Imp& imp) { return text(imp.banner.w) + "x" + text(imp.banner.h); }, "300x250"},
      {R"("banner":{"format":[{"w":300,"h":250},null,7,{"w":1}]})",
       [](const Imp& imp) {
         return std::to_string(imp.banner.format.size()) + text(imp.banner.format[1].h);
       },
       "2absent"},
      {R"("banner":{"format":{"w":300}})",
       [](const Imp& imp) { return std::to_string(imp.banner.format.size()); }, "0"},
      {R"("banner":null)", [](const Imp& imp) { return text(imp.banner.present); }, "0"},
      {R"("banner":{})",
       [](const Imp& imp) { return text(imp.banner.present) + text(imp.banner.w); }, "1absent"},
      {R"("banner":{"battr":[1,"3",5.0,64,-1,null]})",
       [&](const Imp& imp) { return bits(imp.banner.battr); }, "42"},
      {R"("banner":{"battr":3})", [&](const Imp& imp) { return bits(imp.banner.battr); }, "8"},
      {R"("video":{"protocol":2})", [&](const Imp& imp) { return bits(imp.video.protocols); }, "4"},
      {R"("video":{"protocol":[2,3]})", [&](const Imp& imp) { return bits(imp.video.protocols); },
       "12"},
      {R"("video":{"protocol":2,"protocols":[7]})",
       [&](const Imp& imp) { return bits(imp.video.protocols); }, "128"},
      {R"("video":{"mimes":"video/mp4"})", [](const Imp& imp) { return text(imp.video.mimes); },
       R"({ "video/mp4" })"},
      {R"("video":{"rqddurs":[15,"30",null,60.0]})",
       [](const Imp& imp) {
         return testing::PrintToString(
             std::vector<std::int32_t>(imp.video.rqddurs.begin(), imp.video.rqddurs.end()));
       },
       "{ 15, 30, 60 }"},
      {R"("pmp":{"private_auction":true,"deals":[{"id":7,"wseats":["a"]},null,{"id":"d","at":"3"}]})",
       [](const Imp& imp) {
         return text(imp.private_auction) + std::string(imp.deals[0].id) +
                text(imp.deals[0].wseat) + std::string(imp.deals[1].id) + text(imp.deals[1].at);
       },
       R"(17{ "a" }d3)"},
      {R"("pmp":{"deals":null})", [](const Imp& imp) { return std::to_string(imp.deals.size()); },
       "0"},
  };
  Reader reader;
  for (const Odd& oddity : oddities) {
    ASSERT_EQ(reader.parse_imp(oddity.members), ParseError::none) << oddity.members;
    EXPECT_EQ(oddity.read(reader.imp()), oddity.expected) << oddity.members;
  }
}

TEST(ParseOddities, OfIds) {
  Reader reader;
  ASSERT_EQ(reader.parse(R"({"imp":[{"id":1},{"id":"1"},{"id":"2"},{},{"id":null}],"id":12.0})"),
            ParseError::none);
  EXPECT_EQ(reader.request.id, "12.0");
  EXPECT_TRUE(reader.request.id_is_number);
  ASSERT_EQ(reader.request.imp.size(), 5u);
  EXPECT_TRUE(reader.request.imp[0].id_repeated) << "a number and a string are answered alike";
  EXPECT_TRUE(reader.request.imp[1].id_repeated);
  EXPECT_FALSE(reader.request.imp[2].id_repeated);
  EXPECT_EQ(reader.request.imp[3].id, "");
  EXPECT_FALSE(reader.request.imp[4].id_repeated) << "none is not a repeated one";
  ASSERT_EQ(reader.parse(R"({"id":"12","imp":[{}]})"), ParseError::none);
  EXPECT_FALSE(reader.request.id_is_number);
}

// ---- Integers ----

TEST(ParseIntegers, AtTheEdgesOf32Bits) {
  const std::pair<const char*, std::int32_t> numbers[] = {{"2147483647", 2147483647},
                                                          {"2147483648", kAbsent},
                                                          {"-2147483647", -2147483647},
                                                          {"-2147483649", kAbsent},
                                                          {"2147483647.0", 2147483647},
                                                          {"2147483647.5", kAbsent},
                                                          {"2.147483647e9", 2147483647},
                                                          {"2147483648.0", kAbsent},
                                                          {"1e400", kAbsent},
                                                          {"-1e400", kAbsent},
                                                          {"99999999999999999999", kAbsent},
                                                          {"0", 0},
                                                          {"-0", 0},
                                                          {"-0.0", 0},
                                                          {"1e2", 100},
                                                          {"1E+2", 100},
                                                          {"1e-2", kAbsent},
                                                          {"100e-2", 1},
                                                          {"\"2147483647\"", 2147483647},
                                                          {"\"2147483648\"", kAbsent},
                                                          {"\"\"", kAbsent},
                                                          {"\"0x10\"", kAbsent},
                                                          {"\"1 2\"", kAbsent},
                                                          {"\"+1\"", kAbsent},
                                                          {"\"nan\"", kAbsent},
                                                          {"\"inf\"", kAbsent},
                                                          {"\"1.0\"", 1},
                                                          {"\"-5\"", -5},
                                                          {"true", 1},
                                                          {"false", 0},
                                                          {"null", kAbsent},
                                                          {"[1]", kAbsent},
                                                          {"{}", kAbsent}};
  Reader reader;
  for (const auto& [number, expected] : numbers) {
    ASSERT_EQ(reader.parse_with(std::string(R"("tmax":)") + number), ParseError::none) << number;
    EXPECT_EQ(reader.request.tmax, expected) << number;
  }
}

// ---- Strings ----

TEST(ParseStrings, AreUnescaped) {
  Reader reader;
  ASSERT_EQ(reader.parse_with(
                R"("site":{"page":"https:\/\/a.example\/\u00e9\ud83d\ude00\"\\\n\t","name":"plain"},
                                 "badv":["a\u002eexample","b.example"])"),
            ParseError::none);
  EXPECT_EQ(reader.request.site.page, "https://a.example/é\U0001F600\"\\\n\t");
  EXPECT_EQ(reader.request.site.name, "plain");
  EXPECT_EQ(names(reader.request.badv), (Names{"a.example", "b.example"}));
}

TEST(ParseStrings, KeysToo) {
  Reader reader;
  ASSERT_EQ(
      reader.parse(
          R"({"\u0069d":"r","\u0069\u006d\u0070":[{"id":"1","bidflo\u006fr":2}],"us\u0065r":{"id":"u"}})"),
      ParseError::none);
  EXPECT_EQ(reader.request.id, "r");
  EXPECT_EQ(reader.imp().bidfloor.micros, 2'000'000);
  EXPECT_EQ(reader.request.user.id, "u");
}

TEST(ParseStrings, KeysThatBeginLikeOthers) {
  Reader reader;
  ASSERT_EQ(
      reader.parse(
          R"({"id":"r","idx":"no","imp":[{"id":"1","bidfloor":1,"bidfloors":9,"bidfloorcu":"XXX",
      "video":{"minduration":5,"mindurations":6,"maxdurat":7,"protocols":[2],"protocolx":3}}],"i":"no","":"no"})"),
      ParseError::none);
  EXPECT_EQ(reader.request.id, "r");
  EXPECT_EQ(reader.imp().bidfloor.micros, 1'000'000);
  EXPECT_EQ(reader.imp().bidfloor.currency, "");
  EXPECT_EQ(reader.imp().video.minduration, 5);
  EXPECT_EQ(reader.imp().video.maxduration, kAbsent);
  EXPECT_EQ(reader.imp().video.protocols.bits(), 4u);
}

TEST(ParseStrings, HoldUnicodeAndStructuralCharacters) {
  Reader reader;
  ASSERT_EQ(reader.parse_with("\"site\":{\"name\":\"{\xF0\x9F\x98\x80},[\\\"]:\"},\"tmax\":9"),
            ParseError::none);
  EXPECT_EQ(reader.request.site.name, "{\xF0\x9F\x98\x80},[\"]:");
  EXPECT_EQ(reader.request.tmax, 9);
}

// ---- Native ----

TEST(ParseNative, InAllItsForms) {
  struct Form {
    const char* native;
    Native::State state;
    bool wrapped;
    std::size_t assets;
    const char* ver;
  };
  const Form forms[] = {
      {R"({"request":"{\"ver\":\"1.2\",\"assets\":[{\"id\":1,\"title\":{}}]}"})",
       Native::State::read, false, 1, "1.2"},
      {R"({"request":"{\"native\":{\"ver\":\"1.1\",\"assets\":[{\"id\":1},{\"id\":2}]}}"})",
       Native::State::read, true, 2, "1.1"},
      {R"({"request":{"ver":"1.2","assets":[{"id":1}]}})", Native::State::read, false, 1, "1.2"},
      {R"({"request":{"native":{"assets":[{"id":1}]}},"ver":"1.0"})", Native::State::read, true, 1,
       "1.0"},
      {R"({"request":{"native":{"assets":[{"id":1}]},"assets":[{"id":1},{"id":2}]}})",
       Native::State::read, true, 1, ""},
      {R"({"request":{"assets":[{"id":1},{"id":2}],"native":{"assets":[{"id":1}]}}})",
       Native::State::read, true, 1, ""},
      {R"({"request":"  {\"assets\":[]}  "})", Native::State::read, false, 0, ""},
      {R"({"request":"{}"})", Native::State::read, false, 0, ""},
      {R"({"request":"no JSON","ver":"1.2"})", Native::State::unreadable, false, 0, "1.2"},
      {R"({"request":"{\"assets\":[{\"id\":1}"})", Native::State::unreadable, false, 0, ""},
      {R"({"request":"{\"assets\":[{\"id\":1}]} {}"})", Native::State::unreadable, false, 0, ""},
      {R"({"request":"[]"})", Native::State::unreadable, false, 0, ""},
      {R"({"request":""})", Native::State::unreadable, false, 0, ""},
      {R"({"request":7})", Native::State::unreadable, false, 0, ""},
      {R"({"request":[]})", Native::State::unreadable, false, 0, ""},
      {R"({"request":null})", Native::State::absent, false, 0, ""},
      {R"({"ver":"1.2"})", Native::State::absent, false, 0, "1.2"},
  };
  Reader reader;
  for (const Form& form : forms) {
    ASSERT_EQ(reader.parse_imp(std::string(R"("native":)") + form.native), ParseError::none)
        << form.native;
    const Native& native = reader.imp().native;
    EXPECT_TRUE(native.present);
    EXPECT_EQ(native.state, form.state) << form.native;
    EXPECT_EQ(native.wrapped, form.wrapped) << form.native;
    EXPECT_EQ(native.assets.size(), form.assets) << form.native;
    EXPECT_EQ(native.ver, form.ver) << form.native;
  }
  ASSERT_EQ(reader.parse_imp(R"("native":"x")"), ParseError::none);
  EXPECT_FALSE(reader.imp().native.present);
}

TEST(ParseNative, AssetsOfEachKind) {
  Reader reader;
  const nlohmann::json json = {
      {"battr", {1}}, {"api", {7}}, {"request", R"({"context":2,"plcmttype":1,"assets":[
      {"id":1,"required":1,"title":{"len":25}},
      {"id":"2","required":true,"img":{"type":3,"wmin":300,"hmin":157,"mimes":["image\/png"]}},
      {"id":3,"data":{"type":2,"len":"90"}},
      {"id":4,"required":0,"video":{"mimes":["video/mp4"],"minduration":5}},
      {"id":5}, null, 7]})"}};
  ASSERT_EQ(reader.parse_imp("\"native\":" + json.dump()), ParseError::none);
  const Native& native = reader.imp().native;
  EXPECT_EQ(native.battr.bits(), 2u);
  EXPECT_EQ(native.api.bits(), 128u);
  EXPECT_EQ(native.context, 2);
  EXPECT_EQ(native.plcmttype, 1);
  ASSERT_EQ(native.assets.size(), 5u);
  EXPECT_EQ(native.assets[0].kind, NativeAsset::Kind::title);
  EXPECT_TRUE(native.assets[0].required);
  EXPECT_EQ(native.assets[0].len, 25);
  EXPECT_EQ(native.assets[1].id, 2);
  EXPECT_TRUE(native.assets[1].required);
  EXPECT_EQ(native.assets[1].kind, NativeAsset::Kind::img);
  EXPECT_EQ(native.assets[1].type, 3);
  EXPECT_EQ(native.assets[1].wmin, 300);
  EXPECT_EQ(native.assets[1].w, kAbsent);
  EXPECT_EQ(names(native.assets[1].mimes), Names{"image/png"});
  EXPECT_EQ(native.assets[2].kind, NativeAsset::Kind::data);
  EXPECT_EQ(native.assets[2].len, 90);
  EXPECT_EQ(native.assets[3].kind, NativeAsset::Kind::video);
  EXPECT_FALSE(native.assets[3].required);
  EXPECT_EQ(native.assets[3].video.minduration, 5);
  EXPECT_EQ(native.assets[4].kind, NativeAsset::Kind::unknown);
}

TEST(ParseNative, DoesNotSpoilTheRestOfTheRequest) {
  Reader reader;
  ASSERT_EQ(
      reader.parse(
          R"({"id":"r","imp":[{"id":"1","native":{"request":"{\"assets\":[{\"id\""},"bidfloor":1},
      {"id":"2","native":{"request":"{\"assets\":[{\"id\":9,\"title\":{}}]}"},"bidfloor":2}],"tmax":7})"),
      ParseError::none);
  ASSERT_EQ(reader.request.imp.size(), 2u);
  EXPECT_EQ(reader.request.imp[0].native.state, Native::State::unreadable);
  EXPECT_EQ(reader.request.imp[0].bidfloor.micros, 1'000'000);
  ASSERT_EQ(reader.request.imp[1].native.assets.size(), 1u);
  EXPECT_EQ(reader.request.imp[1].native.assets[0].id, 9);
  EXPECT_EQ(reader.request.tmax, 7);
}

// ---- Users and supply ----

TEST(ParseUsers, SegmentsAndIdsWithTheirOwners) {
  Reader reader;
  ASSERT_EQ(reader.parse_with(
                R"("user":{"data":[{"segment":[{"id":"s1"},{"id":2},{"name":"no id"}],"id":"p"},
      {"name":"n","segment":[{"id":"s3"}]},{"segment":null},7],
      "ext":{"eids":[{"uids":[{"id":"x"},{"id":"y"},{}],"source":"e"}]}})"),
            ParseError::none);
  const User& user = reader.request.user;
  ASSERT_EQ(user.segments.size(), 3u);
  EXPECT_EQ(user.segments[0].provider, "p") << "though it stood behind";
  EXPECT_EQ(user.segments[1].id, "2");
  EXPECT_EQ(user.segments[2].provider, "n");
  ASSERT_EQ(user.eids.size(), 2u);
  EXPECT_EQ(user.eids[1].id, "y");
  EXPECT_EQ(user.eids[1].source, "e");
}

// ---- Limits ----

std::string list_of(const char* entry, std::size_t count) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + std::string(entry);
  return text + "]";
}

TEST(ParseLimits, AreKeptToTheEntry) {
  ParserLimits limits;
  limits.imps_max = 2;
  limits.deals_max = limits.formats_max = limits.assets_max = limits.strings_max =
      limits.integers_max = limits.identifiers_max = 3;
  struct Limited {
    const char* before;
    const char* entry;
    const char* after;
    std::size_t most;
  };
  const Limited lists[] = {
      {R"({"id":"r","imp":)", R"({"id":"1"})", "}", 2},
      {R"({"id":"r","imp":[{"pmp":{"deals":)", "{}", "}}]}", 3},
      {R"({"id":"r","imp":[{"banner":{"format":)", "{}", "}}]}", 3},
      {R"({"id":"r","imp":[{"native":{"request":{"assets":)", "{}", "}}}]}", 3},
      {R"({"id":"r","imp":[{}],"badv":)", "\"a\"", "}", 3},
      {R"({"id":"r","imp":[{"video":{"rqddurs":)", "15", "}}]}", 3},
      {R"({"id":"r","imp":[{}],"user":{"data":[{"segment":)", R"({"id":"s"})", "}]}}", 3},
      {R"({"id":"r","imp":[{}],"user":{"eids":[{"uids":)", R"({"id":"s"})", "}]}}", 3},
      {R"({"id":"r","imp":[{}],"source":{"schain":{"nodes":)", "{}", "}}}", 3},
  };
  Reader reader(limits);
  for (const Limited& list : lists) {
    EXPECT_EQ(reader.parse(list.before + list_of(list.entry, list.most) + list.after),
              ParseError::none)
        << list.before;
    EXPECT_EQ(reader.parse(list.before + list_of(list.entry, list.most + 1) + list.after),
              ParseError::too_many)
        << list.before;
  }
  EXPECT_EQ(
      reader.parse(R"({"id":"r","imp":[{"pmp":{"deals":[{},{}]}},{"pmp":{"deals":[{},{}]}}]})"),
      ParseError::too_many)
      << "over all impressions";
  EXPECT_EQ(
      reader.parse(R"({"id":"r","imp":[{"native":{"request":"{\"assets\":[{},{},{},{}]}"}}]})"),
      ParseError::too_many);
}

TEST(ParseLimits, LeaveRoomForLongLists) {
  Reader reader;
  ASSERT_EQ(reader.parse_with("\"badv\":" + list_of("\"advertiser.example\"", 10'000)),
            ParseError::none);
  EXPECT_EQ(reader.request.badv.size(), 10'000u);
  EXPECT_EQ(reader.request.badv[9'999], "advertiser.example");
}

// ---- Hostile bodies ----

std::string nested(std::size_t depth, const char* open, const char* close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(ParseHostile, DeepNestingIsReadOrRefused) {
  Reader reader;
  for (const std::size_t depth : {16u, 500u, 1000u, 1023u, 1024u, 1025u, 20'000u}) {
    for (const auto& [open, close] : {std::pair{"[", "]"}, std::pair{"{\"a\":", "}"}}) {
      const std::string deep = nested(depth, open, close);
      for (const std::string& members :
           {"\"ext\":" + deep, "\"bcat\":" + deep, "\"user\":" + deep, "\"tmax\":" + deep,
            "\"imp\":[{\"banner\":" + deep + "}]"}) {
        const ParseError error = reader.parse_with(members + ",\"at\":1");
        EXPECT_TRUE(error == ParseError::none || error == ParseError::not_json)
            << depth << members.substr(0, 20);
        if (depth <= 500) {
          EXPECT_EQ(error, ParseError::none) << depth << members.substr(0, 20);
          EXPECT_EQ(reader.request.at, 1);
        }
      }
    }
  }
  EXPECT_EQ(reader.parse_with(""), ParseError::none);
}

TEST(ParseHostile, EveryPrefixOfARequestIsRefusedOnly) {
  const std::string whole =
      R"({"id":"r","imp":[{"id":"1","bidfloor":0.5,"banner":{"w":300,"format":[{"w":1,"h":2}],"battr":[1,2]},
        "native":{"request":"{\"assets\":[{\"id\":1}]}"},"pmp":{"deals":[{"id":"d","wseat":["a"]}]}}],
        "user":{"data":[{"id":"p","segment":[{"id":"s"}]}]},"badv":["a\u002eb"],"tmax":100})";
  Reader reader;
  ASSERT_EQ(reader.parse(whole), ParseError::none);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(reader.parse(std::string_view(whole).substr(0, size)), ParseError::none)
        << whole.substr(0, size);
  }
}

}  // namespace
}  // namespace bidwell::openrtb
