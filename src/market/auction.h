// One impression's auction: who wins, at what price. Pure; money is in integer micros.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bidwell/core/money.h"

namespace bidwell::market {

// Units of each currency for one US dollar.
class Rates {
 public:
  explicit Rates(const std::vector<std::pair<std::string, double>>& units);
  // Nothing: one of the two is not known.
  std::optional<Micros> convert(Micros amount, std::string_view from, std::string_view to, Rounding rounding) const;

 private:
  std::optional<std::int64_t> nanos(std::string_view currency) const;
  std::vector<std::pair<std::string, std::int64_t>> nanos_;
};

// All in the auction's currency. In another currency than a bid's it was rounded down, so that nobody pays more.
struct Entry {
  Micros price = 0;
  Micros floor = 0;  // the impression's, or the deal's
};

// OpenRTB 2.6, list 5.25.
enum LossReason : int { kWon = 0, kExpired = 2, kInvalidResponse = 3, kBelowFloor = 100, kLostToHigherBid = 102 };

struct Sale {
  std::optional<std::size_t> winner;  // of the entries; nothing: a rival's, or nobody's
  bool sold = false;
  Micros price = 0;       // what is charged; 0 where nobody won
  Micros min_to_win = 0;  // the least with which an entry would have won
};

inline constexpr Micros kSecondPriceStep = 10'000;  // 0.01

// `rival`: the best of the others, 0 for none. The highest price wins; of equal ones the rival's, else the first's.
// `type` 1: it pays what it bid; 2: the second best, or its floor where that is higher, plus 0.01, but at most its bid.
Sale hold(const std::vector<Entry>& entries, Micros rival, Micros floor, int type);

}  // namespace bidwell::market
