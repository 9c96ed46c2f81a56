// Budgets in virtual time: many instances, a day's traffic, a ledger that may be away, notices that come late. What the
// documentation's charts and figures are made with; the bankers, the ledger's rules and the purses are the real ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bidwell/budget/banker.h"
#include "bidwell/budget/ledger.h"

namespace bidwell::budget {

struct SimulationOptions {
  std::string name;  // of the scenario, for people
  unsigned instances = 10;
  // Those before the last one teach the forecast; one instance sees their traffic, and nothing disturbs it.
  unsigned days = 1;
  Nanos daily = 1000 * kNanosPerUnit;
  Pacing pacing = Pacing::even;
  double cpm = 2.0;  // of a bid; what is paid is 0.6 to 1 of it
  double win_rate = 0.1;
  double abundance = 3;        // traffic, as a multiple of what the budget would buy
  bool day_curve = true;       // traffic follows a day's curve, else it is even
  bool dead_hour = false;      // no traffic at all from 13 to 14
  bool spike = false;          // five times as much from 18:00 to 18:20
  bool churn = false;          // instances join and die without a word
  double ledger_away_s = 0;    // at 10:00, for so long
  double late_share = 0.01;    // of the bills, that come minutes late (exponential, mean 120 s); others mean 4 s
  double repeat_share = 0.05;  // of the bills, that come again, to another instance
  double loss_share = 0;       // of the bids that lose, that an exchange says so of; the others are never heard of
  double answers_lost = 0;     // of the ledger's calls, that are done, but whose answers do not come
  std::uint64_t seed = 1;
  LedgerOptions ledger;
};

struct SimulationPoint {
  double hour = 0;   // of the last day
  double spent = 0;  // share of the daily budget, as billed so far for bids of this day
  double target = 0;
  double offered_rate = 0;  // share of the day's traffic per hour
  double chance = 0;        // mean over the instances
};

struct SimulationResult {
  SimulationOptions options;
  double overspend = 0;           // share of the daily budget; 0: none
  double delivery = 0;            // what was spent, as a share of the daily budget
  double worst_deviation = 0;     // from the target, as a share of the daily budget, from 00:30 on; asap: 0
  double worst_deviation_at = 0;  // hour
  double ledger_calls_per_s = 0;  // of all instances
  double open_max = 0;            // the most that was open at once, as a share of the daily budget
  std::uint64_t bids = 0, bills = 0;
  bool books_agree = false;             // the ledger's sum is that of the bills, to the nano
  std::vector<SimulationPoint> points;  // every five minutes
};

SimulationResult simulate(const SimulationOptions& options);

// The scenarios of the documentation, for one number of instances.
std::vector<SimulationOptions> scenarios(unsigned instances);

// A self-contained SVG picture: spend against target, traffic and chance below it. Readable in light and dark.
std::string chart(const SimulationResult& result);

}  // namespace bidwell::budget
