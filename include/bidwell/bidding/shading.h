// How much of what an impression is worth is bid in a first-price auction, where the winner pays his own bid. The plain
// default bids the value; a policy that learns from losses and min_to_win takes its place.
#pragma once

#include "bidwell/catalog/snapshot.h"
#include "bidwell/core/money.h"
#include "bidwell/openrtb/request.h"

namespace bidwell::bidding {

// Thread-safe, and called on the data path: no lock, no allocation.
class Shading {
 public:
  virtual ~Shading() = default;

  // What to bid of `value`; both CPM in the answer's currency. What is returned is held to `floor` (the impression's or
  // the deal's) below and `value` above.
  virtual Micros bid(Micros value, Micros floor, const openrtb::Imp& imp,
                     const catalog::CompiledCampaign& campaign) const noexcept = 0;
};

}  // namespace bidwell::bidding
