// The exchange's own book: each bid that was seen and what became of its notices.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bidwell/core/money.h"

namespace bidwell::market {

enum class Kind : std::uint8_t { win, bill, loss, imp, click };
inline constexpr std::size_t kKinds = 5;
std::string_view name_of(Kind kind) noexcept;
std::optional<Kind> kind_of(std::string_view name) noexcept;

// What is known of a notice, the stronger ones later: the strongest counts.
enum class Told : std::uint8_t {
  none,          // no occasion, or never sent (withheld): must not be stored
  refused,       // every answer refused it, or none could be asked: must not be stored
  unknown,       // it was sent, and the answer did not come: may be stored
  acknowledged,  // must be stored
};

struct NoticeEntry {
  Told told = Told::none;
  bool withheld = false;
  std::uint8_t sends = 0;       // that may have arrived; 255: that many or more
  std::optional<Micros> price;  // that it said
};

struct BidEntry {
  std::string id, imp;
  std::uint64_t auction = 0;
  Micros price = 0;
  std::uint32_t currency = 0, campaign = 0;  // OwnBook::name()
  bool test = false;
  std::array<NoticeEntry, kKinds> notices;

  NoticeEntry& of(Kind kind) noexcept { return notices[static_cast<std::size_t>(kind)]; }
  const NoticeEntry& of(Kind kind) const noexcept { return notices[static_cast<std::size_t>(kind)]; }
};

// Grows by some 350 bytes a bid. Not thread-safe.
class OwnBook {
 public:
  // `prefix`: what this run's auctions' ids begin with; their number follows.
  explicit OwnBook(std::string prefix) : prefix_(std::move(prefix)) {}

  // Its place, for good; nothing: there is a bid of this id already.
  std::optional<std::uint32_t> add(std::string_view id, std::uint64_t auction, std::string_view imp, Micros price,
                                   std::string_view currency, std::string_view campaign, bool test);
  // An answer of this auction did not arrive, or could not be read.
  void unknown_auction(std::uint64_t auction) { unknown_auctions_.insert(auction); }

  BidEntry& at(std::uint32_t place) { return bids_[place]; }
  const std::deque<BidEntry>& bids() const noexcept { return bids_; }
  std::optional<std::uint32_t> find(std::string_view id) const;

  const std::string& prefix() const noexcept { return prefix_; }
  std::optional<std::uint64_t> auction_of(std::string_view auction_id) const;
  bool is_unknown(std::uint64_t auction) const { return unknown_auctions_.contains(auction); }
  std::size_t unknown_auctions() const noexcept { return unknown_auctions_.size(); }
  const std::string& name(std::uint32_t number) const { return names_[number]; }

 private:
  std::uint32_t number_of(std::string_view name);

  const std::string prefix_;
  std::deque<BidEntry> bids_;
  std::unordered_map<std::string_view, std::uint32_t> places_;  // views of the entries' ids
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::unordered_set<std::uint64_t> unknown_auctions_;
};

}  // namespace bidwell::market
