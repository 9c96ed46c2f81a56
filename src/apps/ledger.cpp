#include "apps/ledger.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <utility>

#include "bidwell/budget/file_ledger.h"
#include "bidwell/budget/redis_ledger.h"

namespace bidwell::apps {
namespace {

using std::chrono::seconds;

std::optional<Nanos> nanos(const std::optional<Micros>& amount) {
  return amount ? std::optional(*amount * kNanosPerMicro) : std::nullopt;
}

}  // namespace

std::unique_ptr<budget::Ledger> open_ledger(const ops::Config& config, std::uint64_t seed, bool read_only) {
  switch (config.budgets.ledger) {
    case ops::LedgerKind::none: return nullptr;
    case ops::LedgerKind::file: {
      if (!read_only) std::filesystem::create_directories(config.events.directory);
      budget::FileLedger::Options options;
      options.ledger = config.budgets.terms;
      options.path = config.events.directory + "/_budgets";
      options.read_only = read_only;
      options.from_truth = config.events.to_postgres;
      return std::make_unique<budget::FileLedger>(std::move(options));
    }
    case ops::LedgerKind::redis: {
      budget::RedisLedger::Options options;
      options.ledger = config.budgets.terms;
      options.redis = *config.redis;
      options.prefix = config.budgets.redis_prefix;
      options.timeout = config.budgets.redis_timeout;
      options.seed = seed;
      options.log = [](const std::string& line) { spdlog::warn("budgets: {}", line); };
      return std::make_unique<budget::RedisLedger>(std::move(options));
    }
  }
  return nullptr;
}

budget::ReadTruth truth_of(const ops::Config& config, events::Interruption* interruption) {
  return [url = config.postgres_url, interruption] {
    const auto since = std::chrono::system_clock::now() - seconds(budget::kSpentCellsKept * budget::kCellSeconds);
    events::Billed billed = events::read_billed(url, since, budget::kCellSeconds, interruption);
    budget::Truth truth;
    for (auto& campaign : billed.campaigns) {
      truth.accounts.push_back({std::move(campaign.id), campaign.in_all, std::move(campaign.cells)});
    }
    for (const auto& [journal, position] : billed.positions) truth.positions.push_back({journal, 0, position});
    truth.heard = std::move(billed.heard);
    return truth;
  };
}

std::optional<budget::AccountTerms> account_terms(const catalog::Campaign& campaign) {
  if (!campaign.budget) return std::nullopt;
  budget::AccountTerms terms;
  terms.campaign = campaign.id;
  terms.limits = {nanos(campaign.budget->total), nanos(campaign.budget->daily)};
  terms.zone = campaign.budget->zone;
  terms.pacing = campaign.budget->pacing == catalog::Budget::Pacing::even ? budget::Pacing::even : budget::Pacing::asap;
  terms.flight_start = campaign.flight_start;
  terms.flight_end = campaign.flight_end;
  terms.bid = campaign.value();
  terms.active = campaign.active;
  return terms;
}

}  // namespace bidwell::apps
