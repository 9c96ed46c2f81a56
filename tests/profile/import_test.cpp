// The import: what lines mean, which are refused and why, and that what is loaded is found again.
#include "bidwell/profile/import.h"

#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "bidwell/core/hash.h"
#include "bidwell/profile/profile.h"
#include "profile/line_reader.h"
#include "tests/profile/contents.h"
#include "tests/profile/folder.h"

namespace bidwell::profile {
namespace {

using testing::contents_of;
using ::testing::ElementsAre;
using testing::Folder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::string_literals;

// A place in memory.
class MemoryPlace final : public Place {
 public:
  struct State {
    std::map<cache::Key, std::string> rows;
    bool finished = false;
    std::size_t fail_at = ~std::size_t{0};  // rows
  };
  explicit MemoryPlace(State& state) : state_(state) {}
  std::string_view name() const override { return "memory"; }
  std::optional<Standing> find(const cache::Key&) override { return std::nullopt; }
  bool remove(const cache::Key&) override { return false; }
  std::unique_ptr<Loader> load(bool) override { return std::make_unique<MemoryLoader>(state_); }

 private:
  class MemoryLoader final : public Loader {
   public:
    explicit MemoryLoader(State& state) : state_(state) {}
    void put(std::span<const Row> rows) override {
      for (const Row& row : rows) {
        state_.rows[row.key] = row.profile;
        if (state_.rows.size() >= state_.fail_at) throw std::runtime_error("the place is full");
      }
    }
    void finish() override { state_.finished = true; }

   private:
    State& state_;
  };
  State& state_;
};

class ImportTest : public ::testing::Test {
 protected:
  ImportTotals run(const std::string& text, ImportFormat format = ImportFormat::automatic) {
    options_.format = format;
    options_.refused = [this](const RefusedLine& line) { refused_.push_back(line); };
    std::istringstream in(text);
    std::vector<std::unique_ptr<Place>> places;
    places.push_back(std::make_unique<MemoryPlace>(state_));
    return import_profiles(in, keys_, places, options_);
  }
  std::optional<Contents> at(std::string_view user) {
    const auto found = state_.rows.find(keys_.key_of(user).value());
    if (found == state_.rows.end()) return std::nullopt;
    return contents_of(Profile::parse(found->second).value());
  }
  // Why the only line is refused.
  std::string fault(const std::string& line, Refusal reason, ImportFormat format = ImportFormat::ndjson) {
    refused_.clear();
    state_.rows.clear();
    run(line, format);
    EXPECT_TRUE(state_.rows.empty()) << line;
    if (refused_.size() != 1) return "refused: " + std::to_string(refused_.size());
    EXPECT_EQ(describe(refused_[0].reason), describe(reason)) << line << ": " << refused_[0].detail;
    return refused_[0].detail;
  }

  const KeyMaker keys_{{}, make_secret("test")};
  MemoryPlace::State state_;
  ImportOptions options_;
  std::vector<RefusedLine> refused_;
};

TEST_F(ImportTest, ReadsNdjson) {
  const ImportTotals totals = run(R"({"user": "ifa:a", "segments": [3, 1, 4294967295, 0],
 "attributes": {}, "history": []})"
                                  "\n");
  EXPECT_EQ(totals.refused_lines(), 2U) << "a line is a document";
  refused_.clear();
  const ImportTotals good =
      run(R"({"user":"ifa:a","segments":[3,1,4294967295,0,3],"attributes":{"gender":"F","income":"hö=ch"},)"
          R"("history":[{"campaign":"c1","times":3,"last":"2026-11-20T10:00:00Z"},)"
          R"({"creative":"x","times":1,"last":"1970-01-01T00:01:59.5Z"}]})"
          "\n"
          R"({"user":"buyeruid:b"})"
          "\r\n\n"
          R"({"segments":[7],"user":"user.id:demo:c","attributes":null})");
  EXPECT_THAT(refused_, IsEmpty());
  EXPECT_EQ(good.lines, 3U);
  EXPECT_EQ(good.rows, 3U);
  EXPECT_TRUE(state_.finished);
  const auto a = at("ifa:A");
  ASSERT_TRUE(a);
  EXPECT_THAT(a->segments, ElementsAre(0, 1, 3, 4294967295u));
  EXPECT_THAT(a->attributes, ElementsAre("gender=F", "income=hö=ch"));
  std::vector<Shown> history = {{hash64("campaign:c1"), 3, 1795168800 / 60}, {hash64("creative:x"), 1, 1}};
  std::sort(history.begin(), history.end(), [](const Shown& x, const Shown& y) { return x.subject < y.subject; });
  EXPECT_EQ(a->history, history);
  EXPECT_EQ(at("buyeruid:b"), Contents{});
  EXPECT_EQ(at("user.id:demo:c"), (Contents{{7}, {}, {}}));
}

