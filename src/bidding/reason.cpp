#include "bidwell/bidding/reason.h"

namespace bidwell::bidding {
namespace {

struct Text {
  Reason reason;
  std::string_view name, meaning;
};

constexpr Text kTexts[kReasons] = {
    {Reason::none, "none", "it bids"},
    {Reason::invalid_request, "invalid_request", "the request is not a bid request that can be answered"},
    {Reason::too_little_time, "too_little_time", "tmax less the exchange's margin leaves no time to bid"},
    {Reason::currency_not_accepted, "currency_not_accepted",
     "no exchange rate is configured for a currency the request accepts"},
    {Reason::no_candidate, "no_candidate", "no campaign wants any of the impressions"},
    {Reason::answer_too_large, "answer_too_large", "the answer would be larger than the server's limit"},
    {Reason::ids_too_long, "ids_too_long", "the impressions' ids are too long for a notice URL to name the bid"},
    {Reason::imp_id_missing, "imp_id_missing", "the impression has no id to answer"},
    {Reason::imp_id_repeated, "imp_id_repeated", "another impression has the same id, so an answer would be ambiguous"},
    {Reason::floor_unreadable, "floor_unreadable", "the impression's floor is not a number"},
    {Reason::floor_currency_unknown, "floor_currency_unknown",
     "no exchange rate is configured for the floor's currency"},
    {Reason::nothing_offered, "nothing_offered", "the impression offers no banner size and no other medium"},
    {Reason::paused, "paused", "the campaign is paused"},
    {Reason::flight_not_begun, "flight_not_begun", "the campaign's flight has not begun"},
    {Reason::flight_over, "flight_over", "the campaign's flight is over"},
    {Reason::inventory, "inventory", "not on this kind of inventory (site, app, dooh)"},
    {Reason::device_type, "device_type", "not on this type of device"},
    {Reason::os, "os", "not on this operating system"},
    {Reason::connection, "connection", "not on this type of connection"},
    {Reason::position, "position", "not at this position on the screen"},
    {Reason::interstitial, "interstitial", "wants the opposite of what imp.instl says"},
    {Reason::rewarded, "rewarded", "wants the opposite of what imp.rwdd says"},
    {Reason::gender, "gender", "not for this gender"},
    {Reason::exchange, "exchange", "not on this exchange"},
    {Reason::deal, "deal", "none of the deals it wants is offered"},
    {Reason::bundle, "bundle", "not in this app"},
    {Reason::domain, "domain", "not on this domain"},
    {Reason::publisher, "publisher", "not with this publisher"},
    {Reason::content_category, "content_category", "not beside content of this category"},
    {Reason::page_category, "page_category", "not on a page, section or app of this category"},
    {Reason::country, "country", "not in this country"},
    {Reason::region, "region", "not in this region"},
    {Reason::city, "city", "not in this city"},
    {Reason::postal_code, "postal_code", "not in this postal code"},
    {Reason::make, "make", "not on devices of this make"},
    {Reason::model, "model", "not on this device model"},
    {Reason::language, "language", "not for users of this language"},
    {Reason::carrier, "carrier", "not with this carrier"},
    {Reason::segment, "segment", "the user's segments are not the wanted ones"},
    {Reason::os_version, "os_version", "not on this version of the operating system"},
    {Reason::radius, "radius", "the user is not within any of the wanted circles"},
    {Reason::hour_of_week, "hour_of_week", "not at this hour of the user's week"},
    {Reason::age, "age", "the user's age is unknown or outside the wanted range"},
    {Reason::seat, "seat", "the request's wseat or bseat keeps the seat out"},
    {Reason::private_auction, "private_auction", "only deals may bid here"},
    {Reason::transparency, "transparency", "the request demands DSA transparency and the campaign has none"},
    {Reason::format, "format", "no creative of an offered medium and size"},
    {Reason::insecure, "insecure", "the impression wants https and the creative has an http asset"},
    {Reason::advertiser_blocked, "advertiser_blocked", "the creative's domain is in badv"},
    {Reason::category_blocked, "category_blocked", "the creative's category is in bcat, or not in acat"},
    {Reason::category_taxonomy, "category_taxonomy", "bcat speaks another category taxonomy than the creative"},
    {Reason::app_blocked, "app_blocked", "the promoted app is in bapp"},
    {Reason::creative_language, "creative_language", "the creative's language is not in wlang"},
    {Reason::attribute_blocked, "attribute_blocked", "a creative attribute is in battr"},
    {Reason::banner_type_blocked, "banner_type_blocked", "the banner's type is in btype"},
    {Reason::api, "api", "the creative needs an API framework that is not offered"},
    {Reason::mime, "mime", "no media file of an accepted MIME type"},
    {Reason::protocol, "protocol", "the VAST version is not accepted"},
    {Reason::delivery, "delivery", "progressive download is not accepted"},
    {Reason::linearity, "linearity", "only non-linear video is accepted"},
    {Reason::duration, "duration", "the creative's duration does not fit"},
    {Reason::native_assets, "native_assets", "a required native asset cannot be answered"},
    {Reason::capped, "capped", "the user has seen it as often as its cap allows"},
    {Reason::history_unknown, "history_unknown", "it has a cap, and what the user has seen is not known (yet)"},
    {Reason::deal_seat, "deal_seat", "the deal is for other seats"},
    {Reason::deal_advertiser, "deal_advertiser", "the deal is for other advertisers"},
    {Reason::below_floor, "below_floor", "the bid is below the floor"},
    {Reason::over_budget, "over_budget", "its budget is spent, or bid and not yet known to be won or lost"},
    {Reason::paced_out, "paced_out", "it is ahead of its budget's curve, and lots were drawn against this bid"},
    {Reason::outbid, "outbid", "another of our campaigns bids more"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kReasons; ++i) {
    if (kTexts[i].reason != static_cast<Reason>(i)) return false;
  }
  for (std::size_t i = 0; i < catalog::kTraits; ++i) {
    if (kTexts[static_cast<std::size_t>(Reason::inventory) + i].reason != reason_of(static_cast<catalog::Trait>(i))) {
      return false;
    }
  }
  return reason_of(catalog::Trait::gender) == Reason::gender &&
         reason_of(catalog::Dimension::segment) == Reason::segment;
}
static_assert(in_order());

}  // namespace

std::string_view name(Reason reason) noexcept {
  return kTexts[static_cast<std::size_t>(reason)].name;
}
std::string_view meaning(Reason reason) noexcept {
  return kTexts[static_cast<std::size_t>(reason)].meaning;
}

}  // namespace bidwell::bidding
