// bidwell budget show|set|reconcile: the ledger as people see and mend it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <thread>

#include "apps/amounts.h"
#include "apps/budgets.h"
#include "apps/commands.h"
#include "apps/ledger_view.h"
#include "apps/setup.h"
#include "bidwell/catalog/load.h"

namespace bidwell::apps {
namespace {

using OrderedJson = nlohmann::ordered_json;

// What the catalog and the ledger say of one campaign.
struct Row {
  std::string campaign, currency;
  std::optional<budget::AccountTerms> terms;    // nothing: not in the catalog, or without a budget
  std::optional<budget::AccountState> account;  // nothing: the ledger has not heard of it
};

// The configuration, its catalog's budgets and its ledger. Empty after printing what is wrong.
struct Books {
  ops::Config config;
  std::map<std::string, Row> rows;
  std::unique_ptr<budget::Ledger> ledger;
};

std::optional<Books> open_books(const std::string& path, bool read_only) {
  auto config = load_config_or_print(path);
  if (!config) return std::nullopt;
  if (!Budgets::configured(*config)) {
    fmt::print(stderr, "bidwell budget: no ledger is configured: budgets/ledger in {}\n", path);
    return std::nullopt;
  }
  const catalog::Loaded catalog = catalog::load_campaign_file(config->catalog.file, config->currencies);
  print_faults(config->catalog.file, catalog.faults);
  if (!catalog.faults.empty()) return std::nullopt;
  Books books;
  for (const catalog::Campaign& campaign : catalog.campaigns) {
    if (auto terms = account_terms(campaign)) {
      books.rows[campaign.id] = {campaign.id, campaign.currency, std::move(terms), std::nullopt};
    }
  }
  config->budgets.redis_timeout = std::max(config->budgets.redis_timeout, std::chrono::milliseconds(10'000));
  books.ledger = open_ledger(*config, random64(), read_only);
  books.config = std::move(*config);
  return books;
}

void add_accounts(Books& books) {
  for (budget::AccountState& account : books.ledger->accounts()) {
    Row& row = books.rows[account.campaign];
    row.campaign = account.campaign;
    row.account = std::move(account);
  }
}

std::array<BudgetSide, 2> sides(const Row& row) {
  const BudgetSides both = sides_of(row.terms ? &*row.terms : nullptr, row.account ? &*row.account : nullptr);
  return {both.today, both.in_all};
}

std::string note(const Row& row) {
  if (!row.terms) return "not in the catalog, or without a budget there";
  if (!row.account) return "nothing was bid yet";
  const std::size_t holders = row.account->holders;
  std::string text = holders == 0
                         ? "no instance has money of it"
                         : fmt::format("bids with a chance of {:.1f} %, {} instance{}",
                                       row.account->standing.chance_ppm / 10'000.0, holders, holders == 1 ? "" : "s");
  if (row.account->by_hand != budget::Limits{}) text += ", limits set by hand";
  return text;
}

void print_table(const Books& books, const std::string& only) {
  std::size_t width = 8;
  for (const auto& [id, row] : books.rows) width = std::max(width, id.size());
  fmt::print("{:<{}}  {:<6} {:>14} {:>14} {:>12} {:>12} {:>14}\n", "campaign", width, "", "budget", "spent", "open",
             "leased", "left");
  for (const auto& [id, row] : books.rows) {
    if (!only.empty() && id != only) continue;
    bool first = true;
    for (const BudgetSide& side : sides(row)) {
      const Nanos left = side.limit.value_or(0) - side.spent - side.open - side.leased;
      fmt::print("{:<{}}  {:<6} {:>14} {:>14} {:>12} {:>12} {:>14}  {}\n", first ? id : "", width, side.name,
                 side.limit ? amount(*side.limit) : "-", amount(side.spent), amount(side.open), amount(side.leased),
                 side.limit ? amount(left) : "-", first ? note(row) : row.currency);
      first = false;
    }
  }
}

void print_json(const Books& books, const std::string& only) {
  OrderedJson out = OrderedJson::array();
  for (const auto& [id, row] : books.rows) {
    if (!only.empty() && id != only) continue;
    OrderedJson entry{{"campaign", id}, {"currency", row.currency}, {"in_catalog", row.terms.has_value()}};
    for (const BudgetSide& side : sides(row)) {
      entry[side.name == std::string_view("today") ? "today" : "total"] = {
          {"budget_nanos", side.limit ? OrderedJson(*side.limit) : OrderedJson()},
          {"spent_nanos", side.spent},
          {"open_nanos", side.open},
          {"leased_nanos", side.leased}};
    }
    if (row.account) {
      entry["holders"] = row.account->holders;
      entry["chance"] = row.account->standing.chance_ppm / 1e6;
      entry["by_hand"] = row.account->by_hand != budget::Limits{};
    }
    out.push_back(std::move(entry));
  }
  fmt::print("{}\n", out.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
}

// Of "250", "250.5" or "none"; what was not given stays as it is. False, after printing why, for anything else.
bool read_limit(const char* name, const std::string& text, std::optional<Nanos>& out) {
  if (text.empty()) return true;
  if (text == "none") {
    out = kNoLimit;
    return true;
  }
  const auto micros = parse_micros(text, Rounding::down);
  if (!micros || *micros < 0 || *micros > kMaxMicros) {
    fmt::print(stderr, "bidwell budget set: --{} is no amount: \"{}\"\n", name, text);
    return false;
  }
  if (*micros / kMicrosPerUnit > catalog::kBudgetUnitsMax) {
    fmt::print(stderr, "bidwell budget set: --{} is above {}\n", name, catalog::kBudgetUnitsMax);
    return false;
  }
  out = *micros * kNanosPerMicro;
  return true;
}

void print_drift(const budget::Drift& drift) {
  const std::string when =
      drift.cell == 0 ? "older bids" : fmt::format("bids of {}", quarter_hour(drift.cell * budget::kCellSeconds));
  fmt::print("{}: {}: the ledger has {}, PostgreSQL {}: {}\n", drift.campaign, when, amount(drift.ledger),
             amount(drift.truth), drift.mended ? "mended" : "not mended");
}

}  // namespace

int budget_show(const BudgetOptions& options) {
  auto books = open_books(options.config, true);
  if (!books) return 1;
  add_accounts(*books);
  if (!options.campaign.empty() && !books->rows.contains(options.campaign)) {
    fmt::print(stderr, "bidwell budget: neither the catalog nor the ledger has a budget of \"{}\"\n", options.campaign);
    return 1;
  }
  (options.json ? print_json : print_table)(*books, options.campaign);
  return 0;
}

int budget_set(const BudgetOptions& options) {
  budget::Limits named;
  if (!read_limit("total", options.total, named.total) || !read_limit("daily", options.daily, named.daily)) return 1;
  if (options.clear != (options.total.empty() && options.daily.empty())) {
    fmt::print(stderr, "bidwell budget set: give --total, --daily or both, or else --clear\n");
    return 1;
  }
  auto books = open_books(options.config, false);
  if (!books) return 1;
  add_accounts(*books);
  const auto row = books->rows.find(options.campaign);
  if (row == books->rows.end() || !row->second.terms) {
    fmt::print(stderr, "bidwell budget: the catalog has no budget of \"{}\"\n", options.campaign);
    return 1;
  }
  // What is not named stays as it stands: by hand, or as the catalog has it.
  budget::AccountState account = row->second.account.value_or(budget::AccountState{});
  account.by_hand = options.clear ? budget::Limits{}
                                  : budget::Limits{named.total ? named.total : account.by_hand.total,
                                                   named.daily ? named.daily : account.by_hand.daily};
  const BudgetSides in_force = sides_of(&*row->second.terms, &account);
  if (!in_force.today.limit && !in_force.in_all.limit) {
    fmt::print(stderr,
               "bidwell budget set: a campaign without any limit needs no ledger: take its budget out of the "
               "catalog\n");
    return 1;
  }
  books->ledger->set_limits(options.campaign, account.by_hand);
  const auto text = [](const BudgetSide& side) { return side.limit ? amount(*side.limit) : std::string("none"); };
  fmt::print("{}: {}total {}, daily {}; all instances heed it within a few seconds\n", options.campaign,
             options.clear ? "the catalog's budget holds again: " : "", text(in_force.in_all), text(in_force.today));
  return 0;
}

int budget_reconcile(const BudgetOptions& options) {
  auto books = open_books(options.config, false);
  if (!books) return 1;
  if (!books->config.events.to_postgres) {
    fmt::print(stderr, "bidwell budget: there is nothing to reconcile with: events/sinks has no postgres\n");
    return 1;
  }
  budget::ReconcileOptions reconcile;
  reconcile.mend = reconcile.make = !options.dry_run;
  reconcile.force = options.force;
  reconcile.zone_of = [&](std::string_view campaign) {
    const auto row = books->rows.find(std::string(campaign));
    return row != books->rows.end() && row->second.terms ? row->second.terms->zone : TimeZone();
  };
  reconcile.pause = [&] {
    fmt::print(stderr, "looking again in {} s: what is on its way arrives meanwhile\n", options.pause_s);
    std::this_thread::sleep_for(std::chrono::duration<double>(options.pause_s));
  };
  const budget::Reconciled done = budget::reconcile(*books->ledger, truth_of(books->config), reconcile);
  if (done.made) fmt::print("there was no ledger: one was made from PostgreSQL\n");
  for (const std::string& journal : done.behind) fmt::print("behind: {}\n", journal);
  for (const std::string& journal : done.given_up) fmt::print("taken for lost: {}\n", journal);
  for (const budget::Drift& drift : done.drifts) print_drift(drift);
  fmt::print("{} accounts: {} differences, {} still moving{}\n", done.accounts, done.drifts.size(), done.unsettled,
             done.behind.empty() ? "" : "; nothing is mended while journals are behind (--force: they are lost)");
  const bool all_mended = std::ranges::all_of(done.drifts, [](const budget::Drift& drift) { return drift.mended; });
  return all_mended && done.behind.empty() ? 0 : 1;
}

}  // namespace bidwell::apps
