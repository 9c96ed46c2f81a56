// Why each campaign did or did not bid: the decision's own rules asked about every campaign instead of the index's
// candidates. For people and tools; it allocates and is slow.
#pragma once

#include <string>
#include <vector>

#include "bidwell/bidding/decide.h"

namespace bidwell::bidding {

struct Verdict {
  const catalog::CompiledCampaign* campaign = nullptr;
  Reason reason = Reason::none;  // the first that refused it; `none` for the winner, `outbid` for the others
  // Where it would bid:
  const catalog::CompiledCreative* creative = nullptr;
  const openrtb::Deal* deal = nullptr;
  Micros price = 0;  // CPM in the explanation's currency
  int rank = 0;      // 1 = the bid that serving sends
  // Of Reason::capped: the campaign's cap that is full (of creatives, the first one's), and what it has counted.
  const catalog::Cap* cap = nullptr;
  unsigned seen = 0;
};

struct ImpExplanation {
  const openrtb::Imp* imp = nullptr;
  Reason reason = Reason::none;   // why nobody may bid on it at all
  std::vector<Verdict> verdicts;  // ranked first, then in the catalog's order
};

struct Explanation {
  Reason reason = Reason::none;  // why there is no bid on the whole request
  std::string_view currency;
  std::vector<ImpExplanation> imps;
};

// As decide(), which it calls, so that offers are counted in the wallet; the same moment gives the same winners.
Explanation explain(const openrtb::BidRequest& request, const User& user, const Terms& terms,
                    const catalog::Snapshot& snapshot, budget::Wallet* wallet, Moment moment);

}  // namespace bidwell::bidding
