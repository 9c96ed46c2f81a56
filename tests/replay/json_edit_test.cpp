// The scanner against nlohmann's: what is JSON, and what comes of changing values.
#include "bidwell/replay/json_edit.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/replay/corpus.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::json;
using testing::bytes_of;
using testing::corpus;
using testing::lines_of;

struct Nothing final : JsonEditor {
  std::optional<std::string> edit(const JsonScalar&) override { return std::nullopt; }
};

struct AllStrings final : JsonEditor {
  std::optional<std::string> edit(const JsonScalar& scalar) override {
    if (scalar.kind != JsonKind::string) return std::nullopt;
    return "\"" + std::string(scalar.text.size() % 5, 'x') + "\"";
  }
};

// "path=text@offset" of each scalar.
struct Listing final : JsonEditor {
  std::optional<std::string> edit(const JsonScalar& scalar) override {
    for (const std::string_view key : scalar.path) list.append(key).append(".");
    list.append("=").append(scalar.text).append("@").append(std::to_string(scalar.offset)).append(" ");
    return std::nullopt;
  }
  std::string list;
};

bool accepts(const std::string& text) {
  Nothing nothing;
  return edit_json(text, nothing, nullptr);
}

// nlohmann's parser takes a zero byte for the end, skips a BOM, and refuses what is JSON by the RFC's grammar and still
// useless to a DOM: half surrogates, bytes that are not UTF-8, numbers beyond a double. Those are ours to pass on.
bool differs_by_intent(const std::string& text) {
  if (text.find('\0') != std::string::npos || text.starts_with("\xef\xbb\xbf")) return true;
  try {
    const Json parsed = Json::parse(text);
  } catch (const Json::out_of_range&) {
    return true;
  } catch (const Json::parse_error& error) {
    const std::string what = error.what();
    return what.find("UTF-8") != std::string::npos || what.find("surrogate") != std::string::npos;
  }
  return false;
}

TEST(JsonEditTest, VisitsScalarsInOrderWithTheirPaths) {
  Listing listing;
  const std::string text = R"( {"imp":[{"id":"1","w":[300, 320]}],"a":{"b":{}, "c":[]},"t":true,"n":null,"e":1.0E-5} )";
  std::string out;
  ASSERT_TRUE(edit_json(text, listing, &out));
  EXPECT_EQ(out, text);
  EXPECT_EQ(listing.list, "imp.id.=\"1\"@15 imp.w.=300@24 imp.w.=320@29 t.=true@61 n.=null@70 e.=1.0E-5@79 ");
}

TEST(JsonEditTest, PutsTextInPlace) {
  struct Ids final : JsonEditor {
    std::optional<std::string> edit(const JsonScalar& scalar) override {
      if (scalar.path.size() == 1 && scalar.path[0] == "id") return "\"longer than before\"";
      if (scalar.kind == JsonKind::number) return "0";
      return std::nullopt;
    }
  } ids;
  std::string out = "what was there before";
  ASSERT_TRUE(edit_json(R"({ "id" : "x" , "n":[ 12.50,-3e7 ], "id":null })", ids, &out));
  EXPECT_EQ(out, R"({ "id" : "longer than before" , "n":[ 0,0 ], "id":"longer than before" })");
}

TEST(JsonEditTest, AcceptsWhatExchangesSend) {
  for (const char* text :
       {"{}", "[]", "0", "-0", "\"\"", "null", " true ", "1.0E-5", "1e+05", "123456789012345678901234567890", "1e999",
        R"("\ud800")", R"("\u00e9\/\\\"\b\f\n\r\t")", R"({"a":1,"a":2})", R"({"":{"":[]}})", "\r\n\t [ 1 , 2 ]\n",
        "\"\x7f\xff\xc0\"", "\"\xf0\x9f\x90\xb5\""}) {
    EXPECT_TRUE(accepts(text)) << text;
  }
}

