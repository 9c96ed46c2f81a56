// Reading files that people write: every fault with its place, none hiding another.
#include "bidwell/core/json_fields.h"

#include <gtest/gtest.h>

namespace bidwell {
namespace {

std::vector<std::string> places(const std::vector<Fault>& faults) {
  std::vector<std::string> list;
  for (const Fault& fault : faults) list.push_back(fault.where);
  return list;
}
using Places = std::vector<std::string>;

TEST(Fields, ReadWhatIsThere) {
  const Json json = Json::parse(R"({"t": "x", "i": 3, "n": 0.5, "b": true, "c": "two",
                                    "l": ["a", "b"], "nothing": null})");
  std::vector<Fault> faults;
  Fields fields(json, "/at", faults);
  std::string text;
  int integer = 0;
  double number = 0;
  bool boolean = false;
  static constexpr std::string_view kNames[] = {"one", "two"};
  EXPECT_TRUE(fields.text("t", text, true));
  EXPECT_TRUE(fields.integer("i", integer, 0, 3));
  EXPECT_TRUE(fields.number("n", number, 0, 1));
  EXPECT_TRUE(fields.boolean("b", boolean));
  EXPECT_EQ(fields.choice("c", kNames), 1);
  EXPECT_EQ(fields.texts("l"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(fields.find("nothing"), nullptr) << "null is as good as absent";
  EXPECT_FALSE(fields.text("absent", text));
  fields.refuse_unknown();
  EXPECT_EQ(text, "x");
  EXPECT_EQ(integer, 3);
  EXPECT_EQ(number, 0.5);
  EXPECT_TRUE(boolean);
  EXPECT_EQ(places(faults), Places{});
}

TEST(Fields, NoteEveryFaultAndItsPlace) {
  const Json json = Json::parse(R"({"t": 1, "e": "", "i": 4, "f": 1.5, "n": "0.5", "b": 0,
                                    "c": "three", "l": ["a", "", 3], "o": {}, "typo": 1})");
  std::vector<Fault> faults;
  Fields fields(json, "/at", faults);
  std::string text;
  int integer = 7;
  double number = 7;
  bool boolean = true;
  static constexpr std::string_view kNames[] = {"one", "two"};
  EXPECT_FALSE(fields.text("t", text));
  fields.text("e", text, true);
  EXPECT_FALSE(fields.text("gone", text, true));
  EXPECT_FALSE(fields.integer("i", integer, 0, 3));
  EXPECT_FALSE(fields.integer("f", integer, 0, 3));
  EXPECT_FALSE(fields.number("n", number, 0, 1));
  EXPECT_FALSE(fields.boolean("b", boolean));
  EXPECT_EQ(fields.choice("c", kNames), -1);
  EXPECT_EQ(fields.texts("l").size(), 1u);
  EXPECT_FALSE(fields.each("o", [](const Json&, const std::string&) {}));
  fields.refuse_unknown();
  EXPECT_EQ(integer, 7);
  EXPECT_EQ(number, 7);
  EXPECT_TRUE(boolean);
  EXPECT_EQ(places(faults), (Places{"/at/t", "/at/e", "/at/gone", "/at/i", "/at/f", "/at/n", "/at/b", "/at/c",
                                    "/at/l/1", "/at/l/2", "/at/o", "/at/typo"}));
}

TEST(Fields, RefuseWhatIsNoObjectOnce) {
  for (const char* text : {"[]", "1", "\"x\"", "null", "true"}) {
    const Json json = Json::parse(text);
    std::vector<Fault> faults;
    Fields fields(json, "/at", faults);
    std::string out;
    EXPECT_FALSE(fields.text("t", out, true));
    EXPECT_EQ(fields.find("x"), nullptr);
    EXPECT_FALSE(fields.has("x"));
    fields.refuse_unknown();
    EXPECT_EQ(places(faults), Places{"/at"}) << text;
  }
}

TEST(Fields, TakeIntegersOnlyWithinTheirBounds) {
  const Json json = Json::parse(R"({"huge": 18446744073709551615, "least": -9223372036854775808})");
  std::vector<Fault> faults;
  Fields fields(json, "", faults);
  int out = 0;
  EXPECT_FALSE(fields.integer("huge", out, 0, 100));
  EXPECT_FALSE(fields.integer("least", out, 0, 100));
  EXPECT_EQ(places(faults), (Places{"/huge", "/least"}));
}

}  // namespace
}  // namespace bidwell
