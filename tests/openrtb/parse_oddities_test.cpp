// What real exchanges send where the specification says something else, and what is read of it. The
// differential test beside it covers the breadth of fields.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/openrtb/parse_reader.h"

namespace bidwell::openrtb {
namespace {

using Names = std::vector<std::string>;

Names names(Strings list) {
  return {list.begin(), list.end()};
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
      {R"("bcat":[null,"","IAB1",{},[],true])", [](const BidRequest& r) { return text(r.bcat); }, R"({ "IAB1" })"},
      {R"("bcat":null)", [](const BidRequest& r) { return text(r.bcat); }, "{}"},
      {R"("bcat":{"a":1})", [](const BidRequest& r) { return text(r.bcat); }, "{}"},
      {R"("ext":"none")", [](const BidRequest& r) { return text(r.cattax); }, "1"},
      {R"("ext":7)", [](const BidRequest& r) { return text(r.cattax); }, "1"},
      {R"("ext":{"cattax":"6"})", [](const BidRequest& r) { return text(r.cattax); }, "6"},
      {R"("ext":{"cattax":6},"cattax":7)", [](const BidRequest& r) { return text(r.cattax); }, "7"},
      {R"("site":{"id":77})", [](const BidRequest& r) { return std::string(r.site.id); }, "77"},
      {R"("site":{"cat":"IAB1"})", [](const BidRequest& r) { return text(r.site.cat); }, R"({ "IAB1" })"},
      {R"("site":{"keywords":["a","b"],"name":"n"})", [](const BidRequest& r) { return std::string(r.site.name); },
       "n"},
      {R"("site":null)", [](const BidRequest& r) { return text(r.site.present); }, "0"},
      {R"("site":[])", [](const BidRequest& r) { return text(r.site.present); }, "0"},
      {R"("site":{})", [](const BidRequest& r) { return text(r.site.present); }, "1"},
      {R"("device":{"carrier":31041})", [](const BidRequest& r) { return std::string(r.device.carrier); }, "31041"},
      {R"("device":{"ip":"not an ip"})", [](const BidRequest& r) { return std::string(r.device.ip); }, "not an ip"},
      {R"("device":{"geo":{"country":"US"}})", [](const BidRequest& r) { return std::string(r.device.geo.country); },
       "US"},
      {R"("device":{"geo":{"country":"Germany"}})",
       [](const BidRequest& r) { return std::string(r.device.geo.country); }, "Germany"},
      {R"("device":{"geo":{"country":840}})", [](const BidRequest& r) { return std::string(r.device.geo.country); },
       "840"},
      {R"("device":{"geo":{"lat":"51.5","lon":-0.1}})",
       [](const BidRequest& r) { return text(r.device.geo.located()); }, "1"},
      {R"("device":{"geo":{"lat":"x","lon":-0.1}})", [](const BidRequest& r) { return text(r.device.geo.located()); },
       "0"},
      {R"("device":{"geo":{"lat":91,"lon":-0.1}})", [](const BidRequest& r) { return text(r.device.geo.located()); },
       "0"},
      {R"("device":{"lmt":"1"})", [](const BidRequest& r) { return text(r.device.lmt); }, "1"},
      {R"("device":{"lmt":null})", [](const BidRequest& r) { return text(r.device.lmt); }, "0"},
      {R"("user":{"yob":"1990"})", [](const BidRequest& r) { return text(r.user.yob); }, "1990"},
      {R"("user":{"yob":1990.0})", [](const BidRequest& r) { return text(r.user.yob); }, "1990"},
      {R"("user":{"ext":{"consent":"C"}})", [](const BidRequest& r) { return std::string(r.user.consent); }, "C"},
      {R"("user":{"ext":{"consent":"C"},"consent":"D"})",
       [](const BidRequest& r) { return std::string(r.user.consent); }, "D"},
      {R"("regs":{"ext":{"gdpr":1}})", [](const BidRequest& r) { return text(r.regs.gdpr); }, "1"},
      {R"("regs":{"gdpr":0,"ext":{"gdpr":1}})", [](const BidRequest& r) { return text(r.regs.gdpr); }, "0"},
      {R"("regs":{"ext":{"us_privacy":"1YYN"}})", [](const BidRequest& r) { return std::string(r.regs.us_privacy); },
       "1YYN"},
      {R"("regs":{"gpp_sid":7})",
       [](const BidRequest& r) { return text(r.regs.gpp_sid.empty() ? 0 : r.regs.gpp_sid[0]); }, "7"},
      {R"("regs":{"coppa":true})", [](const BidRequest& r) { return text(r.regs.coppa); }, "1"},
      {R"("source":{"ext":{"schain":{"complete":1,"nodes":[{"asi":"a"}]}}})",
       [](const BidRequest& r) { return std::string(r.schain.nodes.empty() ? "" : r.schain.nodes[0].asi); }, "a"},
      {R"("unknown":{"id":"x","imp":[{"id":"y"}],"deep":[[{"id":[1]}]]},"tmax":5)",
       [](const BidRequest& r) { return std::string(r.id) + text(r.tmax); }, "r5"},
      {R"("app":{"id":"a"},"site":{"id":"s"},"dooh":{"id":"d"})",
       [](const BidRequest& r) { return std::string(r.channel().id); }, "a"},
      {R"("dooh":{"id":"d"},"site":{"id":"s"})", [](const BidRequest& r) { return std::string(r.channel().id); }, "s"},
      {R"("dooh":{"id":"d"})", [](const BidRequest& r) { return std::string(r.channel().id); }, "d"},
      {R"("tmax":1,"tmax":2,"TMAX":3)", [](const BidRequest& r) { return text(r.tmax); }, "2"},
      {R"("bcat":["a"],"bcat":["b","c"])", [](const BidRequest& r) { return text(r.bcat); }, R"({ "b", "c" })"},
      {R"("user":{"id":"a","id":"b"})", [](const BidRequest& r) { return std::string(r.user.id); }, "b"},
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
      {R"("rwdd":1,"video":{"ext":{"rewarded":0}})", [](const Imp& imp) { return text(imp.rwdd); }, "1"},
      {R"("video":{"ext":{"rewarded":1}})", [](const Imp& imp) { return text(imp.rwdd); }, "1"},
      {R"("banner":{"w":300.0,"h":"250"})",
       [](const Imp& imp) { return text(imp.banner.w) + "x" + text(imp.banner.h); }, "300x250"},
      {R"("banner":{"format":[{"w":300,"h":250},null,7,{"w":1}]})",
       [](const Imp& imp) { return std::to_string(imp.banner.format.size()) + text(imp.banner.format[1].h); },
       "2absent"},
      {R"("banner":{"format":{"w":300}})", [](const Imp& imp) { return std::to_string(imp.banner.format.size()); },
       "0"},
      {R"("banner":null)", [](const Imp& imp) { return text(imp.banner.present); }, "0"},
      {R"("banner":{})", [](const Imp& imp) { return text(imp.banner.present) + text(imp.banner.w); }, "1absent"},
      {R"("banner":{"battr":[1,"3",5.0,64,-1,null]})", [&](const Imp& imp) { return bits(imp.banner.battr); }, "42"},
      {R"("banner":{"battr":3})", [&](const Imp& imp) { return bits(imp.banner.battr); }, "8"},
      {R"("video":{"protocol":2})", [&](const Imp& imp) { return bits(imp.video.protocols); }, "4"},
      {R"("video":{"protocol":[2,3]})", [&](const Imp& imp) { return bits(imp.video.protocols); }, "12"},
      {R"("video":{"protocol":2,"protocols":[7]})", [&](const Imp& imp) { return bits(imp.video.protocols); }, "128"},
      {R"("video":{"mimes":"video/mp4"})", [](const Imp& imp) { return text(imp.video.mimes); }, R"({ "video/mp4" })"},
      {R"("video":{"rqddurs":[15,"30",null,60.0]})",
       [](const Imp& imp) {
         return testing::PrintToString(std::vector<std::int32_t>(imp.video.rqddurs.begin(), imp.video.rqddurs.end()));
       },
       "{ 15, 30, 60 }"},
      {R"("pmp":{"private_auction":true,"deals":[{"id":7,"wseats":["a"]},null,{"id":"d","at":"3"}]})",
       [](const Imp& imp) {
         return text(imp.private_auction) + std::string(imp.deals[0].id) + text(imp.deals[0].wseat) +
                std::string(imp.deals[1].id) + text(imp.deals[1].at);
       },
       R"(17{ "a" }d3)"},
      {R"("pmp":{"deals":null})", [](const Imp& imp) { return std::to_string(imp.deals.size()); }, "0"},
  };
  Reader reader;
  for (const Odd& oddity : oddities) {
    ASSERT_EQ(reader.parse_imp(oddity.members), ParseError::none) << oddity.members;
    EXPECT_EQ(oddity.read(reader.imp()), oddity.expected) << oddity.members;
  }
}

TEST(ParseOddities, OfIds) {
  Reader reader;
  ASSERT_EQ(reader.parse(R"({"imp":[{"id":1},{"id":"1"},{"id":"2"},{},{"id":null}],"id":12.0})"), ParseError::none);
  EXPECT_EQ(reader.request.id, "12.0");
  ASSERT_EQ(reader.request.imp.size(), 5u);
  EXPECT_TRUE(reader.request.imp[0].id_repeated) << "a number and a string are answered alike";
  EXPECT_TRUE(reader.request.imp[1].id_repeated);
  EXPECT_FALSE(reader.request.imp[2].id_repeated);
  EXPECT_EQ(reader.request.imp[3].id, "");
  EXPECT_FALSE(reader.request.imp[4].id_repeated) << "none is not a repeated one";
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
      {R"({"request":"{\"ver\":\"1.2\",\"assets\":[{\"id\":1,\"title\":{}}]}"})", Native::State::read, false, 1, "1.2"},
      {R"({"request":"{\"native\":{\"ver\":\"1.1\",\"assets\":[{\"id\":1},{\"id\":2}]}}"})", Native::State::read, true,
       2, "1.1"},
      {R"({"request":{"ver":"1.2","assets":[{"id":1}]}})", Native::State::read, false, 1, "1.2"},
      {R"({"request":{"native":{"assets":[{"id":1}]}},"ver":"1.0"})", Native::State::read, true, 1, "1.0"},
      {R"({"request":{"native":{"assets":[{"id":1}]},"assets":[{"id":1},{"id":2}]}})", Native::State::read, true, 1,
       ""},
      {R"({"request":{"assets":[{"id":1},{"id":2}],"native":{"assets":[{"id":1}]}}})", Native::State::read, true, 1,
       ""},
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
    ASSERT_EQ(reader.parse_imp(std::string(R"("native":)") + form.native), ParseError::none) << form.native;
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
  const nlohmann::json json = {{"battr", {1}}, {"api", {7}}, {"request", R"({"context":2,"plcmttype":1,"assets":[
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
  ASSERT_EQ(reader.parse(
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

}  // namespace
}  // namespace bidwell::openrtb
