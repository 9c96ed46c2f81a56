// What is sent of a captured request.
#include "bidwell/replay/prepare.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/replay/corpus.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::json;

CapturedRequest post(const std::string& body) {
  CapturedRequest request;
  request.at_ns = 5, request.flow = 6;
  request.method = "POST", request.target = "/captured?a=b";
  request.headers = {{"Host", "captured"}, {"X-One", "1"}, {"Content-Length", "999"}};
  request.body = body;
  return request;
}

std::string head_of(const Prepared& prepared) {
  return prepared.bytes.substr(0, prepared.body_at);
}
std::string body_of(const Prepared& prepared) {
  return prepared.bytes.substr(prepared.body_at);
}

std::string sent_body(const Prepared& prepared, std::uint64_t unique = 0, std::int64_t now_us = 0) {
  std::string bytes = prepared.bytes;
  fill_slots(bytes, prepared, unique, now_us);
  return bytes.substr(prepared.body_at);
}

TEST(PrepareTest, HeadIsWrittenAnew) {
  CapturedRequest request = post("{\"id\":\"1\"}");
  request.headers = {{"host", "captured"},
                     {"X-One", "1"},
                     {"connection", "close"},
                     {"Transfer-Encoding", "chunked"},
                     {"Content-Encoding", "gzip"},
                     {"Expect", "100-continue"},
                     {"Accept-Encoding", "gzip"},
                     {"x-two", "2"},
                     {"X-Three", "3"}};
  PrepareOptions options;
  options.host = "bidder:8080", options.unique_ids = false;
  options.drop_headers = {"X-TWO"};
  options.set_headers = {{"x-three", "new"}, {"X-Four", "4"}};
  const Prepared prepared = prepare(std::move(request), options);
  EXPECT_EQ(prepared.bytes,
            "POST /captured?a=b HTTP/1.1\r\nHost: bidder:8080\r\nX-One: 1\r\nx-three: new\r\nX-Four: 4\r\n"
            "Content-Length: 10\r\n\r\n{\"id\":\"1\"}");
  EXPECT_EQ(prepared.at_ns, 5);
  EXPECT_EQ(prepared.flow, 6u);
  EXPECT_EQ(body_of(prepared), "{\"id\":\"1\"}");
  EXPECT_TRUE(prepared.slots.empty());
}

TEST(PrepareTest, PathOfTheOptionsOfTheCaptureOrTheDefault) {
  const auto line = [](const std::string& target, const PrepareOptions& options) {
    CapturedRequest request = post("{}");
    request.target = target;
    const Prepared prepared = prepare(std::move(request), options);
    return prepared.bytes.substr(0, prepared.bytes.find('\r'));
  };
  PrepareOptions options;
  EXPECT_EQ(line("/a", options), "POST /a HTTP/1.1");
  EXPECT_EQ(line("", options), "POST / HTTP/1.1");
  EXPECT_EQ(line("http://proxied/x?y", options), "POST /x?y HTTP/1.1");
  EXPECT_EQ(line("http://proxied", options), "POST / HTTP/1.1");
  options.default_path = "/bid/demo";
  EXPECT_EQ(line("", options), "POST /bid/demo HTTP/1.1");
  options.path = "/bid/other";
  EXPECT_EQ(line("/a", options), "POST /bid/other HTTP/1.1");
}

