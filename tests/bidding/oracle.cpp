#include "tests/bidding/oracle.h"

#include <algorithm>
#include <stdexcept>

namespace bidwell::bidding::testing {
namespace {

using catalog::Dimension;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string until(const std::string& text, char c) {
  return text.substr(0, text.find(c));
}

// The one spelling of a value; empty if it is none.
std::string canonical(Dimension dimension, const std::string& value) {
  static const std::map<std::string, std::string> kThreeLetters = {
      {"usa", "us"}, {"deu", "de"}, {"fra", "fr"}, {"can", "ca"}};
  if (dimension == Dimension::deal) return value;
  const std::string text = lower(value);
  if (dimension == Dimension::language) return until(text, '-');
  if (dimension != Dimension::country || text.size() == 2) return text;
  const auto at = kThreeLetters.find(text);
  return at == kThreeLetters.end() ? "" : at->second;
}

// A value and what it is part of.
std::set<std::string> with_parents(Dimension dimension, const std::string& value) {
  std::set<std::string> all = {canonical(dimension, value)};
  all.erase("");
  if (dimension == Dimension::content_category || dimension == Dimension::page_category) {
    all.insert(until(lower(value), '-'));
  }
  if (dimension == Dimension::domain) {
    std::string rest = lower(value);
    for (std::size_t dot; (dot = rest.find('.')) != std::string::npos; rest = rest.substr(dot + 1)) all.insert(rest);
  }
  return all;
}

bool holds(Dimension dimension, const RandomWish& wish, const std::set<std::string>& has) {
  const auto is_had = [&](const std::string& value) {
    return value == "*" ? !has.empty() : has.contains(canonical(dimension, value));
  };
  if (!wish.include.empty() && std::ranges::none_of(wish.include, is_had)) return false;
  return std::ranges::none_of(wish.exclude, is_had) && std::ranges::all_of(wish.all, is_had);
}

}  // namespace

Oracle::Oracle(const RandomRequest& request) : request_(request) {
  for (const auto& [dimension, list] : request.values) {
    for (const std::string& value : list) has_[dimension].merge(with_parents(dimension, value));
  }
  for (const auto& [provider, id] : request.segments) {
    has_[Dimension::segment].insert(lower(id));
    if (!provider.empty()) has_[Dimension::segment].insert(lower(provider + ":" + id));
  }
  for (const std::uint32_t id : request.known.segments) has_[Dimension::segment].insert(std::to_string(id));
  // Of those of one name the last counts.
  std::map<std::string, std::string> attributes;
  for (const std::string& attribute : request.known.attributes) attributes[until(attribute, '=')] = attribute;
  for (const auto& [name, attribute] : attributes) has_[Dimension::segment].insert(lower(attribute));
  has_[Dimension::exchange] = {"demo"};
}

long Oracle::worth(int hundredths, const std::string& currency) {
  if (currency == "EUR") return hundredths * 200L;  // half a euro for a dollar
  if (currency == "JPY") return hundredths;         // a hundred yen
  return hundredths * 100L;
}

bool Oracle::wants(const RandomCampaign& campaign, const RandomImp& imp) const {
  if (!campaign.device_types.empty() && !campaign.device_types.contains(request_.device_type)) return false;
  if (campaign.rewarded && *campaign.rewarded != imp.rewarded) return false;
  for (const auto& [dimension, wish] : campaign.wishes) {
    if (dimension == Dimension::deal) continue;
    const auto at = has_.find(dimension);
    if (!holds(dimension, wish, at == has_.end() ? std::set<std::string>{} : at->second)) return false;
  }
  return true;
}

bool Oracle::fits(const RandomCreative& creative, const RandomImp& imp) const {
  if (std::ranges::find(request_.blocked_brands, creative.brand) != request_.blocked_brands.end()) return false;
  if (creative.media != "banner") return imp.media.contains(creative.media);
  if (imp.flexible_from != 0 && creative.w * 5 == creative.h * 6 && creative.w >= imp.flexible_from) return true;
  return std::ranges::find(imp.sizes, std::pair(creative.w, creative.h)) != imp.sizes.end();
}

bool Oracle::within_limits(const RandomCampaign& campaign, const Made& made) const {
  if (campaign.cap != 0) {
    if (!request_.history_known) return false;
    long seen = 0;
    for (const auto& [id, advertiser] : request_.shown) {
      seen += campaign.cap_is_advertisers ? advertiser == campaign.advertiser : id == campaign.id;
    }
    for (const RandomCampaign* other : made) {
      seen += campaign.cap_is_advertisers ? other->advertiser == campaign.advertiser : other == &campaign;
    }
    if (seen >= campaign.cap) return false;
  }
  if (!campaign.bids_left) return true;
  return !campaign.held_back && std::ranges::count(made, &campaign) < *campaign.bids_left;
}

bool Oracle::may_bid(const RandomCampaign& campaign, const RandomImp& imp, const Made& made) const {
  if (!campaign.active || !wants(campaign, imp) || !within_limits(campaign, made)) return false;
  if (!request_.seats.empty() && std::ranges::find(request_.seats, campaign.seat) == request_.seats.end()) return false;
  if (std::ranges::none_of(campaign.creatives, [&](const auto& creative) { return fits(creative, imp); })) return false;

  const long value = worth(campaign.price, campaign.currency);
  const auto at = campaign.wishes.find(Dimension::deal);
  const RandomWish wish = at == campaign.wishes.end() ? RandomWish{} : at->second;
  if (!wish.include.empty()) {
    return std::ranges::any_of(imp.deals, [&](const RandomDeal& deal) {
      return holds(Dimension::deal, wish, {deal.id}) && value >= worth(deal.floor, deal.currency);
    });
  }
  // In the open auction; not beside a deal that it keeps away from.
  if (imp.is_private || value < worth(imp.floor, imp.floor_currency)) return false;
  return std::ranges::none_of(imp.deals, [&](const RandomDeal& deal) { return wish.exclude.contains(deal.id); });
}

}  // namespace bidwell::bidding::testing
