#include "catalog/markup.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace bidwell::catalog {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;
using openrtb::Macro;

struct MacroName {
  std::string_view name;
  Macro macro;
};
constexpr MacroName kRequestMacros[] = {{"auction_id", Macro::auction_id},
                                        {"imp_id", Macro::imp_id},
                                        {"bid_id", Macro::bid_id},
                                        {"timestamp", Macro::timestamp},
                                        {"random", Macro::random}};

// `text` as it stands between the quotes of a JSON string.
std::string escaped(std::string_view text) {
  std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

// An object's members as text inside a JSON string, without the braces.
std::string escaped_members(const OrderedJson& object) {
  const std::string text = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  return escaped(std::string_view(text).substr(1, text.size() - 2));
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string cdata(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; (at = out.find("]]>", at)) != std::string::npos; at += 15) {
    out.replace(at, 3, "]]]]><![CDATA[>");
  }
  return "<![CDATA[" + out + "]]>";
}

std::string vast(const Campaign& campaign, const Creative& creative) {
  const char* version = creative.protocol == 2 ? "2.0" : creative.protocol == 7 ? "4.0" : "3.0";
  std::string files;
  for (const MediaFile& file : creative.media_files) {
    files += fmt::format(R"(<MediaFile delivery="progressive" type="{}" width="{}" height="{}")",
                         xml_escaped(file.type), file.w, file.h);
    if (file.bitrate_kbps != 0) files += fmt::format(R"( bitrate="{}")", file.bitrate_kbps);
    files += ">" + cdata(file.url) + "</MediaFile>";
  }
  // VAST 2.0 and 3.0 want an Impression, though nothing listens to this one yet.
  return fmt::format(
      R"(<VAST version="{}"><Ad id="{}"><InLine><AdSystem>Bidwell</AdSystem><AdTitle>{}</AdTitle>)"
      R"(<Impression></Impression><Creatives><Creative id="{}"><Linear><Duration>{:02}:{:02}:{:02}</Duration>)"
      R"(<VideoClicks><ClickThrough>{}</ClickThrough></VideoClicks><MediaFiles>{}</MediaFiles></Linear></Creative>)"
      R"(</Creatives></InLine></Ad></VAST>)",
      version, xml_escaped(campaign.id), xml_escaped(campaign.name.empty() ? campaign.id : campaign.name),
      xml_escaped(creative.id), creative.duration / 3600, creative.duration / 60 % 60, creative.duration % 60,
      cdata(creative.landing_page), files);
}

}  // namespace

std::vector<std::string> check_macros(std::string_view markup) {
  std::vector<std::string> faults;
  for (std::size_t at = 0; (at = markup.find("{{", at)) != std::string_view::npos;) {
    const std::size_t end = markup.find("}}", at);
    if (end == std::string_view::npos) {
      faults.push_back("a {{ is not closed by }}");
      break;
    }
    const std::string_view name = markup.substr(at + 2, end - at - 2);
    bool known = name == "campaign_id" || name == "creative_id";
    for (const MacroName& macro : kRequestMacros) known |= macro.name == name;
    if (!known) {
      faults.push_back(
          fmt::format("{{{{{}}}}} is not a macro; there are auction_id, imp_id, bid_id, timestamp, random, "
                      "campaign_id, creative_id",
                      name));
    }
    at = end + 2;
  }
  return faults;
}

std::vector<Piece> cut_markup(std::string_view markup, const Campaign& campaign, const Creative& creative) {
  std::vector<Piece> pieces(1);
  while (true) {
    const std::size_t at = markup.find("{{");
    const std::size_t end = at == std::string_view::npos ? at : markup.find("}}", at);
    if (end == std::string_view::npos) break;
    pieces.back().text += escaped(markup.substr(0, at));
    const std::string_view name = markup.substr(at + 2, end - at - 2);
    if (name == "campaign_id") pieces.back().text += escaped(campaign.id);
    if (name == "creative_id") pieces.back().text += escaped(creative.id);
    for (const MacroName& known : kRequestMacros) {
      if (known.name != name) continue;
      pieces.back().macro = known.macro;
      pieces.emplace_back();
    }
    markup.remove_prefix(end + 2);
  }
  pieces.back().text += escaped(markup);
  return pieces;
}

std::string markup_of(const Campaign& campaign, const Creative& creative) {
  switch (creative.media) {
    case Media::banner: return creative.markup;
    case Media::video:
    case Media::audio: return vast(campaign, creative);
    case Media::native: return "," + fmt::format(R"("link":{})", Json{{"url", creative.landing_page}}.dump());
  }
  return {};
}

std::string fixed_members(const Campaign& campaign, const Creative& creative) {
  OrderedJson members;
  members["adid"] = creative.id;
  members["crid"] = creative.id;
  members["cid"] = campaign.id;
  members["adomain"] = creative.adomain;
  if (!creative.cat.empty()) {
    members["cat"] = creative.cat;
    if (creative.cattax != 1) members["cattax"] = creative.cattax;
  }
  std::vector<int> attributes;
  for (int value = 0; value < 64; ++value) {
    if (creative.attr.contains(value)) attributes.push_back(value);
  }
  if (!attributes.empty()) members["attr"] = attributes;
  if (!creative.bundle.empty()) members["bundle"] = creative.bundle;
  if (!creative.iurl.empty()) members["iurl"] = creative.iurl;
  if (!creative.language.empty()) members["language"] = creative.language;
  members["mtype"] = static_cast<int>(creative.media);
  if (creative.media == Media::banner) {
    members["w"] = creative.w;
    members["h"] = creative.h;
  }
  if (creative.media == Media::video || creative.media == Media::audio) {
    members["dur"] = creative.duration;
    members["protocol"] = creative.protocol;
  }
  const std::string text = members.dump(-1, ' ', false, Json::error_handler_t::replace);
  return "," + text.substr(1, text.size() - 2);
}

std::string dsa_member(const Transparency& transparency, bool adrender) {
  OrderedJson dsa;
  dsa["behalf"] = transparency.behalf;
  dsa["paid"] = transparency.paid;
  dsa["adrender"] = adrender ? 1 : 0;
  return OrderedJson{{"dsa", dsa}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string native_title(std::string_view text) {
  return escaped_members(OrderedJson{{"title", {{"text", text}}}});
}
std::string native_image(const NativeImage& image) {
  return escaped_members(OrderedJson{{"img", {{"url", image.url}, {"w", image.w}, {"h", image.h}}}});
}
std::string native_data(const NativeData& data) {
  return escaped_members(OrderedJson{{"data", {{"value", data.value}}}});
}

}  // namespace bidwell::catalog
