// Budgets while serving: the ledger, the banker's thread that leases money from it, the sink by which it hears
// of what was spent, and the thread that holds it against PostgreSQL.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "apps/event_sinks.h"
#include "apps/ledger.h"
#include "bidwell/budget/banker.h"
#include "bidwell/budget/sink.h"
#include "bidwell/catalog/campaign.h"
#include "bidwell/events/billed.h"
#include "bidwell/ops/config.h"

namespace bidwell::apps {

class Budgets {
 public:
  static bool configured(const ops::Config& config) { return config.budgets.ledger != ops::LedgerKind::none; }

  // `seed`: a random number of the process. Throws std::runtime_error when the ledger's file cannot be used.
  Budgets(const ops::Config& config, unsigned workers, std::uint64_t seed);
  ~Budgets();

  // Takes over a catalog's budgets, before it is compiled.
  void enlist(std::span<const catalog::Campaign> campaigns);
  // Of a campaign that was enlisted last; kNoAccount: it has no budget. For catalog::CompileOptions.
  std::uint32_t account(const std::string& campaign) const;

  budget::Wallet& wallet(unsigned worker) noexcept { return banker_.wallet(worker); }

  // For the journals' shippers; once.
  NamedSink make_sink();

  void start();
  // After the workers and before the journals' shippers end: gives back what is left.
  void stop();

  void log_totals() const;

 private:
  void tick();
  void run_banker();
  void run_reconciler();
  // `missing`: only if there is no ledger. True: it was tried here, not left to another instance.
  bool reconcile(bool missing);
  // False: stopping.
  bool wait(std::chrono::milliseconds time);

  const ops::Config& config_;
  budget::Banker banker_;
  std::map<std::string, std::uint32_t, std::less<>> accounts_;
  std::unique_ptr<budget::Ledger> ledger_;         // the banker's; a file's is everybody's
  std::unique_ptr<budget::Ledger> sinks_ledger_;   // null: ledger_ is for all threads
  std::unique_ptr<budget::Ledger> truths_ledger_;  // null likewise
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool reconciler_ended_ = false;
  bool make_ = false;                 // the banker found no ledger
  bool away_ = false, gone_ = false;  // at the banker's last round: it did not answer; there was none
  unsigned silent_rounds_ = 0;        // in which the banker had nothing to ask of the ledger
  events::Interruption reading_;      // of the truth
  std::string fault_;                 // why the last reconciliation failed
  std::thread banker_thread_, reconciler_thread_;
};

}  // namespace bidwell::apps
