// The ledger as it is configured, what PostgreSQL says against it, and what the catalog wants of it: for serving and
// for tools.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "bidwell/budget/banker.h"
#include "bidwell/budget/ledger.h"
#include "bidwell/budget/reconcile.h"
#include "bidwell/catalog/campaign.h"
#include "bidwell/events/billed.h"
#include "bidwell/ops/config.h"

namespace bidwell::apps {

// As configured; null: none. For one thread where it is Redis' (budget::RedisLedger). `read_only`: a tool that only
// looks. Throws std::runtime_error when a file cannot be used.
std::unique_ptr<budget::Ledger> open_ledger(const ops::Config& config, std::uint64_t seed, bool read_only);

// What PostgreSQL says was spent. `interruption` may be null.
budget::ReadTruth truth_of(const ops::Config& config, events::Interruption* interruption = nullptr);

// What the catalog says of a campaign's money; nothing for one without a budget.
std::optional<budget::AccountTerms> account_terms(const catalog::Campaign& campaign);

}  // namespace bidwell::apps
