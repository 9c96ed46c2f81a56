// The most important test of the decision: over thousands of random markets the bid that the index
// leads to is worth what the best bid of a search through all campaigns is worth, and there is none
// where that finds none. Twice: against explain(), which asks the decision's own rules about every
// campaign, and against an oracle that shares no code.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/bidding/fixture.h"
#include "tests/bidding/oracle.h"
#include "tests/bidding/random_market.h"

namespace bidwell::bidding {
namespace {

using catalog::Dimension;
using testing::Market;
using testing::Oracle;
using testing::RandomCampaign;
using testing::RandomImp;
using testing::RandomMarket;
using testing::RandomRequest;

constexpr std::uint64_t kCatalogs = 150;
constexpr std::uint64_t kRequests = 100;  // for each catalog

// What the markets must have covered for the test to mean anything.
struct Coverage {
  int auctions = 0, bids = 0, ties = 0, deals = 0, flexible = 0, wide = 0;
  int limited = 0;                                      // since caps or budgets are what they are
  int bids_to_the_known = 0, refused_to_the_known = 0;  // since the user's profile is what it is
  std::array<int, catalog::kDimensions> winners_including{};
};

long worth(const RandomCampaign& campaign) {
  return Oracle::worth(campaign.price, campaign.currency);
}

class Equivalence : public ::testing::Test {
 protected:
  // One impression: `choice` is null where nobody bids.
  void check(const std::vector<RandomCampaign>& campaigns, const Oracle& oracle, const RandomImp& imp,
             const Choice* choice, const ImpExplanation& explanation, const Market& market) {
    const auto number = [&](const catalog::CompiledCampaign* it) {
      return static_cast<std::size_t>(it - market.snapshot().campaigns().data());
    };
    long best = -1;
    int best_count = 0;
    for (const RandomCampaign& campaign : campaigns) {
      if (!oracle.may_bid(campaign, imp, made_) || worth(campaign) < best) continue;
      best_count = worth(campaign) == best ? best_count + 1 : 1;
      best = worth(campaign);
    }

    ++coverage_.auctions;
    if (explanation.reason == Reason::nothing_offered) {  // flexible sizes that no creative has
      ASSERT_EQ(best, -1);
      ASSERT_EQ(choice, nullptr);
      return;
    }
    ASSERT_EQ(explanation.verdicts.size(), campaigns.size());
    for (const Verdict& verdict : explanation.verdicts) {
      const RandomCampaign& campaign = campaigns[number(verdict.campaign)];
      ASSERT_EQ(verdict.rank > 0, oracle.may_bid(campaign, imp, made_)) << campaign.json() << "\n"
                                                                        << name(verdict.reason);
    }
    const Verdict& first = explanation.verdicts.front();
    ASSERT_EQ(first.rank == 1, choice != nullptr);
    ASSERT_EQ(choice != nullptr, best >= 0);
    if (choice == nullptr) return;

    const RandomCampaign& winner = campaigns[number(choice->campaign)];
    ASSERT_EQ(worth(winner), best) << winner.json();
    ASSERT_TRUE(oracle.may_bid(winner, imp, made_)) << winner.json();
    ASSERT_EQ(first.campaign, choice->campaign);
    ASSERT_EQ(first.reason, Reason::none);
    ASSERT_EQ(first.creative, choice->creative);
    ASSERT_EQ(first.deal, choice->deal);
    ASSERT_EQ(first.price, choice->price);
    count(winner, imp, *choice, best_count);
    made_.push_back(&winner);
  }

  void count_known(const std::vector<RandomCampaign>& campaigns, const Oracle& oracle, RandomRequest request,
                   const RandomImp& imp) {
    request.known = {};
    const Oracle of_a_stranger(request);
    for (const RandomCampaign& campaign : campaigns) {
      const bool to_known = oracle.may_bid(campaign, imp, {}), to_stranger = of_a_stranger.may_bid(campaign, imp, {});
      RandomCampaign unlimited = campaign;
      unlimited.cap = 0;
      unlimited.bids_left.reset();
      coverage_.limited += !to_known && oracle.may_bid(unlimited, imp, {});
      coverage_.bids_to_the_known += to_known && !to_stranger;
      coverage_.refused_to_the_known += !to_known && to_stranger;
    }
  }

