// The ledger's calls on accounts in memory. What happens within an account is book_account.cpp.
#include "bidwell/budget/book.h"

#include <fmt/format.h>

#include <algorithm>

#include "budget/book_impl.h"

namespace bidwell::budget {

Book::Book(const LedgerOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Book::~Book() = default;
Book::Book(Book&&) noexcept = default;
Book& Book::operator=(Book&&) noexcept = default;

void Book::Impl::pass(std::int64_t to_ms) {
  if (to_ms + std::chrono::milliseconds(options.reserve).count() < now_ms) {
    for (auto& [campaign, account] : accounts) account.go_back(options, to_ms);
    now_ms = to_ms;
  }
  now_ms = std::max(now_ms, to_ms);
}

BookAccount& Book::Impl::account(std::string_view campaign) {
  const auto found = accounts.find(campaign);
  return found != accounts.end() ? found->second : accounts[std::string(campaign)];
}

const BookAccount* Book::Impl::find(std::string_view campaign) const {
  const auto found = accounts.find(campaign);
  return found == accounts.end() ? nullptr : &found->second;
}

Standing Book::settle(std::string_view holder, const Statement& statement, std::int64_t now_ms) {
  impl_->pass(now_ms);
  const bool may_begin = statement.used == 0 && may_be_today(statement.day, impl_->now_ms);
  if (!may_begin && impl_->find(statement.campaign) == nullptr) {
    Standing unknown;
    unknown.lost = true;
    return unknown;
  }
  BookAccount& account = impl_->account(statement.campaign);
  account.forget(impl_->options, impl_->now_ms);
  return account.settle(holder, statement, impl_->options, impl_->now_ms);
}

void Book::forget(std::int64_t now_ms) {
  impl_->pass(now_ms);
  for (auto& [campaign, account] : impl_->accounts) account.forget(impl_->options, impl_->now_ms);
  impl_->billed.forget(impl_->options.repeats, impl_->now_ms);
  impl_->released.forget(impl_->options.reserve, impl_->now_ms);
}

std::vector<std::uint64_t> Book::positions(std::span<const std::string> journals) const {
  std::vector<std::uint64_t> answer;
  for (const std::string& journal : journals) {
    const auto at = impl_->positions.find(journal);
    answer.push_back(at == impl_->positions.end() ? 0 : at->second);
  }
  return answer;
}

std::vector<Advance> Book::advances() const {
  std::vector<Advance> answer;
  for (const auto& [journal, to] : impl_->positions) answer.push_back({journal, 0, to});
  return answer;
}

void Book::Impl::advance(std::span<const Advance> advances) {
  std::map<std::string_view, std::uint64_t> moved;
  for (const Advance& advance : advances) {
    const auto known = positions.find(advance.journal);
    const auto [at, first] = moved.try_emplace(advance.journal, known == positions.end() ? 0 : known->second);
    if (at->second != advance.from) {
      throw JournalMoved(
          fmt::format("the journal {} was confirmed up to {}, not {}", advance.journal, at->second, advance.from));
    }
    at->second = advance.to;
  }
  for (const auto& [journal, to] : moved) positions.insert_or_assign(std::string(journal), to);
}

void Book::confirm(std::span<const Resolved> resolved, std::span<const Advance> advances, std::int64_t now_ms) {
  impl_->pass(now_ms);
  impl_->advance(advances);
  impl_->billed.forget(impl_->options.repeats, impl_->now_ms);
  impl_->released.forget(impl_->options.reserve, impl_->now_ms);
  for (const Resolved& one : resolved) impl_->resolve(one);
}

void Book::Impl::resolve(const Resolved& resolved) {
  const std::int64_t made_in = bucket_of(resolved.bid_at);
  const std::string id(resolved.bid_id);
  const bool was_billed = billed.contains(made_in, id);
  const std::int64_t bucket = std::min(made_in, bucket_of(now_ms / 1000));
  const bool release = !was_billed && !is_over(bucket, options.reserve, now_ms) && !released.contains(made_in, id);
  const bool bill = !was_billed && resolved.cost.has_value();
  if (!release && !bill) return;
  BookAccount& its_account = account(resolved.campaign);
  its_account.forget(options, now_ms);
  if (release) {
    its_account.add_open(bucket, resolved.day, -resolved.reserved);
    released.add(made_in, id);
  }
  if (bill) {
    its_account.bill(*resolved.cost, resolved.bid_at, resolved.day, now_ms);
    if (!is_over(made_in, options.repeats, now_ms)) billed.add(made_in, id);
  }
}

Cells Book::offered(std::string_view campaign) const {
  const BookAccount* const account = impl_->find(campaign);
  return account == nullptr ? Cells{} : account->offered_cells;
}

void Book::set_limits(std::string_view campaign, const Limits& limits) {
  impl_->account(campaign).by_hand = limits;
}

std::vector<AccountState> Book::accounts() const {
  std::vector<AccountState> answer;
  for (const auto& [campaign, account] : impl_->accounts) {
    const std::int32_t day = account.day == BookAccount::kNoDay ? 0 : account.day;
    answer.push_back({campaign, account.by_hand, day, account.standing(day), account.leases.size()});
  }
  return answer;
}

Spent Book::spent(std::string_view campaign) const {
  const BookAccount* const account = impl_->find(campaign);
  if (account == nullptr) return {};
  Spent answer{account->spent, account->spent_cells, {}};
  for (const auto& [day, money] : account->days) {
    if (account->keeps_day(day) && money.spent != 0) answer.days.emplace(day, money.spent);
  }
  return answer;
}

bool Book::mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected, Nanos difference) {
  const BookAccount* const known = impl_->find(campaign);
  if (cell == 0) {
    if ((known == nullptr ? 0 : known->older_than_cells()) != expected) return false;
    impl_->account(campaign).spent += difference;
    return true;
  }
  if (cell <= cell_of(impl_->now_ms / 1000) - kSpentCellsKept) return false;
  if ((known == nullptr ? 0 : known->spent_in(cell)) != expected) return false;
  impl_->account(campaign).bill(difference, cell * kCellSeconds, day, impl_->now_ms);
  return true;
}

void Book::make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) {
  auto made = std::make_unique<Impl>(impl_->options);
  for (const auto& [campaign, truth] : spent) {
    BookAccount& account = made->account(campaign);
    account.spent = truth.in_all;
    account.spent_cells = truth.cells;
    for (const auto& [day, amount] : truth.days) {
      account.days[day].spent = amount;
      account.see_day(day);
    }
  }
  for (const Advance& position : positions) made->positions[position.journal] = position.to;
  impl_ = std::move(made);
}

}  // namespace bidwell::budget
