// See creative_generator.h.
#include "creative_generator.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace bidwell::bench {
namespace {

using Json = nlohmann::ordered_json;

// A click through our own redirect, a picture and a pixel; three in ten with a viewability script.
std::string draw_markup(Draw& draw, std::string_view domain, Size size) {
  std::string markup =
      fmt::format(R"(<div style="position:relative;width:{0}px;height:{1}px;overflow:hidden">)"
                  R"(<a href="{{{{click_url}}}}" )"
                  R"(target="_blank" rel="noopener"><img src="https://cdn.{2}/{{{{creative_id}}}}.jpg" )"
                  R"(width="{0}" height="{1}" alt="" style="border:0"></a></div>)",
                  size.w, size.h, domain);
  if (draw.chance(0.6)) {
    markup +=
        fmt::format(R"(<img src="https://pixel.{}/i?a={{{{auction_id}}}}&amp;i={{{{imp_id}}}}&amp;r={{{{random}}}}" )"
                    R"(width="1" height="1" alt="" style="display:none">)",
                    domain);
  }
  if (draw.chance(0.3)) {
    markup += fmt::format(R"(<script async src="https://viewability.example/v.js?b={{{{bid_id}}}}&amp;d={}"></script>)",
                          domain);
  }
  return markup;
}

Json make_banner(Draw& draw, std::string id, const std::string& domain, Size size) {
  return {{"id", std::move(id)},
          {"media", "banner"},
          {"w", size.w},
          {"h", size.h},
          {"markup", draw_markup(draw, domain, size)},
          {"landing_page",
           fmt::format("https://{}/landing?cid={{{{campaign_id}}}}&bid={{{{bid_id}}}}&ts={{{{timestamp}}}}", domain)},
          {"iurl", fmt::format("https://cdn.{}/preview-{}x{}.jpg", domain, size.w, size.h)}};
}

Json draw_banners(Draw& draw, std::size_t campaign, const std::string& domain) {
  Json banners = Json::array();
  const int wanted = draw.between(2, 6);
  std::size_t taken = 0;  // a bit for each size
  while (static_cast<int>(banners.size()) < wanted) {
    const std::size_t pick = draw.rank(std::size(banner_sizes));
    if ((taken >> pick & 1) != 0) continue;
    taken |= std::size_t{1} << pick;
    const Size size = banner_sizes[pick];
    auto id = fmt::format("c{}-{}x{}", campaign, size.w, size.h);
    banners.push_back(make_banner(draw, std::move(id), domain, size));
  }
  return banners;
}

Json draw_video(Draw& draw, std::size_t campaign, const std::string& domain) {
  static constexpr int durations[] = {15, 30, 6, 20};
  static constexpr const char* versions[] = {"3.0", "4.0", "2.0"};
  const int duration = durations[draw.rank(std::size(durations))];
  Json files = Json::array();
  for (const auto& [size, bitrate] : {std::pair{Size{1280, 720}, 2200}, {Size{640, 360}, 800}}) {
    files.push_back({{"url", fmt::format("https://cdn.{}/v{}-{}.mp4", domain, campaign, size.h)},
                     {"type", "video/mp4"},
                     {"w", size.w},
                     {"h", size.h},
                     {"bitrate_kbps", bitrate}});
  }
  return {{"id", fmt::format("c{}-video", campaign)},
          {"media", "video"},
          {"vast", versions[draw.rank(std::size(versions))]},
          {"duration", duration},
          {"media_files", files},
          {"landing_page", fmt::format("https://{}/landing?b={{{{bid_id}}}}", domain)}};
}

Json draw_audio(Draw& draw, std::size_t campaign, const std::string& domain) {
  return {{"id", fmt::format("c{}-audio", campaign)},
          {"media", "audio"},
          {"vast", "3.0"},
          {"duration", draw.chance(0.5) ? 15 : 30},
          {"media_files",
           {{{"url", fmt::format("https://cdn.{}/a{}.mp3", domain, campaign)},
             {"type", "audio/mpeg"},
             {"bitrate_kbps", 128}}}},
          {"landing_page", fmt::format("https://{}/landing?b={{{{bid_id}}}}", domain)}};
}

Json draw_native(std::size_t campaign, const std::string& domain) {
  const auto image = [&](const char* type, int w, int h) {
    const auto url = fmt::format("https://cdn.{}/n{}-{}x{}.jpg", domain, campaign, w, h);
    return Json{{"type", type}, {"url", url}, {"w", w}, {"h", h}};
  };
  return {{"id", fmt::format("c{}-native", campaign)},
          {"media", "native"},
          {"titles", {"What everyone in town is reading this week", "Read this week"}},
          {"images", {image("main", 1200, 627), image("main", 300, 250), image("icon", 80, 80)}},
          {"data",
           {{{"type", "sponsored"}, {"value", domain}},
            {{"type", "desc"}, {"value", "A short text that says what there is to be had."}},
            {{"type", "ctatext"}, {"value", "See more"}}}},
          {"landing_page", fmt::format("https://{}/landing?b={{{{bid_id}}}}", domain)}};
}

}  // namespace

Json draw_creatives(Draw& draw, std::size_t campaign, std::size_t advertiser) {
  const std::string domain = fmt::format("brand-{}.example", advertiser);
  const double kind = draw.unit();
  Json creatives = kind < 0.75   ? draw_banners(draw, campaign, domain)
                   : kind < 0.88 ? Json::array({draw_video(draw, campaign, domain)})
                   : kind < 0.96 ? Json::array({draw_native(campaign, domain)})
                                 : Json::array({draw_audio(draw, campaign, domain)});
  const std::string category = categories.draw(draw);
  const int attribute = draw.chance(0.15) ? draw.between(1, 16) : 0;
  const bool mraid = draw.chance(0.05);
  const std::string language = draw.chance(0.5) ? "en" : "";
  for (Json& creative : creatives) {
    creative["adomain"] = {domain};
    creative["cat"] = {category};
    if (attribute != 0) creative["attr"] = {attribute};
    if (mraid) creative["api"] = {5};
    if (!language.empty()) creative["language"] = language;
  }
  return creatives;
}

Json matching_creatives(Draw& draw, std::size_t campaign) {
  const std::string domain = "harbour.example";
  Json creatives = Json::array();
  for (const Size size : {Size{300, 250}, Size{728, 90}}) {
    auto id = fmt::format("matching-{}-{}x{}", campaign, size.w, size.h);
    Json banner = make_banner(draw, std::move(id), domain, size);
    banner["adomain"] = {domain};
    banner["cat"] = {"IAB20"};
    banner["language"] = "en";
    creatives.push_back(std::move(banner));
  }
  return creatives;
}

}  // namespace bidwell::bench
