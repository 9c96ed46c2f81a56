#include "tests/bidding/random_market.h"

#include "bidwell/core/country.h"

namespace bidwell::bidding::testing {
namespace {

using catalog::Dimension;
using Names = std::vector<std::string>;

// What campaigns ask for, and what requests send in the same dimension.
struct Values {
  Names wanted, sent;
};

const Values& values(Dimension dimension) {
  static const Values kOther = {{"v1", "v2", "v3"}, {"v1", "V2", "v4"}};
  static const std::map<Dimension, Values> kValues = {
      {Dimension::exchange, {{"demo", "other"}, {}}},
      {Dimension::deal, {{"d1", "d2", "d3", "d4"}, {}}},
      {Dimension::bundle, {{"com.a", "com.b", "com.c"}, {"com.a", "COM.A", "com.b", "com.d"}}},
      {Dimension::domain,
       {{"a.example", "x.a.example", "b.example"},
        {"a.example", "X.A.example", "y.x.a.example", "b.example", "aa.example"}}},
      {Dimension::content_category, {{"IAB1", "IAB1-2", "IAB2"}, {"IAB1", "IAB1-2", "iab1-3", "IAB2-1", "IAB3"}}},
      {Dimension::page_category, {{"IAB1", "IAB1-2", "IAB2"}, {"IAB1", "IAB1-2", "iab1-3", "IAB2-1", "IAB3"}}},
      {Dimension::country, {{"US", "DEU", "FR"}, {"USA", "us", "DE", "FRA", "CAN", "Germany"}}},
      {Dimension::language, {{"en", "de-AT"}, {"en-US", "EN", "de", "fr"}}},
      {Dimension::segment,
       {{"s1", "s2", "s3", "s4", "p:s1", "q:s2", "17", "4294967295", "017", "Tier=a"},
        {"s1", "s2", "s3", "s4", "s5", "17", "017"}}},
  };
  const auto at = kValues.find(dimension);
  return at == kValues.end() ? kOther : at->second;
}

constexpr std::pair<int, int> kSizes[] = {{300, 250}, {600, 500}, {320, 50}, {728, 90}};
constexpr std::uint32_t kKnownSegments[] = {17, 4'294'967'295, 5, 170};
const char* const kKnownAttributes[] = {"tier=A", "tier=b", "17=x"};
const char* const kCurrencies[] = {"USD", "EUR", "JPY"};
const char* const kBrands[] = {"one.example", "two.example"};
const char* const kAdvertisers[] = {"a", "b"};
const char* const kSeats[] = {"s1", "s2"};

double money(int hundredths) {
  return hundredths / 100.0;
}

}  // namespace

RandomWish RandomMarket::wish(Dimension dimension) {
  RandomWish wish;
  const Names& wanted = values(dimension).wanted;
  const auto some = [&](std::set<std::string>& into) {
    do into.insert(one_of(wanted));
    while (chance(40));
  };
  const int kind = below(10);
  if (kind < 6) some(wish.include);
  if (kind == 6) wish.include.insert("*");
  if (kind >= 7 || chance(10)) some(wish.exclude);
  if (dimension == Dimension::segment && chance(40)) some(wish.all);
  if (dimension == Dimension::segment && kind == 7) wish.include.clear();
  return wish;
}

// So many countries and bundles that the index leaves the countries out of its keys, or nearly so
// many.
void RandomMarket::widen(RandomCampaign& campaign) {
  campaign.wishes.clear();
  std::set<std::string>& countries = campaign.wishes[Dimension::country].include;
  std::set<std::string>& bundles = campaign.wishes[Dimension::bundle].include;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z' && countries.size() < 70; ++b) {
      if (country_code(std::string{a, b}) != 0) countries.insert({a, b});
    }
  }
  countries.insert(chance(50) ? "USA" : "DEU");
  const int count = 50 + below(20);
  for (int i = 0; i < count; ++i) bundles.insert("wide." + std::to_string(i));
  bundles.insert("com.a");
}

