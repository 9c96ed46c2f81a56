// The reference reading against fixed expectations, so that it is not merely compared with the
// parser.
#include "tests/openrtb/reference_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bidwell::openrtb {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The description of a request with these members beside its id and one impression.
std::string described(const char* members) {
  json document = json::parse(R"({"id":"r","imp":[{"id":"1"}]})");
  document.update(json::parse(members));
  return describe_reference(document);
}

TEST(ReferenceReader, Integers) {
  EXPECT_THAT(described("{}"), HasSubstr("\ntmax=absent\n"));
  for (const char* seven : {"7", "7.0", "70e-1", "\"7\"", "\" 7 \"", "\"7.0\""}) {
    EXPECT_THAT(described(("{\"tmax\":" + std::string(seven) + "}").c_str()), HasSubstr("\ntmax=7\n")) << seven;
  }
  for (const char* none : {"7.5", "\"7x\"", "\"\"", "null", "[7]", "{}", "3000000000", "\"0x7\"", "1e300"}) {
    EXPECT_THAT(described(("{\"tmax\":" + std::string(none) + "}").c_str()), HasSubstr("\ntmax=absent\n")) << none;
  }
  EXPECT_THAT(described(R"({"at":"","test":true})"), HasSubstr("\nat=2\ntmax=absent\ntest=1\n"));
}

TEST(ReferenceReader, Texts) {
  EXPECT_THAT(described(R"({"user":{"id":5}})"), HasSubstr("\nuser.id=\"5\"\n"));
  EXPECT_THAT(described(R"({"user":{"id":true}})"), HasSubstr("\nuser.id=\"\"\n"));
  EXPECT_THAT(described(R"({"user":{"id":"a\nb"}})"), HasSubstr("\nuser.id=\"a\\nb\"\n"));
  EXPECT_THAT(described(R"({"bcat":"IAB1,IAB2"})"), HasSubstr("\nbcat.size=1\nbcat[0]=\"IAB1,IAB2\"\n"));
  EXPECT_THAT(described(R"({"bcat":[7,null,"",true,"x"]})"),
              HasSubstr("\nbcat.size=2\nbcat[0]=\"7\"\nbcat[1]=\"x\"\n"));
  EXPECT_THAT(described(R"({"bcat":7})"), HasSubstr("\nbcat.size=1\nbcat[0]=\"7\"\n"));
  EXPECT_THAT(described(R"({"bcat":true})"), HasSubstr("\nbcat.size=0\n"));
}

TEST(ReferenceReader, Floors) {
  const auto floor = [](const char* amount) {
    return described((R"({"imp":[{"id":"1","bidfloorcur":"EUR","bidfloor":)" + std::string(amount) + "}]}").c_str());
  };
  EXPECT_THAT(floor("0.03"), HasSubstr("bidfloor=read 30000 \"EUR\""));
  EXPECT_THAT(floor("\" 0.03 \""), HasSubstr("bidfloor=read 30000 \"EUR\""));
  EXPECT_THAT(floor("0.0000011"), HasSubstr("bidfloor=read 2 "));
  EXPECT_THAT(floor("1e-9"), HasSubstr("bidfloor=read 1 "));
  EXPECT_THAT(floor("0.8999999761581421"), HasSubstr("bidfloor=read 900000 "));
  EXPECT_THAT(floor("-2"), HasSubstr("bidfloor=read 0 "));
  // Not USD: nothing says so.
  EXPECT_THAT(described(R"({"imp":[{"id":"1","bidfloor":1,"bidfloorcur":5}]})"),
              HasSubstr("bidfloor=read 1000000 \"5\""));
  EXPECT_THAT(floor("null"), HasSubstr("bidfloor=absent 0 "));
  for (const char* unreadable : {"\"\"", "true", "\"free\"", "[1]"}) {
    EXPECT_THAT(floor(unreadable), HasSubstr("bidfloor=unreadable 0 ")) << unreadable;
  }
}

TEST(ReferenceReader, ListsOfNumbers) {
  const auto text = described(R"({"imp":[{"id":"1","banner":{"api":["3",5.0,64,-1,null],"battr":1},
                                          "video":{"rqddurs":[15,"30",null],"protocol":"2"}}],
                                  "regs":{"gpp_sid":"7"}})");
  EXPECT_THAT(text, HasSubstr("banner.api=0x28\n"));
  EXPECT_THAT(text, HasSubstr("banner.battr=0x2\n"));
  EXPECT_THAT(text, HasSubstr("video.rqddurs=[15,30]\n"));
  EXPECT_THAT(text, HasSubstr("video.protocols=0x4\n"));
  EXPECT_THAT(text, HasSubstr("regs.gpp_sid=[7]\n"));
}

