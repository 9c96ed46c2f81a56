// See catalog_generator.h. The shares below are guesses at a mixed demand side: what matters is
// that every kind of rule occurs and that none dominates.
#include "catalog_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bidwell/core/hash.h"
#include "creative_generator.h"
#include "population.h"

namespace bidwell::bench {
namespace {

using Json = nlohmann::ordered_json;

// CPM in USD, in whole cents as people write it.
double draw_price(Draw& draw) {
  const double price = std::clamp(1.8 * std::exp(0.8 * draw.normal()), 0.3, 12.0);
  return std::round(price * 100) / 100;
}

Json draw_bid(Draw& draw) {
  const double cpm = draw_price(draw);
  if (!draw.chance(0.1)) return {{"model", "cpm"}, {"price", cpm}};
  const double ctr = draw.between(10, 60) / 10'000.0;
  const double cpc = std::round(cpm / (ctr * 1000) * 10'000) / 10'000;
  return {{"model", "cpc"}, {"price", cpc}, {"expected_ctr", ctr}};
}

Json draw_names(Draw& draw, const Vocabulary& vocabulary, int least, int most) {
  Json names = Json::array();
  const int wanted = draw.between(least, most);
  for (int i = 0; i < wanted; ++i) {
    std::string name = vocabulary.draw(draw);
    if (std::ranges::find(names, Json(name)) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

void add_countries(Draw& draw, Json& targeting) {
  const double kind = draw.unit();
  if (kind < 0.05) return;  // any country
  targeting["country"] = kind < 0.85 ? draw_names(draw, countries, 1, 3) : draw_names(draw, countries, 4, 12);
}

void add_traits(Draw& draw, Json& targeting) {
  const double device = draw.unit();
  if (device < 0.25) {
    targeting["device_type"] = {"phone", "tablet"};
  } else if (device < 0.37) {
    targeting["device_type"] = {"pc"};
  } else if (device < 0.45) {
    targeting["device_type"] = {"phone"};
  } else if (device < 0.5) {
    targeting["device_type"] = {{"exclude", {"tv", "ooh"}}};
  }
  const double os = draw.unit();
  if (device < 0.25 || device >= 0.37) {
    if (os < 0.2) targeting["os"] = {"android"};
    if (os >= 0.2 && os < 0.35) targeting["os"] = {"ios"};
    if (os >= 0.35 && os < 0.4) {
      targeting["os_version"] = {{{"os", "android"}, {"min", "9"}}, {{"os", "ios"}, {"min", "14"}}};
    }
  }
  if (draw.chance(0.08)) targeting["position"] = {"above_fold"};
  if (draw.chance(0.08)) targeting["connection"] = {"wifi", "ethernet"};
  if (draw.chance(0.05)) targeting["interstitial"] = draw.chance(0.3);
}

Json draw_hours(Draw& draw) {
  const int from = draw.between(0, 12);
  const Json weekdays = {
      {"days", {"mon", "tue", "wed", "thu", "fri"}}, {"from", from}, {"to", from + draw.between(6, 12)}};
  if (draw.chance(0.5)) return Json::array({weekdays});
  return Json::array({weekdays, {{"days", {"sat", "sun"}}}});
}

void add_dimension(Draw& draw, Json& targeting) {
  const double kind = draw.unit();
  if (kind < 0.15) {
    targeting["inventory"] = {"site"};
    targeting["domain"] = draw_names(draw, domains, 5, 50);
  } else if (kind < 0.27) {
    targeting["inventory"] = {"app"};
    targeting["bundle"] = draw_names(draw, bundles, 5, 50);
  } else if (kind < 0.43) {
    targeting["segment"] = {{"any", draw_names(draw, segments, 1, 12)}};
  } else if (kind < 0.51) {
    targeting["city"] = draw_names(draw, cities, 1, 8);
  } else if (kind < 0.55) {
    targeting["region"] = draw_names(draw, regions, 1, 4);
  } else if (kind < 0.61) {
    targeting["deal"] = draw_names(draw, deals, 1, 4);
  } else if (kind < 0.69) {
    targeting["publisher"] = draw_names(draw, publishers, 2, 20);
  } else if (kind < 0.79) {
    targeting["page_category"] = draw_names(draw, categories, 1, 4);
  } else if (kind < 0.81) {
    targeting["content_category"] = draw_names(draw, categories, 1, 3);
  } else if (kind < 0.85) {
    targeting["language"] = draw_names(draw, languages, 1, 2);
  } else if (kind < 0.90) {
    const Model& model = models[draw.rank(std::size(models))];
    targeting["make"] = {model.make};
    if (draw.chance(0.5)) targeting["model"] = {model.model};
  } else if (kind < 0.96) {
    targeting["hour_of_week"] = draw_hours(draw);
  } else {
    const int least = draw.between(18, 45);
    targeting["age"] = {{"min", least}, {"max", least + draw.between(7, 30)}};
  }
}

void add_exclusion(Draw& draw, Json& targeting) {
  const char* key = draw.chance(0.5) ? "domain" : "page_category";
  if (targeting.contains(key)) return;
  const Vocabulary& names = key[0] == 'd' ? domains : categories;
  targeting[key] = {{"exclude", draw_names(draw, names, 1, 10)}};
}

Json draw_targeting(Draw& draw) {
  Json targeting = Json::object();
  add_countries(draw, targeting);
  add_traits(draw, targeting);
  if (draw.chance(2.0 / 3)) add_dimension(draw, targeting);
  if (draw.chance(0.15)) add_dimension(draw, targeting);
  if (draw.chance(0.1)) add_exclusion(draw, targeting);
  if (!targeting.contains("inventory") && draw.chance(0.3)) {
    targeting["inventory"] = {draw.chance(0.5) ? "site" : "app"};
  }
  return targeting;
}

Json draw_campaign(std::size_t number, std::uint64_t seed) {
  Draw draw(mix(seed, number));
  const std::size_t advertiser = draw.rank(20'000);
  Json campaign = {{"id", fmt::format("campaign-{}", number)},
                   {"name", fmt::format("Campaign {} of brand {}", number, advertiser)},
                   {"advertiser", fmt::format("brand-{}", advertiser)},
                   {"seat", fmt::format("seat-{}", advertiser % 8)}};
  if (draw.chance(0.05)) campaign["status"] = "paused";
  if (draw.chance(0.05)) campaign["flight"] = {{"start", "2024-01-01"}, {"end", "2024-07-01"}};
  campaign["bid"] = draw_bid(draw);
  Json targeting = draw_targeting(draw);
  if (!targeting.empty()) campaign["targeting"] = std::move(targeting);
  campaign["creatives"] = draw_creatives(draw, number, advertiser);
  return campaign;
}

// One of those that bid on both impressions of request.json: each matches in another way.
Json matching_campaign(std::size_t number, std::uint64_t seed) {
  static constexpr double prices[matching_campaigns] = {1.42, 1.1, 0.97, 0.8};
  static const Json targetings[matching_campaigns] = {
      {{"country", {"USA", "CAN"}}, {"device_type", {"phone", "tablet"}}},
      {{"country", {"USA"}}, {"page_category", {"IAB12"}}, {"inventory", {"site"}}},
      {{"segment", {{"any", {"2387", "77"}}}}},
      {{"os", {"android"}}}};
  Draw draw(mix(seed, number));
  return {{"id", fmt::format("matching-{}", number)},
          {"name", "Bids on both impressions"},
          {"advertiser", "harbour"},
          {"seat", "seat-0"},
          {"bid", {{"model", "cpm"}, {"price", prices[number]}}},
          {"targeting", targetings[number]},
          {"creatives", matching_creatives(draw, number)}};
}

void limit(Json& campaign) {
  campaign["budget"] = {{"daily", 1'000'000}};
  campaign["frequency"] = {
      {"caps", {{{"times", 3}, {"per", "1d"}}, {{"times", 20}, {"per", "7d"}, {"of", "advertiser"}}}}};
}

}  // namespace

std::string make_catalog(std::size_t campaigns, std::uint64_t seed, bool limited) {
  std::string text = "{\"campaigns\": [";
  for (std::size_t i = 0; i < std::max(campaigns, matching_campaigns); ++i) {
    text += i == 0 ? "\n" : ",\n";
    Json campaign = i < matching_campaigns ? matching_campaign(i, seed) : draw_campaign(i, seed);
    if (limited) limit(campaign);
    text += campaign.dump();
  }
  return text + "\n]}\n";
}

}  // namespace bidwell::bench
