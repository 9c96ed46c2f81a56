// A bid request as views: what Bidwell reads of OpenRTB 2.5 and 2.6 (github.com/InteractiveAdvertisingBureau/
// openrtb2.x), under the specification's own names. Filled by Parser; every view points into the body or the
// parser's own memory and lives until the parser's next parse.
//
// Absent scalars are kAbsent, absent strings and lists are empty. Fields that 2.5 keeps under `ext` and 2.6
// beside it stand here once.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "bidwell/core/money.h"

namespace bidwell::openrtb {

inline constexpr std::int32_t kAbsent = std::numeric_limits<std::int32_t>::min();
// Coordinates: beyond any latitude or longitude.
inline constexpr double kNoCoordinate = 1000.0;

using Strings = std::span<const std::string_view>;

// A list of enumerated values (attributes, APIs, protocols, ...) as a bit per value. Values outside 0..63 do
// not occur in the specification's lists, but for vendors' own: those are dropped.
class EnumSet {
 public:
  constexpr EnumSet() = default;
  constexpr explicit EnumSet(std::uint64_t bits) : bits_(bits) {}
  constexpr void insert(std::int64_t value) noexcept {
    if (value >= 0 && value < 64) bits_ |= std::uint64_t{1} << value;
  }
  constexpr bool contains(std::int64_t value) const noexcept {
    return value >= 0 && value < 64 && (bits_ >> value & 1) != 0;
  }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr bool intersects(EnumSet other) const noexcept { return (bits_ & other.bits_) != 0; }
  constexpr std::uint64_t bits() const noexcept { return bits_; }
  constexpr bool operator==(const EnumSet&) const = default;

 private:
  std::uint64_t bits_ = 0;
};

// An amount as the exchange wrote it. Unreadable means that something stood there which is not a number: the
// owner of such a floor gets no bid.
struct Floor {
  enum class State : std::uint8_t { absent, read, unreadable };
  State state = State::absent;
  Micros micros = 0;          // rounded up; negative floors are read as 0
  std::string_view currency;  // empty: USD
};

struct Format {
  std::int32_t w = kAbsent, h = kAbsent;
  std::int32_t wratio = kAbsent, hratio = kAbsent, wmin = kAbsent;
};

struct Banner {
  bool present = false;
  std::int32_t w = kAbsent, h = kAbsent;
  std::int32_t pos = kAbsent;
  std::span<const Format> format;
  EnumSet btype, battr, api;
  Strings mimes;
};

// Video and audio share most of their fields; what only one has says so.
struct Stream {
  bool present = false;
  Strings mimes;
  std::int32_t minduration = kAbsent, maxduration = kAbsent;  // seconds
  std::int32_t startdelay = kAbsent;
  EnumSet protocols, battr, api, delivery;
  std::int32_t w = kAbsent, h = kAbsent;                                                   // video
  std::int32_t linearity = kAbsent, placement = kAbsent, plcmt = kAbsent, skip = kAbsent;  // video
  std::int32_t pos = kAbsent;                                                              // video
  std::int32_t feed = kAbsent;                                                             // audio
  // Pods (2.6): rqddurs excludes minduration/maxduration.
  std::int32_t poddur = kAbsent, maxseq = kAbsent, slotinpod = kAbsent;
  std::span<const std::int32_t> rqddurs;
  Floor mincpmpersec;  // its currency is the impression's
};

// OpenRTB Native 1.0-1.2, one requested asset.
struct NativeAsset {
  enum class Kind : std::uint8_t { unknown, title, img, video, data };
  std::int32_t id = kAbsent;
  bool required = false;
  Kind kind = Kind::unknown;
  std::int32_t type = kAbsent;  // img or data type
  std::int32_t len = kAbsent;   // title or data: most characters
  std::int32_t w = kAbsent, h = kAbsent, wmin = kAbsent, hmin = kAbsent;
  Strings mimes;
  Stream video;
};

struct Native {
  enum class State : std::uint8_t { absent, read, unreadable };
  State state = State::absent;  // of `request`: without it nothing says what is asked for
  bool present = false;
  bool wrapped = false;  // the request stood in {"native": ...}; so must the answer
  std::string_view ver;  // of the markup: "1.2"; from `native.ver` if the request has none
  std::int32_t context = kAbsent, plcmttype = kAbsent;
  std::span<const NativeAsset> assets;
  EnumSet battr, api;
};

struct Deal {
  std::string_view id;
  Floor bidfloor;
  std::int32_t at = kAbsent;  // 3: bidfloor is the agreed price
  Strings wseat, wadomain;
};

struct Imp {
  std::string_view id;
  bool id_repeated = false;  // another impression has the same id: an answer would be ambiguous
  Banner banner;
  Stream video, audio;
  Native native;
  Floor bidfloor;
  std::int32_t private_auction = 0;
  std::span<const Deal> deals;
  std::int32_t secure = kAbsent, instl = 0, rwdd = 0, exp = kAbsent;
  std::string_view tagid;
};

struct Publisher {
  std::string_view id, name, domain;
};

struct Content {
  Strings cat;
  std::int32_t cattax = kAbsent;
  std::string_view language, genre;
  std::int32_t livestream = kAbsent, len = kAbsent;
};

// Site, App or DOOH: the specification's "distribution channel".
struct Channel {
  bool present = false;
  std::string_view id, name, domain, bundle, storeurl, page;
  Strings cat, sectioncat, pagecat;
  std::int32_t cattax = kAbsent;
  Publisher publisher;
  Content content;
};

struct Geo {
  double lat = kNoCoordinate, lon = kNoCoordinate;
  std::string_view country, region, city, zip, metro;
  std::int32_t utcoffset = kAbsent;  // minutes

