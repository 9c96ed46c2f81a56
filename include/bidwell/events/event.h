// What is recorded: a bid that was answered, or a notice about one that an exchange or a browser sent. One form in
// memory for all kinds, and one of bytes, for the journal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bidwell/core/currency.h"
#include "bidwell/core/money.h"

namespace bidwell::events {

enum class Kind : std::uint8_t { bid, win, bill, loss, imp, click };
inline constexpr std::size_t kKinds = 6;
// As in the notices' URLs and in the table: "bid", "win", ...
std::string_view name(Kind kind) noexcept;

// A bid's id, unique over all instances and runs; 24 hexadecimal digits in a response.
using BidId = std::array<std::uint8_t, 12>;
inline constexpr std::size_t kBidIdTextSize = 24;
// Lower case, into kBidIdTextSize bytes.
void write_bid_id(const BidId& id, char* out) noexcept;

// profile's key, highest byte first; zeros: nobody is known, or he may not be.
using UserKey = std::array<std::uint8_t, 16>;

inline constexpr Micros kNoPrice = -1;
inline constexpr std::uint32_t kEveryBid = 1'000'000;

// Views of whatever it was read from.
struct Event {
  Kind kind = Kind::bid;
  std::int64_t at_us = 0;      // Unix microseconds: when the bid was answered or the notice came in
  std::int64_t bid_at_ms = 0;  // Unix milliseconds: when the bid was answered, the same in all events of the bid
  BidId bid_id{};
  UserKey user{};
  std::string_view exchange, campaign_id, creative_id;
  std::string_view imp_id;
  Micros price = kNoPrice;      // CPM. Of a bid what was offered; of a notice what it says; kNoPrice: it does not
  Micros price_max = kNoPrice;  // of a notice: what had been offered
  CurrencyCode currency = kUsd;

  // Of a bid.
  std::string_view auction_id, deal_id;
  std::uint32_t sampled_ppm = kEveryBid;  // of a million bids as this so many are recorded

  // Of a notice.
  bool late = false;              // came after its bid was taken for lost
  std::int32_t loss_reason = -1;  // OpenRTB 2.6, list 5.25; -1: not said
  Micros min_to_win = kNoPrice;   // CPM; kNoPrice: not said
  // Of win, bill and loss: money of the campaign's budget, in its own currency.
  CurrencyCode budget_currency = kUsd;
  Nanos reserved = kNoPrice;  // what the bid could cost; kNoPrice: not known
  bool from_purse = false;    // that was reserved in the budgets' ledger; not where there was no budget
  Nanos spend = kNoPrice;     // what this notice says was spent; kNoPrice: it is not the one that counts
  std::string_view client;    // of imp and click: the browser's network, such as "203.0.113.0/24"
};

// A text longer than this is cut: no identifier of an exchange that means something is.
inline constexpr std::size_t kTextBytesMax = 512;
inline constexpr std::size_t kEventBytesMax = 128 + 8 * (2 + kTextBytesMax);

// Into `out`, which has room for kEventBytesMax; returns the size.
std::size_t encode(const Event& event, char* out) noexcept;
// False: these bytes are no event. The views point into `bytes`.
bool decode(std::string_view bytes, Event& event) noexcept;

}  // namespace bidwell::events