  void count(const RandomCampaign& winner, const RandomImp& imp, const Choice& choice, int best_count) {
    ++coverage_.bids;
    coverage_.ties += best_count > 1;
    coverage_.deals += choice.deal != nullptr;
    const catalog::Creative& creative = *choice.creative->source;
    coverage_.flexible += creative.media == catalog::Media::banner && imp.sizes.empty();
    for (const auto& [dimension, wish] : winner.wishes) {
      if (wish.include.empty() && wish.all.empty()) continue;
      ++coverage_.winners_including[static_cast<std::size_t>(dimension)];
      coverage_.wide += dimension == Dimension::country && wish.include.size() > 50;
    }
  }

  // What an account may spend, of the campaigns that have one; and what the user was shown, half an hour ago.
  static void set_limits(Market& market, const std::vector<RandomCampaign>& campaigns) {
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
      if (!campaigns[i].bids_left) continue;
      market.purse(i).fill(Nanos{campaigns[i].price} * 10'000 * *campaigns[i].bids_left, Market::kForever);
      market.purse(i).set_chance(campaigns[i].held_back ? 0 : budget::Purse::kAlways);
    }
  }
  static void show(Market& market, const RandomRequest& request) {
    std::vector<profile::Show> shown;
    for (const auto& [id, advertiser] : request.shown) {
      shown.push_back({1, catalog::subject_of("campaign:" + id), 0, catalog::subject_of("advertiser:" + advertiser),
                       testing::kNow.unix_seconds - 1800});
    }
    request.history_known ? market.show(shown) : market.forget();
  }

  Coverage coverage_;
  Oracle::Made made_;
};

TEST_F(Equivalence, TheIndexFindsWhatASearchThroughAllCampaignsFinds) {
  for (std::uint64_t catalog_seed = 0; catalog_seed < kCatalogs; ++catalog_seed) {
    const std::vector<RandomCampaign> campaigns = RandomMarket(catalog_seed).campaigns();
    std::vector<Json> jsons;
    for (const RandomCampaign& campaign : campaigns) jsons.push_back(campaign.json());
    Market market(jsons);
    set_limits(market, campaigns);
    for (std::uint64_t i = 0; i < kRequests; ++i) {
      const std::uint64_t request_seed = catalog_seed * kRequests + i;
      const RandomRequest request = RandomMarket(mix(request_seed, 1)).request();
      const Oracle oracle(request);
      market.put(request.json());
      market.know(request.known);
      show(market, request);
      made_.clear();
      const Moment moment{testing::kNow.unix_seconds, {}, request_seed};
      const Decision decision = market.decide(moment);
      const Explanation explanation = market.explain(moment);
      ASSERT_EQ(explanation.imps.size(), request.imps.size());
      for (std::size_t imp = 0; imp < request.imps.size(); ++imp) {
        SCOPED_TRACE(fmt::format("catalog seed {}, request seed {}, impression {}\n{}", catalog_seed, request_seed, imp,
                                 request.json().dump()));
        const auto choice = std::find_if(decision.choices.begin(), decision.choices.end(),
                                         [&](const Choice& each) { return each.imp == &market.bid_request.imp[imp]; });
        check(campaigns, oracle, request.imps[imp], choice == decision.choices.end() ? nullptr : &*choice,
              explanation.imps[imp], market);
        if (HasFatalFailure()) return;
        count_known(campaigns, oracle, request, request.imps[imp]);
      }
    }
  }
  EXPECT_GT(coverage_.bids, coverage_.auctions / 4);
  EXPECT_LT(coverage_.bids, coverage_.auctions * 19 / 20);
  EXPECT_GT(coverage_.ties, 100);
  EXPECT_GT(coverage_.deals, 100);
  EXPECT_GT(coverage_.flexible, 100);
  EXPECT_GT(coverage_.wide, 10);
  EXPECT_GT(coverage_.limited, 10'000);
  EXPECT_GT(coverage_.bids_to_the_known, 1'000);
  EXPECT_GT(coverage_.refused_to_the_known, 200);
  for (std::size_t i = 0; i < catalog::kDimensions; ++i) {
    EXPECT_GT(coverage_.winners_including[i], 20) << catalog::key(static_cast<Dimension>(i));
  }
}

}  // namespace
}  // namespace bidwell::bidding
