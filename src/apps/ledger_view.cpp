#include "apps/ledger_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <limits>

#include "apps/amounts.h"
#include "apps/budgets.h"

namespace bidwell::apps {
namespace {

// Long enough to explain something.
constexpr std::chrono::hours kOpen{1};

std::string describe(const BudgetSide& side) {
  return side.limit ? fmt::format("{} {} of {} spent, {} open", side.name, amount(side.spent), amount(*side.limit),
                                  amount(side.open))
                    : fmt::format("{} {} spent, {} open", side.name, amount(side.spent), amount(side.open));
}

// What instances hold counts as theirs to bid.
Nanos left(const BudgetSide& side) {
  return side.limit ? *side.limit - side.spent - side.open : std::numeric_limits<Nanos>::max() / 2;
}

}  // namespace

BudgetSides sides_of(const budget::AccountTerms* terms, const budget::AccountState* account) {
  budget::Standing standing;
  budget::Limits limits = terms != nullptr ? terms->limits : budget::Limits{};
  if (account != nullptr) {
    standing = account->standing;
    if (terms == nullptr) limits = standing.limits;
    if (account->by_hand.total) limits.total = account->by_hand.total;
    if (account->by_hand.daily) limits.daily = account->by_hand.daily;
    for (std::optional<Nanos>* limit : {&limits.total, &limits.daily}) {
      if (*limit >= kNoLimit) limit->reset();
    }
    const bool today = terms == nullptr || account->day == terms->zone.day_at(std::time(nullptr)).number;
    if (!today) standing.spent_today = standing.open_today = standing.leased_today = 0;
  }
  return {{"today", limits.daily, standing.spent_today, standing.open_today, standing.leased_today},
          {"in all", limits.total, standing.spent, standing.open, standing.leased}};
}

LedgerView::LedgerView(const ops::Config& config) {
  if (!Budgets::configured(config)) {
    fault_ = "no ledger is configured (budgets/ledger)";
    return;
  }
  try {
    for (budget::AccountState& account : open_ledger(config, 0, true)->accounts()) {
      std::string campaign = account.campaign;
      accounts_.emplace(std::move(campaign), std::move(account));
    }
  } catch (const std::exception& error) {
    fault_ = error.what();
  }
}

const budget::AccountState* LedgerView::find(const std::string& campaign) const {
  const auto at = accounts_.find(campaign);
  return at == accounts_.end() ? nullptr : &at->second;
}

std::uint32_t LedgerView::account(const catalog::Campaign& campaign) {
  const auto terms = account_terms(campaign);
  if (!terms) return budget::kNoAccount;
  const std::uint32_t number = numbers_++;
  wallet_.make_room(number);
  budget::Purse& purse = wallet_.purse(number);
  if (!fault_.empty()) return number;
  const budget::AccountState* const state = find(campaign.id);
  const BudgetSides sides = sides_of(&*terms, state);
  purse.fill(std::max<Nanos>(0, std::min(left(sides.today), left(sides.in_all))),
             std::chrono::steady_clock::now() + kOpen);
  if (state != nullptr && state->holders > 0) {
    purse.set_chance(budget::Purse::kAlways * state->standing.chance_ppm / 1'000'000);
  }
  return number;
}

std::string LedgerView::describe(const catalog::Campaign& campaign) const {
  if (!fault_.empty()) return "the ledger cannot be asked: " + fault_;
  const auto terms = account_terms(campaign);
  if (!terms) return "it has no budget";
  const budget::AccountState* const state = find(campaign.id);
  const BudgetSides sides = sides_of(&*terms, state);
  std::string text = apps::describe(sides.today) + "; " + apps::describe(sides.in_all);
  if (state != nullptr && state->holders > 0) {
    text += fmt::format("; bids with a chance of {:.1f} %", state->standing.chance_ppm / 1e4);
  }
  return text;
}

}  // namespace bidwell::apps
