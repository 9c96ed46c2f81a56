// The scenarios of docs/BUDGETS.md.
#include "bidwell/budget/simulate.h"

namespace bidwell::budget {

std::vector<SimulationOptions> scenarios(unsigned instances) {
  std::vector<SimulationOptions> all;
  const auto add = [&](const char* name) -> SimulationOptions& {
    SimulationOptions& made = all.emplace_back();
    made.name = name;
    made.instances = instances;
    made.days = 2;
    return made;
  };
  add("even");
  add("first day").days = 1;
  add("dead hour").dead_hour = true;
  add("spike").spike = true;
  add("churn").churn = true;
  add("ledger away").ledger_away_s = 300;
  add("scarce traffic").abundance = 0.8;
  add("as soon as possible").pacing = Pacing::asap;
  add("tiny budget").daily = 5 * kNanosPerUnit;
  SimulationOptions& rare = add("wins 1 %");
  rare.win_rate = 0.01;
  rare.daily = 200 * kNanosPerUnit;
  SimulationOptions& told = add("wins 1 %, losses told");
  told.win_rate = 0.01;
  told.daily = 200 * kNanosPerUnit;
  told.loss_share = 0.9;
  add("wins 90 %").win_rate = 0.9;
  SimulationOptions& together = add("all together");
  together.dead_hour = together.spike = together.churn = true;
  together.ledger_away_s = 300;
  together.answers_lost = 0.001;
  together.loss_share = 0.3;
  return all;
}

}  // namespace bidwell::budget
