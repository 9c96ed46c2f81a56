// Events as lines of COPY's text form, and which of them no table can take.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "bidwell/events/event.h"

namespace bidwell::events {

// By bid_at, both included.
struct DayRange {
  std::chrono::sys_days first, last;
};

std::chrono::sys_days day_of(const Event& event) noexcept;

// Why the event cannot be stored; null: nothing is wrong with it.
const char* fault(const Event& event, const DayRange& days) noexcept;

// Valid UTF-8 without NUL, which PostgreSQL takes for nothing else.
bool storable(std::string_view text) noexcept;

// Lines of COPY's text form, with their end, of events without a fault. Each needs room for kLineBytesMax bytes and
// returns the end.
inline constexpr std::size_t kLineBytesMax = 512 + 7 * 2 * kTextBytesMax;
inline constexpr char kBidColumns[] =
    "bid_at, price_micros, sample_ppm, currency, bid_id, exchange, campaign_id, creative_id, auction_id, imp_id, "
    "deal_id, user_key";
char* write_bid(const Event& event, char* out) noexcept;

inline constexpr char kNoticeColumns[] =
    "bid_at, received_at, price_micros, price_max_micros, min_to_win_micros, loss_reason, late, kind, currency, "
    "bid_id, exchange, campaign_id, creative_id, imp_id, client, user_key, spend_nanos, budget_currency";
char* write_notice(const Event& event, char* out) noexcept;

// For what was set aside; as large as it is.
inline constexpr char kRejectedColumns[] = "position, journal, reason, event";
std::string rejected_line(std::string_view journal, std::uint64_t position, std::string_view reason,
                          std::string_view bytes);

}  // namespace bidwell::events
