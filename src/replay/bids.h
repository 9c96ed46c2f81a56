// What an answer bids: read on the sending thread, so one pass and nothing kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bidwell/replay/json_edit.h"

namespace bidwell::replay {

enum class Bidding : std::uint8_t {
  bids,
  none,       // 204, or a JSON object without bids: {}, {"seatbid":[]}, one with an nbr
  unreadable  // a 200 whose body is no JSON object, or that has bids without a price that is one
};

// Not thread-safe; one for many answers.
class BidReader final : private JsonEditor {
 public:
  // Of an answer of 200 or 204.
  Bidding read(unsigned status, std::string_view body);

  // Of the last one read, where it bids. Prices in micros, each at most Hdr::kMax; past the kPrices first ones only
  // their sum is known.
  static constexpr std::size_t kPrices = 64;
  std::size_t bids() const noexcept { return bids_; }
  const std::uint64_t* prices() const noexcept { return prices_.data(); }
  std::int64_t sum() const noexcept { return sum_; }
  // Three capital letters; "USD" where none is said, "other" for what is no currency.
  std::string_view currency() const noexcept { return {currency_.data(), currency_size_}; }

 private:
  std::optional<std::string> edit(const JsonScalar& scalar) override;
  void price(const JsonScalar& scalar);
  void currency(const JsonScalar& scalar);
  void set_currency(std::string_view name) noexcept;

  std::array<std::uint64_t, kPrices> prices_{};
  std::size_t bids_ = 0;
  std::int64_t sum_ = 0;
  bool in_bid_ = false, wrong_ = false;  // something stands in a bid; a price is none
  std::array<char, 5> currency_{};
  std::size_t currency_size_ = 0;
};

}  // namespace bidwell::replay
