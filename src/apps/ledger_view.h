// The ledger as explain sees it: a wallet filled with what each campaign could bid, and the numbers for people.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "bidwell/budget/banker.h"
#include "bidwell/budget/ledger.h"
#include "bidwell/budget/wallet.h"
#include "bidwell/catalog/campaign.h"
#include "bidwell/ops/config.h"

namespace bidwell::apps {

class LedgerView {
 public:
  // Where the ledger cannot be asked, campaigns with a budget have no money, and fault() says why.
  explicit LedgerView(const ops::Config& config);

  // For catalog::CompileOptions.
  std::uint32_t account(const catalog::Campaign& campaign);

  budget::Wallet& wallet() noexcept { return wallet_; }
  const std::string& fault() const noexcept { return fault_; }  // empty: none

  // "today 12.50 of 100.00 spent, 0.35 open; in all ..., bids with a chance of 43.0 %"
  std::string describe(const catalog::Campaign& campaign) const;

 private:
  const budget::AccountState* find(const std::string& campaign) const;

  std::map<std::string, budget::AccountState, std::less<>> accounts_;
  budget::Wallet wallet_;
  std::uint32_t numbers_ = 0;
  std::string fault_;
};

// Set by hand: no limit, whatever the catalog says.
inline constexpr Nanos kNoLimit = catalog::kBudgetUnitsMax * kNanosPerUnit;

// An account's money, of the whole or of the day.
struct BudgetSide {
  const char* name = "";       // "today", "in all"
  std::optional<Nanos> limit;  // nothing: none
  Nanos spent = 0, open = 0, leased = 0;
};
// First the day's. `terms`: null: not in the catalog, or without a budget there. `account`: null: the ledger has not
// heard of it. Of a day that is over nothing is left. Each limit is the one set by hand, else the catalog's.
struct BudgetSides {
  BudgetSide today, in_all;
};
BudgetSides sides_of(const budget::AccountTerms* terms, const budget::AccountState* account);

}  // namespace bidwell::apps
