// Why there is no bid: the one list that serving counts, `explain` prints and the metrics are named after.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "bidwell/catalog/targeting.h"
#include "bidwell/core/counter.h"

namespace bidwell::bidding {

enum class Reason : std::uint8_t {
  none,  // it bids
  // The whole request.
  invalid_request,
  too_little_time,
  currency_not_accepted,
  no_candidate,
  answer_too_large,
  ids_too_long,
  // One impression.
  imp_id_missing,
  imp_id_repeated,
  floor_unreadable,
  floor_currency_unknown,
  nothing_offered,
  // A campaign: its state and targeting. Traits and dimensions stand in the order of their enums.
  paused,
  flight_not_begun,
  flight_over,
  inventory,
  device_type,
  os,
  connection,
  position,
  interstitial,
  rewarded,
  gender,
  exchange,
  deal,
  bundle,
  domain,
  publisher,
  content_category,
  page_category,
  country,
  region,
  city,
  postal_code,
  make,
  model,
  language,
  carrier,
  segment,
  os_version,
  radius,
  hour_of_week,
  age,
  // A campaign: what the exchange and the publisher allow.
  seat,
  private_auction,
  transparency,
  // Its creatives.
  format,
  insecure,
  advertiser_blocked,
  category_blocked,
  category_taxonomy,
  app_blocked,
  creative_language,
  attribute_blocked,
  banner_type_blocked,
  api,
  mime,
  protocol,
  delivery,
  linearity,
  duration,
  native_assets,
  // What its user has seen.
  capped,
  history_unknown,
  // Its price.
  deal_seat,
  deal_advertiser,
  below_floor,
  // Its money.
  over_budget,
  paced_out,
  outbid,
};
inline constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::outbid) + 1;

std::string_view name(Reason reason) noexcept;     // "below_floor": for metrics and JSON
std::string_view meaning(Reason reason) noexcept;  // one line for people

constexpr Reason reason_of(catalog::Trait trait) noexcept {
  return static_cast<Reason>(static_cast<unsigned>(Reason::inventory) + static_cast<unsigned>(trait));
}
constexpr Reason reason_of(catalog::Dimension dimension) noexcept {
  return static_cast<Reason>(static_cast<unsigned>(Reason::exchange) + static_cast<unsigned>(dimension));
}

// A worker's tally. `refused` counts campaigns that were looked at and refused; `no_bid` counts requests.
struct alignas(64) ReasonCounters {
  std::array<Counter, kReasons> refused;
  std::array<Counter, kReasons> no_bid;
};

}  // namespace bidwell::bidding
