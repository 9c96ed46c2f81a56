// Pairs of request and answer, each correct or breaking exactly one rule. A case is a correct pair
// and what is changed in it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace bidwell::openrtb {

using Json = nlohmann::json;

// A JSON pointer and what is to stand there; gone() removes it.
using Edits = std::vector<std::pair<std::string, Json>>;
Json gone();

enum class Base { banner, video, native };

struct Case {
  int rule;
  bool broken;       // by this rule and no other; else the pair is correct
  std::string name;  // letters and digits
  Base base;
  Edits request, response;
};

Json request_of(const Case& c);
Json response_of(const Case& c);

// The native answer of Base::native as a document; answers hold it as text.
Json native_answer();

std::vector<Case> auction_cases();   // rules 1-10, 24, 25, 30
std::vector<Case> creative_cases();  // rules 11-16, 21-23
std::vector<Case> media_cases();     // rules 17-20
std::vector<Case> native_cases();    // rule 22 of native ads

}  // namespace bidwell::openrtb