TEST(ReferenceReader, BothPlacesOfAField) {
  const auto old = described(R"({"regs":{"gdpr":"x","ext":{"gdpr":1,"us_privacy":"1YYN"}},
                                 "user":{"consent":"","ext":{"consent":"C"}},
                                 "source":{"ext":{"schain":{"complete":1,"nodes":[{"asi":"a","sid":1}]}}},
                                 "ext":{"cattax":6}})");
  EXPECT_THAT(old, HasSubstr("regs.gdpr=1\nregs.us_privacy=\"1YYN\"\n"));
  EXPECT_THAT(old, HasSubstr("user.consent=\"C\"\n"));
  EXPECT_THAT(old, HasSubstr("schain.nodes[0].asi=\"a\"\nschain.nodes[0].sid=\"1\"\n"));
  EXPECT_THAT(old, HasSubstr("\ncattax=6\n"));
  const auto both = described(R"({"regs":{"gdpr":0,"ext":{"gdpr":1}},"cattax":1,"ext":{"cattax":6},
                                  "user":{"consent":"new","ext":{"consent":"old"}}})");
  EXPECT_THAT(both, HasSubstr("regs.gdpr=0\n"));
  EXPECT_THAT(both, HasSubstr("user.consent=\"new\"\n"));
  EXPECT_THAT(both, HasSubstr("\ncattax=1\n"));
}

TEST(ReferenceReader, NativeRequests) {
  const auto native = [](const char* request) {
    return described((R"({"imp":[{"id":"1","native":{"ver":"1.1","request":)" + std::string(request) + "}}]}").c_str());
  };
  EXPECT_THAT(native("null"), HasSubstr("native.state=absent\n"));
  EXPECT_THAT(native("\"...\""), HasSubstr("native.state=unreadable\n"));
  EXPECT_THAT(native("5"), HasSubstr("native.state=unreadable\n"));
  const auto read =
      native(R"("{\"native\":{\"ver\":\"1.2\",\"assets\":[{\"id\":1,\"required\":\"1\",\"img\":{\"w\":5}}]}}")");
  EXPECT_THAT(read, HasSubstr("native.state=read\n"));
  EXPECT_THAT(read, HasSubstr("native.wrapped=true\nimp[0].native.ver=\"1.2\"\n"));
  EXPECT_THAT(read, HasSubstr("assets[0].required=true\nimp[0].native.assets[0].kind=img\n"));
  EXPECT_THAT(native(R"({"assets":[]})"), HasSubstr("native.wrapped=false\nimp[0].native.ver=\"1.1\"\n"));
}

TEST(ReferenceReader, People) {
  const auto text = described(R"({"user":{
      "data":[{"name":"n","segment":[{"id":""},{"id":3}]},{"id":"p","name":"n","segment":[{"id":"s"}]}],
      "eids":[{"source":"a"},{"source":"b","uids":[{"id":"x"},{},{"id":"y"}]}]},
      "device":{"geo":{"lat":"51.5","lon":null}}})");
  EXPECT_THAT(text, HasSubstr("user.segments.size=2\nuser.segments[0].provider=\"n\"\nuser.segments[0].id=\"3\"\n"
                              "user.segments[1].provider=\"p\"\n"));
  EXPECT_THAT(text, HasSubstr("user.eids.size=2\nuser.eids[0].source=\"b\"\nuser.eids[0].id=\"x\"\n"));
  EXPECT_THAT(text, HasSubstr("device.geo.lat=51.5\ndevice.geo.lon=1000\n"));
}

TEST(ReferenceReader, DealsAndRepeatedImpressions) {
  const auto text = described(R"({"imp":[{"id":1},{"id":"1","pmp":{"deals":[5,{"id":2,"wseats":"s"}]}},{},{}]})");
  EXPECT_THAT(text, HasSubstr("imp[0].id=\"1\"\nimp[0].id_repeated=true\n"));
  EXPECT_THAT(text, HasSubstr("imp[1].deals.size=1\nimp[1].deals[0].id=\"2\"\n"));
  EXPECT_THAT(text, HasSubstr("imp[1].deals[0].wseat[0]=\"s\"\n"));
  EXPECT_THAT(text, HasSubstr("imp[2].id=\"\"\nimp[2].id_repeated=false\n"));
}

TEST(ReferenceReader, Refusals) {
  const auto error = [](const char* document) { return ReferenceReading(json::parse(document)).error(); };
  EXPECT_EQ(error("[]"), ParseError::not_an_object);
  EXPECT_EQ(error(R"({"imp":[{}]})"), ParseError::id_missing);
  EXPECT_EQ(error(R"({"id":"","imp":[{}]})"), ParseError::id_missing);
  EXPECT_EQ(error(R"({"id":7,"imp":[{}]})"), ParseError::none);
  EXPECT_EQ(error(R"({"id":"r","imp":{}})"), ParseError::imp_missing);
  EXPECT_EQ(error(R"({"id":"r","imp":[{},5]})"), ParseError::imp_missing);
  EXPECT_EQ(error(R"({"id":"r","imp":[]})"), ParseError::imp_empty);
}

}  // namespace
}  // namespace bidwell::openrtb
