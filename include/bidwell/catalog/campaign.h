// Campaigns as people write them: the file's content after validation and before compilation.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bidwell/catalog/targeting.h"
#include "bidwell/core/currency.h"
#include "bidwell/core/time_zone.h"
#include "bidwell/openrtb/request.h"

namespace bidwell::catalog {

// Values that a request must (include) or must not (exclude) have. `all` is for segments: every one of them.
struct NameRule {
  std::vector<std::string> include, exclude, all;
  bool empty() const noexcept { return include.empty() && exclude.empty() && all.empty(); }
};

struct OsVersionRange {
  unsigned os = 0;                                 // value of Trait::os
  std::uint64_t min = 0, max = ~std::uint64_t{0};  // as parse_version()
};

struct Circle {
  double lat = 0, lon = 0, km = 0;
};

struct Targeting {
  std::uint64_t traits = ~std::uint64_t{0};  // accepted values, all of them by default
  std::array<NameRule, kDimensions> names;
  std::vector<OsVersionRange> os_versions;  // for an OS that is listed, one of its ranges must hold
  std::vector<Circle> radius;               // within one of them
  std::optional<std::bitset<168>> hours;    // of the user's week; 0 = Monday 00:00-00:59
  std::optional<int> age_min, age_max;      // years, inclusive; a user of unknown age is refused
};

enum class Media : std::uint8_t { banner = 1, video = 2, audio = 3, native = 4 };  // OpenRTB's mtype
std::string_view name(Media media) noexcept;

struct MediaFile {
  std::string url, type;
  int w = 0, h = 0, bitrate_kbps = 0;
};

struct NativeImage {
  int type = 0;  // 1 icon, 3 main
  std::string url;
  int w = 0, h = 0;
};
struct NativeData {
  int type = 0;  // OpenRTB Native 1.2, section 7.4
  std::string value;
};

struct Creative {
  std::string id;
  Media media = Media::banner;
  int w = 0, h = 0;                    // banner
  std::string markup;                  // banner: HTML
  int btype = 2;                       // banner: OpenRTB's "banner ad types"
  std::vector<MediaFile> media_files;  // video, audio
  int duration = 0;                    // video, audio: seconds
  int protocol = 3;                    // video, audio: 2 VAST 2.0, 3 VAST 3.0, 7 VAST 4.0
  std::vector<std::string> titles;     // native, best first
  std::vector<NativeImage> images;
  std::vector<NativeData> data;
  std::string landing_page;  // of a banner may be empty
  std::vector<std::string> adomain, cat;
  int cattax = 1;
  openrtb::EnumSet attr, api;
  std::string bundle, language, iurl;
  bool secure = true;  // every asset is https
};

enum class BidModel : std::uint8_t { cpm, cpc, cpa };

inline constexpr std::int64_t kBudgetUnitsMax = 4'000'000'000;  // of the currency: in nanos that is 2^62

// How much may be spent, in the campaign's currency. The days are the zone's.
struct Budget {
  std::optional<Micros> total, daily;
  TimeZone zone;
  enum class Pacing : std::uint8_t { even, asap } pacing = Pacing::even;
};

// "To one user at most `times` in any stretch of `per`."
struct Cap {
  enum class Of : std::uint8_t { campaign, creative, advertiser } of = Of::campaign;
  enum class Counted : std::uint8_t { impression, billing } counted = Counted::impression;
  unsigned times = 0;           // 1 to profile::kShowsMax / 2
  std::chrono::seconds per{0};  // a minute to 30 days
};

// What the Digital Services Act wants to be shown.
struct Transparency {
  std::string behalf, paid;
};

struct Campaign {
  std::string id, name;
  std::string advertiser_id;
  bool active = true;
  std::int64_t flight_start = 0, flight_end = std::numeric_limits<std::int64_t>::max();  // Unix seconds; end excluded
  std::string seat;
  std::string currency = "USD";
  BidModel model = BidModel::cpm;
  Micros price = 0;             // for a thousand impressions (cpm), a click (cpc) or an action (cpa)
  Micros expected_ctr = 0;      // cpc, cpa: clicks per impression, in millionths
  Micros expected_cvr = 0;      // cpa: actions per click, in millionths
  Micros bid_max = kMaxMicros;  // CPM: no bid is higher, whatever the impression is worth
  std::optional<Budget> budget;
  std::vector<Cap> caps;
  bool bids_on_unknown_users = false;  // with caps: where nothing can be known of what the user has seen
  std::optional<Transparency> dsa;
  Targeting targeting;
  std::vector<Creative> creatives;

  // What a thousand impressions are worth, in `currency`.
  Micros value() const noexcept {
    Micros worth = price;
    if (model == BidModel::cpc) worth = scale(price, expected_ctr * 1000, kMicrosPerUnit, Rounding::down);
    // In one step: a price that is rounded twice is a micro too low.
    if (model == BidModel::cpa)
      worth = scale(price, expected_ctr * expected_cvr, kMicrosPerUnit * 1000, Rounding::down);
    return std::min(worth, bid_max);
  }
};

}  // namespace bidwell::catalog
