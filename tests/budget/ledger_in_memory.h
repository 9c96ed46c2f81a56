// A ledger over a Book that can go away, lose its data, or fail before or after it has done what it was asked.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bidwell/budget/book.h"

namespace bidwell::budget::testing {

class LedgerInMemory : public Ledger {
 public:
  explicit LedgerInMemory(std::int64_t now, const LedgerOptions& options = {})
      : now_ms(now * 1000), options_(options) {}

  std::vector<Standing> settle(std::string_view holder, std::span<const Statement> statements) override {
    std::vector<Standing> out;
    for (const Statement& statement : statements) out.push_back(book().settle(holder, statement, now_ms));
    return out;
  }
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    return book().positions(journals);
  }
  std::vector<Advance> advances() override { return book().advances(); }
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> steps) override {
    book();
    if (before_confirm) before_confirm();
    book().confirm(resolved, steps, now_ms);
    ++confirms;
    if (after_confirm) after_confirm();
  }
  Cells offered(std::string_view campaign) override { return book().offered(campaign); }
  void set_limits(std::string_view campaign, const Limits& limits) override { book().set_limits(campaign, limits); }
  std::vector<AccountState> accounts() override { return book().accounts(); }
  Spent spent(std::string_view campaign) override { return book().spent(campaign); }
  bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected, Nanos difference) override {
    book().forget(now_ms);
    return book().mend(campaign, cell, day, expected, difference);
  }
  bool exists() override { return !missing; }
  bool make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) override {
    if (!std::exchange(missing, false)) return false;
    book_ = Book(options_);
    book_.make(spent, positions);
    return true;
  }
  void interrupt() noexcept override { interrupted = true; }

  std::int64_t now_ms;
  bool missing = false, interrupted = false;
  unsigned confirms = 0;
  std::function<void()> before_confirm, after_confirm;  // may throw

 private:
  Book& book() {
    if (missing) throw LedgerMissing("there is no ledger");
    return book_;
  }

  const LedgerOptions options_;
  Book book_{options_};
};

}  // namespace bidwell::budget::testing
