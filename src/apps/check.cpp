// bidwell check: is the configuration, with its catalog, one that serve would start with?
#include <fmt/format.h>

#include <algorithm>

#include "apps/commands.h"
#include "apps/setup.h"

namespace bidwell::apps {

int check(const std::string& path) {
  const auto config = load_config_or_print(path);
  if (!config) return 1;
  const auto snapshot = load_catalog_or_print(*config, compile_options(*config));
  if (!snapshot) return 1;
  std::size_t creatives = 0;
  for (const auto& campaign : snapshot->campaigns()) creatives += campaign.creatives.size();
  fmt::print("{}: good: {} exchange{}, {} campaigns with {} creatives in {} postings of the index\n", path,
             config->exchanges.size(), config->exchanges.size() == 1 ? "" : "s", snapshot->campaigns().size(),
             creatives, snapshot->index().postings());
  const auto paid = std::ranges::count_if(snapshot->campaigns(),
                                          [](const auto& campaign) { return campaign.source->budget.has_value(); });
  if (paid != 0 && config->budgets.ledger == ops::LedgerKind::none) {
    fmt::print(
        "{} campaigns have a budget and will not bid, as nobody counts what they spend: budgets/ledger is none\n",
        paid);
  }
  return 0;
}

}  // namespace bidwell::apps
