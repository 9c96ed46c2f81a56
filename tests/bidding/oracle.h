// Who may bid on what, and what it is worth, worked out from the rules' words with sets of strings:
// no tokens, no index, no code of the decision's.
#pragma once

#include "tests/bidding/random_market.h"

namespace bidwell::bidding::testing {

class Oracle {
 public:
  explicit Oracle(const RandomRequest& request);

  // `made`: the answer's bids on the impressions before.
  using Made = std::vector<const RandomCampaign*>;
  bool may_bid(const RandomCampaign& campaign, const RandomImp& imp, const Made& made) const;

  // Ten-thousandths of a dollar: whole for every price and floor that a random market has.
  static long worth(int hundredths, const std::string& currency);

 private:
  bool wants(const RandomCampaign& campaign, const RandomImp& imp) const;
  bool within_limits(const RandomCampaign& campaign, const Made& made) const;
  bool fits(const RandomCreative& creative, const RandomImp& imp) const;

  const RandomRequest& request_;
  std::map<catalog::Dimension, std::set<std::string>> has_;  // what the request has, with all that it implies
};

}  // namespace bidwell::bidding::testing
