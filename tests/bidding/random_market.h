// Random campaigns and requests over small sets of values, so that they often meet. Kept as plain
// sets, which the oracle judges, and written as the JSON that the code under test reads.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bidwell/catalog/targeting.h"
#include "bidwell/core/json_fields.h"
#include "bidwell/profile/profile.h"

namespace bidwell::bidding::testing {

struct RandomWish {
  std::set<std::string> include, exclude, all;
};

struct RandomCreative {
  int w = 0, h = 0;  // of a banner
  std::string media = "banner", brand;
};

struct RandomCampaign {
  std::string id, advertiser, seat, currency;
  int price = 0;  // hundredths of the currency's unit
  bool active = true;
  std::set<int> device_types;  // empty: any
  std::optional<bool> rewarded;
  std::map<catalog::Dimension, RandomWish> wishes;
  std::vector<RandomCreative> creatives;
  int cap = 0;  // showings in an hour, 0: any
  bool cap_is_advertisers = false;
  std::optional<int> bids_left;  // that there is money for; nothing: no budget
  bool held_back = false;        // by its pacing

  Json json() const;
};

struct RandomDeal {
  std::string id, currency;
  int floor = 0;  // as RandomCampaign::price
};

struct RandomImp {
  std::vector<std::pair<int, int>> sizes;
  int flexible_from = 0;  // 6:5 banners at least this wide, 0: none
  std::set<std::string> media;
  std::vector<RandomDeal> deals;
  bool is_private = false, rewarded = false;
  std::string floor_currency;
  int floor = 0;
};

struct RandomRequest {
  std::map<catalog::Dimension, std::vector<std::string>> values;
  std::vector<std::pair<std::string, std::string>> segments;  // provider and id
  profile::Contents known;                                    // of its user
  bool history_known = false;
  std::vector<std::pair<std::string, std::string>> shown;  // campaign and advertiser, within the hour
  int device_type = 0;
  std::vector<std::string> blocked_brands, seats;  // badv, wseat
  std::string currency;                            // cur, empty: not said
  std::vector<RandomImp> imps;

  Json json() const;
};

class RandomMarket {
 public:
  explicit RandomMarket(std::uint64_t seed) : random_(seed) {}

  std::vector<RandomCampaign> campaigns();
  RandomRequest request();

 private:
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  template <class List>
  const auto& one_of(const List& list) {
    return list[random_() % std::size(list)];
  }

  RandomWish wish(catalog::Dimension dimension);
  RandomCampaign campaign(int number, bool wide);
  void widen(RandomCampaign& campaign);
  RandomImp imp();

  std::mt19937_64 random_;
};

}  // namespace bidwell::bidding::testing
