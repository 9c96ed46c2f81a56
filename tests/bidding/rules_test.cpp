// Every rule that the decision enforces, as one table, and that the table reaches every reason.
#include "tests/bidding/rules.h"

#include <gtest/gtest.h>

#include <set>

namespace bidwell::bidding {
namespace {

using testing::Market;
using testing::Rule;

std::vector<Rule> all_rules() {
  std::vector<Rule> all;
  for (const auto& rules : {testing::targeting_rules(), testing::profile_rules(), testing::auction_rules(),
                            testing::creative_rules(), testing::media_rules(), testing::limit_rules()}) {
    all.insert(all.end(), rules.begin(), rules.end());
  }
  return all;
}

std::string known_text(const profile::Contents& known) {
  std::string text;
  for (const std::uint32_t segment : known.segments) text += std::to_string(segment) + " ";
  for (const std::string& attribute : known.attributes) text += attribute + " ";
  return text;
}

std::string text_of(const Rule& rule) {
  return rule.media + "\ncampaign " + rule.campaign + "\ncreative " + rule.creative + "\nrequest " + rule.request +
         "\nimp " + rule.imp + "\nknown " + known_text(rule.known);
}

Json campaign_of(const Rule& rule) {
  Json json = testing::campaign("c", rule.campaign);
  json["creatives"] = {testing::creative(rule.media, rule.creative)};
  return json;
}

Json request_of(const Rule& rule) {
  Json json = testing::request(rule.media, rule.request);
  json["imp"][0].merge_patch(Json::parse(rule.imp));
  return json;
}

// What is known of the user, and what money there is.
void set_up(Market& market, const Rule& rule, std::size_t number) {
  market.put(request_of(rule));
  market.know(rule.known);
  if (rule.shown) market.show(*rule.shown);
  if (!market.snapshot().campaigns()[number].source->budget) return;
  market.purse(number).fill(rule.money, Market::kForever);
  market.purse(number).set_chance(rule.chance);
}

TEST(Rules, DecideWhoMayBid) {
  for (const Rule& rule : all_rules()) {
    Market market{campaign_of(rule)};
    set_up(market, rule, 0);
    ASSERT_EQ(market.reason(), rule.expected) << text_of(rule);
    ASSERT_EQ(market.price(), rule.expected == Reason::none ? rule.price : -1) << text_of(rule);
  }
}

// The same campaign among others that take anything: it never takes the place of one that may bid,
// and the others never make it bid where it must not.
TEST(Rules, HoldAmongOtherCampaigns) {
  for (const Rule& rule : all_rules()) {
    Json dear = campaign_of(rule);
    Json cheap = campaign_of({.media = rule.media});
    cheap["id"] = "cheap";
    cheap["bid"] = {{"price", 0.000001}};
    Market market{cheap, dear};
    set_up(market, rule, 1);
    const std::string winner = market.winner();
    if (rule.expected == Reason::none) {
      ASSERT_EQ(winner, "c") << text_of(rule);
    } else {
      ASSERT_NE(winner, "c") << text_of(rule);
    }
  }
}

TEST(Rules, ReachEveryReason) {
  std::set<Reason> seen;
  for (const Rule& rule : all_rules()) seen.insert(rule.expected);
  const std::set<Reason> elsewhere = {
      Reason::invalid_request,  Reason::too_little_time,
      Reason::answer_too_large, Reason::ids_too_long,  // the exchange's
      Reason::no_candidate,     Reason::outbid,        // decide_test.cpp
  };
  for (std::size_t i = 0; i < kReasons; ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_NE(seen.contains(reason), elsewhere.contains(reason)) << name(reason);
  }
}

TEST(Reasons, HaveNamesOfTheirOwnAndMeanings) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kReasons; ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(names.insert(name(reason)).second) << name(reason);
    EXPECT_EQ(name(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << name(reason);
    EXPECT_FALSE(meaning(reason).empty()) << name(reason);
  }
}

}  // namespace
}  // namespace bidwell::bidding
