#include "bidding/seen.h"

namespace bidwell::bidding {
namespace {

using catalog::Cap;
using catalog::CompiledCampaign;
using catalog::CompiledCreative;
using profile::History;

std::uint32_t subject_of(Cap::Of of, const CompiledCampaign& campaign, const CompiledCreative* creative) {
  switch (of) {
    case Cap::Of::campaign: return campaign.subject;
    case Cap::Of::creative: return creative->subject;
    case Cap::Of::advertiser: return campaign.advertiser_subject;
  }
  return 0;
}

History::Subject place_of(Cap::Of of) {
  switch (of) {
    case Cap::Of::campaign: return History::Subject::campaign;
    case Cap::Of::creative: return History::Subject::creative;
    case Cap::Of::advertiser: return History::Subject::advertiser;
  }
  return History::Subject::campaign;
}

}  // namespace

// Showings that came with the profile: there it stands how often, and when for the last time, so all of them count as
// long as that one does; and not whether they were billed, so they count as either.
unsigned Seen::imported(std::uint32_t subject, std::int64_t since) const noexcept {
  unsigned times = 0;
  user_.profile.each_shown([&](const profile::Shown& shown) {
    // The last second of the minute.
    if (static_cast<std::uint32_t>(shown.subject) == subject && std::int64_t{shown.last_minute} * 60 + 59 >= since) {
      times += shown.times;
    }
  });
  return times;
}

unsigned Seen::times(const Cap& cap, const CompiledCampaign& campaign,
                     const CompiledCreative* creative) const noexcept {
  const std::uint32_t subject = subject_of(cap.of, campaign, creative);
  const std::int64_t since = now_ - cap.per.count();
  const auto kind = cap.counted == Cap::Counted::impression ? profile::Showing::impression : profile::Showing::billing;
  unsigned times = user_.history.times(place_of(cap.of), subject, kind, since) + imported(subject, since);
  for (const Choice& choice : made_) times += subject_of(cap.of, *choice.campaign, choice.creative) == subject ? 1 : 0;
  return times;
}

Seen::Full Seen::full(const CompiledCampaign& campaign, const CompiledCreative* creative) const noexcept {
  for (const Cap& cap : campaign.source->caps) {
    if ((cap.of == Cap::Of::creative) != (creative != nullptr)) continue;
    const unsigned seen = times(cap, campaign, creative);
    if (seen >= cap.times) return {&cap, seen};
  }
  return {};
}

Reason Seen::check(const CompiledCampaign& campaign) const noexcept {
  if (!user_.history.known() && !campaign.source->bids_on_unknown_users) return Reason::history_unknown;
  return full(campaign).cap == nullptr ? Reason::none : Reason::capped;
}

Reason Seen::check(const CompiledCreative& creative, const CompiledCampaign& campaign) const noexcept {
  return full(campaign, &creative).cap == nullptr ? Reason::none : Reason::capped;
}

}  // namespace bidwell::bidding
