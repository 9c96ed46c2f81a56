// How much a campaign may spend, and how often it may be shown to one user.
#include <charconv>
#include <cmath>

#include "catalog/load_parts.h"

namespace bidwell::catalog {
namespace {

// In nanos they still fit into 64 bits, twice.
constexpr double kAmountMax = 4'000'000'000;
constexpr std::size_t kCapsMax = 8;
constexpr std::int64_t kTimesMax = 64;
constexpr std::chrono::seconds kPerMin = std::chrono::minutes(1), kPerMax = std::chrono::days(30);

void read_amount(Fields& budget, const char* key, const Campaign& campaign, std::optional<Micros>& out) {
  double amount = 0;
  if (!budget.number(key, amount, 0, kAmountMax)) return;
  out = std::llround(amount * kMicrosPerUnit);
  // One impression costs a thousandth of what a thousand do.
  const Micros least = (campaign.value() + 999) / 1000;
  if (*out >= std::max<Micros>(least, 1)) return;
  budget.fault(key, fmt::format("must be at least what one impression costs at this bid, {:.6f}",
                                static_cast<double>(std::max<Micros>(least, 1)) / kMicrosPerUnit));
}

// "5m", "12h", "7d".
std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end + 1 != text.data() + text.size()) return std::nullopt;
  switch (*end) {
    case 'm': return std::chrono::minutes(count);
    case 'h': return std::chrono::hours(count);
    case 'd': return std::chrono::days(count);
    default: return std::nullopt;
  }
}

Cap read_cap(const Json& value, const std::string& where, std::vector<Fault>& faults) {
  static constexpr std::string_view kOf[] = {"campaign", "creative", "advertiser"};
  static constexpr std::string_view kCounted[] = {"impression", "billing"};
  Cap out;
  Fields cap(value, where, faults);
  cap.integer("times", out.times, 1, kTimesMax);
  if (value.is_object() && !cap.has("times")) cap.fault("times", "is required: how often at most");
  std::string per;
  if (cap.text("per", per)) {
    const auto duration = parse_duration(per);
    if (duration && *duration >= kPerMin && *duration <= kPerMax) {
      out.per = *duration;
    } else {
      cap.fault("per", fmt::format("\"{}\" is not a time like 5m, 12h or 7d, from 1m to 30d", per));
    }
  } else if (value.is_object() && !cap.has("per")) {
    cap.fault("per", "is required: a time like 5m, 12h or 7d");
  }
  if (const int of = cap.choice("of", kOf); of >= 0) out.of = static_cast<Cap::Of>(of);
  if (const int counted = cap.choice("counted", kCounted); counted >= 0)
    out.counted = static_cast<Cap::Counted>(counted);
  cap.refuse_unknown();
  return out;
}

}  // namespace

void load_budget(Fields& campaign, Campaign& out) {
  static constexpr std::string_view kPacing[] = {"even", "asap"};
  const Json* value = campaign.find("budget");
  if (value == nullptr) return;
  Fields fields(*value, campaign.place("budget"), campaign.faults());
  Budget budget;
  read_amount(fields, "total", out, budget.total);
  read_amount(fields, "daily", out, budget.daily);
  std::string zone;
  if (fields.text("time_zone", zone)) {
    if (const auto known = TimeZone::find(zone)) {
      budget.zone = *known;
    } else {
      fields.fault("time_zone", fmt::format("\"{}\" is not a name in the IANA time zone database, such as UTC, "
                                            "Europe/Berlin or America/New_York (package tzdata)",
                                            zone));
    }
  }
  if (const int pacing = fields.choice("pacing", kPacing); pacing >= 0) {
    budget.pacing = static_cast<Budget::Pacing>(pacing);
  }
  if (value->is_object() && !fields.has("total") && !fields.has("daily")) {
    fields.fault("", "needs an amount: \"total\", \"daily\" or both");
  } else if (budget.total && budget.daily && *budget.total < *budget.daily) {
    fields.fault("total", "must not be less than the daily amount");
  } else if (budget.pacing == Budget::Pacing::even && budget.total && !fields.has("daily") &&
             out.flight_end == std::numeric_limits<std::int64_t>::max()) {
    fields.fault("pacing", "even needs a daily amount, or an end of the flight to spread the total until; or be asap");
  }
  fields.refuse_unknown();
  out.budget = std::move(budget);
}

void load_frequency(Fields& campaign, Campaign& out) {
  static constexpr std::string_view kUnknownUsers[] = {"skip", "bid"};
  const Json* value = campaign.find("frequency");
  if (value == nullptr) return;
  Fields fields(*value, campaign.place("frequency"), campaign.faults());
  const bool listed = fields.each("caps", [&](const Json& cap, const std::string& at) {
    out.caps.push_back(read_cap(cap, at, fields.faults()));
    if (out.caps.back().of == Cap::Of::advertiser && out.advertiser_id.empty()) {
      fields.faults().push_back({at + "/of", "needs the campaign's \"advertiser\""});
    }
  });
  if (listed && (out.caps.empty() || out.caps.size() > kCapsMax)) {
    fields.fault("caps", fmt::format("must have 1 to {} entries", kCapsMax));
  }
  if (value->is_object() && !fields.has("caps")) fields.fault("caps", "is required");
  out.bids_on_unknown_users = fields.choice("unknown_users", kUnknownUsers) == 1;
  fields.refuse_unknown();
}

}  // namespace bidwell::catalog
