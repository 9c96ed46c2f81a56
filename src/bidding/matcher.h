// The rules, one campaign and one impression at a time. Serving asks it about the index's candidates, explain
// about every campaign: the same code, so an explanation is what serving would have done.
#pragma once

#include <array>

#include "bidding/facts.h"
#include "bidding/seen.h"

namespace bidwell::bidding {

// What an impression offers, worked out once before its candidates.
class Offer {
 public:
  // Flexible sizes are matched against the catalog's. Past this many formats the rest is not looked at: no real
  // impression offers as many.
  static constexpr std::size_t kFormatsMax = 64;

  // The reason why nobody may bid on the impression, or none.
  Reason prepare(const openrtb::Imp& imp, const CurrencyTable& currencies, const Currency& currency,
                 const catalog::Snapshot& snapshot);

  const openrtb::Imp& imp() const noexcept { return *imp_; }
  std::span<const catalog::Format> formats() const noexcept { return {formats_.data(), count_}; }
  std::uint64_t traits() const noexcept { return traits_; }
  Micros floor() const noexcept { return floor_; }          // in the answer's currency, rounded up
  Micros floor_usd() const noexcept { return floor_usd_; }  // rounded down: below it nobody meets the floor
  const Currency& floor_currency() const noexcept { return *floor_currency_; }

 private:
  void add(catalog::Format format) noexcept;
  void add_banner(const openrtb::Banner& banner, const catalog::Snapshot& snapshot) noexcept;

  const openrtb::Imp* imp_ = nullptr;
  std::array<catalog::Format, kFormatsMax> formats_;
  std::size_t count_ = 0;
  std::uint64_t traits_ = 0;
  Micros floor_ = 0, floor_usd_ = 0;
  const Currency* floor_currency_ = nullptr;
};

class Matcher {
 public:
  Matcher(const openrtb::BidRequest& request, const Terms& terms, const Currency& currency,
          const catalog::Snapshot& snapshot, const Facts& facts, const Seen& seen, Moment moment)
      : request_(request),
        terms_(terms),
        currency_(currency),
        facts_(facts),
        seen_(seen),
        has_caps_(snapshot.has_caps()),
        moment_(moment) {}

  // Whether the campaign wants this impression: its state, targeting, what its seat may do and what the user has seen.
  Reason check_campaign(const catalog::CompiledCampaign& campaign, const Offer& offer) const;

  // Finds a creative of the line and a price that the impression takes. On none, `choice` is filled.
  Reason check_line(const catalog::Line& line, const Offer& offer, Choice& choice) const;

  // The first trait that differs. Only for words that do not match.
  static Reason trait_reason(std::uint64_t accepted, std::uint64_t traits) noexcept;

 private:
  Reason check_predicates(const catalog::CompiledCampaign& campaign) const;
  Reason check_specials(const catalog::Targeting& targeting) const;
  Reason check_creative(const catalog::CompiledCreative& creative, const openrtb::Imp& imp) const;
  Reason check_stream(const catalog::Creative& creative, const openrtb::Stream& stream) const;
  Reason check_price(const catalog::CompiledCampaign& campaign, const catalog::CompiledCreative& creative,
                     const Offer& offer, Choice& choice) const;
  Reason check_deal(const openrtb::Deal& deal, const catalog::CompiledCampaign& campaign,
                    const catalog::CompiledCreative& creative, Micros value, Micros& floor) const;
  Micros price_of(Micros value, Micros floor, const Choice& choice) const;
  bool is_capped(const catalog::CompiledCampaign& campaign) const noexcept {
    return has_caps_ && !campaign.source->caps.empty();
  }

  std::string_view seat_of(const catalog::CompiledCampaign& campaign) const noexcept {
    return terms_.seat.empty() ? std::string_view(campaign.source->seat) : terms_.seat;
  }

  const openrtb::BidRequest& request_;
  const Terms& terms_;
  const Currency& currency_;
  const Facts& facts_;
  const Seen& seen_;
  const bool has_caps_;
  Moment moment_;
};

// The currency to answer in: the exchange's own if the request accepts it, else the first accepted one that has a
// rate. Null: none has.
const Currency* answer_currency(const openrtb::BidRequest& request, const Terms& terms) noexcept;

}  // namespace bidwell::bidding
