// See banker.h. What is done for each account is in account.h.
#include "bidwell/budget/banker.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "bidwell/core/hash.h"
#include "budget/account.h"

namespace bidwell::budget {
namespace {

constexpr std::size_t kStatementsMax = 256;  // in one call
// Forecasts that are learned in one tick: a day's begin shall not bring thousands of calls at once.
constexpr std::size_t kForecastsMax = 32;

}  // namespace

struct Banker::Impl {
  const BankerOptions options;
  std::vector<Wallet> wallets;
  BankerCounters counters;

  mutable std::mutex mutex;
  // Guarded by it.
  std::unordered_map<std::string, AccountNumber> numbers;
  struct Listed {
    AccountView view;
    bool open = false, changed = false;
  };
  std::deque<Listed> listed;

  // The ticking thread's.
  std::deque<Account> accounts;
  std::vector<Statement> statements;
  std::vector<AccountNumber> stated;
  std::size_t next_forecast = 0;

  Impl(BankerOptions given, unsigned workers) : options(std::move(given)), wallets(workers) {}

  void take_terms();
  void show(const Now& now);
  bool call(const Now& now, Ledger& ledger);
  void learn_shapes(Ledger& ledger, const Now& now);
  bool answered(const auto& ask);
};

Banker::Banker(BankerOptions options, unsigned workers) : impl_(std::make_unique<Impl>(std::move(options), workers)) {}
Banker::~Banker() = default;

Wallet& Banker::wallet(unsigned worker) noexcept {
  return impl_->wallets[worker];
}

const BankerCounters& Banker::counters() const noexcept {
  return impl_->counters;
}

std::vector<AccountNumber> Banker::enlist(std::span<const AccountTerms> terms) {
  std::lock_guard lock(impl_->mutex);
  std::unordered_set<std::string_view> added;
  for (const AccountTerms& each : terms) {
    if (!impl_->numbers.contains(each.campaign)) added.insert(each.campaign);
  }
  if (impl_->listed.size() + added.size() > kAccountsMax) {
    throw std::length_error("more campaigns with budgets than a process can keep");
  }
  for (auto& listed : impl_->listed) {
    listed.changed = listed.changed || listed.open;
    listed.open = false;
  }
  std::vector<AccountNumber> out;
  for (const AccountTerms& each : terms) {
    const auto next = static_cast<AccountNumber>(impl_->listed.size());
    auto at = impl_->numbers.find(each.campaign);
    if (at == impl_->numbers.end()) {
      for (Wallet& wallet : impl_->wallets) wallet.make_room(next);
      at = impl_->numbers.emplace(each.campaign, next).first;
      impl_->listed.emplace_back();
    }
    auto& listed = impl_->listed[at->second];
    listed.view.terms = each;
    listed.open = listed.changed = true;
    out.push_back(at->second);
  }
  return out;
}

void Banker::Impl::take_terms() {
  std::lock_guard lock(mutex);
  while (accounts.size() < listed.size()) {
    const auto number = static_cast<AccountNumber>(accounts.size());
    std::vector<Purse*> purses;
    for (Wallet& wallet : wallets) purses.push_back(&wallet.purse(number));
    accounts.emplace_back(std::move(purses), number, hash64(options.holder));
  }
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (!listed[i].changed) continue;
    listed[i].changed = false;
    accounts[i].set_terms(listed[i].open ? std::optional(listed[i].view.terms) : std::nullopt);
  }
}

void Banker::Impl::show(const Now& now) {
  std::lock_guard lock(mutex);
  for (std::size_t i = 0; i < accounts.size(); ++i) accounts[i].show(listed[i].view, now);
}

bool Banker::Impl::answered(const auto& ask) {
  try {
    counters.calls.add();
    ask();
    return true;
  } catch (const LedgerMissing&) {
    counters.missing.add();
  } catch (const std::runtime_error&) {
    counters.failures.add();
  }
  return false;
}

// Gives up at the first call that is not answered: the others would wait as long.
bool Banker::Impl::call(const Now& now, Ledger& ledger) {
  for (std::size_t from = 0; from < statements.size(); from += kStatementsMax) {
    const std::size_t count = std::min(kStatementsMax, statements.size() - from);
    std::vector<Standing> standings;
    const bool done =
        answered([&] { standings = ledger.settle(options.holder, std::span(statements).subspan(from, count)); });
    if (!done || standings.size() != count) return false;
    for (std::size_t i = 0; i < count; ++i) accounts[stated[from + i]].take(standings[i], now, options, counters);
  }
  return true;
}

void Banker::Impl::learn_shapes(Ledger& ledger, const Now& now) {
  std::size_t calls = 0;
  for (std::size_t i = 0; i < accounts.size() && calls < kForecastsMax; ++i) {
    next_forecast = (next_forecast + 1) % accounts.size();
    Account& account = accounts[next_forecast];
    if (!account.wants_shape()) continue;
    ++calls;
    const std::string& campaign = account.terms().campaign;
    Cells offered;
    if (!answered([&] { offered = ledger.offered(campaign); })) return;
    Shape shape = learn(offered, account.terms().zone, account.day());
    // A ledger that was made again knows what was spent before, and nothing of what was offered.
    if (shape.quarters.empty() && (offered.empty() || shape.first > account.day().begin)) {
      Cells spent;
      if (!answered([&] { spent = ledger.spent(campaign).cells; })) return;
      const std::int64_t first = spent.empty() ? 0 : spent.begin()->first * kCellSeconds;
      if (first != 0 && (offered.empty() || first < shape.first)) shape.first = first;
    }
    account.set_shape(std::move(shape), now);
  }
}

void Banker::tick(Ledger& ledger, const Now& now) {
  impl_->counters.ticks.add();
  impl_->take_terms();
  impl_->statements.clear();
  impl_->stated.clear();
  for (std::size_t i = 0; i < impl_->accounts.size(); ++i) {
    const auto statement = impl_->accounts[i].state(now, impl_->options);
    if (!statement) continue;
    impl_->statements.push_back(*statement);
    impl_->stated.push_back(static_cast<AccountNumber>(i));
  }
  if (impl_->call(now, ledger)) impl_->learn_shapes(ledger, now);
  impl_->show(now);
}

bool Banker::close(Ledger& ledger, const Now& now) {
  impl_->statements.clear();
  impl_->stated.clear();
  for (std::size_t i = 0; i < impl_->accounts.size(); ++i) {
    const auto statement = impl_->accounts[i].state_end();
    if (!statement) continue;
    impl_->statements.push_back(*statement);
    impl_->stated.push_back(static_cast<AccountNumber>(i));
  }
  return impl_->call(now, ledger);
}

std::vector<AccountView> Banker::view() const {
  std::lock_guard lock(impl_->mutex);
  std::vector<AccountView> out;
  for (const auto& listed : impl_->listed) {
    if (listed.open) out.push_back(listed.view);
  }
  return out;
}

TimeZone Banker::zone_of(std::string_view campaign) const {
  std::lock_guard lock(impl_->mutex);
  const auto at = impl_->numbers.find(std::string(campaign));
  return at == impl_->numbers.end() ? TimeZone() : impl_->listed[at->second].view.terms.zone;
}

}  // namespace bidwell::budget