RandomCampaign RandomMarket::campaign(int number, bool wide) {
  RandomCampaign it;
  it.id = "c" + std::to_string(number);
  it.seat = one_of(kSeats);
  it.currency = one_of(kCurrencies);
  // Few prices: many ties, and as many campaigns above as below the floors.
  it.price = (it.currency == "JPY" ? 100 : 1) * (1 + below(chance(50) ? 5 : 60));
  it.active = !chance(5);
  if (chance(15)) {
    for (const int type : {0, 2, 3, 4}) {
      if (chance(50)) it.device_types.insert(type);
    }
  }
  if (chance(10)) it.rewarded = chance(50);
  for (int count = below(4); count > 0; --count) {
    const auto dimension = static_cast<Dimension>(below(static_cast<int>(catalog::kDimensions)));
    it.wishes[dimension] = wish(dimension);
  }
  if (wide) widen(it);
  it.advertiser = one_of(kAdvertisers);
  if (chance(20)) it.cap = 1 + below(3);
  it.cap_is_advertisers = chance(30);
  if (chance(20)) it.bids_left = below(4);
  it.held_back = it.bids_left && chance(20);
  do {
    RandomCreative creative;
    creative.brand = one_of(kBrands);
    if (chance(75)) {
      std::tie(creative.w, creative.h) = one_of(kSizes);
    } else {
      creative.media = chance(50) ? "video" : chance(50) ? "audio" : "native";
    }
    it.creatives.push_back(creative);
  } while (chance(40));
  return it;
}

std::vector<RandomCampaign> RandomMarket::campaigns() {
  std::vector<RandomCampaign> list;
  const int count = chance(30) ? 1 + below(20) : 1 + below(400);
  const bool has_wide = chance(20);
  for (int i = 0; i < count; ++i) list.push_back(campaign(i, has_wide && chance(5)));
  return list;
}

RandomImp RandomMarket::imp() {
  RandomImp it;
  while (chance(60)) it.sizes.push_back(one_of(kSizes));
  if (chance(20)) it.flexible_from = chance(50) ? 1 : 301;
  for (const char* media : {"video", "audio", "native"}) {
    if (chance(25)) it.media.insert(media);
  }
  if (it.sizes.empty() && it.flexible_from == 0 && it.media.empty()) it.sizes.push_back(kSizes[0]);
  const auto floor = [&](std::string& currency) {
    currency = one_of(kCurrencies);
    return chance(40) ? 0 : (currency == "JPY" ? 100 : 1) * below(chance(80) ? 8 : 50);
  };
  it.floor = floor(it.floor_currency);
  while (chance(40)) {
    RandomDeal deal;
    deal.id = one_of(values(Dimension::deal).wanted);
    deal.floor = floor(deal.currency);
    it.deals.push_back(deal);
  }
  it.is_private = chance(15);
  it.rewarded = chance(20);
  return it;
}

RandomRequest RandomMarket::request() {
  RandomRequest it;
  for (std::size_t i = 0; i < catalog::kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const Names& sent = values(dimension).sent;
    const bool is_list = dimension == Dimension::content_category || dimension == Dimension::page_category;
    if (sent.empty() || dimension == Dimension::segment || chance(20)) continue;
    do it.values[dimension].push_back(one_of(sent));
    while (is_list && chance(50));
  }
  while (chance(65)) {
    it.segments.emplace_back(chance(50) ? "" : chance(50) ? "p" : "q", one_of(values(Dimension::segment).sent));
  }
  while (chance(50)) it.known.segments.push_back(one_of(kKnownSegments));
  while (chance(30)) it.known.attributes.push_back(one_of(kKnownAttributes));
  it.history_known = chance(80);
  while (it.history_known && chance(70)) {
    it.shown.emplace_back("c" + std::to_string(below(chance(50) ? 20 : 400)), one_of(kAdvertisers));
  }
  it.device_type = one_of(std::vector<int>{0, 2, 3, 4});
  if (chance(20)) it.blocked_brands.push_back(one_of(kBrands));
  if (chance(10)) it.seats.push_back(one_of(kSeats));
  if (chance(50)) it.currency = one_of(kCurrencies);
  do it.imps.push_back(imp());
  while (chance(40));
  return it;
}

