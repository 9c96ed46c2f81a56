// The parser against the reference reading: on a request that has every field, on the corpus, and
// on both with single values replaced by what exchanges and their bugs put there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sstream>

#include "bidwell/openrtb/parse.h"
#include "tests/openrtb/reference_reader.h"

namespace bidwell::openrtb {
namespace {

using nlohmann::json;

// Every field that is read, where 2.6 and 2.5 both have it in both places.
const char* const kFull = R"({
  "id": "r", "at": 1, "tmax": 120, "test": 1, "cur": ["USD"], "wseat": ["s"], "bseat": ["t"], "cattax": 2,
  "bcat": ["IAB1"], "acat": ["IAB2"], "badv": ["a.example"], "bapp": ["com.a"], "wlang": ["en"],
  "ext": {"cattax": 6},
  "imp": [{"id": "1", "bidfloor": 0.5, "bidfloorcur": "EUR", "secure": 1, "instl": 1, "rwdd": 1, "exp": 60,
      "tagid": "t",
      "banner": {"w": 300, "h": 250, "pos": 1, "btype": [1], "battr": [2], "api": [3], "mimes": ["image/png"],
                 "format": [{"w": 1, "h": 2, "wratio": 3, "hratio": 4, "wmin": 5}, {"w": 6}]},
      "video": {"mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "startdelay": 0, "protocols": [2],
                "protocol": 3, "battr": [1], "api": [7], "delivery": [2], "w": 640, "h": 360, "linearity": 1,
                "placement": 1, "plcmt": 2, "skip": 1, "pos": 7, "poddur": 60, "maxseq": 4, "slotinpod": 1,
                "rqddurs": [15, 30], "mincpmpersec": 0.02, "ext": {"rewarded": 2}},
      "audio": {"mimes": ["audio/mp4"], "minduration": 5, "maxduration": 30, "startdelay": -1,
                "protocols": [9], "battr": [1], "api": [7], "delivery": [2], "feed": 2, "poddur": 60,
                "maxseq": 4, "slotinpod": 1, "rqddurs": [15], "mincpmpersec": 0.01},
      "pmp": {"private_auction": 1, "deals": [{"id": "d", "bidfloor": 2, "bidfloorcur": "USD", "at": 3,
              "wseat": ["s"], "wseats": ["u"], "wadomain": ["a.example"]}]}},
    {"id": "2", "native": {"ver": "1.1", "battr": [1], "api": [2], "request": {"native": {"ver": "1.2",
      "context": 1, "plcmttype": 2, "assets": [{"id": 1, "required": 1, "title": {"len": 25}},
      {"id": 2, "img": {"type": 3, "w": 1, "h": 2, "wmin": 3, "hmin": 4, "mimes": ["image/png"]}},
      {"id": 3, "data": {"type": 2, "len": 90}},
      {"id": 4, "video": {"mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "protocols": [2]}}]}}}},
    {"id": "3", "native": {"request": "{\"ver\":\"1.2\",\"assets\":[{\"id\":1,\"title\":{\"len\":5}}]}"}}],
  "site": {"id": "i", "name": "n", "domain": "d.example", "page": "p", "cat": ["IAB1"], "sectioncat": ["IAB2"],
           "pagecat": ["IAB3"], "cattax": 1, "publisher": {"id": "p", "name": "n", "domain": "d"},
           "content": {"cat": ["IAB1"], "cattax": 1, "language": "en", "genre": "g", "livestream": 1, "len": 9}},
  "app": {"id": "i", "name": "n", "bundle": "b", "storeurl": "s", "cat": ["IAB1"]},
  "dooh": {"id": "i", "name": "n", "domain": "d", "publisher": {"id": "p"}},
  "device": {"ua": "u", "ip": "1.2.3.4", "ipv6": "::1", "os": "o", "osv": "1.0", "make": "m", "model": "m",
             "carrier": "c", "language": "en", "ifa": "f", "devicetype": 1, "connectiontype": 2, "w": 1, "h": 2,
             "lmt": 1, "dnt": 1, "geo": {"lat": 51.5, "lon": -0.1, "country": "GBR", "region": "r",
             "city": "c", "zip": "z", "metro": "m", "utcoffset": 60}},
  "user": {"id": "u", "buyeruid": "b", "gender": "F", "yob": 1990, "consent": "C",
           "data": [{"id": "p", "name": "n", "segment": [{"id": "s"}, {"id": "t"}]}],
           "eids": [{"source": "e", "uids": [{"id": "x"}]}],
           "geo": {"lat": 1.5, "lon": 2.5, "country": "USA"},
           "ext": {"consent": "D", "eids": [{"source": "f", "uids": [{"id": "y"}, {"id": "z"}]}]}},
  "regs": {"coppa": 1, "gdpr": 1, "us_privacy": "1YNN", "gpp": "G", "gpp_sid": [7],
           "dsa": {"dsarequired": 2, "pubrender": 1, "datatopub": 2},
           "ext": {"gdpr": 0, "us_privacy": "1YYN", "gpp": "H", "gpp_sid": [2],
                   "dsa": {"dsarequired": 3, "pubrender": 0, "datatopub": 1}}},
  "source": {"schain": {"complete": 1, "nodes": [{"asi": "a", "sid": "s", "hp": 1}]},
             "ext": {"schain": {"complete": 0, "nodes": [{"asi": "b", "sid": "t", "hp": 0}]}}}})";

const char* const kValues[] = {"0",
                               "5",
                               "-1",
                               "2.0",
                               "2.5",
                               "1E2",
                               "-0.5",
                               "1e-7",
                               "3000000000",
                               "true",
                               "false",
                               "null",
                               "\"\"",
                               "\"7\"",
                               "\" 7 \"",
                               "\"2.0\"",
                               "\"-3\"",
                               "\"x\"",
                               "\"7x\"",
                               "\"a,b\"",
                               "\"\\u00e9\\/\\n\"",
                               "[]",
                               "{}",
                               "[{}]",
                               "[[1]]",
                               "[\"a\",\"b\"]",
                               "[1,\"2\",3.0,null,true,99,\"\"]",
                               "[{},5,null]",
                               "{\"id\":5}"};

std::set<std::string> lines(const std::string& text) {
  std::set<std::string> result;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) result.insert(line);
  return result;
}

class Differential : public testing::Test {
 protected:
  std::string parsed(const std::string& body) {
    // Were the parser to look beyond the body, it would find more JSON there.
    padded_ = body;
    padded_.append(Parser::kPadding, '1');
    BidRequest request;
    const ParseError error = parser_.parse(std::string_view(padded_).substr(0, body.size()), request);
    return error == ParseError::none ? describe(request) : "error=" + std::to_string(static_cast<int>(error)) + "\n";
  }

  // The lines that only one of the two has; empty if they agree.
  std::string difference(const std::string& body, const json& document) {
    const std::string actual = parsed(body);
    const std::string expected = describe_reference(document);
    if (actual == expected) return {};
    // Of several faults either may be named.
    if (actual.starts_with("error=") && expected.starts_with("error=")) return {};
    const auto ours = lines(actual);
    const auto theirs = lines(expected);
    std::string report;
    for (const auto& line : theirs) report += ours.contains(line) ? "" : "  reference " + line + "\n";
    for (const auto& line : ours) report += theirs.contains(line) ? "" : "  parser    " + line + "\n";
    return report.empty() ? "  the same lines in another order\n" : report;
  }

  // Replaces each of some values of `document` in turn, drawn by `draw`.
  void compare_mutants(const json& document, int count, std::mt19937& draw) {
    const auto flat = document.flatten();
    std::vector<json::json_pointer> places;
    for (const auto& [path, value] : flat.items()) {
      // Each leaf and all that it stands in, but for the document itself.
      for (json::json_pointer place(path); !place.empty(); place = place.parent_pointer()) places.push_back(place);
    }
    for (int i = 0; i < count; ++i) {
      json mutant = document;
      const auto& place = places[draw() % places.size()];
      mutant[place] = json::parse(kValues[draw() % std::size(kValues)]);
      const std::string body = mutant.dump();
      const std::string report = difference(body, mutant);
      if (report.empty()) continue;
      ADD_FAILURE() << place.to_string() << " = " << mutant[place].dump() << "\n" << report;
      if (++failures_ >= 20) return;
    }
  }

  bool failed_often() const { return failures_ >= 20; }

  Parser parser_;
  std::string padded_;
  int failures_ = 0;
};

std::filesystem::path corpus() {
  if (const char* given = std::getenv("BIDWELL_CORPUS")) return given;
  return std::filesystem::path(BIDWELL_SOURCE_DIR).parent_path() / "shared" / "corpus";
}

std::vector<std::string> read_lines(const char* file) {
  std::vector<std::string> result;
  std::ifstream in(corpus() / file);
  for (std::string line; std::getline(in, line);) result.push_back(line);
  return result;
}

// A document that both sides can read: within nlohmann's numbers, and no key twice, of which one
// side may take the first and the other the last.
bool comparable(const std::string& body, json& document) {
  std::vector<std::set<std::string>> open;
  bool repeated = false;
  const auto watch = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key) repeated |= !open.back().insert(value.get<std::string>()).second;
    return true;
  };
  document = json::parse(body, watch, false);
  return !document.is_discarded() && !repeated;
}

TEST_F(Differential, RequestWithEveryField) {
  EXPECT_EQ(difference(kFull, json::parse(kFull)), "");
}

TEST_F(Differential, OneFault) {
  for (const char* body :
       {"[]", "5", R"({"imp":[{}]})", R"({"id":null,"imp":[{}]})", R"({"id":"","imp":[{}]})",
        R"({"id":true,"imp":[{}]})", R"({"id":"r"})", R"({"id":"r","imp":null})", R"({"id":"r","imp":{}})",
        R"({"id":"r","imp":[5]})", R"({"id":"r","imp":[{},null]})", R"({"id":"r","imp":[]})"}) {
    EXPECT_EQ(parsed(body), describe_reference(json::parse(body))) << body;
  }
}

TEST_F(Differential, NativeRequestThatIsNotJson) {
  for (const char* text : {"", "x", "{", R"({"native":{"assets":[ ... ]}})", R"({"native":{"assets":[)",
                           R"({"ver":"1.2","assets":[{"id":1,"title":{"len":5}})", R"({"ver":"1.2"} x)"}) {
    json document = json::parse(R"({"id":"r","imp":[{"id":"1","native":{}}]})");
    document["imp"][0]["native"]["request"] = text;
    EXPECT_EQ(difference(document.dump(), document), "") << text;
  }
}

TEST_F(Differential, EveryFieldIsSeen) {
  // A field that the description left out would never differ. Second places count only without the
  // first.
  const char* const seconds[] = {"/ext",
                                 "/imp/0/video/protocol",
                                 "/imp/0/video/ext",
                                 "/imp/0/pmp/deals/0/wseats",
                                 "/imp/1/native/ver",
                                 "/user/data/0/name",
                                 "/user/ext",
                                 "/regs/ext",
                                 "/source/ext"};
  const auto is_second = [&](std::string_view path) {
    return std::ranges::any_of(
        seconds, [&](std::string_view place) { return path == place || path.starts_with(std::string(place) + "/"); });
  };
  const json full = json::parse(kFull);
  const std::string whole = describe_reference(full);
  const json flat = full.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (is_second(path)) continue;
    json without = full;
    without[json::json_pointer(path)] = nullptr;
    EXPECT_NE(describe_reference(without), whole) << path;
  }
}

TEST_F(Differential, MutantsOfEveryField) {
  std::mt19937 draw(1);
  compare_mutants(json::parse(kFull), 20'000, draw);
}

TEST_F(Differential, Corpus) {
  const auto bodies = read_lines("requests.ndjson");
  if (bodies.empty()) GTEST_SKIP() << "no corpus at " << corpus();
  int compared = 0;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    json document;
    if (!comparable(bodies[i], document)) continue;
    EXPECT_EQ(difference(bodies[i], document), "") << "line " << i + 1;
    ++compared;
  }
  EXPECT_GE(compared, static_cast<int>(bodies.size()) - 5);
}

TEST_F(Differential, MalformedCorpus) {
  if (!std::filesystem::exists(corpus() / "malformed")) GTEST_SKIP() << "no corpus at " << corpus();
  for (const auto& entry : std::filesystem::directory_iterator(corpus() / "malformed")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string body(std::istreambuf_iterator<char>(in), {});
    EXPECT_TRUE(json::parse(body, nullptr, false).is_discarded()) << entry.path();
    EXPECT_TRUE(parsed(body).starts_with("error=")) << entry.path();
  }
}

TEST_F(Differential, CorpusOfOtherDocuments) {
  const auto bodies = read_lines("not_a_bid_request.ndjson");
  if (bodies.empty()) GTEST_SKIP() << "no corpus at " << corpus();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    json document;
    if (!comparable(bodies[i], document)) continue;
    EXPECT_EQ(difference(bodies[i], document), "") << "line " << i + 1;
  }
}

TEST_F(Differential, MutantsOfTheCorpus) {
  const auto bodies = read_lines("requests.ndjson");
  if (bodies.empty()) GTEST_SKIP() << "no corpus at " << corpus();
  std::mt19937 draw(2);
  for (std::size_t i = 0; i < bodies.size() && !failed_often(); ++i) {
    SCOPED_TRACE("line " + std::to_string(i + 1));
    json document;
    if (comparable(bodies[i], document)) compare_mutants(document, 5, draw);
  }
}

}  // namespace
}  // namespace bidwell::openrtb
