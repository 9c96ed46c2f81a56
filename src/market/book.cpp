#include "market/book.h"

#include <charconv>
#include <utility>

namespace bidwell::market {
namespace {

constexpr std::array<std::string_view, kKinds> kNames = {"win", "bill", "loss", "imp", "click"};

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kind_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kKinds; ++i) {
    if (kNames[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> OwnBook::add(std::string_view id, std::uint64_t auction, std::string_view imp,
                                          Micros price, std::string_view currency, std::string_view campaign,
                                          bool test) {
  if (places_.contains(id)) return std::nullopt;
  const auto place = static_cast<std::uint32_t>(bids_.size());
  BidEntry& entry = bids_.emplace_back();
  entry.id = id, entry.imp = imp;
  entry.auction = auction;
  entry.price = price;
  entry.currency = number_of(currency), entry.campaign = number_of(campaign);
  entry.test = test;
  places_.emplace(entry.id, place);
  return place;
}

std::optional<std::uint32_t> OwnBook::find(std::string_view id) const {
  const auto at = places_.find(id);
  return at == places_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<std::uint64_t> OwnBook::auction_of(std::string_view auction_id) const {
  if (!auction_id.starts_with(prefix_)) return std::nullopt;
  auction_id.remove_prefix(prefix_.size());
  std::uint64_t number = 0;
  const char* const end = auction_id.data() + auction_id.size();
  const auto [after, error] = std::from_chars(auction_id.data(), end, number);
  return error == std::errc{} && after == end ? std::optional(number) : std::nullopt;
}

std::uint32_t OwnBook::number_of(std::string_view name) {
  if (const auto at = numbers_.find(name); at != numbers_.end()) return at->second;
  const auto number = static_cast<std::uint32_t>(names_.size());
  numbers_.emplace(names_.emplace_back(name), number);
  return number;
}

}  // namespace bidwell::market
