// Frequency caps: how often the request's user was shown what a cap counts, and which cap is full.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bidwell/bidding/decide.h"

namespace bidwell::bidding {

class Seen {
 public:
  // `made`: the bids that the answer already makes, which count like showings: else two impressions of one page would
  // break a cap. All must outlive it.
  Seen(const User& user, Moment moment, const std::vector<Choice>& made)
      : user_(user), now_(moment.unix_seconds), made_(made) {}

  // Why the campaign, or one of its creatives, must not be shown once more, or none. For those that have caps.
  Reason check(const catalog::CompiledCampaign& campaign) const noexcept;
  Reason check(const catalog::CompiledCreative& creative, const catalog::CompiledCampaign& campaign) const noexcept;

  struct Full {
    const catalog::Cap* cap = nullptr;  // null: none is full
    unsigned times = 0;                 // that it has counted
  };
  // Of the caps of the campaign and its advertiser, or of those of the creative, the first that is full.
  Full full(const catalog::CompiledCampaign& campaign) const noexcept { return full(campaign, nullptr); }
  Full full(const catalog::CompiledCampaign& campaign, const catalog::CompiledCreative* creative) const noexcept;

 private:
  unsigned times(const catalog::Cap& cap, const catalog::CompiledCampaign& campaign,
                 const catalog::CompiledCreative* creative) const noexcept;
  unsigned imported(std::uint32_t subject, std::int64_t since) const noexcept;

  const User& user_;
  const std::int64_t now_;
  const std::vector<Choice>& made_;
};

}  // namespace bidwell::bidding
