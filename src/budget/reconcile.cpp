// Two looks at both sides, and what may be concluded from them: see reconcile.h.
//
// Let a look's positions of a side say how far it had read the journals. Had either side by the second look read all
// that the other had at the first, then ledger(1) is part of truth(2), and truth(1) part of ledger(2). If no sum has
// changed, ledger(1) = ledger(2) and truth(1) = truth(2), so both are of the same notices; a difference is drift.
#include "bidwell/budget/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <string_view>

namespace bidwell::budget {
namespace {

using Positions = std::map<std::string, std::uint64_t, std::less<>>;

// The two sides forget old cells at slightly different times: those of the last hour before that are not compared one
// by one, but as part of what is older.
constexpr std::int64_t kCellsCompared = kSpentCellsKept - 3600 / kCellSeconds;

std::int64_t now_of(const ReconcileOptions& options) {
  if (options.now != nullptr) return options.now();
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

Positions positions_of(const std::vector<Advance>& advances) {
  Positions out;
  for (const Advance& advance : advances) out[advance.journal] = advance.to;
  return out;
}

// By cells from `first` on; [0]: everything before, which may be 0.
Cells comparable(Nanos in_all, const Cells& cells, std::int64_t first) {
  Cells out(cells.lower_bound(first), cells.end());
  Nanos older = in_all;
  for (const auto& [cell, amount] : out) older -= amount;
  out[0] = older;
  return out;
}

Nanos at(const Cells& cells, std::int64_t cell) {
  const auto found = cells.find(cell);
  return found == cells.end() ? 0 : found->second;
}

// One side's sums of the accounts.
using Sums = std::map<std::string, Cells, std::less<>>;

struct Side {
  Sums sums;
  Positions positions;
  std::map<std::string, std::int64_t> heard;
  const Cells& of(const std::string& campaign) const {
    static const Cells kNothing;
    const auto found = sums.find(campaign);
    return found == sums.end() ? kNothing : found->second;
  }
};

std::uint64_t reached(const Positions& positions, const std::string& journal) {
  const auto found = positions.find(journal);
  return found == positions.end() ? 0 : found->second;
}

std::string_view run_of(std::string_view journal) {
  return journal.substr(0, journal.find('/'));
}

// When a journal's run began, by its name: "20261120T101112Z-...". Nothing where that is none.
std::optional<std::int64_t> began(const std::string& journal) {
  int year = 0, month = 0, day = 0;
  if (std::sscanf(journal.c_str(), "%4d%2d%2dT", &year, &month, &day) != 3) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days(date).time_since_epoch()).count();
}

class Reconciliation {
 public:
  Reconciliation(Ledger& ledger, const ReadTruth& truth, const ReconcileOptions& options)
      : ledger_(ledger),
        read_truth_(truth),
        options_(options),
        now_(now_of(options)),
        first_cell_(now_ / kCellSeconds - kCellsCompared) {}

  Reconciled run() {
    if (!ledger_.exists()) make();
    const Side ledger_before = look_at_ledger();
    const Side truth_before = look_at_truth();
    report_.accounts = campaigns_.size();
    if (options_.mend) forget(ledger_before.positions, truth_before.positions);
    std::erase_if(campaigns_, [&](const std::string& campaign) {
      return differing(ledger_before.of(campaign), truth_before.of(campaign)).empty();
    });
    if (campaigns_.empty()) return std::move(report_);
    if (options_.pause) options_.pause();
    const Side truth_after = look_at_truth();
    const Side ledger_after = look_again_at_ledger();
    find_lost_runs(truth_after.heard, ledger_before.positions, ledger_after.positions);
    find_ledger_farther(ledger_before.positions, truth_after.positions);
    find_truth_farther(truth_before.positions, truth_after.positions, ledger_after.positions);
    const bool may_differ = !report_.behind.empty() && !options_.force;
    const bool mends = options_.mend && !may_differ && skip();
    for (const std::string& campaign : campaigns_) {
      for (const std::int64_t cell : differing(ledger_after.of(campaign), truth_after.of(campaign))) {
        const Nanos ledger = at(ledger_after.of(campaign), cell), truth = at(truth_after.of(campaign), cell);
        if (ledger != at(ledger_before.of(campaign), cell) || truth != at(truth_before.of(campaign), cell)) {
          ++report_.unsettled;
        } else if (!may_differ) {
          const bool mended = mends && mend(campaign, cell, ledger, truth - ledger);
          report_.drifts.push_back({campaign, cell, ledger, truth, mended});
        }
      }
    }
    return std::move(report_);
  }

 private:
  static std::vector<std::int64_t> differing(const Cells& a, const Cells& b) {
    std::set<std::int64_t> cells;
    for (const auto& [cell, amount] : a) cells.insert(cell);
    for (const auto& [cell, amount] : b) cells.insert(cell);
    std::erase_if(cells, [&](std::int64_t cell) { return at(a, cell) == at(b, cell); });
    return {cells.begin(), cells.end()};
  }

  TimeZone zone_of(const std::string& campaign) const {
    return options_.zone_of ? options_.zone_of(campaign) : TimeZone();
  }

  // Zones are apart from UTC by whole quarters of an hour: a cell is of one day.
  void make() {
    if (!options_.make) throw LedgerMissing("there is no ledger");
    const Truth truth = read_truth_();
    std::vector<std::pair<std::string, Spent>> spent;
    for (const Truth::Account& account : truth.accounts) {
      Spent made{account.in_all, account.cells, {}};
      const TimeZone zone = zone_of(account.campaign);
      const std::int32_t today = zone.day_at(now_).number;
      for (const auto& [cell, amount] : account.cells) {
        const std::int32_t day = zone.day_at(cell * kCellSeconds).number;
        if (day > today - kDaysKept) made.days[day] += amount;
      }
      spent.emplace_back(account.campaign, std::move(made));
    }
    report_.made = ledger_.make(spent, truth.positions);
  }

