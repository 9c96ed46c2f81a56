// Reads a bid response: all that an auction and its notices need. It is read anew here, by nlohmann, so that a fault of
// the bidder's writer is not also its reader's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/core/money.h"

namespace bidwell::market {

struct OfferedBid {
  std::string id, imp, seat, campaign, ad, deal;
  Micros price = 0;
  std::string nurl, burl, lurl, markup;
};

struct Offers {
  std::string bid_id;  // the response's "bidid"
  std::string currency = "USD";
  std::vector<OfferedBid> bids;  // none: no bid
};

// Nothing: it is no JSON object. What has the wrong type counts as absent; bids without an id or a price are left out.
std::optional<Offers> read_answer(std::string_view body);

}  // namespace bidwell::market