TEST_F(ImportTest, ReadsCsv) {
  const ImportTotals totals =
      run("\xef\xbb\xbfuser,segments,attributes\r\n"
          "ifa:a,17;4711 5,gender=F; income = high\r\n"
          "\"eid:x.com:with,comma and \"\"quotes\"\"\",\"1;2\",\r\n"
          "buyeruid:b,,\n");
  EXPECT_THAT(refused_, IsEmpty());
  EXPECT_EQ(totals.lines, 3U);
  EXPECT_EQ(at("ifa:a"), (Contents{{5, 17, 4711}, {"gender=F", "income=high"}, {}}));
  EXPECT_EQ(at("eid:x.com:with,comma and \"quotes\""), (Contents{{1, 2}, {}, {}}));
  EXPECT_EQ(at("buyeruid:b"), Contents{});
}

TEST_F(ImportTest, ACsvHeaderOrdersTheColumns) {
  run("Attributes, USER\na=b,ifa:a\n", ImportFormat::csv);
  EXPECT_EQ(at("ifa:a"), (Contents{{}, {"a=b"}, {}}));
  state_.rows.clear();
  run("ifa:b,1,c=d\n", ImportFormat::csv);
  EXPECT_EQ(at("ifa:b"), (Contents{{1}, {"c=d"}, {}})) << "no header";
  EXPECT_THROW(run("user,segmants\nifa:a,1\n", ImportFormat::csv), std::runtime_error);
  EXPECT_THROW(run("user,user\nifa:a,1\n", ImportFormat::csv), std::runtime_error);
}

TEST_F(ImportTest, RefusesNdjsonAndSaysWhy) {
  EXPECT_THAT(fault(R"({"user":"ifa:a")", Refusal::not_json), HasSubstr("incomplete"));
  fault(R"(["ifa:a"])", Refusal::not_json);
  fault(R"({"user":"ifa:a"} {})", Refusal::not_json);
  fault(R"({"user":"ifa:a","segments":[[[[[1]]]]]})", Refusal::not_json);
  EXPECT_THAT(fault(R"({"segments":[1]})", Refusal::user), HasSubstr("no user"));
  EXPECT_THAT(fault(R"({"user":7})", Refusal::user), HasSubstr("string"));
  EXPECT_THAT(fault(R"({"user":"a"})", Refusal::user), HasSubstr("ifa:X"));
  EXPECT_THAT(fault(R"({"user":"ifa:00000000-0000-0000-0000-000000000000"})", Refusal::user), HasSubstr("zeros"));
  fault(R"({"user":"ifa:\u0000"})", Refusal::user);
  EXPECT_THAT(fault(R"({"user":"ifa:a","segmants":[1]})", Refusal::unknown_field), HasSubstr("segmants"));
  EXPECT_THAT(fault(R"({"user":"ifa:a","segments":["sports"]})", Refusal::segments), HasSubstr("not names"));
  for (const char* bad : {"[-1]", "[4294967296]", "[18446744073709551615]", "[1.5]", "[null]", "{}", "7", "[\"7\"]"}) {
    fault(R"({"user":"ifa:a","segments":)"s + bad + "}", Refusal::segments);
  }
  for (const char* bad : {"[]", "{\"a\":1}", "{\"\":\"x\"}", "{\"a=b\":\"x\"}", "{\"a\":\"\\u0001\"}"}) {
    fault(R"({"user":"ifa:a","attributes":)"s + bad + "}", Refusal::attributes);
  }
  const auto history = [](const std::string& entry) { return R"({"user":"ifa:a","history":[)" + entry + "]}"; };
  for (const char* bad :
       {"1", "{}", R"({"campaign":"c","times":1})", R"({"campaign":"c","last":"2026-11-20T10:00:00Z"})",
        R"({"times":1,"last":"2026-11-20T10:00:00Z"})", R"({"campaign":1,"times":1,"last":"2026-11-20T10:00:00Z"})",
        R"({"campaign":"c","creative":"x","times":1,"last":"2026-11-20T10:00:00Z"})"}) {
    fault(history(bad), Refusal::history);
  }
  for (const char* time : {"2026-11-20", "2026-13-20T10:00:00Z", "2026-02-30T10:00:00Z", "2026-11-20T24:00:00Z",
                           "2026-11-20T10:60:00Z", "2026-11-20T10:00:00", "2026-11-20T10:00:00+01:00",
                           "2026-11-20 10:00:00Z", "1969-12-31T23:59:00Z", "2026-11-20T10:00:00.xZ"}) {
    fault(history(R"({"campaign":"c","times":1,"last":")"s + time + "\"}"), Refusal::history);
  }
  std::string segments = "0";
  for (int i = 1; i < 10'000; ++i) segments += "," + std::to_string(i * 200);
  EXPECT_THAT(fault(R"({"user":"ifa:a","segments":[)" + segments + "]}", Refusal::profile_too_large),
              HasSubstr("16384 are allowed"));
  fault(history(R"({"campagne":"c","times":1,"last":"2026-11-20T10:00:00Z"})"), Refusal::unknown_field);
}

