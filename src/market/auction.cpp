#include "market/auction.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bidwell::market {

Rates::Rates(const std::vector<std::pair<std::string, double>>& units) {
  nanos_.emplace_back("USD", 1'000'000'000);
  for (const auto& [currency, per_dollar] : units) {
    if (!(per_dollar > 1e-6 && per_dollar < 1e8)) throw std::invalid_argument("the rate of " + currency + " is none");
    if (currency != "USD") nanos_.emplace_back(currency, std::llround(per_dollar * 1e9));
  }
}

std::optional<std::int64_t> Rates::nanos(std::string_view currency) const {
  for (const auto& [name, nanos] : nanos_) {
    if (name == currency) return nanos;
  }
  return std::nullopt;
}

std::optional<Micros> Rates::convert(Micros amount, std::string_view from, std::string_view to,
                                     Rounding rounding) const {
  if (from == to) return amount;
  const auto a = nanos(from), b = nanos(to);
  if (!a || !b) return std::nullopt;
  return scale(amount, *b, *a, rounding);
}

Sale hold(const std::vector<Entry>& entries, Micros rival, Micros floor, int type) {
  if (rival < floor) rival = 0;
  Sale sale;
  Micros best = 0, second = rival;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Micros price = entries[i].price;
    if (price < entries[i].floor || price <= 0) continue;
    if (!sale.winner || price > best) {
      second = std::max(second, best);
      sale.winner = i;
      best = price;
    } else {
      second = std::max(second, price);
    }
  }
  sale.sold = sale.winner || rival > 0;
  // Ties are the rivals'.
  if (sale.winner && best <= rival) sale.winner.reset();
  if (!sale.winner) {
    sale.price = rival;
    sale.min_to_win = rival > 0 ? rival + 1 : floor;
    return sale;
  }
  const Micros own_floor = entries[*sale.winner].floor;
  sale.min_to_win = std::min(best, std::max(rival > 0 && second == rival ? second + 1 : second, own_floor));
  sale.price = type == 2 ? std::min(best, std::max(second, own_floor) + kSecondPriceStep) : best;
  return sale;
}

}  // namespace bidwell::market
