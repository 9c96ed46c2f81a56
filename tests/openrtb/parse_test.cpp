// The parser's contract: what is refused and as what, numbers and strings at their edges, the
// limits, and bodies that mean harm.
#include "bidwell/openrtb/parse.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/openrtb/parse_reader.h"

namespace bidwell::openrtb {
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
    EXPECT_EQ(reader.parse(R"({"id":"r","imp":[{"native":{"request":"{"}},)"), ParseError::not_json);
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
      reader.parse(R"({"\u0069d":"r","\u0069\u006d\u0070":[{"id":"1","bidflo\u006fr":2}],"us\u0065r":{"id":"u"}})"),
      ParseError::none);
  EXPECT_EQ(reader.request.id, "r");
  EXPECT_EQ(reader.imp().bidfloor.micros, 2'000'000);
  EXPECT_EQ(reader.request.user.id, "u");
}

TEST(ParseStrings, KeysThatBeginLikeOthers) {
  Reader reader;
  ASSERT_EQ(reader.parse(
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
  ASSERT_EQ(reader.parse_with("\"site\":{\"name\":\"{\xF0\x9F\x98\x80},[\\\"]:\"},\"tmax\":9"), ParseError::none);
  EXPECT_EQ(reader.request.site.name, "{\xF0\x9F\x98\x80},[\"]:");
  EXPECT_EQ(reader.request.tmax, 9);
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
  limits.deals_max = limits.formats_max = limits.assets_max = limits.strings_max = limits.integers_max =
      limits.identifiers_max = 3;
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
    EXPECT_EQ(reader.parse(list.before + list_of(list.entry, list.most) + list.after), ParseError::none) << list.before;
    EXPECT_EQ(reader.parse(list.before + list_of(list.entry, list.most + 1) + list.after), ParseError::too_many)
        << list.before;
  }
  EXPECT_EQ(reader.parse(R"({"id":"r","imp":[{"pmp":{"deals":[{},{}]}},{"pmp":{"deals":[{},{}]}}]})"),
            ParseError::too_many)
      << "over all impressions";
  EXPECT_EQ(reader.parse(R"({"id":"r","imp":[{"native":{"request":"{\"assets\":[{},{},{},{}]}"}}]})"),
            ParseError::too_many);
}

TEST(ParseLimits, LeaveRoomForLongLists) {
  Reader reader;
  ASSERT_EQ(reader.parse_with("\"badv\":" + list_of("\"advertiser.example\"", 10'000)), ParseError::none);
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
      for (const std::string& members : {"\"ext\":" + deep, "\"bcat\":" + deep, "\"user\":" + deep, "\"tmax\":" + deep,
                                         "\"imp\":[{\"banner\":" + deep + "}]"}) {
        const ParseError error = reader.parse_with(members + ",\"at\":1");
        EXPECT_TRUE(error == ParseError::none || error == ParseError::not_json) << depth << members.substr(0, 20);
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
    EXPECT_NE(reader.parse(std::string_view(whole).substr(0, size)), ParseError::none) << whole.substr(0, size);
  }
}

}  // namespace
}  // namespace bidwell::openrtb
