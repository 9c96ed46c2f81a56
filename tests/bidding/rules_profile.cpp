// What is known of the user beside what the request says.
#include "tests/bidding/rules.h"

namespace bidwell::bidding::testing {
namespace {

// A rule about segments and attributes.
Rule known(Reason expected, const std::string& targeting, profile::Contents contents,
           const std::string& request = "{}") {
  Rule rule;
  rule.expected = expected;
  rule.campaign = R"({"targeting": )" + targeting + "}";
  rule.request = request;
  rule.known = std::move(contents);
  return rule;
}

}  // namespace

std::vector<Rule> profile_rules() {
  const std::string sends_7 = R"({"user": {"data": [{"segment": [{"id": "7"}]}]}})";
  const std::string of_1990 = R"({"user": {"yob": 1990}})", female = R"({"user": {"gender": "F"}})";
  return {
      // Segments are their decimal text.
      known(Reason::none, R"({"segment": ["12"]})", {{9, 12, 4'000'000'000}, {}, {}}),
      known(Reason::none, R"({"segment": ["4000000000"]})", {{9, 12, 4'000'000'000}, {}, {}}),
      known(Reason::none, R"({"segment": ["0"]})", {{0}, {}, {}}),
      known(Reason::segment, R"({"segment": ["12"]})", {{1, 2, 120}, {}, {}}),
      known(Reason::segment, R"({"segment": ["012"]})", {{12}, {}, {}}),
      known(Reason::segment, R"({"segment": ["12 "]})", {{12}, {}, {}}),
      known(Reason::segment, R"({"segment": ["4294967308"]})", {{12}, {}, {}}),  // 12 + 2^32
      known(Reason::segment, R"({"segment": ["12"]})", {}),
      known(Reason::segment, R"({"segment": {"none": ["12"]}})", {{12}, {}, {}}),
      known(Reason::none, R"({"segment": {"none": ["12"]}})", {{13}, {}, {}}),
      // Any at all, also one that no campaign names.
      known(Reason::none, R"({"segment": ["*"]})", {{99}, {}, {}}),
      known(Reason::none, R"({"segment": ["*"]})", {{}, {"a=b"}, {}}),
      known(Reason::segment, R"({"segment": ["*"]})", {{}, {}, {{1, 1, 1}}}),
      // Beside those that the request sends.
      known(Reason::none, R"({"segment": {"all": ["7", "12"]}})", {{12}, {}, {}}, sends_7),
      known(Reason::none, R"({"segment": ["7"]})", {{7, 12}, {}, {}}, sends_7),
      known(Reason::segment, R"({"segment": {"all": ["7", "12"]}})", {{}, {}, {}}, sends_7),
      known(Reason::segment, R"({"segment": {"any": ["7"], "none": ["12"]}})", {{12}, {}, {}}, sends_7),
      known(Reason::segment, R"({"segment": {"any": ["12"], "none": ["7"]}})", {{12}, {}, {}}, sends_7),
      // Attributes are segments too.
      known(Reason::none, R"({"segment": ["income=high"]})", {{}, {"income=high"}, {}}),
      known(Reason::none, R"({"segment": ["Income=High"]})", {{}, {"income=high"}, {}}),
      known(Reason::segment, R"({"segment": ["income=high"]})", {{}, {"income=low"}, {}}),
      known(Reason::segment, R"({"segment": {"none": ["income=high"]}})", {{}, {"income=high"}, {}}),
      known(Reason::none, R"({"segment": {"all": ["income=high", "12", "7"]}})", {{12}, {"income=high"}, {}}, sends_7),
      known(Reason::none, R"({"segment": ["gender=F"]})", {{}, {"gender=F"}, {}}),
      // Gender and year of birth, where the request does not say.
      known(Reason::none, R"({"gender": ["female"]})", {{}, {"gender=F"}, {}}),
      known(Reason::gender, R"({"gender": ["female"]})", {{}, {"gender=M"}, {}}),
      known(Reason::none, R"({"gender": ["female"]})", {{}, {"gender=M"}, {}}, female),
      known(Reason::gender, R"({"gender": ["male"]})", {{}, {"gender=M"}, {}}, female),
      known(Reason::gender, R"({"gender": ["female"]})", {{}, {"gender="}, {}}),
      known(Reason::none, R"({"age": {"min": 36, "max": 36}})", {{}, {"yob=1990"}, {}}),
      known(Reason::age, R"({"age": {"min": 37}})", {{}, {"yob=1990"}, {}}),
      known(Reason::none, R"({"age": {"min": 36, "max": 36}})", {{}, {"yob=1950"}, {}}, of_1990),
      known(Reason::age, R"({"age": {"min": 60}})", {{}, {"yob=1950"}, {}}, of_1990),
      known(Reason::age, R"({"age": {"min": 18}})", {{}, {"yob=1990s"}, {}}),
      known(Reason::age, R"({"age": {"min": 18}})", {{}, {"yob="}, {}}),
      known(Reason::age, R"({"age": {"min": 18}})", {{}, {"yob=99999999999"}, {}}),
  };
}

}  // namespace bidwell::bidding::testing
