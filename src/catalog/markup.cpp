#include "catalog/markup.h"

#include <fmt/format.h>

#include <algorithm>
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
constexpr MacroName kRequestMacros[] = {{"auction_id", Macro::auction_id}, {"imp_id", Macro::imp_id},
                                        {"bid_id", Macro::bid_id},         {"timestamp", Macro::timestamp},
                                        {"random", Macro::random},         {"imp_url", Macro::imp_url},
                                        {"click_url", Macro::click_url},   {"native_imp", Macro::native_imp}};

bool may_stand(Macro macro, MacroPlace place) {
  switch (macro) {
    case Macro::auction_id: return place != MacroPlace::click;
    case Macro::imp_url:
    case Macro::click_url: return place == MacroPlace::markup;
    case Macro::native_imp: return false;  // our own
    default: return true;
  }
}

// Of one pixel, transparent, and nobody is asked for it.
constexpr std::string_view kEmptyImage =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
constexpr std::string_view kPixel =
    R"(<img src="{{imp_url}}" width="1" height="1" alt="" style="position:absolute;visibility:hidden">)";

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

// For XML's and HTML's texts and attributes.
std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    out += unreserved ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// With the ids filled in such that they do not spoil the URL.
std::string landing_page_of(const Campaign& campaign, const Creative& creative) {
  std::string url = creative.landing_page;
  replace_all(url, "{{campaign_id}}", percent_encoded(campaign.id));
  replace_all(url, "{{creative_id}}", percent_encoded(creative.id));
  return url;
}

std::string cdata(std::string_view text) {
  std::string out(text);
  replace_all(out, "]]>", "]]]]><![CDATA[>");
  return "<![CDATA[" + out + "]]>";
}

std::string vast(const Campaign& campaign, const Creative& creative, bool notices) {
  std::string files;
  for (const MediaFile& file : creative.media_files) {
    files += fmt::format(R"(<MediaFile delivery="progressive" type="{}" width="{}" height="{}")",
                         xml_escaped(file.type), file.w, file.h);
    if (file.bitrate_kbps != 0) files += fmt::format(R"( bitrate="{}")", file.bitrate_kbps);
    files += ">" + cdata(file.url) + "</MediaFile>";
  }
  files = "<MediaFiles>" + files + "</MediaFiles>";
  const std::string title =
      "<AdTitle>" + xml_escaped(campaign.name.empty() ? campaign.id : campaign.name) + "</AdTitle>";
  // Required, though without notices nobody listens.
  const std::string impression =
      notices ? "<Impression><![CDATA[{{imp_url}}]]></Impression>" : "<Impression></Impression>";
  const std::string page = "<ClickThrough>" + cdata(landing_page_of(campaign, creative)) + "</ClickThrough>";
  const std::string tracking = notices ? "<ClickTracking><![CDATA[{{click_url}}?r=0]]></ClickTracking>" : "";
  const std::string duration = fmt::format("<Duration>{:02}:{:02}:{:02}</Duration>", creative.duration / 3600,
                                           creative.duration / 60 % 60, creative.duration % 60);
  const std::string head = fmt::format(R"(<Ad id="{}"><InLine><AdSystem>Bidwell</AdSystem>)", xml_escaped(campaign.id));
  const std::string creative_head = fmt::format(R"(<Creatives><Creative id="{}"><Linear>)", xml_escaped(creative.id));
  constexpr std::string_view kTail = "</Creative></Creatives></InLine></Ad></VAST>";

  // The schemas are sequences: 4.0's has another order, and an id of some registry.
  if (creative.protocol == 7) {
    return R"(<VAST version="4.0">)" + head + impression + title + creative_head + duration + files + "<VideoClicks>" +
           tracking + page + "</VideoClicks></Linear>" +
           R"(<UniversalAdId idRegistry="unknown" idValue="unknown">unknown</UniversalAdId>)" + std::string(kTail);
  }
  return fmt::format(R"(<VAST version="{}">)", creative.protocol == 2 ? "2.0" : "3.0") + head + title + impression +
         creative_head + duration + "<VideoClicks>" + page + tracking + "</VideoClicks>" + files + "</Linear>" +
         std::string(kTail);
}

