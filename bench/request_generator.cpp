// See request_generator.h.
#include "request_generator.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bidwell/core/hash.h"
#include "population.h"

namespace bidwell::bench {
namespace {

using Json = nlohmann::ordered_json;

Json draw_banner(Draw& draw) {
  const Size first = banner_sizes[draw.rank(std::size(banner_sizes))];
  const Size second = banner_sizes[draw.rank(std::size(banner_sizes))];
  return {{"format", {{{"w", first.w}, {"h", first.h}}, {{"w", second.w}, {"h", second.h}}}},
          {"w", first.w},
          {"h", first.h},
          {"pos", draw.chance(0.5) ? 1 : 3},
          {"battr", {1, 3, 5, 8, 9, 10, 14}},
          {"api", {3, 5}}};
}

Json draw_video(Draw& draw) {
  return {{"mimes", {"video/mp4", "video/webm"}},
          {"minduration", 5},
          {"maxduration", draw.chance(0.5) ? 30 : 15},
          {"protocols", {2, 3, 5, 6, 7}},
          {"w", 640},
          {"h", 360},
          {"startdelay", 0},
          {"linearity", 1},
          {"skip", 1},
          {"playbackmethod", {1, 2}},
          {"api", {1, 2}}};
}

Json draw_imps(Draw& draw) {
  Json imps = Json::array();
  const int wanted = draw.between(1, 3);
  for (int i = 1; i <= wanted; ++i) {
    Json imp = {{"id", fmt::format("{}", i)}};
    const bool video = draw.chance(0.15);
    imp[video ? "video" : "banner"] = video ? draw_video(draw) : draw_banner(draw);
    imp["tagid"] = fmt::format("place-{}", draw.below(50));
    imp["bidfloor"] = draw.between(5, 150) / 100.0;
    imp["bidfloorcur"] = "USD";
    imp["secure"] = 1;
    if (draw.chance(0.1)) {
      const Json deal = {{"id", deals.draw(draw)}, {"bidfloor", 2.5}, {"at", 1}};
      imp["pmp"] = {{"private_auction", 0}, {"deals", Json::array({deal})}};
    }
    imps.push_back(std::move(imp));
  }
  return imps;
}

void add_channel(Draw& draw, Json& request) {
  const std::string publisher_id = publishers.draw(draw);
  const Json publisher = {{"id", publisher_id}, {"name", "Publisher " + publisher_id}};
  const Json cats = Json::array({categories.draw(draw), categories.draw(draw)});
  if (draw.chance(0.5)) {
    const std::string domain = domains.draw(draw);
    request["site"] = {{"id", fmt::format("{}", draw.below(100'000))},
                       {"domain", domain},
                       {"cat", cats},
                       {"page", fmt::format("https://{}/article/{}.html", domain, draw.below(10'000))},
                       {"ref", "https://www.example.org/search?q=news"},
                       {"publisher", publisher}};
  } else {
    const std::string bundle = bundles.draw(draw);
    request["app"] = {{"id", fmt::format("{}", draw.below(100'000))},
                      {"name", "An app"},
                      {"bundle", bundle},
                      {"cat", cats},
                      {"ver", "4.12.0"},
                      {"storeurl", "https://store.example/apps/details?id=" + bundle},
                      {"publisher", publisher}};
  }
}

Json draw_device(Draw& draw) {
  const Model& model = models[draw.rank(std::size(models))];
  const Json geo = {{"lat", draw.between(-500, 600) / 10.0},
                    {"lon", draw.between(-1200, 1400) / 10.0},
                    {"type", 2},
                    {"country", countries.draw(draw)},
                    {"region", regions.draw(draw)},
                    {"city", cities.draw(draw)},
                    {"zip", fmt::format("{:05}", draw.below(99'999))},
                    {"utcoffset", draw.between(-8, 9) * 60}};
  return {{"ua",
           "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) "
           "Chrome/124.0.0.0 Mobile Safari/537.36"},
          {"ip", fmt::format("203.0.113.{}", draw.below(256))},
          {"geo", geo},
          {"dnt", 0},
          {"lmt", 0},
          {"devicetype", draw.chance(0.25) ? 2
                         : model.tablet    ? 5
                                           : 4},
          {"make", model.make},
          {"model", model.model},
          {"os", model.os},
          {"osv", fmt::format("{}.{}", draw.between(8, 17), draw.below(5))},
          {"language", languages.draw(draw)},
          {"connectiontype", draw.chance(0.6) ? 2 : 6},
          {"js", 1}};
}

Json draw_user(Draw& draw) {
  Json user = {{"id", fmt::format("{:016x}", draw.below(1'000'000'007))},
               {"buyeruid", fmt::format("{:032x}", draw.below(1'000'000'007))}};
  if (draw.chance(0.3)) user["yob"] = draw.between(1950, 2006);
  if (draw.chance(0.3)) user["gender"] = draw.chance(0.5) ? "M" : "F";
  Json list = Json::array();
  const int wanted = draw.between(0, 8);
  for (int i = 0; i < wanted; ++i) list.push_back({{"id", segments.draw(draw)}});
  if (!list.empty()) {
    const Json provider = {{"id", "dmp1"}, {"name", "Example DMP"}, {"segment", list}};
    user["data"] = Json::array({provider});
  }
  return user;
}

}  // namespace

std::string make_request(std::uint64_t number, std::uint64_t seed) {
  Draw draw(mix(mix(seed, 0x5eed), number));
  Json request = {{"id", fmt::format("{:016x}-{}", mix(seed, number), number)}};
  request["imp"] = draw_imps(draw);
  add_channel(draw, request);
  request["device"] = draw_device(draw);
  request["user"] = draw_user(draw);
  request["at"] = 1;
  request["tmax"] = 120;
  request["cur"] = {"USD"};
  request["bcat"] = {"IAB25", "IAB26", "IAB7-39", "IAB8-5", "IAB8-18", "IAB9-9"};
  request["badv"] = {"blocked.example.net", "rival.example.org"};
  request["source"] = {{"fd", 1}, {"tid", fmt::format("{:032x}", mix(number, seed))}};
  request["regs"] = {{"coppa", 0}, {"ext", {{"gdpr", 0}, {"us_privacy", "1YNN"}}}};
  return request.dump();
}

}  // namespace bidwell::bench