TEST_F(ImportTest, RefusesCsvAndSaysWhy) {
  const auto csv = [&](const std::string& line, Refusal reason) { return fault(line, reason, ImportFormat::csv); };
  EXPECT_EQ(csv("ifa:a,1", Refusal::columns), "2, not 3");
  csv("ifa:a,1,a=b,x", Refusal::columns);
  csv("\"ifa:a,1,", Refusal::bad_quoting);
  csv("\"ifa:a\"x,1,", Refusal::bad_quoting);
  csv("ifa:a\"b,1,", Refusal::bad_quoting);
  csv(",1,", Refusal::user);
  EXPECT_THAT(csv("ifa:a,sports,", Refusal::segments), HasSubstr("not names"));
  csv("ifa:a,-1,", Refusal::segments);
  csv("ifa:a,4294967296,", Refusal::segments);
  csv("ifa:a,1;2x,", Refusal::segments);
  csv("ifa:a,1,gender", Refusal::attributes);
  csv("ifa:a,1,=F", Refusal::attributes);
}

TEST_F(ImportTest, RefusesWhatIsNoText) {
  EXPECT_THAT(fault("{\"user\":\"ifa:a\0\"}"s, Refusal::control_character), HasSubstr("0x00 at byte 15"));
  for (const std::string& bad : {"\xff"s, "\xc0\x80"s, "\xc3"s, "\xe0\x80\x80"s, "\xed\xa0\x80"s, "\xf0\x80\x80\x80"s,
                                 "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\x80"s, "\xe2\x82"s}) {
    fault("{\"user\":\"ifa:" + bad + "\"}", Refusal::not_utf8);
    fault("{\"user\":\"ifa:" + bad, Refusal::not_utf8);
  }
  refused_.clear();
  run("{\"user\":\"ifa:\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x09\"}", ImportFormat::ndjson);
  EXPECT_EQ(refused_.size(), 1U) << "a tab stands raw in a JSON string";
  EXPECT_EQ(refused_.at(0).reason, Refusal::not_json);
  run("{\"user\":\t\"ifa:\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}", ImportFormat::ndjson);
  EXPECT_EQ(state_.rows.size(), 1U);
}

TEST_F(ImportTest, OverlongLinesAreSkippedAndTheOthersLoaded) {
  options_.line_bytes_max = 100;
  for (const std::size_t size : {101u, 1000u, 262'243u, 262'244u, 262'245u, 300'000u, 1'000'000u}) {
    state_ = {};
    refused_.clear();
    const ImportTotals totals =
        run("{\"user\":\"ifa:a\"}\n" + std::string(size, 'x') + "\n{\"user\":\"ifa:b\"}\n" + std::string(size, 'y'));
    EXPECT_EQ(totals.lines, 4U) << size;
    EXPECT_EQ(totals.rows, 2U) << size;
    EXPECT_EQ(totals.bytes, 35 + 2 * size) << size;
    ASSERT_EQ(refused_.size(), 2U) << size;
    EXPECT_EQ(refused_[0].number, 2U);
    EXPECT_EQ(refused_[0].reason, Refusal::too_long);
    EXPECT_EQ(refused_[1].number, 4U);
  }
  state_ = {};
  refused_.clear();
  const std::string most = "{\"user\":\"ifa:" + std::string(85, 'x') + "\"}";
  ASSERT_EQ(most.size(), 100U);
  run(most + "\n");
  EXPECT_EQ(state_.rows.size(), 1U);
}

