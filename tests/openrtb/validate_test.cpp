// The validator: every rule lets the correct answer pass and finds the one that breaks it.
#include "bidwell/openrtb/validate.h"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <set>

#include "tests/openrtb/validate_cases.h"

namespace bidwell::openrtb {

void PrintTo(const Violation& violation, std::ostream* out) {
  *out << "rule " << violation.rule << " at \"" << violation.where << "\": " << violation.what;
}

void PrintTo(const Case& c, std::ostream* out) {
  *out << "rule " << c.rule << " " << c.name;
}

namespace {

const ValidatorOptions kOptions{{{"USD", 1.0}, {"EUR", 2.0}}};

std::set<int> rules(const std::vector<Violation>& violations) {
  std::set<int> result;
  for (const Violation& violation : violations) result.insert(violation.rule);
  return result;
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& cases : {auction_cases(), creative_cases(), media_cases(), native_cases()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

class ValidateRule : public testing::TestWithParam<Case> {};

TEST_P(ValidateRule, FindsThisRuleBrokenOrNone) {
  const Case& c = GetParam();
  const std::string request = request_of(c).dump();
  const std::string body = response_of(c).dump();
  const auto violations = validate(request, {200, body}, kOptions);
  const std::set<int> expected = c.broken ? std::set<int>{c.rule} : std::set<int>{};
  EXPECT_EQ(rules(violations), expected) << testing::PrintToString(violations) << "\n" << request << "\n" << body;
}

INSTANTIATE_TEST_SUITE_P(Cases, ValidateRule, testing::ValuesIn(all_cases()),
                         [](const auto& made) { return "Rule" + std::to_string(made.param.rule) + made.param.name; });

const std::string kRequest = request_of({0, false, "", Base::banner, {}, {}}).dump();
const std::string kBody = response_of({0, false, "", Base::banner, {}, {}}).dump();

std::set<int> broken(std::string_view request, const Answer& answer) {
  return rules(validate(request, answer, kOptions));
}

// The rules that are not about the documents have tests of their own below; 28 cannot fire.
TEST(Validate, EveryRuleHasAPassingAndAFailingCase) {
  std::map<int, std::set<bool>> seen;
  for (const Case& c : all_cases()) seen[c.rule].insert(c.broken);
  for (const int rule : {26, 27, 28, 29}) seen[rule] = {false, true};
  for (int rule = 1; rule <= 30; ++rule) EXPECT_EQ(seen[rule].size(), 2) << "rule " << rule;
}

TEST(Validate, Rule26WantsOneJsonObjectInUtf8) {
  const std::set<int> only = {26};
  EXPECT_TRUE(broken(kRequest, {200, kBody}).empty());
  EXPECT_TRUE(broken(kRequest, {200, " {} \n"}).empty());
  EXPECT_EQ(broken(kRequest, {200, ""}), only);
  EXPECT_EQ(broken(kRequest, {200, "[]"}), only);
  EXPECT_EQ(broken(kRequest, {200, kBody + "x"}), only);
  EXPECT_EQ(broken(kRequest, {200, kBody.substr(0, kBody.size() - 1)}), only);
  EXPECT_EQ(broken(kRequest, {200, "{\"id\":\"\xC3\x28\"}"}), only);
  EXPECT_EQ(broken(kRequest, {200, "{\"id\":\"\\uD800\"}"}), only);
  EXPECT_EQ(broken(kRequest, {200, "{\"id\":\"a\nb\"}"}), only);
  EXPECT_EQ(broken(kRequest, {200, "\xEF\xBB\xBF{}"}), only);
  EXPECT_EQ(broken(kRequest, {200, std::string_view("{}\0", 3)}), only);
}

TEST(Validate, Rule26WantsTheContentLengthThatWasAnnounced) {
  EXPECT_TRUE(broken(kRequest, {200, "{}", -1, 2}).empty());
  EXPECT_EQ(broken(kRequest, {200, "{}", -1, 3}), std::set<int>{26});
}

TEST(Validate, Rule27WantsNoBodyWith204) {
  EXPECT_TRUE(broken(kRequest, {204, ""}).empty());
  EXPECT_EQ(broken(kRequest, {204, "{}"}), std::set<int>{27});
}

TEST(Validate, Rule28CannotBeSeenInOneAnswer) {
  const std::string request = request_of({0, false, "", Base::banner, {{"/test", 1}}, {}}).dump();
  EXPECT_TRUE(broken(request, {200, kBody}).empty());
}

TEST(Validate, Rule29ComparesWithTmax) {
  const std::set<int> only = {29};
  EXPECT_TRUE(broken(kRequest, {200, kBody, 120}).empty());
  EXPECT_EQ(broken(kRequest, {200, kBody, 120.5}), only);
  EXPECT_EQ(broken(kRequest, {204, "", 121}), only);
  const std::string text = request_of({0, false, "", Base::banner, {{"/tmax", "50"}}, {}}).dump();
  EXPECT_EQ(broken(text, {200, kBody, 51}), only);
  const std::string none = request_of({0, false, "", Base::banner, {{"/tmax", 0}}, {}}).dump();
  EXPECT_TRUE(broken(none, {200, kBody, 5000}).empty());
}

TEST(Validate, StatusesOtherThan200And204) {
  const std::set<int> only = {2};
  EXPECT_EQ(broken(kRequest, {400, "no"}), only);
  EXPECT_EQ(broken(kRequest, {503, ""}), only);
  for (const char* request : {"{", "[]", R"({"id":"","imp":[{}]})", R"({"id":1,"imp":[{}]})", R"({"id":"a"})",
                              R"({"id":"a","imp":[]})", R"({"id":"a","imp":[{},1]})"}) {
    EXPECT_TRUE(broken(request, {400, "no"}).empty()) << request;
    EXPECT_TRUE(broken(request, {204, ""}).empty()) << request;
  }
}

TEST(Validate, ARequestThatIsNotJsonLeavesTheAnswersOwnRules) {
  EXPECT_TRUE(broken("{", {200, kBody}).empty());
  EXPECT_EQ(broken("{", {200, R"({"id":"a"})"}), std::set<int>{2});
  EXPECT_EQ(broken("{", {200, "{"}), std::set<int>{26});
}

TEST(Validate, SaysWhere) {
  const auto violations =
      validate(kRequest, {200, response_of({0, false, "", Base::banner, {}, {{"/seatbid/0/bid/0/price", 1}}}).dump()});
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].where, "seatbid[0].bid[0].price");
  EXPECT_EQ(violations[0].what, "1 USD is below 1.5");
}

TEST(Validate, SaysItInOneLine) {
  const Case c{0, false, "", Base::banner, {}, {{"/seatbid/0/bid/0/adm", "<b>{{\nx}}</b>"}}};
  const auto violations = validate(kRequest, {200, response_of(c).dump()});
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].what, "a private macro: {{ x}}</b>");
}

}  // namespace
}  // namespace bidwell::openrtb