  void read_spent(const std::string& campaign, Side& side) {
    const Spent spent = ledger_.spent(campaign);
    side.sums[campaign] = comparable(spent.in_all, spent.cells, first_cell_);
    Nanos older = spent.in_all;
    for (const auto& [cell, amount] : spent.cells) older -= amount;
    kept_older_[campaign] = older;
  }

  // Positions last: all that the sums have is before them.
  Side look_at_ledger() {
    Side side;
    for (const AccountState& account : ledger_.accounts()) {
      campaigns_.insert(account.campaign);
      read_spent(account.campaign, side);
    }
    side.positions = positions_of(ledger_.advances());
    return side;
  }

  // Positions first: all that is before them the sums have.
  Side look_again_at_ledger() {
    Side side;
    side.positions = positions_of(ledger_.advances());
    for (const std::string& campaign : campaigns_) read_spent(campaign, side);
    return side;
  }

  Side look_at_truth() {
    const Truth truth = read_truth_();
    Side side;
    for (const Truth::Account& account : truth.accounts) {
      if (!looked_) campaigns_.insert(account.campaign);
      side.sums[account.campaign] = comparable(account.in_all, account.cells, first_cell_);
    }
    looked_ = true;
    side.positions = positions_of(truth.positions);
    side.heard = truth.heard;
    return side;
  }

  // Which runs PostgreSQL has not heard of for long, though of others it has; one that the ledger hears of is not lost.
  void find_lost_runs(const std::map<std::string, std::int64_t>& heard, const Positions& ledger_before,
                      const Positions& ledger_after) {
    std::map<std::string_view, std::int64_t> runs;
    std::int64_t last = 0;
    for (const auto& [journal, at] : heard) {
      std::int64_t& of_run = runs.try_emplace(run_of(journal), at).first->second;
      of_run = std::max(of_run, at);
      last = std::max(last, at);
    }
    for (const auto& [run, at] : runs) {
      if (last - at >= std::chrono::seconds(kRunLost).count()) lost_runs_.emplace(run);
    }
    for (const auto& [journal, position] : ledger_after) {
      if (reached(ledger_before, journal) != position) lost_runs_.erase(std::string(run_of(journal)));
    }
  }

  void find_ledger_farther(const Positions& ledger, const Positions& truth) {
    for (const auto& [journal, position] : ledger) {
      const std::uint64_t stored = reached(truth, journal);
      if (stored >= position || (!truth.contains(journal) && is_old(journal))) continue;
      behind(journal).push_back(fmt::format("{}: ledger {}, PostgreSQL {}", journal, position, stored));
    }
  }

  void find_truth_farther(const Positions& truth, const Positions& truth_after, const Positions& ledger) {
    for (const auto& [journal, position] : truth) {
      const std::uint64_t confirmed = reached(ledger, journal);
      if (confirmed >= position) continue;
      behind(journal).push_back(fmt::format("{}: PostgreSQL {}, ledger {}", journal, position, confirmed));
      skipped_.push_back({journal, confirmed, std::max(position, reached(truth_after, journal))});
    }
  }

  std::vector<std::string>& behind(std::string_view journal) {
    return lost_runs_.contains(run_of(journal)) ? report_.given_up : report_.behind;
  }

  // What is mended has all that these journals told up to there. False: somebody reads them after all.
  bool skip() try {
    if (!skipped_.empty()) ledger_.confirm({}, skipped_);
    return true;
  } catch (const JournalMoved&) {
    return false;
  }

  bool is_old(const std::string& journal) const {
    return began(journal).value_or(now_) < now_ - std::chrono::seconds(kJournalsRemembered).count();
  }

  // A truth without any position has lost its own.
  void forget(const Positions& ledger, const Positions& truth) {
    if (truth.empty()) return;
    std::set<std::string_view> known;
    for (const auto& [journal, position] : truth) known.insert(run_of(journal));
    std::vector<std::string> forgotten;
    for (const auto& [journal, position] : ledger) {
      if (is_old(journal) && !known.contains(run_of(journal))) forgotten.push_back(journal);
    }
    if (!forgotten.empty()) ledger_.forget(forgotten);
  }

  // What the ledger counts as older than its cells is not quite what we do.
  bool mend(const std::string& campaign, std::int64_t cell, Nanos ledger, Nanos difference) {
    const Nanos expected = cell == 0 ? kept_older_.at(campaign) : ledger;
    const std::int32_t day = cell == 0 ? 0 : zone_of(campaign).day_at(cell * kCellSeconds).number;
    return ledger_.mend(campaign, cell, day, expected, difference);
  }

  Ledger& ledger_;
  const ReadTruth& read_truth_;
  const ReconcileOptions& options_;
  const std::int64_t now_, first_cell_;
  bool looked_ = false;
  std::set<std::string> campaigns_;  // of either side; after the first look those that differed
  std::set<std::string, std::less<>> lost_runs_;
  std::vector<Advance> skipped_;             // PostgreSQL's positions of journals that the ledger has read less of
  std::map<std::string, Nanos> kept_older_;  // as the ledger counts it, when last looked at
  Reconciled report_;
};

}  // namespace

Reconciled reconcile(Ledger& ledger, const ReadTruth& truth, const ReconcileOptions& options) {
  return Reconciliation(ledger, truth, options).run();
}

}  // namespace bidwell::budget
