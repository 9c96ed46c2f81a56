// How often a user may be shown a campaign, and what it may spend.
#include "tests/bidding/rules.h"

namespace bidwell::bidding::testing {
namespace {

using catalog::subject_of;
using profile::Show;
using profile::Showing;

// The sample campaign's, so many seconds ago.
Show show(std::int64_t ago, Showing kind = Showing::impression) {
  return {
      1,   subject_of("campaign:c"), subject_of("creative:cr"), subject_of("advertiser:a1"), kNow.unix_seconds - ago,
      kind};
}
Show others(std::int64_t ago, const char* campaign, const char* creative, const char* advertiser) {
  return {1, subject_of(campaign), subject_of(creative), subject_of(advertiser), kNow.unix_seconds - ago};
}
profile::Contents imported(const char* subject, std::uint32_t times, std::int64_t minutes_ago) {
  return {{}, {}, {{hash64(subject), times, static_cast<std::uint32_t>(kNow.unix_seconds / 60 - minutes_ago)}}};
}

std::string capped(const std::string& caps, const std::string& unknown_users = "skip") {
  return R"({"frequency": {"caps": [)" + caps + R"(], "unknown_users": ")" + unknown_users + R"("}})";
}

const std::vector<Show> kNothing;

}  // namespace

std::vector<Rule> limit_rules() {
  const std::string twice = capped(R"({"times": 2, "per": "1h"})");
  const std::string of_creative = capped(R"({"times": 1, "per": "1h", "of": "creative"})");
  const std::string of_advertiser = capped(R"({"times": 1, "per": "1h", "of": "advertiser"})");
  const std::string billed = capped(R"({"times": 1, "per": "1h", "counted": "billing"})");
  const std::string two = capped(R"({"times": 2, "per": "5m"}, {"times": 3, "per": "30d"})");
  const std::string budget = R"({"budget": {"daily": 10}})";
  return {
      // Caps: up to as many, within the time.
      {.campaign = twice, .shown = kNothing},
      {.campaign = twice, .shown = {{show(5)}}},
      {.expected = Reason::capped, .campaign = twice, .shown = {{show(5), show(7)}}},
      {.expected = Reason::capped, .campaign = twice, .shown = {{show(5), show(3600)}}},
      {.campaign = twice, .shown = {{show(5), show(3601)}}},
      {.campaign = twice, .shown = {{show(5), show(6, Showing::billing), show(7, Showing::billing)}}},
      {.campaign = billed, .shown = {{show(5)}}},
      {.expected = Reason::capped, .campaign = billed, .shown = {{show(5, Showing::billing)}}},
      // Each of several.
      {.campaign = two, .shown = {{show(5), show(500)}}},
      {.expected = Reason::capped, .campaign = two, .shown = {{show(5), show(50)}}},
      {.expected = Reason::capped, .campaign = two, .shown = {{show(500), show(501), show(2'592'000)}}},
      {.campaign = two, .shown = {{show(500), show(501), show(2'592'001)}}},
      // Of what they are.
      {.campaign = twice,
       .shown = {{others(1, "campaign:d", "creative:cr", "advertiser:a1"),
                  others(1, "campaign:d", "creative:cr", "advertiser:a1")}}},
      {.expected = Reason::capped, .campaign = of_creative, .shown = {{show(5)}}},
      {.campaign = of_creative, .shown = {{others(1, "campaign:c", "creative:d", "advertiser:a1")}}},
      {.expected = Reason::capped,
       .campaign = of_advertiser,
       .shown = {{others(1, "campaign:d", "creative:d", "advertiser:a1")}}},
      {.campaign = of_advertiser, .shown = {{others(1, "campaign:c", "creative:cr", "advertiser:a2")}}},
      // What nobody knows.
      {.expected = Reason::history_unknown, .campaign = twice},
      {.campaign = capped(R"({"times": 2, "per": "1h"})", "bid")},
      {.campaign = "{}", .shown = {{show(5), show(7)}}},
      // What came with the profile: all of it, as long as the last is recent enough.
      {.campaign = twice, .known = imported("campaign:c", 1, 5), .shown = kNothing},
      {.expected = Reason::capped, .campaign = twice, .known = imported("campaign:c", 2, 5), .shown = kNothing},
      {.expected = Reason::capped, .campaign = twice, .known = imported("campaign:c", 1, 5), .shown = {{show(5)}}},
      {.expected = Reason::capped, .campaign = twice, .known = imported("campaign:c", 2, 60), .shown = kNothing},
      {.campaign = twice, .known = imported("campaign:c", 2, 61), .shown = kNothing},
      {.campaign = twice, .known = imported("creative:cr", 9, 5), .shown = kNothing},
      {.expected = Reason::capped,
       .campaign = capped(R"({"times": 2, "per": "1h"})", "bid"),
       .known = imported("campaign:c", 2, 5)},

      // Budgets: an impression at 1 USD a thousand costs a million nanos.
      {.campaign = budget},
      {.campaign = budget, .money = 1'000'000},
      {.expected = Reason::over_budget, .campaign = budget, .money = 999'999},
      {.expected = Reason::over_budget, .campaign = budget, .money = 0},
      {.expected = Reason::paced_out, .campaign = budget, .chance = 0},
      {.expected = Reason::over_budget, .campaign = budget, .money = 0, .chance = 0},
      // In its own currency, rounded up where it is another than the answer's.
      {.campaign = R"({"currency": "EUR", "bid": {"price": 0.5}, "budget": {"daily": 10}})", .money = 500'000},
      {.expected = Reason::over_budget,
       .campaign = R"({"currency": "EUR", "bid": {"price": 0.5}, "budget": {"daily": 10}})",
       .money = 499'999},
      {.campaign = R"({"currency": "JPY", "bid": {"price": 0.0099}, "budget": {"daily": 10}})",
       .price = 99,
       .money = 9'900},
      {.expected = Reason::over_budget,
       .campaign = R"({"currency": "JPY", "bid": {"price": 0.0099}, "budget": {"daily": 10}})",
       .money = 9'899},
      // What is agreed costs what is agreed.
      {.campaign = R"({"budget": {"daily": 10}, "targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 0.7, "at": 3}]}})",
       .price = 700'000,
       .money = 700'000},
      // Last of all: neither has a say where something else refuses.
      {.expected = Reason::below_floor, .campaign = budget, .imp = R"({"bidfloor": 2})", .money = 0},
      {.expected = Reason::format, .campaign = budget, .creative = R"({"w": 1, "h": 1})", .money = 0},

      // The bid's bound.
      {.campaign = R"({"bid": {"max": 0.4}})", .price = 400'000},
      {.campaign = R"({"bid": {"max": 4}})"},
      {.expected = Reason::below_floor, .campaign = R"({"bid": {"max": 0.4}})", .imp = R"({"bidfloor": 0.5})"},
      {.campaign = R"({"bid": {"model": "cpc", "price": 1, "expected_ctr": 0.01, "max": 2}})", .price = 2'000'000},
      {.campaign = R"({"bid": {"model": "cpa", "price": 20, "expected_ctr": 0.002, "expected_cvr": 0.05}})",
       .price = 2'000'000},
  };
}

}  // namespace bidwell::bidding::testing
