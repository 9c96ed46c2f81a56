// Holds the ledger against the truth, the billing rows in PostgreSQL: makes a ledger that is not there, reports
// differences and mends them. It looks twice. A cell's difference counts as drift when neither side's sum has changed
// between the looks, and each side has by the second look read all journals as far as the other had at the first: then
// what either of them has, the other has or never will have. So what is on its way to one of the two is no drift, and a
// cell that bills still come for is looked at another time. And it has the ledger forget the journals of runs older
// than kJournalsRemembered that PostgreSQL has forgotten.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bidwell/budget/ledger.h"
#include "bidwell/core/time_zone.h"

namespace bidwell::budget {

// What the truth says, all of one moment.
struct Truth {
  struct Account {
    std::string campaign;
    Nanos in_all = 0;  // ever
    Cells cells;       // of the last kSpentCellsKept
  };
  std::vector<Account> accounts;
  std::vector<Advance> positions;  // how far each journal is in it (`to`)
  // When it last heard of each of them, Unix seconds of its clock (events::Billed::heard). Without it no journal is
  // ever given up.
  std::map<std::string, std::int64_t> heard;
};
using ReadTruth = std::function<Truth()>;  // may throw std::runtime_error

struct Drift {
  std::string campaign;
  std::int64_t cell = 0;  // 0: in what is older than the cells
  Nanos ledger = 0, truth = 0;
  bool mended = false;
};

struct Reconciled {
  bool made = false;  // there was no ledger; there is one now
  std::size_t accounts = 0;
  std::vector<Drift> drifts;  // that were the same at both looks
  std::size_t unsettled = 0;  // cells that differ, and changed between the looks
  // Journals that one side had read farther at the first look than the other at the second, for people: "<journal>:
  // ledger 100, PostgreSQL 200". While there are any no difference is drift, unless forced: whoever runs this must be
  // warned where they stay. Not asked for where there is no difference. One that PostgreSQL has never heard of or has
  // forgotten counts only when its run began in the last kJournalsRemembered.
  std::vector<std::string> behind;
  // The same, of runs that are lost, which were not waited for: PostgreSQL has heard of none of the run's journals for
  // kRunLost before it last heard of any. Where mended and PostgreSQL was farther, the ledger now stands where it does,
  // so that nothing counts twice should the journals be found again; that holds for forced ones, too.
  std::vector<std::string> given_up;
};

// PostgreSQL keeps positions of journals for longer than that.
inline constexpr std::chrono::days kJournalsRemembered{31};
// An instance, whatever it does, has PostgreSQL hear of its journals once a day.
inline constexpr std::chrono::days kRunLost{2};

struct ReconcileOptions {
  bool mend = true;
  bool make = true;    // a ledger that is missing
  bool force = false;  // though journals are behind: they are lost, and their instances with them
  std::function<TimeZone(std::string_view campaign)> zone_of;
  std::function<void()> pause;      // between the two looks: long enough for what is on its way to arrive
  std::int64_t (*now)() = nullptr;  // Unix seconds; null: the machine's
};
// Throws what the ledger and the truth throw, LedgerMissing where it is and shall not be made. Several may do this at
// once.
Reconciled reconcile(Ledger& ledger, const ReadTruth& truth, const ReconcileOptions& options);

}  // namespace bidwell::budget
