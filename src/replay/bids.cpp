// Bids, prices and the currency of an answer.
#include "replay/bids.h"

#include <algorithm>

#include "bidwell/core/money.h"
#include "bidwell/core/text.h"
#include "bidwell/replay/hdr.h"

namespace bidwell::replay {

Bidding BidReader::read(unsigned status, std::string_view body) {
  if (status == 204) return Bidding::none;
  bids_ = 0, sum_ = 0;
  in_bid_ = wrong_ = false;
  set_currency("USD");
  const std::string_view trimmed = trim(body);
  if (trimmed.empty() || trimmed.front() != '{' || !edit_json(trimmed, *this, nullptr)) return Bidding::unreadable;
  if (wrong_ || (in_bid_ && bids_ == 0)) return Bidding::unreadable;
  return bids_ == 0 ? Bidding::none : Bidding::bids;
}

std::optional<std::string> BidReader::edit(const JsonScalar& scalar) {
  const auto path = scalar.path;
  if (path.size() == 1) {
    if (path[0] == "cur") currency(scalar);
  } else if (path.size() >= 3 && path[1] == "bid" && path[0] == "seatbid") {
    in_bid_ = true;
    if (path.size() == 3 && path[2] == "price") price(scalar);
  }
  return std::nullopt;
}

void BidReader::price(const JsonScalar& scalar) {
  const auto micros = scalar.kind == JsonKind::number ? parse_micros(scalar.text, Rounding::down) : std::nullopt;
  if (!micros || *micros < 0) {
    wrong_ = true;
    return;
  }
  const std::uint64_t amount = std::min<std::uint64_t>(static_cast<std::uint64_t>(*micros), Hdr::kMax);
  if (bids_ < kPrices) prices_[bids_] = amount;
  ++bids_;
  sum_ += static_cast<std::int64_t>(amount);
}

void BidReader::currency(const JsonScalar& scalar) {
  if (scalar.kind == JsonKind::null) return;
  const std::string_view text = scalar.text;
  const bool is_one = scalar.kind == JsonKind::string && text.size() == 5 &&
                      std::ranges::all_of(text.substr(1, 3), [](char c) { return c >= 'A' && c <= 'Z'; });
  set_currency(is_one ? text.substr(1, 3) : "other");
}

void BidReader::set_currency(std::string_view name) noexcept {
  currency_size_ = name.copy(currency_.data(), currency_.size());
}

}  // namespace bidwell::replay