// What follows the assets.
std::string native_link(const Campaign& campaign, const Creative& creative, bool notices) {
  OrderedJson link{{"url", landing_page_of(campaign, creative)}};
  if (notices) link["clicktrackers"] = OrderedJson::array({"{{click_url}}?r=0"});
  return R"(,"link":)" + link.dump() + (notices ? "{{native_imp}}" : "");
}

// `escape` is for what stands between the macros; `replacement` says which pieces stand for one.
template <class Escape, class Replacement>
std::vector<Piece> cut(std::string_view text, const Campaign& campaign, const Creative& creative, Escape escape,
                       Replacement replacement) {
  std::vector<Piece> pieces(1);
  while (true) {
    const std::size_t at = text.find("{{");
    const std::size_t end = at == std::string_view::npos ? at : text.find("}}", at);
    if (end == std::string_view::npos) break;
    pieces.back().text += escape(text.substr(0, at));
    const std::string_view name = text.substr(at + 2, end - at - 2);
    if (name == "campaign_id") pieces.back().text += escape(campaign.id);
    if (name == "creative_id") pieces.back().text += escape(creative.id);
    for (const MacroName& known : kRequestMacros) {
      if (known.name != name) continue;
      for (Piece& piece : replacement(known.macro)) {
        pieces.back().text += piece.text;
        pieces.back().macro = piece.macro;
        if (piece.macro != Macro::none) pieces.emplace_back();
      }
    }
    text.remove_prefix(end + 2);
  }
  pieces.back().text += escape(text);
  return pieces;
}

std::vector<Piece> itself(Macro macro) {
  return {{"", macro}};
}

}  // namespace

std::vector<std::string> check_macros(std::string_view text, MacroPlace place) {
  std::vector<std::string> faults;
  std::vector<std::string_view> names = {"campaign_id", "creative_id"};
  for (const MacroName& macro : kRequestMacros) {
    if (may_stand(macro.macro, place)) names.push_back(macro.name);
  }
  for (std::size_t at = 0; (at = text.find("{{", at)) != std::string_view::npos;) {
    const std::size_t end = text.find("}}", at);
    if (end == std::string_view::npos) {
      faults.push_back("a {{ is not closed by }}");
      break;
    }
    const std::string_view name = text.substr(at + 2, end - at - 2);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      faults.push_back(fmt::format("{{{{{}}}}} is not a macro here; there are {}", name, fmt::join(names, ", ")));
    }
    at = end + 2;
  }
  return faults;
}

bool has_macro(std::string_view text, Macro macro) {
  for (const MacroName& known : kRequestMacros) {
    if (known.macro == macro) return text.find(fmt::format("{{{{{}}}}}", known.name)) != std::string_view::npos;
  }
  return false;
}

std::vector<Piece> cut_markup(std::string_view markup, const Campaign& campaign, const Creative& creative,
                              bool notices) {
  return cut(markup, campaign, creative, escaped, [&](Macro macro) -> std::vector<Piece> {
    if (notices) return itself(macro);
    if (macro == Macro::imp_url) return {{std::string(kEmptyImage), Macro::none}};
    if (macro != Macro::click_url) return itself(macro);
    return cut(xml_escaped(landing_page_of(campaign, creative)), campaign, creative, escaped, itself);
  });
}

std::vector<Piece> cut_landing_page(const Campaign& campaign, const Creative& creative) {
  if (creative.landing_page.empty()) return {};
  return cut(
      landing_page_of(campaign, creative), campaign, creative, [](std::string_view text) { return std::string(text); },
      itself);
}

std::string markup_of(const Campaign& campaign, const Creative& creative, bool notices) {
  switch (creative.media) {
    case Media::banner: {
      const bool counts = has_macro(creative.markup, Macro::imp_url);
      return notices && !counts ? creative.markup + std::string(kPixel) : creative.markup;
    }
    case Media::video:
    case Media::audio: return vast(campaign, creative, notices);
    case Media::native: return native_link(campaign, creative, notices);
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
