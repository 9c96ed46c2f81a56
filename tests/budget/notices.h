// Batches of notices, as a shipper hands them over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bidwell/events/sink.h"

namespace bidwell::budget::testing {

// 2026-11-20 10:00:00 UTC.
inline constexpr std::int64_t kNow = 1'795'168'800;
inline constexpr std::int64_t kCell = kNow / 900;

inline events::Event notice(events::Kind kind, std::uint64_t bid, Nanos spend = events::kNoPrice,
                            const char* campaign = "c1", std::int64_t bid_at = kNow) {
  events::Event event;
  event.kind = kind;
  event.bid_at_ms = bid_at * 1000 + 250;
  event.at_us = event.bid_at_ms * 1000 + 1'500'000;
  for (int i = 0; i < 8; ++i) event.bid_id[static_cast<std::size_t>(11 - i)] = static_cast<std::uint8_t>(bid >> 8 * i);
  event.exchange = "demo", event.campaign_id = campaign, event.creative_id = "cr", event.imp_id = "1";
  event.price_max = 2'000'000;
  event.reserved = 2'000'000;
  event.from_purse = true;
  event.spend = spend;
  return event;
}

// Adds a journal's events, ten positions each.
inline void add(events::Batch& batch, const std::string& journal, const std::vector<events::Event>& events,
                std::uint64_t from = 0) {
  const auto number = static_cast<std::uint32_t>(batch.advances.size());
  for (std::size_t i = 0; i < events.size(); ++i) batch.rows.push_back({events[i], {}, from + 10 * i, number});
  batch.advances.push_back({journal, from, from + 10 * events.size()});
}

inline events::Batch batch(const std::vector<events::Event>& events, std::uint64_t from = 0,
                           const std::string& journal = "run/0") {
  events::Batch made;
  add(made, journal, events, from);
  return made;
}

}  // namespace bidwell::budget::testing
