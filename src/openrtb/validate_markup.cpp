// What the markup contains: rules 21-23.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bidwell/core/text.h"
#include "openrtb/validate_rules.h"
#include "openrtb/vast.h"

namespace bidwell::openrtb::validation {
namespace {

using lenient::member;

constexpr std::string_view kInsecure = "http://";

// `name` of the tag that `markup` ends within, and of the attribute whose value it ends within.
struct Place {
  std::string_view tag, attribute;
};

std::string_view last_word(std::string_view text) {
  const auto before = text.find_last_of(" \t\r\n\"'<>=/");
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

Place place_of_end(std::string_view markup) {
  const auto open = markup.rfind('<');
  if (open == std::string_view::npos) return {};
  std::string_view inside = markup.substr(open + 1);
  if (inside.find('>') != std::string_view::npos) return {};
  Place place{inside.substr(0, inside.find_first_of(" \t\r\n/>")), {}};
  const auto equals = inside.rfind('=');
  if (equals != std::string_view::npos) place.attribute = last_word(trim(inside.substr(0, equals)));
  return place;
}

// Whether the URL that begins at `at` is only a name or a page to go to: XML namespaces, document
// types, links, and a parameter within another URL.
bool is_fetched(std::string_view markup, std::size_t at) {
  const std::string_view before = markup.substr(0, at);
  const auto delimiter = before.find_last_of(" \t\r\n\"'<>()[]{},|");
  const auto token = before.substr(delimiter == std::string_view::npos ? 0 : delimiter + 1);
  if (token.find("://") != std::string_view::npos) return false;

  const std::string_view host = markup.substr(at + kInsecure.size());
  if (ascii_iequal(host.substr(0, 7), "www.w3.") || ascii_iequal(host.substr(0, 7), "w3.org/")) return false;

  const Place place = place_of_end(before);
  if (place.attribute.starts_with("xmlns") || place.attribute.starts_with("xsi:")) return false;
  const bool link = ascii_iequal(place.tag, "a") || ascii_iequal(place.tag, "area");
  return !(link && ascii_iequal(place.attribute, "href"));
}

// The first insecure URL in `markup` that showing it would fetch; empty if there is none.
std::string_view insecure_url(std::string_view markup) {
  const auto same = [](char a, char b) { return ascii_lower(a) == b; };
  for (auto from = markup.begin();; ++from) {
    from = std::search(from, markup.end(), kInsecure.begin(), kInsecure.end(), same);
    if (from == markup.end()) return {};
    const auto at = static_cast<std::size_t>(from - markup.begin());
    if (!is_fetched(markup, at)) continue;
    const std::string_view url = markup.substr(at);
    return url.substr(0, url.find_first_of(" \t\r\n\"'<>"));
  }
}

void check_insecure(std::string_view text, std::string where, Findings& findings) {
  if (const auto url = insecure_url(text); !url.empty()) {
    findings.add(21, std::move(where), fmt::format("{} in a secure impression", url));
  }
}

void check_insecure_markup(std::string_view markup, const std::string& where, Findings& findings) {
  const auto vast = read_vast(markup);
  if (!vast) return check_insecure(markup, where, findings);
  for (const std::string& text : vast->fetched) check_insecure(text, where, findings);
}

// Of a native answer all is fetched but its texts and the pages its links lead to.
void check_insecure_native(const Json& document, const std::string& where, Findings& findings) {
  static constexpr std::array<std::string_view, 4> kShown = {"title", "data", "privacy", "fallback"};
  std::vector<std::pair<const Json*, bool>> left = {{&document, false}};
  while (!left.empty()) {
    const auto [value, is_link] = left.back();
    left.pop_back();
    if (value->is_string()) check_insecure_markup(value->get_ref<const std::string&>(), where, findings);
    if (value->is_array()) {
      for (const Json& element : *value) left.emplace_back(&element, false);
    }
    if (!value->is_object()) continue;
    for (const auto& [key, child] : value->items()) {
      const bool page = is_link && key == "url";
      if (!page && std::ranges::find(kShown, key) == kShown.end()) left.emplace_back(&child, key == "link");
    }
  }
}

// Rule 21.
void check_secure(const Bid& bid, Findings& findings) {
  if (lenient::integer(member(bid.imp, "secure")) != 1) return;
  check_insecure(bid.string("nurl"), bid.at("nurl"), findings);
  check_insecure(bid.string("iurl"), bid.at("iurl"), findings);
  const Json native = bid.media == Media::native ? Json::parse(bid.string("adm"), nullptr, false) : Json();
  if (native.is_object()) {
    check_insecure_native(native, bid.at("adm"), findings);
  } else {
    check_insecure_markup(bid.string("adm"), bid.at("adm"), findings);
  }
}

bool is_url(std::string_view text) {
  const bool web = ascii_iequal(text.substr(0, 8), "https://") || ascii_iequal(text.substr(0, 7), kInsecure);
  return web && std::ranges::none_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}

// Rule 22: markup here, or for the win notice to fetch; of the kind that the place shows. And notices that can be
// called, once their macros are filled in.
void check_presence(const Bid& bid, Findings& findings) {
  for (const std::string_view key : {"adm", "nurl", "burl", "lurl"}) {
    if (!bid[key].is_null() && !bid[key].is_string()) {
      findings.add(22, bid.at(key), fmt::format("{} is not a string", key));
    } else if (key != "adm" && !bid.string(key).empty() && !is_url(bid.string(key))) {
      findings.add(22, bid.at(key), fmt::format("{} is not a URL", key));
    }
  }
  const std::string_view adm = bid.string("adm");
  if (trim(adm).empty()) {
    if (bid.string("nurl").empty()) findings.add(22, bid.at("adm"), "neither adm nor nurl");
  } else if (bid.media == Media::video || bid.media == Media::audio) {
    if (!read_vast(adm)) findings.add(22, bid.at("adm"), "not a VAST document");
  } else if (bid.media == Media::native) {
    check_native_markup(bid, findings);
  }
}

bool is_standard_macro(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "AUCTION_ID",    "AUCTION_BID_ID",     "AUCTION_IMP_ID",     "AUCTION_SEAT_ID",
      "AUCTION_AD_ID", "AUCTION_PRICE",      "AUCTION_CURRENCY",   "AUCTION_MBR",
      "AUCTION_LOSS",  "AUCTION_MIN_TO_WIN", "AUCTION_MULTIPLIER", "AUCTION_IMP_TS"};
  // "${AUCTION_PRICE:B64}" asks for an encoding.
  return std::ranges::find(kNames, name.substr(0, name.find(':'))) != kNames.end();
}

void check_macros_in(std::string_view text, const std::string& where, Findings& findings) {
  const auto open = text.find("{{");
  if (open != std::string_view::npos && text.find("}}", open) != std::string_view::npos) {
    findings.add(23, where, fmt::format("a private macro: {}", text.substr(open, 40)));
  }
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const std::string_view name = text.substr(at + 2, text.find('}', at) - at - 2);
    if (is_standard_macro(name)) continue;
    findings.add(23, where, fmt::format("an unknown macro: ${{{}}}", name.substr(0, 40)));
  }
}

// Rule 23, in every string of the bid.
void check_macros(const Bid& bid, Findings& findings) {
  std::vector<std::pair<const Json*, std::string>> left = {{&bid.json, bid.path}};
  while (!left.empty()) {
    const auto [value, where] = left.back();
    left.pop_back();
    if (value->is_string()) check_macros_in(value->get_ref<const std::string&>(), where, findings);
    if (value->is_array()) {
      for (const Json& element : *value) left.emplace_back(&element, where);
    }
    if (!value->is_object()) continue;
    for (const auto& [key, child] : value->items()) left.emplace_back(&child, where + "." + key);
  }
}

}  // namespace

void check_markup(const Bid& bid, Findings& findings) {
  check_secure(bid, findings);
  check_presence(bid, findings);
  check_macros(bid, findings);
}

}  // namespace bidwell::openrtb::validation
