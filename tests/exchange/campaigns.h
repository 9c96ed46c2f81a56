// Small catalogs, and requests that they answer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace bidwell::exchange::testing {

inline constexpr char kDisplay[] = R"({"campaigns": [{
  "id": "tide", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
  "creatives": [{"id": "tide-300x250", "media": "banner", "w": 300, "h": 250,
    "markup": "<a href=\"https://tide.example/?b={{bid_id}}&amp;t={{timestamp}}\">Tide</a>",
    "adomain": ["tide.example"]}]}]})";

// Each for a size of its own.
inline constexpr char kTwoSeats[] = R"({"campaigns": [
  {"id": "one", "advertiser": "one", "seat": "one", "bid": {"model": "cpm", "price": 2},
   "creatives": [{"id": "c1", "media": "banner", "w": 300, "h": 250, "markup": "<p>1</p>",
                  "adomain": ["one.example"]}]},
  {"id": "two", "advertiser": "two", "seat": "two", "bid": {"model": "cpm", "price": 2},
   "creatives": [{"id": "c2", "media": "banner", "w": 320, "h": 50, "markup": "<p>2</p>",
                  "adomain": ["two.example"]}]}]})";

inline constexpr char kDeals[] = R"({"campaigns": [{
  "id": "deals", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 5},
  "targeting": {"deal": ["*"]},
  "creatives": [{"id": "d1", "media": "banner", "w": 300, "h": 250, "markup": "<p>deal</p>",
                 "adomain": ["tide.example"]}]}]})";

inline constexpr char kNative[] = R"({"campaigns": [{
  "id": "native", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
  "creatives": [{"id": "n1", "media": "native", "titles": ["Tides \"today\""],
    "images": [{"type": "main", "url": "https://cdn.tide.example/a.png", "w": 300, "h": 250}],
    "data": [{"type": "sponsored", "value": "Tide & Co"}],
    "landing_page": "https://tide.example/", "adomain": ["tide.example"]}]}]})";

inline constexpr char kStreams[] = R"({"campaigns": [{
  "id": "streams", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
  "creatives": [
    {"id": "v1", "media": "video", "vast": "3.0", "duration": 15,
     "media_files": [{"url": "https://cdn.tide.example/v.mp4", "type": "video/mp4",
                      "w": 640, "h": 360}],
     "landing_page": "https://tide.example/?b={{bid_id}}", "adomain": ["tide.example"]},
    {"id": "a1", "media": "audio", "vast": "3.0", "duration": 15,
     "media_files": [{"url": "https://cdn.tide.example/a.mp3", "type": "audio/mpeg"}],
     "landing_page": "https://tide.example/?b={{bid_id}}", "adomain": ["tide.example"]}]}]})";

inline constexpr char kTransparent[] = R"({"campaigns": [{
  "id": "tide", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
  "dsa": {"behalf": "Tide", "paid": "Tide Holding"},
  "creatives": [{"id": "tide-300x250", "media": "banner", "w": 300, "h": 250,
    "markup": "<p>Tide</p>", "adomain": ["tide.example"]}]}]})";

// Bids on users of segment 42 alone.
inline constexpr char kForSegment[] = R"({"campaigns": [{
  "id": "tide", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
  "targeting": {"segment": ["42"]},
  "creatives": [{"id": "c", "media": "banner", "w": 300, "h": 250, "markup": "<p>Tide</p>",
                 "adomain": ["tide.example"]}]}]})";

// With values put at JSON pointers; null takes away what is there.
inline std::string patched(nlohmann::json request, const nlohmann::json& patch) {
  for (const auto& [place, value] : patch.items()) {
    const nlohmann::json::json_pointer at(place);
    request[at] = value;
  }
  return request.dump();
}

inline std::string banner_request(const nlohmann::json& patch = nlohmann::json::object()) {
  return patched(nlohmann::json::parse(R"({
    "id": "r-1", "at": 1, "tmax": 100, "cur": ["USD"],
    "imp": [{"id": "1", "banner": {"w": 300, "h": 250}, "bidfloor": 0.5, "secure": 1}],
    "site": {"id": "s", "domain": "news.example"},
    "device": {"devicetype": 2, "ip": "203.0.113.7"}})"),
                 patch);
}

// One impression of another medium.
inline std::string request_for(const std::string& media, const nlohmann::json& object) {
  auto request = nlohmann::json::parse(banner_request());
  request["imp"][0].erase("banner");
  request["imp"][0][media] = object;
  return request.dump();
}

}  // namespace bidwell::exchange::testing
