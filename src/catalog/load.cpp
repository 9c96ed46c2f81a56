// The campaign file's top level: campaigns, their flights and bids.
#include "bidwell/catalog/load.h"

#include <cmath>
#include <ctime>
#include <unordered_map>

#include "catalog/load_parts.h"

namespace bidwell::catalog {
namespace {

// 200,000 USD for a thousand impressions is a misplaced decimal point, not a price.
constexpr double kPriceMax = 200'000;

// "2026-01-31" or "2026-01-31T12:00:00Z" to Unix seconds.
std::optional<std::int64_t> parse_time(const std::string& text) {
  struct Form {
    const char* format;
    std::size_t size;  // strptime alone would also read the year 26 in "26-01-31"
  };
  for (const Form form : {Form{"%Y-%m-%dT%H:%M:%SZ", 20}, Form{"%Y-%m-%d", 10}}) {
    std::tm time{};
    if (text.size() != form.size) continue;
    const char* end = strptime(text.c_str(), form.format, &time);
    if (end == nullptr || *end != '\0') continue;
    const int day = time.tm_mday, month = time.tm_mon;
    const std::int64_t seconds = timegm(&time);
    if (time.tm_mday != day || time.tm_mon != month) return std::nullopt;  // the 31st of February
    return seconds;
  }
  return std::nullopt;
}

void read_flight(Fields& campaign, Campaign& out) {
  const Json* value = campaign.find("flight");
  if (value == nullptr) return;
  Fields flight(*value, campaign.place("flight"), campaign.faults());
  const auto read = [&](const char* key, std::int64_t& seconds) {
    std::string text;
    if (!flight.text(key, text)) return;
    if (const auto time = parse_time(text)) {
      seconds = *time;
    } else {
      flight.fault(key, fmt::format("\"{}\" is not a time like 2026-01-31 or 2026-01-31T12:00:00Z (UTC)", text));
    }
  };
  read("start", out.flight_start);
  read("end", out.flight_end);
  flight.refuse_unknown();
  if (out.flight_end <= out.flight_start) flight.fault("end", "must be after the start");
}

// A rate that some models need and the others have no use for. False: it is needed, and not there.
bool read_rate(Fields& bid, const char* key, bool needed, const char* meaning, Micros& out) {
  double rate = 0;
  if (bid.number(key, rate, 0.000001, 1)) out = std::llround(rate * kMicrosPerUnit);
  if (needed && !bid.has(key)) bid.fault(key, fmt::format("is required for this model: {}", meaning));
  if (!needed && bid.has(key)) bid.fault(key, "has no meaning for this model");
  return !needed || out > 0;
}

void read_bid(Fields& campaign, Campaign& out, const CurrencyTable& currencies) {
  static constexpr std::string_view kModels[] = {"cpm", "cpc", "cpa"};
  campaign.text("currency", out.currency);
  if (currencies.find(out.currency) == nullptr) {
    campaign.fault("currency", fmt::format("no exchange rate is configured for \"{}\"", out.currency));
  }
  const Json* value = campaign.find("bid");
  if (value == nullptr) return campaign.fault("bid", "is required");
  Fields bid(*value, campaign.place("bid"), campaign.faults());
  if (const int model = bid.choice("model", kModels); model >= 0) out.model = static_cast<BidModel>(model);
  double amount = 0;
  if (bid.number("price", amount, 0.000001, kPriceMax)) {
    out.price = std::llround(amount * kMicrosPerUnit);
  } else if (value->is_object() && !bid.has("price")) {
    bid.fault("price", "is required");
  }
  const bool has_ctr = read_rate(bid, "expected_ctr", out.model != BidModel::cpm,
                                 "clicks per impression, such as 0.002", out.expected_ctr);
  const bool has_cvr =
      read_rate(bid, "expected_cvr", out.model == BidModel::cpa, "actions per click, such as 0.05", out.expected_cvr);
  if (bid.number("max", amount, 0.000001, kPriceMax)) out.bid_max = std::llround(amount * kMicrosPerUnit);
  if (out.price > 0 && has_ctr && has_cvr && out.value() < 1) {
    bid.fault("price", "is worth less than a millionth for a thousand impressions");
  }
  bid.refuse_unknown();
}

void read_dsa(Fields& campaign, Campaign& out) {
  const Json* value = campaign.find("dsa");
  if (value == nullptr) return;
  Fields dsa(*value, campaign.place("dsa"), campaign.faults());
  Transparency transparency;
  dsa.text("behalf", transparency.behalf, true);
  dsa.text("paid", transparency.paid, true);
  dsa.refuse_unknown();
  out.dsa = std::move(transparency);
}

Campaign read_campaign(const Json& value, const std::string& where, std::vector<Fault>& faults,
                       const CurrencyTable& currencies) {
  static constexpr std::string_view kStatus[] = {"active", "paused"};
  Campaign campaign;
  Fields fields(value, where, faults);
  if (!value.is_object()) return campaign;
  // Both may stand in markup, where they would be taken for its own macros.
  const auto refuse_macros = [&](const char* key, const std::string& text) {
    if (text.find("{{") != std::string::npos) fields.fault(key, "must not contain {{");
  };
  if (fields.text("id", campaign.id, true)) refuse_macros("id", campaign.id);
  if (fields.text("name", campaign.name)) refuse_macros("name", campaign.name);
  fields.text("advertiser", campaign.advertiser_id, true);
  campaign.active = fields.choice("status", kStatus) <= 0;
  fields.text("seat", campaign.seat, true);
  read_flight(fields, campaign);
  read_bid(fields, campaign, currencies);
  load_budget(fields, campaign);
  load_frequency(fields, campaign);
  read_dsa(fields, campaign);
  if (const Json* targeting = fields.find("targeting")) {
    campaign.targeting = load_targeting(*targeting, fields.place("targeting"), faults);
  }
  const bool listed = fields.each("creatives", [&](const Json& creative, const std::string& at) {
    campaign.creatives.push_back(load_creative(creative, at, faults));
  });
  if (listed && campaign.creatives.empty()) fields.fault("creatives", "must not be empty");
  if (!listed && !fields.has("creatives")) fields.fault("creatives", "is required");
  fields.refuse_unknown();
  return campaign;
}

void refuse_repeated(const std::vector<Campaign>& campaigns, std::vector<Fault>& faults) {
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t i = 0; i < campaigns.size(); ++i) {
    const auto [first, fresh] = ids.try_emplace(campaigns[i].id, i);
    if (!fresh && !campaigns[i].id.empty()) {
      faults.push_back({fmt::format("/campaigns/{}/id", i),
                        fmt::format("\"{}\" is also the id of /campaigns/{}", campaigns[i].id, first->second)});
    }
    std::unordered_map<std::string_view, std::size_t> creatives;
    for (std::size_t j = 0; j < campaigns[i].creatives.size(); ++j) {
      const std::string& id = campaigns[i].creatives[j].id;
      if (!id.empty() && !creatives.try_emplace(id, j).second) {
        faults.push_back({fmt::format("/campaigns/{}/creatives/{}/id", i, j),
                          fmt::format("\"{}\" is also the id of another creative of this campaign", id)});
      }
    }
  }
}

}  // namespace

Loaded load_campaigns(std::string_view text, const CurrencyTable& currencies) {
  Loaded loaded;
  const auto parsed = parse_json(text, loaded.faults);
  if (!parsed) return loaded;
  const Json& document = *parsed;
  Fields top(document, "", loaded.faults);
  if (!document.is_object()) return loaded;
  const bool listed = top.each("campaigns", [&](const Json& campaign, const std::string& at) {
    loaded.campaigns.push_back(read_campaign(campaign, at, loaded.faults, currencies));
  });
  if (!listed && !top.has("campaigns")) top.fault("campaigns", "is required");
  top.refuse_unknown();
  refuse_repeated(loaded.campaigns, loaded.faults);
  return loaded;
}

Loaded load_campaign_file(const std::string& path, const CurrencyTable& currencies) {
  Loaded loaded;
  const auto content = read_file(path, loaded.faults);
  return content ? load_campaigns(*content, currencies) : loaded;
}

}  // namespace bidwell::catalog
