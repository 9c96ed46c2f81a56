#include "apps/budgets.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "bidwell/core/hash.h"

namespace bidwell::apps {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Between the two looks of a reconciliation: sinks store what they have within a second or two.
constexpr seconds kSettle{10};
// One instance reads all of PostgreSQL for all; when it is killed meanwhile the next does so that much later.
constexpr seconds kClaimed{60};
constexpr std::string_view kMake = "make", kReconcile = "reconcile";
// For a reconciliation that was cut short, to give its claim back.
constexpr milliseconds kGrace{500};
// Rounds without a call of the ledger until it is asked whether it is there.
constexpr unsigned kSilentRounds = 10;

budget::Now now() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<milliseconds>(wall).count(), std::chrono::steady_clock::now()};
}

budget::BankerOptions banker_options(const ops::Config& config, std::uint64_t seed) {
  budget::BankerOptions options;
  options.holder = fmt::format("{:016x}", mix(seed, 1));
  options.ledger = config.budgets.terms;
  options.interval = config.budgets.interval;
  options.catch_up = config.budgets.catch_up;
  return options;
}

// Nothing to be done where that fails: the claim runs out.
void disclaim(budget::Ledger& ledger, std::string_view what) {
  try {
    ledger.disclaim(what);
  } catch (const std::exception&) {
  }
}

void report(const budget::Reconciled& done) {
  if (done.made) {
    spdlog::info(
        "budgets: a ledger was made from PostgreSQL, with {} accounts; of limits that were set by hand it has those "
        "that Redis still had",
        done.accounts);
  }
  for (const budget::Drift& drift : done.drifts) {
    spdlog::warn("budgets: {}: the ledger had {} nanos where PostgreSQL has {} (cell {}){}", drift.campaign,
                 drift.ledger, drift.truth, drift.cell, drift.mended ? ": mended" : "");
  }
  if (!done.behind.empty()) {
    spdlog::warn("budgets: not reconciled yet, as {} journals were read by one side alone, such as {}",
                 done.behind.size(), done.behind.front());
  }
  for (const std::string& journal : done.given_up) {
    spdlog::warn("budgets: taken for lost, with whatever nobody has read of it: {}", journal);
  }
}

// Nobody waits for these, and their calls take Redis longer: thousands of bills at once, whole accounts.
ops::Config patient(ops::Config config) {
  config.budgets.redis_timeout = std::max(config.budgets.redis_timeout, milliseconds(5000));
  return config;
}

}  // namespace

Budgets::Budgets(const ops::Config& config, unsigned workers, std::uint64_t seed)
    : config_(config),
      banker_(banker_options(config, seed), workers),
      ledger_(open_ledger(config, mix(seed, 2), false)) {
  if (config.budgets.ledger != ops::LedgerKind::redis) return;
  sinks_ledger_ = open_ledger(patient(config), mix(seed, 3), false);
  truths_ledger_ = open_ledger(patient(config), mix(seed, 4), false);
}

Budgets::~Budgets() {
  stop();
}

void Budgets::enlist(std::span<const catalog::Campaign> campaigns) {
  std::vector<budget::AccountTerms> terms;
  for (const catalog::Campaign& campaign : campaigns) {
    if (auto account = account_terms(campaign)) terms.push_back(std::move(*account));
  }
  const std::vector<budget::AccountNumber> numbers = banker_.enlist(terms);
  accounts_.clear();
  for (std::size_t i = 0; i < terms.size(); ++i) accounts_.emplace(std::move(terms[i].campaign), numbers[i]);
}

std::uint32_t Budgets::account(const std::string& campaign) const {
  const auto at = accounts_.find(campaign);
  return at == accounts_.end() ? budget::kNoAccount : at->second;
}

NamedSink Budgets::make_sink() {
  budget::BudgetSink::Options options;
  options.zone_of = [this](std::string_view campaign) { return banker_.zone_of(campaign); };
  auto sink = std::make_unique<budget::BudgetSink>(sinks_ledger_ ? *sinks_ledger_ : *ledger_, std::move(options));
  return {"budgets", std::move(sink), [] { return std::string("all that is confirmed shows `bidwell budget show`"); }};
}