TEST_F(ImportTest, TheLastRowOfAUserCounts) {
  const ImportTotals totals = run("ifa:a,1,\nifa:b,2,\nIFA:x,1,\nifa:A,3,\n");
  EXPECT_EQ(totals.rows, 3U);
  EXPECT_EQ(totals.duplicates, 1U);
  EXPECT_EQ(totals.refused_lines(), 1U);
  EXPECT_EQ(totals.refused[static_cast<std::size_t>(Refusal::user)], 1U);
  EXPECT_EQ(refused_.at(0).number, 3U);
  EXPECT_EQ(at("ifa:a")->segments, std::vector<std::uint32_t>{3});
}

TEST_F(ImportTest, NothingIsNothing) {
  EXPECT_EQ(run("").lines, 0U);
  EXPECT_EQ(run("\n\r\n\n").lines, 0U);
  EXPECT_TRUE(state_.finished);
}

TEST_F(ImportTest, ManyRowsAndProgress) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "ifa:user-" + std::to_string(i) + "," + std::to_string(i) + ",\n";
  std::vector<std::uint64_t> seen;
  options_.progress = [&](const ImportTotals& so_far) { seen.push_back(so_far.bytes); };
  const ImportTotals totals = run(text);
  EXPECT_EQ(totals.rows, 20'000U);
  EXPECT_EQ(state_.rows.size(), 20'000U);
  EXPECT_GE(seen.size(), 20U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.back(), text.size());
  EXPECT_EQ(at("ifa:user-12345")->segments.at(0), 12345u);
}

TEST_F(ImportTest, APlaceThatFailsEndsIt) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "ifa:user-" + std::to_string(i) + ",1,\n";
  state_.fail_at = 3000;
  EXPECT_THROW(run(text), std::runtime_error);
  EXPECT_FALSE(state_.finished);
  state_ = {};
  state_.fail_at = 1;
  EXPECT_THROW(run("ifa:a,1,\n"), std::runtime_error) << "also in the last batch";
}

TEST_F(ImportTest, IntoTheLocalFile) {
  const Folder folder;
  const auto load = [&](const std::string& text, bool replace) {
    std::istringstream in(text);
    std::vector<std::unique_ptr<Place>> places;
    places.push_back(file_place(folder / "p"));
    ImportOptions options;
    options.replace = replace;
    import_profiles(in, keys_, places, options);
  };
  const auto place = file_place(folder / "p");
  const auto find = [&](std::string_view user) { return place->find(keys_.key_of(user).value()); };
  EXPECT_FALSE(find("ifa:a"));
  load("ifa:a,1,\nifa:b,2,\n", false);
  load("ifa:b,3,\nifa:c,4,\nnobody,5,\n", false);
  EXPECT_EQ(contents_of(*Profile::parse(find("ifa:a")->profile)).segments, std::vector<std::uint32_t>{1});
  EXPECT_EQ(contents_of(*Profile::parse(find("ifa:b")->profile)).segments, std::vector<std::uint32_t>{3});
  EXPECT_TRUE(find("ifa:c"));
  load("ifa:d,3,\n", true);
  EXPECT_FALSE(find("ifa:a"));
  EXPECT_TRUE(find("ifa:d"));
  EXPECT_THROW(load("user,nonsense\n", true), std::runtime_error);
  EXPECT_TRUE(find("ifa:d")) << "as it was";
  EXPECT_TRUE(place->remove(keys_.key_of("ifa:d").value()));
  EXPECT_FALSE(place->remove(keys_.key_of("ifa:d").value()));
  EXPECT_FALSE(find("ifa:d"));
}

}  // namespace
}  // namespace bidwell::profile
