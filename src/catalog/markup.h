// Turns a creative into what an answer copies: its markup as JSON-escaped pieces around macros, and its other
// members serialised. Done once when the catalog is compiled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/catalog/campaign.h"
#include "bidwell/openrtb/response.h"

namespace bidwell::catalog {

// Where a text stands decides which macros it may have.
enum class MacroPlace : std::uint8_t {
  markup,  // a banner's HTML: all
  url,     // within markup: all but the two URLs
  click    // where {{click_url}} leads: known at the click is only what the token says of its bid
};
// The faults of a text's {{macros}}: unknown names and braces that are not closed.
std::vector<std::string> check_macros(std::string_view text, MacroPlace place);
// Whether it has this one.
bool has_macro(std::string_view text, openrtb::Macro macro);

// A text cut at its macros; {{campaign_id}} and {{creative_id}} are filled in.
struct Piece {
  std::string text;
  openrtb::Macro macro = openrtb::Macro::none;
};
// JSON-escaped. Without notices {{click_url}} is the landing page, HTML-escaped, and {{imp_url}} an empty image.
std::vector<Piece> cut_markup(std::string_view markup, const Campaign& campaign, const Creative& creative,
                              bool notices);
// The landing page, not escaped.
std::vector<Piece> cut_landing_page(const Campaign& campaign, const Creative& creative);

// A banner's HTML, a video's or audio's VAST (IAB VAST 2.0 to 4.0, an InLine ad with one linear creative); for
// native what follows the assets: the link and its trackers. With notices it has {{imp_url}} and {{click_url}} where
// impressions and clicks are counted; a banner's {{click_url}} is placed by who wrote it.
std::string markup_of(const Campaign& campaign, const Creative& creative, bool notices);

// The bid's members that do not depend on the request, each with a comma before it.
std::string fixed_members(const Campaign& campaign, const Creative& creative);

// The bid's `ext` where a publisher asks for DSA transparency; `adrender` says who renders it.
std::string dsa_member(const Transparency& transparency, bool adrender);

// A native asset's object without its id and braces, escaped for a JSON string: \"title\":{\"text\":\"...\"}.
std::string native_title(std::string_view text);
std::string native_image(const NativeImage& image);
std::string native_data(const NativeData& data);

}  // namespace bidwell::catalog