void Budgets::start() {
  tick();  // so that the first requests find something in the purses
  banker_thread_ = std::thread([this] { run_banker(); });
  if (!config_.events.to_postgres) return;
  reconciler_thread_ = std::thread([this] {
    run_reconciler();
    const std::lock_guard lock(mutex_);
    reconciler_ended_ = true;
    wake_.notify_all();
  });
}

void Budgets::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  reading_.interrupt();
  if (banker_thread_.joinable()) {
    banker_thread_.join();
    if (!banker_.close(*ledger_, now())) {
      spdlog::warn("budgets: what this instance had leased could not be given back: it is free once its leases expire");
    }
  }
  if (!reconciler_thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kGrace, [this] { return reconciler_ended_; });
  }
  if (truths_ledger_) truths_ledger_->interrupt();
  reconciler_thread_.join();
}

bool Budgets::wait(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void Budgets::run_banker() {
  while (wait(config_.budgets.interval)) tick();
}

void Budgets::tick() {
  const budget::BankerCounters& counters = banker_.counters();
  const std::uint64_t calls = counters.calls.value();
  const std::uint64_t missing = counters.missing.value(), failures = counters.failures.value();
  banker_.tick(*ledger_, now());
  bool away = counters.failures.value() != failures, gone = counters.missing.value() != missing;
  if (counters.calls.value() == calls) {
    if (!away_ && !gone_ && ++silent_rounds_ < kSilentRounds) return;
    try {
      gone = !ledger_->exists();
    } catch (const std::runtime_error&) {
      away = true;
    }
  }
  silent_rounds_ = 0;
  const bool was_away = std::exchange(away_, away), was_gone = std::exchange(gone_, gone);
  if (away && !was_away) spdlog::warn("budgets: the ledger does not answer; what is leased is bid, then nothing");
  if (!away && was_away) spdlog::info("budgets: the ledger answers again");
  if (!gone) return;
  if (!was_gone) spdlog::warn("budgets: there is no ledger: campaigns with a budget do not bid until it is made");
  const std::lock_guard lock(mutex_);
  make_ = true;
  wake_.notify_all();
}

// At the start, then when the ledger has gone missing, and every so often.
void Budgets::run_reconciler() {
  const seconds interval = config_.budgets.reconcile_interval;
  auto next = std::chrono::steady_clock::now();
  for (bool first = true;; first = false) {
    bool missing = false;
    {
      std::unique_lock lock(mutex_);
      const auto due = [&] { return stopping_ || make_; };
      if (!first && interval.count() == 0) {
        wake_.wait(lock, due);
      } else {
        wake_.wait_until(lock, next, due);
      }
      if (stopping_) return;
      missing = std::exchange(make_, false);
    }
    const bool done = reconcile(missing);
    if (done || !missing) next = std::chrono::steady_clock::now() + interval;
    // Another may be making it; and where PostgreSQL is away it need not be asked all the time.
    if (!done && !wait(seconds(1))) return;
  }
}

bool Budgets::reconcile(bool missing) {
  budget::Ledger& ledger = truths_ledger_ ? *truths_ledger_ : *ledger_;
  budget::ReconcileOptions options;
  options.zone_of = [this](std::string_view campaign) { return banker_.zone_of(campaign); };
  options.pause = [this] { wait(kSettle); };
  std::string_view claimed;
  try {
    const bool exists = ledger.exists();
    if (exists && missing) return false;
    const std::string_view what = exists ? kReconcile : kMake;
    const seconds time = exists ? std::max(kClaimed, config_.budgets.reconcile_interval / 2) : kClaimed;
    if (!ledger.claim(what, time)) return false;
    claimed = what;
    report(budget::reconcile(ledger, truth_of(config_, &reading_), options));
    fault_.clear();
    return true;
  } catch (const std::exception& error) {
    if (wait(milliseconds(0)) && fault_ != error.what()) spdlog::warn("budgets: not reconciled: {}", error.what());
    fault_ = error.what();
  }
  if (claimed.empty()) return false;
  disclaim(ledger, claimed);
  const std::lock_guard lock(mutex_);
  make_ = make_ || claimed == kMake;
  return false;
}

void Budgets::log_totals() const {
  const budget::BankerCounters& counters = banker_.counters();
  spdlog::info("budgets: {} rounds, {} calls of the ledger, {} not answered, {} without a ledger, {} leases lost",
               counters.ticks.value(), counters.calls.value(), counters.failures.value(), counters.missing.value(),
               counters.lost.value());
}

}  // namespace bidwell::apps