TEST(PrepareTest, NothingCanBePutIntoTheHead) {
  using namespace std::string_literals;
  CapturedRequest request = post("{}");
  request.method = "GET / HTTP/1.1\r\nX: y\r\n\r\n";
  request.target = "/a HTTP/1.1\r\nX: y\r\n\r\n\x7f";
  request.headers = {{"A", "1\r\nX: y"}, {"B\r\nX", "y"}, {"C", "1\n"}, {"D", "1\0"s},
                     {"", "1"},          {"E:", "1"},     {"F", "ok"}};
  PrepareOptions options;
  options.host = "h\r\nX: y";
  options.set_headers = {{"G", "1\rX: y"}, {"Content-Length", "0"}, {"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(head_of(prepare(std::move(request), options)),
            "POST /a%20HTTP/1.1%0D%0AX:%20y%0D%0A%0D%0A%7F HTTP/1.1\r\nF: ok\r\nContent-Length: 22\r\n\r\n");
}

TEST(PrepareTest, LinesOfJsonGetAContentType) {
  CapturedRequest request;
  request.method = "POST", request.body = "{}";
  PrepareOptions options;
  options.unique_ids = false;
  EXPECT_EQ(head_of(prepare(std::move(request), options)),
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n");
  CapturedRequest get;
  get.method = "GET", get.target = "/x";
  EXPECT_EQ(prepare(std::move(get), options).bytes, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

TEST(PrepareTest, IdsBecomeUnique) {
  const auto sent = [](const std::string& body, std::uint64_t unique = 0) {
    return sent_body(prepare(post(body), {}), unique);
  };
  EXPECT_EQ(sent(R"({"id":"abc","x":{"id":"1"}})"), R"({"id":"abc-0000000000000","x":{"id":"1"}})");
  EXPECT_EQ(sent(R"({"id":"abc"})", 35), R"({"id":"abc-000000000000z"})");
  EXPECT_EQ(sent(R"({"id":"abc"})", UINT64_MAX), R"({"id":"abc-3w5e11264sgsf"})");
  EXPECT_EQ(sent(R"({"id":"abc"})", 2'176'782'336), R"({"id":"abc-0000001000000"})");
  EXPECT_EQ(sent(R"({ "id" : "" })"), R"({ "id" : "0000000000000" })");
  EXPECT_EQ(sent(R"({"id":12})"), R"({"id":"12-0000000000000"})");
  EXPECT_EQ(sent(R"({"id":null})"), R"({"id":"0000000000000"})");
  EXPECT_EQ(sent(R"({"a":1})"), R"({"a":1,"id":"0000000000000"})");
  EXPECT_EQ(sent(R"({"a":{}})"), R"({"a":{},"id":"0000000000000"})");
  EXPECT_EQ(sent("{ }\n"), "{ \"id\":\"0000000000000\"}\n");
  EXPECT_EQ(sent("[{\"id\":\"x\"}]"), "[{\"id\":\"x\"}]");
  EXPECT_EQ(sent("{\"id\":\"x\""), "{\"id\":\"x\"");
  EXPECT_EQ(sent("{\"id\":\"x\",}"), "{\"id\":\"x\",}");
}

TEST(PrepareTest, TmaxIsReadOrSet) {
  const auto with = [](const std::string& body, std::optional<std::uint32_t> tmax) {
    PrepareOptions options;
    options.unique_ids = false, options.tmax_ms = tmax;
    return prepare(post(body), options);
  };
  EXPECT_EQ(with(R"({"tmax":120})", {}).tmax_ms, 120u);
  EXPECT_EQ(with(R"({"tmax":"120"})", {}).tmax_ms, 120u);
  EXPECT_EQ(with(R"({"tmax":120.0})", {}).tmax_ms, 120u);
  for (const char* none : {"{}", R"({"tmax":-1})", R"({"tmax":0})", R"({"tmax":""})", R"({"tmax":1e99})",
                           R"({"x":{"tmax":5}})", R"({"tmax":true})", R"({"tmax":5)"}) {
    EXPECT_EQ(with(none, {}).tmax_ms, 0u) << none;
  }
  EXPECT_EQ(body_of(with(R"({"tmax":120,"a":1})", 80)), R"({"tmax":80,"a":1})");
  EXPECT_EQ(with(R"({"tmax":120})", 80).tmax_ms, 80u);
  EXPECT_EQ(body_of(with(R"({"a":1})", 80)), R"({"a":1,"tmax":80})");
  EXPECT_EQ(body_of(with("{}", 80)), R"({"tmax":80})");
  PrepareOptions both;
  both.tmax_ms = 80;
  EXPECT_EQ(body_of(prepare(post("{}"), both)), R"({"id":"0000000000000","tmax":80})");
}

TEST(PrepareTest, TimesBecomeThatOfSending) {
  PrepareOptions options;
  options.time_keys = {"ts", "seen"};
  const Prepared prepared = prepare(
      post(
          R"({"ts":1556623163,"id":"a","x":[{"seen":1556623163123},{"seen":1556623163123456}],)"
          R"("y":{"ts":"1556623163","seen":155662316,"ts":-155662316,"ts":1556623163.5,"ts":9556623163,"other":1556623163}})"),
      options);
  EXPECT_EQ(
      sent_body(prepared, 0, 1'700'000'001'002'003),
      R"({"ts":1700000001,"id":"a-0000000000000","x":[{"seen":1700000001002},{"seen":1700000001002003}],)"
      R"("y":{"ts":"1556623163","seen":155662316,"ts":-155662316,"ts":1556623163.5,"ts":9556623163,"other":1556623163}})");
}

TEST(PrepareTest, AbsurdTimesAreStillNumbers) {
  PrepareOptions options;
  options.unique_ids = false, options.time_keys = {"ts"};
  const Prepared prepared = prepare(post(R"({"ts":1556623163})"), options);
  EXPECT_EQ(sent_body(prepared, 0, -1), R"({"ts":1000000000})");
  EXPECT_EQ(sent_body(prepared, 0, INT64_MAX), R"({"ts":9999999999})");
}

TEST(PrepareTest, GzipHasNoSlots) {
  PrepareOptions options;
  options.gzip = true, options.tmax_ms = 70;
  const Prepared prepared = prepare(post(R"({"id":"1","ts":1556623163})"), options);
  EXPECT_TRUE(prepared.slots.empty());
  EXPECT_NE(head_of(prepared).find("Content-Encoding: gzip\r\n"), std::string::npos);
  std::string packed = body_of(prepared), out(1000, '\0');
  EXPECT_NE(head_of(prepared).find("Content-Length: " + std::to_string(packed.size()) + "\r\n"), std::string::npos);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data()), stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data()), stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(out, R"({"id":"1","ts":1556623163,"tmax":70})");
}

TEST(PrepareTest, SlotsBeyondTheBytesAreNotWritten) {
  Prepared prepared = prepare(post(R"({"id":"1"})"), {});
  std::string bytes = prepared.bytes.substr(0, prepared.slots.at(0).offset + 12);
  const std::string before = bytes;
  fill_slots(bytes, prepared, UINT64_MAX, 0);
  EXPECT_EQ(bytes, before);
}

TEST(PrepareTest, UniqueNumbersGiveUniqueIds) {
  const Prepared prepared = prepare(post(R"({"id":"1"})"), {});
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 10'000; ++i) seen.insert(sent_body(prepared, i * 0x9e3779b97f4a7c15));
  for (std::uint64_t i = 1; i <= 10'000; ++i) seen.insert(sent_body(prepared, i));
  EXPECT_EQ(seen.size(), 20'000u);
}

// The body that is sent is the captured one but for id, tmax and times, byte for byte: taken out of both they are the
// same; and as JSON it says what it said.
TEST(PrepareTest, TheCorpusStaysAsItIs) {
  if (!std::filesystem::exists(testing::corpus() / "requests.ndjson")) GTEST_SKIP() << "no corpus";
  PrepareOptions options;
  options.tmax_ms = 123, options.time_keys = {"ts", "auctiontimestamp"};
  std::size_t times = 0;
  for (const std::string& line : testing::lines_of(testing::corpus() / "requests.ndjson")) {
    const Prepared prepared = prepare(post(line), options);
    const std::string sent = sent_body(prepared, 7, 1'700'000'001'002'003);
    ASSERT_EQ(sent.size() + prepared.body_at, prepared.bytes.size());
    Json before = Json::parse(line), after = Json::parse(sent);
    ASSERT_EQ(after.at("tmax"), 123);
    const std::string id = after.at("id").get<std::string>();
    ASSERT_TRUE(id.ends_with("0000000000007")) << id;
    if (before.contains("id") && before["id"].is_string() && before["id"] != "") {
      ASSERT_EQ(id, before["id"].get<std::string>() + "-0000000000007");
    }
    times += prepared.slots.size() - 1;
    // Nothing but these differs.
    PrepareOptions as_is;
    as_is.unique_ids = false;
    const Prepared untouched = prepare(post(line), as_is);
    ASSERT_EQ(body_of(untouched), line);
    for (Json* document : {&before, &after}) document->erase("id"), document->erase("tmax");
    const Json difference = Json::diff(before, after);
    for (const Json& change : difference) {
      ASSERT_EQ(change.at("op"), "replace") << line;
      ASSERT_TRUE(change.at("path").get<std::string>().ends_with("/ts")) << change;
      ASSERT_TRUE(change.at("value") == 1700000001 || change.at("value") == 1700000001002) << change;
    }
  }
  EXPECT_GT(times, 100u);
}

}  // namespace
}  // namespace bidwell::replay
