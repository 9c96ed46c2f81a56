// See simulate_world.h.
#include "budget/simulate_world.h"

#include <array>
#include <cstring>

namespace bidwell::budget {
namespace {

// By the hour, as in web traffic: few at night, most in the evening.
constexpr std::array<double, 24> kCurve{0.62, 0.45, 0.34, 0.28, 0.26, 0.32, 0.48, 0.72, 0.92, 1.02, 1.06, 1.10,
                                        1.14, 1.10, 1.08, 1.10, 1.16, 1.26, 1.42, 1.58, 1.66, 1.58, 1.30, 0.92};
constexpr double kSum = 22.87;
constexpr double kPriceShare = 0.8;  // of a bid, in the mean

}  // namespace

Traffic::Traffic(const SimulationOptions& options)
    : curve_(options.day_curve), dead_hour_(options.dead_hour), spike_(options.spike) {
  const double bought = static_cast<double>(options.daily) / (options.cpm * 1e6 * options.win_rate * kPriceShare);
  per_day_ = options.abundance * bought;
}

double Traffic::rate(std::int64_t second, bool disturbed) const noexcept {
  const auto hour = static_cast<std::size_t>(second / 3600);
  const double part = static_cast<double>(second % 3600) / 3600;
  const double weight = curve_ ? (kCurve[hour] * (1 - part) + kCurve[(hour + 1) % 24] * part) * 24 / kSum : 1;
  double rate = per_day_ / kDaySeconds * weight;
  if (disturbed && dead_hour_ && hour == 13) rate = 0;
  if (disturbed && spike_ && second >= 18 * 3600 && second < 18 * 3600 + 1200) rate *= 5;
  return rate;
}

void SimulatedLedger::come() {
  ++calls;
  if (away) throw LedgerAway("away");
}

void SimulatedLedger::leave() {
  if (answers_lost_ > 0 && std::uniform_real_distribution<>()(random_) < answers_lost_) throw LedgerAway("no answer");
}

std::vector<Standing> SimulatedLedger::settle(std::string_view holder, std::span<const Statement> statements) {
  come();
  std::vector<Standing> out;
  for (const Statement& each : statements) out.push_back(book.settle(holder, each, now_ms));
  leave();
  return out;
}

std::vector<std::uint64_t> SimulatedLedger::positions(std::span<const std::string> journals) {
  come();
  return book.positions(journals);
}

void SimulatedLedger::confirm(std::span<const Resolved> resolved, std::span<const Advance> advances) {
  come();
  book.confirm(resolved, advances, now_ms);
  leave();
}

Cells SimulatedLedger::offered(std::string_view campaign) {
  come();
  return book.offered(campaign);
}

void SimulatedJournal::ship(SimulatedLedger& ledger, std::string_view campaign) {
  if (waiting_.empty()) return;
  try {
    if (unsure_) {
      const std::uint64_t known = ledger.positions({&name_, 1})[0];
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(known - position_));
      position_ = known;
      unsure_ = false;
    }
    std::vector<std::array<char, 12>> ids(waiting_.size());
    std::vector<Resolved> resolved;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const Notice& notice = waiting_[i];
      std::memcpy(ids[i].data(), &notice.bid, sizeof notice.bid);
      Resolved& out = resolved.emplace_back();
      out.bid_id = {ids[i].data(), ids[i].size()};
      out.campaign = campaign;
      out.day = static_cast<std::int32_t>(notice.bid_at / kDaySeconds);
      out.bid_at = notice.bid_at;
      out.reserved = notice.reserved;
      if (notice.billed) out.cost = notice.cost;
    }
    const Advance advance{name_, position_, position_ + waiting_.size()};
    ledger.confirm(resolved, {&advance, 1});
    position_ = advance.to;
    waiting_.clear();
  } catch (const LedgerAway&) {
    unsure_ = true;
  }
}

}  // namespace bidwell::budget
