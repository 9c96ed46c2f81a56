// Holds the ledger against the truth, the billing rows in PostgreSQL: makes a ledger that is not there, reports
// differences and mends them. A difference counts as drift when it is the same at two looks, and each side has by the
// second look read all journals as far as the other had at the first: what is on its way to one of the two is no drift.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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
  std::size_t unsettled = 0;  // cells that differ, and differed otherwise at the other look
  // Journals that one side has read farther than the other, for people: "<journal>: ledger 100, PostgreSQL 200". While
  // there are any no difference is drift, unless forced.
  std::vector<std::string> behind;
};

struct ReconcileOptions {
  bool mend = true;
  bool make = true;    // a ledger that is missing
  bool force = false;  // though journals are behind: they are lost, and their instances with them
  std::function<TimeZone(std::string_view campaign)> zone_of;
  std::function<void()> pause;  // between the two looks: long enough for what is on its way to arrive
};
// Throws what the ledger and the truth throw. Several may do this at once.
Reconciled reconcile(Ledger& ledger, const ReadTruth& truth, const ReconcileOptions& options);

}  // namespace bidwell::budget