  bool located() const noexcept { return lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180; }
};

struct Device {
  std::string_view ua, ip, ipv6, os, osv, make, model, carrier, language, ifa;
  std::int32_t devicetype = kAbsent, connectiontype = kAbsent, w = kAbsent, h = kAbsent;
  std::int32_t lmt = 0, dnt = 0;
  Geo geo;
};

struct Eid {
  std::string_view source, id;
};

struct Segment {
  std::string_view provider;  // user.data.id, or its name where there is none
  std::string_view id;
};

struct User {
  std::string_view id, buyeruid, gender, consent;
  std::int32_t yob = kAbsent;
  std::span<const Eid> eids;
  std::span<const Segment> segments;
  Geo geo;
};

struct Dsa {
  bool present = false;
  std::int32_t dsarequired = 0, pubrender = 0, datatopub = 0;
};

struct Regs {
  std::int32_t coppa = 0, gdpr = 0;
  std::string_view us_privacy, gpp;
  std::span<const std::int32_t> gpp_sid;
  Dsa dsa;
};

struct SupplyChainNode {
  std::string_view asi, sid;
  std::int32_t hp = kAbsent;
};

struct SupplyChain {
  bool present = false;
  std::int32_t complete = kAbsent;
  std::span<const SupplyChainNode> nodes;
};

struct BidRequest {
  std::string_view id;
  std::span<Imp> imp;
  std::int32_t at = 2, tmax = kAbsent, test = 0;
  Strings cur, wseat, bseat, bcat, acat, badv, bapp, wlang;
  std::int32_t cattax = 1;  // of bcat and acat; 1 = IAB Content Category 1.0
  Channel site, app, dooh;
  Device device;
  User user;
  Regs regs;
  SupplyChain schain;

  // Exactly one should be present; where a request has several, the first of app, site, dooh counts.
  // Without any, an empty one.
  const Channel& channel() const noexcept {
    if (app.present) return app;
    if (site.present) return site;
    return dooh;
  }
};

}  // namespace bidwell::openrtb
