// Whether an impression takes a creative, the user may see it once more, and at what price.
#include <algorithm>

#include "bidding/matcher.h"
#include "bidwell/bidding/native.h"
#include "bidwell/core/text.h"

namespace bidwell::bidding {
namespace {

using catalog::CompiledCreative;
using catalog::Creative;
using catalog::Media;
using openrtb::EnumSet;
using openrtb::kAbsent;

bool is_blocked_domain(const Creative& creative, openrtb::Strings blocked) {
  for (const std::string_view domain : blocked) {
    for (const std::string& mine : creative.adomain) {
      if (within_domain(mine, domain)) return true;
    }
  }
  return false;
}

// Whether one of the creative's categories, or the parent of one, is blocked.
bool has_blocked_category(const CompiledCreative& creative, openrtb::Strings blocked) {
  for (const std::string_view category : blocked) {
    for (const std::string_view mine : creative.cat) {
      if (ascii_iequal(mine, category)) return true;
    }
  }
  return false;
}

// Whether the creative has categories, and each of them, or its parent, is allowed.
bool has_allowed_categories(const Creative& creative, openrtb::Strings allowed) {
  const auto is_allowed = [&](std::string_view category) {
    const std::string_view parent = catalog::parent_category(category);
    return std::any_of(allowed.begin(), allowed.end(), [&](std::string_view entry) {
      return ascii_iequal(entry, category) || (!parent.empty() && ascii_iequal(entry, parent));
    });
  };
  return !creative.cat.empty() && std::all_of(creative.cat.begin(), creative.cat.end(), is_allowed);
}

bool accepts_language(const CompiledCreative& creative, openrtb::Strings accepted) {
  if (creative.language.empty() || accepted.empty()) return true;
  return std::any_of(accepted.begin(), accepted.end(), [&](std::string_view language) {
    return ascii_iequal(language.substr(0, language.find_first_of("-_")), creative.language);
  });
}

// An API framework that the creative needs and the player does not name is missing.
bool lacks_api(const Creative& creative, EnumSet offered) {
  return (creative.api.bits() & ~offered.bits()) != 0;
}

// The player picks a file that it can play.
bool accepts_mime(const Creative& creative, openrtb::Strings mimes) {
  if (mimes.empty()) return true;
  return std::any_of(creative.media_files.begin(), creative.media_files.end(), [&](const catalog::MediaFile& file) {
    return std::any_of(mimes.begin(), mimes.end(),
                       [&](std::string_view mime) { return ascii_iequal(trim(mime), file.type); });
  });
}

bool fits_duration(std::int32_t duration, const openrtb::Stream& stream) {
  if (!stream.rqddurs.empty()) {
    if (std::find(stream.rqddurs.begin(), stream.rqddurs.end(), duration) == stream.rqddurs.end()) return false;
  } else {
    if (stream.minduration != kAbsent && duration < stream.minduration) return false;
    if (stream.maxduration != kAbsent && duration > stream.maxduration) return false;
  }
  return stream.poddur == kAbsent || duration <= stream.poddur;
}

const openrtb::Stream* stream_of(const Creative& creative, const openrtb::Imp& imp) {
  if (creative.media == Media::video) return &imp.video;
  if (creative.media == Media::audio) return &imp.audio;
  return nullptr;
}

}  // namespace

Reason Matcher::check_stream(const Creative& creative, const openrtb::Stream& stream) const {
  if (creative.attr.intersects(stream.battr)) return Reason::attribute_blocked;
  if (lacks_api(creative, stream.api)) return Reason::api;
  if (!accepts_mime(creative, stream.mimes)) return Reason::mime;
  if (!stream.protocols.empty() && !stream.protocols.contains(creative.protocol)) return Reason::protocol;
  if (!stream.delivery.empty() && !stream.delivery.contains(2)) return Reason::delivery;
  if (stream.linearity == 2) return Reason::linearity;
  return fits_duration(creative.duration, stream) ? Reason::none : Reason::duration;
}

Reason Matcher::check_creative(const CompiledCreative& creative, const openrtb::Imp& imp) const {
  const Creative& source = *creative.source;
  if (imp.secure == 1 && !source.secure) return Reason::insecure;
  if (is_blocked_domain(source, request_.badv)) return Reason::advertiser_blocked;
  if (!request_.bcat.empty() || !request_.acat.empty()) {
    if (!creative.cat.empty() && source.cattax != request_.cattax) return Reason::category_taxonomy;
    if (has_blocked_category(creative, request_.bcat)) return Reason::category_blocked;
    if (!request_.acat.empty() && !has_allowed_categories(source, request_.acat)) return Reason::category_blocked;
  }
  if (!source.bundle.empty() &&
      std::find(request_.bapp.begin(), request_.bapp.end(), source.bundle) != request_.bapp.end()) {
    return Reason::app_blocked;
  }
  if (!accepts_language(creative, request_.wlang)) return Reason::creative_language;
  switch (source.media) {
    case Media::banner:
      if (source.attr.intersects(imp.banner.battr)) return Reason::attribute_blocked;
      if (imp.banner.btype.contains(source.btype)) return Reason::banner_type_blocked;
      return lacks_api(source, imp.banner.api) ? Reason::api : Reason::none;
    case Media::native:
      if (source.attr.intersects(imp.native.battr)) return Reason::attribute_blocked;
      if (lacks_api(source, imp.native.api)) return Reason::api;
      return can_answer(imp.native, creative) ? Reason::none : Reason::native_assets;
    case Media::video: return check_stream(source, imp.video);
    case Media::audio: return check_stream(source, imp.audio);
  }
  return Reason::none;
}

Reason Matcher::check_deal(const openrtb::Deal& deal, const catalog::CompiledCampaign& campaign,
                           const CompiledCreative& creative, Micros value, Micros& floor) const {
  if (deal.id.empty()) return Reason::deal;
  if (!deal.wseat.empty() && std::find(deal.wseat.begin(), deal.wseat.end(), seat_of(campaign)) == deal.wseat.end()) {
    return Reason::deal_seat;
  }
  if (!deal.wadomain.empty()) {
    const auto& mine = creative.source->adomain;
    const bool welcome = std::all_of(mine.begin(), mine.end(), [&](const std::string& domain) {
      return std::any_of(deal.wadomain.begin(), deal.wadomain.end(),
                         [&](std::string_view wanted) { return ascii_iequal(wanted, domain); });
    });
    if (!welcome) return Reason::deal_advertiser;
  }
  if (deal.bidfloor.state == openrtb::Floor::State::unreadable) return Reason::floor_unreadable;
  const Currency* floor_currency = terms_.currencies->find(deal.bidfloor.currency);
  if (floor_currency == nullptr) return Reason::floor_currency_unknown;
  floor = convert(deal.bidfloor.micros, *floor_currency, currency_, Rounding::up);
  return value < floor ? Reason::below_floor : Reason::none;
}

// What is bid of a value that meets the floor. A deal's auction type stands before the request's.
Micros Matcher::price_of(Micros value, Micros floor, const Choice& choice) const {
  const std::int32_t at = choice.deal == nullptr || choice.deal->at == kAbsent ? request_.at : choice.deal->at;
  if (at != 1 || terms_.shading == nullptr) return value;
  const Micros bid = terms_.shading->bid(value, floor, *choice.imp, *choice.campaign);
  return std::clamp(bid, std::max<Micros>(floor, 1), value);
}

Reason Matcher::check_price(const catalog::CompiledCampaign& campaign, const CompiledCreative& creative,
                            const Offer& offer, Choice& choice) const {
  const openrtb::Imp& imp = offer.imp();
  const Micros value = convert(campaign.value, campaign.currency, currency_, Rounding::down);
  Micros floor = offer.floor();
  choice.imp = &imp;
  choice.campaign = &campaign;
  choice.creative = &creative;
  choice.deal = nullptr;
  if (campaign.wants_deal) {
    // The first deal it wants and may use; if none, why the last one refused.
    const catalog::NameRule& wanted =
        campaign.source->targeting.names[static_cast<std::size_t>(catalog::Dimension::deal)];
    Reason reason = Reason::deal;
    for (const openrtb::Deal& deal : imp.deals) {
      const auto is = [&](const std::string& id) { return id == deal.id || id == catalog::kAnyValue; };
      if (std::none_of(wanted.include.begin(), wanted.include.end(), is)) continue;
      if (std::find(wanted.exclude.begin(), wanted.exclude.end(), deal.id) != wanted.exclude.end()) continue;
      reason = check_deal(deal, campaign, creative, value, floor);
      if (reason != Reason::none) continue;
      choice.deal = &deal;
      break;
    }
    if (choice.deal == nullptr) return reason;
  } else if (value < floor) {
    return Reason::below_floor;
  }
  // At 3 a deal's floor is the agreed price, not a lower bound.
  const bool is_agreed = choice.deal != nullptr && choice.deal->at == 3 && floor > 0;
  const Micros most = is_agreed ? floor : value;
  if (most <= 0) return Reason::below_floor;
  if (const openrtb::Stream* stream = stream_of(*creative.source, imp)) {
    const openrtb::Floor& per_second = stream->mincpmpersec;
    if (per_second.state == openrtb::Floor::State::unreadable) return Reason::floor_unreadable;
    const Micros least = convert(per_second.micros, offer.floor_currency(), currency_, Rounding::up);
    if (least > most / creative.source->duration) return Reason::below_floor;
    floor = std::max(floor, least * creative.source->duration);
  }
  choice.price = is_agreed ? most : price_of(value, floor, choice);
  choice.cost = convert(choice.price, currency_, campaign.currency, Rounding::up);
  choice.seat = seat_of(campaign);
  return Reason::none;
}

Reason Matcher::check_line(const catalog::Line& line, const Offer& offer, Choice& choice) const {
  // Creatives take turns: the seed says who is asked first.
  const std::size_t count = line.creatives.size();
  std::size_t next = count == 1 ? 0 : moment_.seed % count;
  Reason first = Reason::none;
  for (std::size_t i = 0; i < count; ++i, next = next + 1 == count ? 0 : next + 1) {
    const CompiledCreative& creative = *line.creatives[next];
    Reason reason = check_creative(creative, offer.imp());
    if (reason == Reason::none && is_capped(*line.campaign)) reason = seen_.check(creative, *line.campaign);
    if (reason == Reason::none) reason = check_price(*line.campaign, creative, offer, choice);
    if (reason == Reason::none) return reason;
    if (first == Reason::none) first = reason;
  }
  return first;
}

}  // namespace bidwell::bidding
