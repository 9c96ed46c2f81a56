// The decision: for each impression the best bid that obeys the rules. A pure function of the request, what is known of
// its user, the exchange's terms, the catalog, the time and a seed; no I/O, no allocation once its workspace is warm.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bidwell/bidding/reason.h"
#include "bidwell/bidding/shading.h"
#include "bidwell/budget/wallet.h"
#include "bidwell/catalog/snapshot.h"
#include "bidwell/core/currency.h"
#include "bidwell/openrtb/request.h"
#include "bidwell/profile/history.h"
#include "bidwell/profile/profile.h"

namespace bidwell::bidding {

// What holds for every request of one exchange. Constant after construction.
struct Terms {
  std::uint64_t exchange = 0;         // catalog::token(Dimension::exchange, its name)
  std::string_view seat;              // bids under this seat; empty: each campaign's own
  std::string_view currency = "USD";  // answered in, where the request accepts it
  const CurrencyTable* currencies = nullptr;
  const Shading* shading = nullptr;  // of first-price auctions' bids; null: the value is bid
};

// What is known of the request's user. Needed for the call only.
struct User {
  profile::Profile profile;
  profile::History history;
};

struct Moment {
  std::int64_t unix_seconds = 0;
  budget::Steady steady;
  std::uint64_t seed = 0;  // breaks ties: the same seed, the same choice
};

// One bid. Views of the request and the snapshot.
struct Choice {
  const openrtb::Imp* imp = nullptr;
  const catalog::CompiledCampaign* campaign = nullptr;
  const catalog::CompiledCreative* creative = nullptr;
  const openrtb::Deal* deal = nullptr;  // null: open auction
  Micros price = 0;                     // CPM in the decision's currency
  Nanos cost = 0;                       // of the impression at that price, in the campaign's currency
  std::string_view seat;
};

struct Decision {
  Reason no_bid = Reason::none;  // why there is none at all
  std::string_view currency;
  std::span<const Choice> choices;  // at most one per impression, bids of one seat together
};

struct Hit;
struct List;
struct Candidate;

// Scratch that is reused from request to request. One per worker.
class Workspace {
 public:
  Workspace();
  ~Workspace();

 private:
  friend class Facts;
  friend class Search;
  friend Decision decide(const openrtb::BidRequest&, const User&, const Terms&, const catalog::Snapshot&,
                         budget::Wallet*, Moment, Workspace&, ReasonCounters&);
  std::vector<std::uint64_t> tokens_;
  std::vector<Hit> hits_;
  std::vector<List> lists_;
  std::vector<Candidate> tied_;
  std::vector<Choice> choices_;
};

// The request must have been scrubbed (openrtb/privacy.h). The profile's segments, by the decimal text of their
// numbers, and its attributes, as "name=value", are segments of the user beside the request's own; its attributes
// "gender" and "yob", as OpenRTB writes them, hold where the request says nothing of them. Empty: nothing is known of
// the user. The decision's views live as long as the request, the snapshot and the workspace are left alone. Every
// campaign that was looked at and refused is counted in `counters.refused`, a request without a bid in
// `counters.no_bid`.
//
// `wallet` is this worker's; null: budgets are not kept, and campaigns that have one do not bid. What could have been
// bid is counted in its purses; the caller takes the cost of each bid that it sends out of them (Purse::use).
Decision decide(const openrtb::BidRequest& request, const User& user, const Terms& terms,
                const catalog::Snapshot& snapshot, budget::Wallet* wallet, Moment moment, Workspace& workspace,
                ReasonCounters& counters);

}  // namespace bidwell::bidding
