// Auctions' ids, and what is read of a request that others wrote.
#include "market/ask.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace bidwell::market {
namespace {

using Json = nlohmann::json;

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

std::string text(const Json& object, const char* key, std::string missing) {
  const Json* const value = member(object, key);
  return value != nullptr && value->is_string() && !value->get_ref<const std::string&>().empty()
             ? value->get<std::string>()
             : std::move(missing);
}

// Rounded up: what is below a floor by less than a micro is below.
Micros floor_of(const Json& object) {
  const Json* const value = member(object, "bidfloor");
  if (value == nullptr || !value->is_number()) return 0;
  return parse_micros(value->dump(), Rounding::up).value_or(0);
}

Impression impression_of(const Json& imp) {
  Impression out;
  out.id = text(imp, "id", "");
  out.floor = std::max<Micros>(0, floor_of(imp));
  out.floor_currency = text(imp, "bidfloorcur", "USD");
  const Json* const pmp = member(imp, "pmp");
  const Json* const deals = pmp == nullptr ? nullptr : member(*pmp, "deals");
  if (deals == nullptr || !deals->is_array()) return out;
  for (const Json& deal : *deals) {
    out.deals.push_back({text(deal, "id", ""), std::max<Micros>(0, floor_of(deal)), text(deal, "bidfloorcur", "USD")});
  }
  return out;
}

}  // namespace

std::string auction_prefix(std::uint64_t run) {
  return fmt::format("x{:013x}-", run & 0xfffffffffffff);
}

std::string auction_id(std::uint64_t run, std::uint64_t number) {
  return auction_prefix(run) + fmt::format("{:010}", number);
}

bool read_terms(Ask& ask) {
  const Json request = Json::parse(ask.body, nullptr, false);
  const Json* const imps = member(request, "imp");
  if (imps == nullptr || !imps->is_array() || imps->empty()) return false;
  ask.id = text(request, "id", "");
  if (ask.id.empty()) return false;
  ask.impressions.clear();
  for (const Json& imp : *imps) ask.impressions.push_back(impression_of(imp));
  const Json* const currencies = member(request, "cur");
  ask.currency = "USD";
  if (currencies != nullptr && currencies->is_array() && !currencies->empty() && currencies->front().is_string()) {
    ask.currency = currencies->front().get<std::string>();
  }
  const Json* const test = member(request, "test");
  ask.test = test != nullptr && test->is_number() && *test == 1;
  return true;
}

}  // namespace bidwell::market
