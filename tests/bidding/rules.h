// The rules as a table: a campaign, a creative, a request and an impression, each the sample with
// something changed, and what the decision makes of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bidding/fixture.h"

namespace bidwell::bidding::testing {

// Patches are JSON merge patches.
struct Rule {
  Reason expected = Reason::none;  // none: it bids
  std::string campaign = "{}";
  std::string creative = "{}";
  std::string request = "{}";
  std::string imp = "{}";
  std::string media = "banner";
  Micros price = 1'000'000;  // of the bid, where there is one
  profile::Contents known = {};
  std::optional<std::vector<profile::Show>> shown = {};  // nothing: what the user has seen is not known
  Nanos money = Market::kPlenty;
  std::uint64_t chance = budget::Purse::kAlways;
};

std::vector<Rule> targeting_rules();
std::vector<Rule> profile_rules();
std::vector<Rule> auction_rules();
std::vector<Rule> creative_rules();
std::vector<Rule> media_rules();
std::vector<Rule> limit_rules();

}  // namespace bidwell::bidding::testing
