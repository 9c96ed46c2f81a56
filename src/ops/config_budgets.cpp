// Sections budgets and histories: who keeps the ledger, and what is remembered of what users were shown.
#include "bidwell/profile/histories.h"
#include "ops/config_parts.h"

namespace bidwell::ops {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// "" is what may stand there.
std::string fault_of_ledger(LedgerKind kind, const Config& config) {
  if (kind == LedgerKind::none) return "";
  if (config.events.directory.empty()) return "needs events/directory: the ledger follows the journals";
  if (config.notices.url.empty()) return "needs notices/url: what nobody reports cannot be counted";
  if (kind == LedgerKind::file) return "";
  if (!config.redis) return "is redis, but section redis has no url";
  if (!config.events.to_postgres) {
    return "is redis, but events/sinks has no postgres: should Redis lose its data, nobody would know what was spent";
  }
  return "";
}

void read_prefix(Fields& fields, std::string& out) {
  fields.text("redis_prefix", out);
  if (out.empty() || out.find_first_of("{} ") != std::string::npos) {
    fields.fault("redis_prefix", "must be a text without braces or spaces");
  }
}

}  // namespace

void read_budgets(Fields fields, BudgetOptions& out, bool& chosen) {
  static constexpr std::string_view kLedgers[] = {"none", "file", "redis"};
  if (const int ledger = fields.choice("ledger", kLedgers); ledger >= 0) {
    out.ledger = static_cast<LedgerKind>(ledger);
    chosen = true;
  }
  read_time<seconds>(fields, "reserve_s", out.terms.reserve, 5, 3600);
  read_time<seconds>(fields, "lease_s", out.terms.lease, 3, 600);
  read_time<seconds>(fields, "repeats_s", out.terms.repeats, 60, 7 * 86'400);
  read_time<milliseconds>(fields, "interval_ms", out.interval, 100, 10'000);
  read_time<seconds>(fields, "catch_up_s", out.catch_up, 60, 86'400);
  read_time<milliseconds>(fields, "redis_timeout_ms", out.redis_timeout, 10, 10'000);
  read_time<seconds>(fields, "reconcile_interval_s", out.reconcile_interval, 0, 7 * 86'400);
  read_prefix(fields, out.redis_prefix);
  if (out.terms.reserve < out.terms.lease) {
    fields.fault("reserve_s", "must be no shorter than lease_s: bids are stated late while Redis is away");
  }
  if (out.terms.lease < 3 * out.interval) fields.fault("lease_s", "must be at least three times interval_ms");
  fields.refuse_unknown();
}

void check_budgets(Config& config, bool chosen, Fields& top) {
  if (chosen) {
    const std::string fault = fault_of_ledger(config.budgets.ledger, config);
    if (!fault.empty()) top.fault("budgets/ledger", fault);
    return;
  }
  // A file is one instance's own: where there is Redis there are others, who would all spend the same budgets.
  const LedgerKind fitting = config.redis ? LedgerKind::redis : LedgerKind::file;
  config.budgets.ledger = fault_of_ledger(fitting, config).empty() ? fitting : LedgerKind::none;
}

HistoryOptions default_histories() {
  HistoryOptions out;
  out.cache.l1.bytes_max = std::size_t{64} << 20;
  out.cache.classes.push_back(profile::history_class());
  out.cache.origin_keys_per_s = 10'000'000;  // without Redis they are in memory
  return out;
}

void read_histories(Fields fields, HistoryOptions& out) {
  cache::ClassOptions& cls = out.cache.classes.front();
  read_megabytes(fields, "l1_mb", out.cache.l1.bytes_max, 1, 1'000'000);
  read_prefix(fields, cls.prefix);
  read_time<seconds>(fields, "soft_ttl_s", cls.soft_ttl, 1, 3600);
  read_time<seconds>(fields, "hard_ttl_s", cls.hard_ttl, 1, 3600);
  if (cls.hard_ttl < cls.soft_ttl) fields.fault("hard_ttl_s", "must be no shorter than soft_ttl_s");
  read_time<seconds>(fields, "negative_ttl_s", cls.negative_ttl, 1, 3600);
  read_time<milliseconds>(fields, "wait_ms", cls.wait, 0, 1000);
  read_time<milliseconds>(fields, "redis_timeout_ms", out.cache.read_timeout, 1, 10'000);
  fields.integer("memory_users_max", out.memory_users_max, 1, 1'000'000'000);
  fields.refuse_unknown();
}

}  // namespace bidwell::ops
