// Reads campaigns from their JSON file (docs/CAMPAIGNS.md). Off the hot path; nlohmann/json.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bidwell/catalog/campaign.h"
#include "bidwell/core/json_fields.h"

namespace bidwell::catalog {

struct Loaded {
  std::vector<Campaign> campaigns;
  std::vector<Fault> faults;  // all there are; `campaigns` may be used only if this is empty
};

// `text` is the file's content; comments are allowed. Never throws on bad content.
Loaded load_campaigns(std::string_view text, const CurrencyTable& currencies);

// The same from a file; one that cannot be read is a fault with an empty place.
Loaded load_campaign_file(const std::string& path, const CurrencyTable& currencies);

}  // namespace bidwell::catalog
