// Whether a campaign wants an impression: its state, its targeting, its seat, its caps.
#include "bidding/matcher.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "bidwell/core/text.h"

namespace bidwell::bidding {
namespace {

using catalog::Predicate;

bool any_of(std::span<const std::uint64_t> tokens, const std::vector<std::uint64_t>& sorted) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](std::uint64_t token) { return std::binary_search(sorted.begin(), sorted.end(), token); });
}

bool holds(const Predicate& predicate, std::span<const std::uint64_t> tokens) {
  switch (predicate.kind) {
    case Predicate::Kind::include: return any_of(tokens, predicate.tokens);
    case Predicate::Kind::exclude: return !any_of(tokens, predicate.tokens);
    case Predicate::Kind::all:
      return std::all_of(predicate.tokens.begin(), predicate.tokens.end(), [&](std::uint64_t wanted) {
        return std::find(tokens.begin(), tokens.end(), wanted) != tokens.end();
      });
  }
  return false;
}

// Great-circle distance by the haversine formula, on a sphere of the Earth's mean radius.
double distance_km(double lat1, double lon1, double lat2, double lon2) {
  constexpr double kRadians = std::numbers::pi / 180;
  const double dlat = std::sin((lat2 - lat1) * kRadians / 2);
  const double dlon = std::sin((lon2 - lon1) * kRadians / 2);
  const double a = dlat * dlat + std::cos(lat1 * kRadians) * std::cos(lat2 * kRadians) * dlon * dlon;
  return 2 * 6371.0 * std::asin(std::min(1.0, std::sqrt(a)));
}

bool contains(openrtb::Strings list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Reason Matcher::trait_reason(std::uint64_t accepted, std::uint64_t traits) noexcept {
  const std::uint64_t refused = traits & ~accepted;
  if (refused == 0) return Reason::none;
  return reason_of(catalog::trait_of_bit(static_cast<unsigned>(std::countr_zero(refused))));
}

Reason Matcher::check_predicates(const catalog::CompiledCampaign& campaign) const {
  for (const Predicate& predicate : campaign.predicates) {
    if (!holds(predicate, facts_.tokens(predicate.dimension))) return reason_of(predicate.dimension);
  }
  return Reason::none;
}

Reason Matcher::check_specials(const catalog::Targeting& targeting) const {
  if (!targeting.os_versions.empty()) {
    bool listed = false, within = false;
    for (const catalog::OsVersionRange& range : targeting.os_versions) {
      if (range.os != facts_.os()) continue;
      listed = true;
      within |= facts_.os_version() && *facts_.os_version() >= range.min && *facts_.os_version() <= range.max;
    }
    if (listed && !within) return Reason::os_version;
  }
  if (targeting.hours && !targeting.hours->test(static_cast<std::size_t>(facts_.hour_of_week()))) {
    return Reason::hour_of_week;
  }
  if (targeting.age_min || targeting.age_max) {
    const auto age = facts_.age();
    if (!age || *age < targeting.age_min.value_or(0) || *age > targeting.age_max.value_or(1000)) return Reason::age;
  }
  if (!targeting.radius.empty()) {
    const openrtb::Geo& geo = facts_.geo();
    const bool within =
        geo.located() &&
        std::any_of(targeting.radius.begin(), targeting.radius.end(), [&](const catalog::Circle& circle) {
          return distance_km(geo.lat, geo.lon, circle.lat, circle.lon) <= circle.km;
        });
    if (!within) return Reason::radius;
  }
  return Reason::none;
}

Reason Matcher::check_campaign(const catalog::CompiledCampaign& campaign, const Offer& offer) const {
  const catalog::Campaign& source = *campaign.source;
  if (!source.active) return Reason::paused;
  if (moment_.unix_seconds < source.flight_start) return Reason::flight_not_begun;
  if (moment_.unix_seconds >= source.flight_end) return Reason::flight_over;
  const std::uint64_t traits = facts_.traits() | offer.traits();
  if ((source.targeting.traits & traits) != traits) return trait_reason(source.targeting.traits, traits);
  if (const Reason reason = check_predicates(campaign); reason != Reason::none) return reason;
  if (const Reason reason = check_specials(source.targeting); reason != Reason::none) return reason;

  const std::string_view seat = seat_of(campaign);
  if (!request_.wseat.empty() && !contains(request_.wseat, seat)) return Reason::seat;
  if (contains(request_.bseat, seat)) return Reason::seat;
  if (offer.imp().private_auction == 1 && !campaign.wants_deal) return Reason::private_auction;
  // 2 and 3: required. OpenRTB 2.6, "Digital Services Act Transparency Support".
  if (request_.regs.dsa.dsarequired >= 2 && campaign.dsa_by_publisher.empty()) return Reason::transparency;
  return is_capped(campaign) ? seen_.check(campaign) : Reason::none;
}

}  // namespace bidwell::bidding