Json RandomCampaign::json() const {
  Json json = {{"id", id},
               {"advertiser", advertiser},
               {"seat", seat},
               {"currency", currency},
               {"status", active ? "active" : "paused"},
               {"bid", {{"price", money(price)}}},
               {"targeting", Json::object()},
               {"creatives", Json::array()}};
  if (cap != 0) {
    json["frequency"]["caps"] = {
        {{"times", cap}, {"per", "1h"}, {"of", cap_is_advertisers ? "advertiser" : "campaign"}}};
  }
  if (bids_left) json["budget"] = {{"total", 1'000'000}, {"pacing", "asap"}};
  Json& targeting = json["targeting"];
  static const std::map<int, const char*> kTypes = {{0, "unknown"}, {2, "pc"}, {3, "tv"}, {4, "phone"}};
  for (const int type : device_types) targeting["device_type"].push_back(kTypes.at(type));
  if (rewarded) targeting["rewarded"] = *rewarded;
  for (const auto& [dimension, wish] : wishes) {
    const bool segment = dimension == Dimension::segment;
    Json rule = Json::object();
    if (!wish.include.empty()) rule[segment ? "any" : "include"] = wish.include;
    if (!wish.exclude.empty()) rule[segment ? "none" : "exclude"] = wish.exclude;
    if (!wish.all.empty()) rule["all"] = wish.all;
    if (!rule.empty()) targeting[std::string(catalog::key(dimension))] = rule;
  }
  for (const RandomCreative& creative : creatives) {
    Json& out = json["creatives"].emplace_back(Json{
        {"id", std::to_string(json["creatives"].size())}, {"media", creative.media}, {"adomain", {creative.brand}}});
    if (creative.media == "banner") {
      out.update({{"w", creative.w}, {"h", creative.h}, {"markup", "m"}});
    } else if (creative.media == "native") {
      out.update({{"titles", {"t"}}, {"landing_page", "https://one.example/"}});
    } else {
      const Json file = {{"url", "https://one.example/v"}, {"type", "video/mp4"}, {"w", 1}, {"h", 1}};
      out.update({{"duration", 15}, {"landing_page", "https://one.example/"}, {"media_files", {file}}});
    }
  }
  return json;
}

Json RandomRequest::json() const {
  Json json = {{"id", "r"}, {"imp", Json::array()}, {"device", {{"devicetype", device_type}}}};
  static const std::map<Dimension, const char*> kPlaces = {
      {Dimension::bundle, "/app/bundle"},          {Dimension::domain, "/app/domain"},
      {Dimension::publisher, "/app/publisher/id"}, {Dimension::country, "/device/geo/country"},
      {Dimension::region, "/device/geo/region"},   {Dimension::city, "/device/geo/city"},
      {Dimension::postal_code, "/device/geo/zip"}, {Dimension::make, "/device/make"},
      {Dimension::model, "/device/model"},         {Dimension::language, "/device/language"},
      {Dimension::carrier, "/device/carrier"}};
  static const char* const kPagePlaces[] = {"cat", "sectioncat", "pagecat"};
  for (const auto& [dimension, list] : values) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (dimension == Dimension::page_category) {
        json["app"][kPagePlaces[i % 3]].push_back(list[i]);
      } else if (dimension == Dimension::content_category) {
        json["app"]["content"]["cat"].push_back(list[i]);
      } else {
        json[Json::json_pointer(kPlaces.at(dimension))] = list[i];
      }
    }
  }
  for (const auto& [provider, id] : segments) {
    json["user"]["data"].push_back({{"id", provider}, {"segment", {{{"id", id}}}}});
  }
  if (!blocked_brands.empty()) json["badv"] = blocked_brands;
  if (!seats.empty()) json["wseat"] = seats;
  if (!currency.empty()) json["cur"] = {currency};
  for (const RandomImp& imp : imps) {
    Json& out = json["imp"].emplace_back(Json{{"id", std::to_string(json["imp"].size() + 1)},
                                              {"bidfloor", money(imp.floor)},
                                              {"bidfloorcur", imp.floor_currency},
                                              {"rwdd", imp.rewarded ? 1 : 0}});
    for (const auto& [w, h] : imp.sizes) out["banner"]["format"].push_back({{"w", w}, {"h", h}});
    if (imp.flexible_from != 0) {
      out["banner"]["format"].push_back({{"wratio", 6}, {"hratio", 5}, {"wmin", imp.flexible_from}});
    }
    for (const std::string& media : imp.media) out[media] = Json::object();
    if (imp.media.contains("native")) out["native"]["request"]["assets"] = {{{"id", 1}, {"title", Json::object()}}};
    out["pmp"] = {{"private_auction", imp.is_private ? 1 : 0}, {"deals", Json::array()}};
    for (const RandomDeal& deal : imp.deals) {
      out["pmp"]["deals"].push_back({{"id", deal.id}, {"bidfloor", money(deal.floor)}, {"bidfloorcur", deal.currency}});
    }
  }
  return json;
}

}  // namespace bidwell::bidding::testing
