// What a simulation happens in: the traffic of a day, a ledger that may be away, the notices on their way.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bidwell/budget/book.h"
#include "bidwell/budget/ledger.h"
#include "bidwell/budget/simulate.h"

namespace bidwell::budget {

inline constexpr std::int64_t kDaySeconds = 86'400;

// How many offers come in a second, in the mean.
class Traffic {
 public:
  explicit Traffic(const SimulationOptions& options);
  // `disturbed`: with the dead hour and the spike.
  double rate(std::int64_t second_of_day, bool disturbed) const noexcept;
  double per_day() const noexcept { return per_day_; }

 private:
  const bool curve_, dead_hour_, spike_;
  double per_day_ = 0;
};

struct Notice {
  std::uint64_t bid = 0;
  std::int64_t bid_at = 0;  // Unix seconds
  Nanos reserved = 0;
  Nanos cost = 0;
  bool billed = false;  // else lost
  bool repeat = false;
};

// A Book that is asked as a ledger.
class SimulatedLedger final : public Ledger {
 public:
  SimulatedLedger(const LedgerOptions& options, double answers_lost, std::uint64_t seed)
      : book(options), answers_lost_(answers_lost), random_(seed) {}

  Book book;
  std::int64_t now_ms = 0;
  bool away = false;
  std::uint64_t calls = 0;

  std::vector<Standing> settle(std::string_view holder, std::span<const Statement> statements) override;
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override;
  std::vector<Advance> advances() override { return book.advances(); }
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances) override;
  Cells offered(std::string_view campaign) override;
  void set_limits(std::string_view campaign, const Limits& limits) override { book.set_limits(campaign, limits); }
  std::vector<AccountState> accounts() override { return book.accounts(); }
  Spent spent(std::string_view campaign) override { return book.spent(campaign); }
  bool mend(std::string_view, std::int64_t, std::int32_t, Nanos, Nanos) override { return false; }
  bool exists() override { return true; }
  bool make(std::span<const std::pair<std::string, Spent>>, std::span<const Advance>) override { return false; }

 private:
  void come();
  void leave();

  const double answers_lost_;
  std::mt19937_64 random_;
};

// An instance's journal, and the sink that follows it.
class SimulatedJournal {
 public:
  explicit SimulatedJournal(std::string name) : name_(std::move(name)) {}
  void add(const Notice& notice) { waiting_.push_back(notice); }
  bool empty() const noexcept { return waiting_.empty(); }
  // Confirms what is there; keeps it where the ledger does not answer.
  void ship(SimulatedLedger& ledger, std::string_view campaign);

 private:
  const std::string name_;
  std::vector<Notice> waiting_;
  std::uint64_t position_ = 0;  // of the first that waits
  bool unsure_ = false;         // the last call may have been done
};

}  // namespace bidwell::budget
