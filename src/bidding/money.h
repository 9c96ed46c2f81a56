// What a bid costs, and whether there is money for it: asked last of all, when everything else is known.
#pragma once

#include <cstdint>
#include <vector>

#include "bidwell/bidding/decide.h"
#include "bidwell/core/hash.h"

namespace bidwell::bidding {

static_assert(catalog::kNoAccount == budget::kNoAccount, "the catalog does not know the budget's headers");

class Money {
 public:
  // `wallet` may be null: then campaigns with a budget have no money, as has one that nobody opened an account for.
  // `made`: the bids that the answer already makes, which are not taken out of the purses yet. Both must outlive it.
  Money(const openrtb::BidRequest& request, budget::Wallet* wallet, Moment moment, const std::vector<Choice>& made)
      : wallet_(wallet), counts_(wallet != nullptr && request.test == 0), now_(moment.steady), made_(made) {}

  // `lots`: of the impression; each campaign draws its own from it.
  Reason ask(const Choice& choice, std::uint64_t lots) const noexcept {
    const catalog::CompiledCampaign& campaign = *choice.campaign;
    if (!campaign.source->budget) return Reason::none;
    if (wallet_ == nullptr || campaign.account == catalog::kNoAccount) return Reason::over_budget;
    Nanos promised = 0;
    for (const Choice& other : made_) promised += other.campaign == &campaign ? other.cost : 0;
    switch (wallet_->purse(campaign.account).ask(choice.cost, promised, mix(lots, campaign.subject), now_)) {
      case budget::Purse::Answer::yes: return Reason::none;
      case budget::Purse::Answer::over_budget: return Reason::over_budget;
      case budget::Purse::Answer::paced_out: return Reason::paced_out;
    }
    return Reason::none;
  }

  // The same, and counts what could have been bid: for a campaign that bids if only its money lets it.
  Reason draw(const Choice& choice, std::uint64_t lots) const noexcept {
    if (counts_ && choice.campaign->source->budget && choice.campaign->account != catalog::kNoAccount) {
      wallet_->purse(choice.campaign->account).offer(choice.cost);
    }
    return ask(choice, lots);
  }

 private:
  budget::Wallet* wallet_;
  const bool counts_;  // tests are no traffic
  const budget::Steady now_;
  const std::vector<Choice>& made_;
};

}  // namespace bidwell::bidding
