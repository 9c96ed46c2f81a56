// Bid requests as anybody may send them: parsed, scrubbed, decided and answered over a small
// catalog that has something for every medium. The answer must be one by a parser that is not ours.
#include <cstdint>

#include "fuzz/bidding.h"

namespace {

constexpr char kCampaigns[] = R"({"campaigns": [
  {"id": "display", "advertiser": "a", "seat": "s", "bid": {"model": "cpm", "price": 2},
   "dsa": {"behalf": "A", "paid": "A"},
   "creatives": [
     {"id": "b1", "media": "banner", "w": 300, "h": 250, "adomain": ["a.example"],
      "markup": "<a href=\"{{click_url}}\">{{auction_id}}-{{imp_id}}-{{bid_id}}{{random}}</a>",
      "landing_page": "https://a.example/?{{imp_id}}",
      "cat": ["IAB1-2"], "attr": [3], "language": "en"},
     {"id": "b2", "media": "banner", "w": 320, "h": 50, "adomain": ["a.example"],
      "markup": "<img src=\"http://a.example/{{timestamp}}\">"},
     {"id": "n1", "media": "native", "titles": ["Short", "A longer title"],
      "images": [{"type": "main", "url": "https://a.example/i.png", "w": 300, "h": 250},
                 {"type": "icon", "url": "https://a.example/j.png", "w": 50, "h": 50}],
      "data": [{"type": "sponsored", "value": "A"}, {"type": "desc", "value": "B \"C\""}],
      "landing_page": "https://a.example/", "adomain": ["a.example"]}]},
  {"id": "streams", "advertiser": "b", "seat": "t", "currency": "EUR",
   "bid": {"model": "cpc", "price": 1, "expected_ctr": 0.01},
   "creatives": [
     {"id": "v1", "media": "video", "vast": "3.0", "duration": 15, "adomain": ["b.example"],
      "media_files": [{"url": "https://b.example/v.mp4", "type": "video/mp4", "w": 640, "h": 360}],
      "landing_page": "https://b.example/?{{bid_id}}"},
     {"id": "a1", "media": "audio", "vast": "2.0", "duration": 30, "adomain": ["b.example"],
      "media_files": [{"url": "https://b.example/a.mp3", "type": "audio/mpeg"}],
      "landing_page": "https://b.example/"}]},
  {"id": "picky", "advertiser": "c", "seat": "s", "bid": {"model": "cpm", "price": 9},
   "targeting": {"deal": ["*"], "country": ["USA", "DEU"], "language": ["en"],
     "segment": {"any": ["x"], "none": ["y"]}, "age": {"min": 20, "max": 60},
     "radius": [{"lat": 52.5, "lon": 13.4, "km": 50}], "hour_of_week": [{"days": ["wed"]}],
     "os_version": [{"os": "ios", "min": "10"}], "device_type": {"exclude": ["ooh"]}},
   "creatives": [{"id": "d1", "media": "banner", "w": 300, "h": 250, "markup": "<p>d</p>",
                  "adomain": ["c.example"]}]}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static bidwell::fuzz::Bidder bidder(kCampaigns);
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto [status, answer] = bidder.post(body);
  bidwell::fuzz::check_answer(nlohmann::json::parse(body, nullptr, false), status, answer);
  return 0;
}
