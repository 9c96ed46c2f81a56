// Two answers to one request, by what an exchange would make of them.
#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "bidwell/core/text.h"
#include "bidwell/replay/check.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::json;

struct Bid {
  double price = std::numeric_limits<double>::quiet_NaN();
  std::string creative, deal;
  std::set<std::string> advertisers;

  // To pair bids on one impression.
  bool operator<(const Bid& other) const {
    return std::tie(creative, deal, advertisers) < std::tie(other.creative, other.deal, other.advertisers);
  }
};

struct Reading {
  bool readable = true;
  std::string currency = "USD";
  std::map<std::string, std::vector<Bid>> bids;  // by impression
};

// Exchanges and bidders write ids as numbers, too.
std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json& list_of(const Json& object, const char* name) {
  static const Json none = Json::array();
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_array() ? *found : none;
}

Bid bid_of(const Json& json) {
  Bid out;
  const auto price = json.find("price");
  if (price != json.end() && price->is_number()) out.price = price->get<double>();
  out.creative = text_of(json, "crid");
  out.deal = text_of(json, "dealid");
  for (const Json& domain : list_of(json, "adomain")) {
    if (!domain.is_string()) continue;
    std::string name = domain.get<std::string>();
    std::ranges::transform(name, name.begin(), ascii_lower);
    out.advertisers.insert(std::move(name));
  }
  return out;
}

Reading read(unsigned status, std::string_view body) {
  Reading out;
  if (status == 204) return out;
  const Json json = Json::parse(body, nullptr, false);
  out.readable = json.is_object();
  if (!out.readable) return out;
  if (const std::string currency = text_of(json, "cur"); !currency.empty()) out.currency = currency;
  for (const Json& seat : list_of(json, "seatbid")) {
    for (const Json& bid : list_of(seat, "bid")) {
      if (bid.is_object()) out.bids[text_of(bid, "impid")].push_back(bid_of(bid));
    }
  }
  for (auto& [impression, bids] : out.bids) std::ranges::stable_sort(bids, std::less{});
  return out;
}

bool same_price(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  // Decimals that were written with other digits are no other price: a nano is below what anybody pays.
  return std::abs(a - b) <= std::max(tolerance * std::max(std::abs(a), std::abs(b)), 1e-9);
}

bool is_answer(unsigned status) {
  return status == 200 || status == 204;
}

// Of impressions that both bid on; bids on one of them by their creatives' order.
std::vector<std::string> differences_of_bids(const Reading& a, const Reading& b, double tolerance) {
  bool impressions = a.bids.size() != b.bids.size();
  bool price = false, creative = false, advertiser = false, deal = false;
  for (const auto& [impression, bids] : a.bids) {
    const auto found = b.bids.find(impression);
    if (found == b.bids.end() || found->second.size() != bids.size()) {
      impressions = true;
      continue;
    }
    for (std::size_t i = 0; i < bids.size(); ++i) {
      const Bid &one = bids[i], &other = found->second[i];
      price = price || !same_price(one.price, other.price, tolerance);
      creative = creative || one.creative != other.creative;
      advertiser = advertiser || one.advertisers != other.advertisers;
      deal = deal || one.deal != other.deal;
    }
  }
  std::vector<std::string> out;
  if (impressions) out.emplace_back("impressions bid on");
  if (price) out.emplace_back("price");
  if (creative) out.emplace_back("creative");
  if (advertiser) out.emplace_back("advertiser");
  if (deal) out.emplace_back("deal");
  return out;
}

}  // namespace

std::vector<std::string> differences(const CapturedAnswer& captured, unsigned status, std::string_view body,
                                     double price_tolerance) {
  if (!is_answer(captured.status) || !is_answer(status)) {
    return captured.status == status ? std::vector<std::string>() : std::vector<std::string>{"status"};
  }
  const Reading a = read(captured.status, captured.body), b = read(status, body);
  if (a.readable != b.readable) return {"unreadable"};
  if (a.bids.empty() != b.bids.empty()) return {"bid/no bid"};
  if (a.bids.empty()) return {};
  std::vector<std::string> out;
  if (a.currency != b.currency) out.emplace_back("currency");
  std::ranges::move(differences_of_bids(a, b, price_tolerance), std::back_inserter(out));
  return out;
}

}  // namespace bidwell::replay