TEST(JsonEditTest, RefusesWhatIsNone) {
  for (const char* text : {"",           " ",         "{",           "}",
                           "[",          "]",         "[1,]",        "{\"a\":1,}",
                           "{,}",        "[,1]",      "{\"a\"}",     "{\"a\":}",
                           "{a:1}",      "{\"a\" 1}", "[1 2]",       "{\"a\":1 \"b\":2}",
                           "01",         "-",         "+1",          ".5",
                           "1.",         "1.e5",      "1e",          "1e+",
                           "0x10",       "NaN",       "Infinity",    "tru",
                           "nulll",      "True",      "'a'",         "\"",
                           "\"\\\"",     "\"\\x\"",   "\"\\u12g4\"", "\"\\u123\"",
                           "\"a\nb\"",   "\"\t\"",    "{} {}",       "[]]",
                           "{]",         "[}",        "// c\n{}",    "\xef\xbb\xbf{}",
                           "{\"a\":1}}", "1 2",       "[1]x"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
  EXPECT_FALSE(accepts(std::string("[1\0]", 4)));
  EXPECT_FALSE(accepts(std::string("[1]\0", 4)));
}

TEST(JsonEditTest, GoesDownTo128AndNotFurther) {
  const auto nested = [](std::size_t depth, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_TRUE(accepts(nested(128, "[", "]")));
  EXPECT_FALSE(accepts(nested(129, "[", "]")));
  EXPECT_TRUE(accepts(nested(128, "{\"k\":", "}")));
  EXPECT_FALSE(accepts(nested(129, "{\"k\":", "}")));
  EXPECT_FALSE(accepts(std::string(1'000'000, '[')));
}

TEST(JsonEditTest, FindsTheEndOfStringsOfAllLengths) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string inner(size, 'a');
        inner[at] = static_cast<char>(c);
        if (c == '"' || c == '\\') continue;
        ASSERT_EQ(accepts("\"" + inner + "\""), c >= 0x20) << size << " " << at << " " << c;
      }
      std::string quote(size, 'a');
      quote[at] = '"';
      ASSERT_FALSE(accepts("\"" + quote + "\""));
    }
  }
}

// The DOM with all strings replaced as AllStrings does it: by the text as it was written, which a DOM does not keep. So
// the document is first written anew by the DOM.
void replace_strings(Json& value) {
  if (value.is_string()) {
    value = std::string(value.dump().size() % 5, 'x');
  } else if (value.is_structured()) {
    for (Json& child : value) replace_strings(child);
  }
}

void check(const std::string& text) {
  std::string out;
  Nothing nothing;
  const bool accepted = edit_json(text, nothing, &out);
  if (accepted) {
    ASSERT_EQ(out, text);
  }
  const Json document = Json::parse(text, nullptr, false);
  if (accepted == document.is_discarded()) {
    ASSERT_TRUE(differs_by_intent(text)) << text;
    return;
  }
  if (!accepted) return;
  Json expected = document;
  replace_strings(expected);
  AllStrings all;
  ASSERT_TRUE(edit_json(document.dump(), all, &out));
  EXPECT_EQ(Json::parse(out), expected);
}

class JsonEditCorpusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(corpus() / "requests.ndjson")) GTEST_SKIP() << "no corpus in " << corpus();
  }
};

TEST_F(JsonEditCorpusTest, AgreesWithADomOnRequestsAndResponses) {
  std::size_t seen = 0;
  for (const char* file : {"requests.ndjson", "responses.ndjson", "not_a_bid_request.ndjson"}) {
    for (const std::string& line : lines_of(corpus() / file)) {
      check(line);
      EXPECT_TRUE(accepts(line)) << line;
      ++seen;
    }
  }
  EXPECT_GT(seen, 1000u);
}

TEST_F(JsonEditCorpusTest, RefusesTheMalformed) {
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus() / "malformed")) {
    EXPECT_FALSE(accepts(bytes_of(entry.path()))) << entry.path();
    check(bytes_of(entry.path()));
    ++seen;
  }
  EXPECT_GE(seen, 17u);
}

TEST_F(JsonEditCorpusTest, AgreesWithADomOnMutations) {
  std::mt19937_64 random(20260601);
  const std::vector<std::string> lines = lines_of(corpus() / "requests.ndjson");
  const std::string alphabet = "\"\\{}[]:,0123456789.eE+-tfnu \n\x01\x80";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = lines[random() % lines.size()].substr(0, 400 + random() % 400);
    // Closed again, that most of it is good.
    if (random() % 2 == 0) text = lines[random() % 60];
    for (std::size_t n = 1 + random() % 3; n > 0 && !text.empty(); --n) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 4) {
        case 0: text[at] = c; break;
        case 1: text.erase(at, 1 + random() % 4); break;
        case 2: text.insert(at, 1, c); break;
        default: text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
    }
    check(text);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace bidwell::replay
