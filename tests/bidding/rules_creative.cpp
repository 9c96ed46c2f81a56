// What publishers keep out, whatever the medium, and what banners must fit.
#include "tests/bidding/rules.h"

namespace bidwell::bidding::testing {

std::vector<Rule> creative_rules() {
  return {
      // Sizes.
      {.expected = Reason::format, .imp = R"({"banner": {"w": 320, "h": 50}})"},
      {.expected = Reason::format, .imp = R"({"banner": {"w": 250, "h": 300}})"},
      {.imp = R"({"banner": {"w": 320, "h": 50, "format": [{"w": 728, "h": 90}, {"w": 300, "h": 250}]}})"},
      {.imp = R"({"banner": {"w": null, "h": null, "format": [{"w": 300, "h": 250}]}})"},
      {.imp = R"({"banner": {"w": "300", "h": 250.0}})"},
      {.imp = R"({"banner": {"w": 1, "h": 1, "format": [{"wratio": 6, "hratio": 5}]}})"},
      {.imp = R"({"banner": {"w": 1, "h": 1, "format": [{"wratio": 6, "hratio": 5, "wmin": 300}]}})"},
      {.expected = Reason::format,
       .imp = R"({"banner": {"w": 1, "h": 1, "format": [{"wratio": 6, "hratio": 5, "wmin": 301}]}})"},
      {.expected = Reason::format, .imp = R"({"banner": {"w": 1, "h": 1, "format": [{"wratio": 16, "hratio": 9}]}})"},
      {.expected = Reason::format, .imp = R"({"banner": {"w": 1, "h": 1, "format": [{"wratio": 6}]}})"},
      {.expected = Reason::format, .imp = R"({"banner": {"w": 65836, "h": 65786, "format": [{"w": 1, "h": 1}]}})"},
      {.expected = Reason::format, .imp = R"({"banner": null, "video": {}})"},

      // Secure impressions.
      {.creative = R"({"markup": "<img src='http://a.example/i'>"})", .imp = R"({"secure": 0})"},
      {.creative = R"({"markup": "<img src='http://a.example/i'>"})"},
      {.expected = Reason::insecure,
       .creative = R"({"markup": "<img src='http://a.example/i'>"})",
       .imp = R"({"secure": 1})"},
      {.expected = Reason::insecure, .creative = R"({"iurl": "http://a.example/i"})", .imp = R"({"secure": true})"},
      {.creative = R"({"markup": "<img src='https://a.example/i'>"})", .imp = R"({"secure": 1})"},

      // Blocked advertisers.
      {.request = R"({"badv": ["other.example"]})"},
      {.expected = Reason::advertiser_blocked, .request = R"({"badv": ["other.example", "BRAND.example"]})"},
      {.expected = Reason::advertiser_blocked,
       .creative = R"({"adomain": ["shop.brand.example"]})",
       .request = R"({"badv": ["brand.example"]})"},
      {.creative = R"({"adomain": ["mybrand.example"]})", .request = R"({"badv": ["brand.example"]})"},
      {.expected = Reason::advertiser_blocked,
       .creative = R"({"adomain": ["a.example", "brand.example"]})",
       .request = R"({"badv": ["brand.example"]})"},

      // Blocked and allowed categories.
      {.creative = R"({"cat": ["IAB1-2"]})", .request = R"({"bcat": ["IAB1-1", "IAB11", "IAB1-22"]})"},
      {.expected = Reason::category_blocked,
       .creative = R"({"cat": ["IAB1-2"]})",
       .request = R"({"bcat": ["iab1-2"]})"},
      {.expected = Reason::category_blocked,
       .creative = R"({"cat": ["IAB5", "IAB1-2"]})",
       .request = R"({"bcat": ["IAB1"]})"},
      {.creative = R"({"cat": ["IAB1"]})", .request = R"({"bcat": ["IAB1-2"]})"},
      {.request = R"({"bcat": ["IAB1"]})"},  // no category, none blocked
      {.creative = R"({"cat": ["IAB1-2", "IAB3"]})", .request = R"({"acat": ["IAB1", "IAB3"]})"},
      {.expected = Reason::category_blocked,
       .creative = R"({"cat": ["IAB1", "IAB25"]})",
       .request = R"({"acat": ["IAB1"]})"},
      {.expected = Reason::category_blocked, .request = R"({"acat": ["IAB1"]})"},
      {.expected = Reason::category_blocked, .creative = R"({"cat": ["IAB1"]})", .request = R"({"acat": ["IAB1-2"]})"},
      {.expected = Reason::category_taxonomy,
       .creative = R"({"cat": ["52"], "cattax": 7})",
       .request = R"({"bcat": ["IAB1"]})"},
      {.creative = R"({"cat": ["52"], "cattax": 7})", .request = R"({"bcat": ["53"], "cattax": 7})"},
      {.expected = Reason::category_blocked,
       .creative = R"({"cat": ["52"], "cattax": 7})",
       .request = R"({"bcat": ["52"], "cattax": 7})"},
      {.creative = R"({"cat": ["52"], "cattax": 7})"},  // nothing blocked in any
      {.creative = R"({"cattax": 7})", .request = R"({"bcat": ["IAB1"]})"},

      // Blocked apps, and languages.
      {.creative = R"({"bundle": "com.a"})", .request = R"({"bapp": ["com.b"]})"},
      {.expected = Reason::app_blocked,
       .creative = R"({"bundle": "com.a"})",
       .request = R"({"bapp": ["com.b", "com.a"]})"},
      {.creative = R"({"language": "en"})", .request = R"({"wlang": ["de", "EN-us"]})"},
      {.creative = R"({"language": "pt-BR"})", .request = R"({"wlang": ["pt"]})"},
      {.expected = Reason::creative_language, .creative = R"({"language": "en"})", .request = R"({"wlang": ["de"]})"},
      {.request = R"({"wlang": ["de"]})"},  // a creative without words

      // Banners.
      {.creative = R"({"attr": [1, 2]})", .imp = R"({"banner": {"battr": [3]}})"},
      {.expected = Reason::attribute_blocked,
       .creative = R"({"attr": [1, 2]})",
       .imp = R"({"banner": {"battr": [3, 2]}})"},
      {.imp = R"({"banner": {"btype": [1, 3, 4]}})"},
      {.expected = Reason::banner_type_blocked, .imp = R"({"banner": {"btype": [2]}})"},
      {.expected = Reason::banner_type_blocked, .creative = R"({"btype": 1})", .imp = R"({"banner": {"btype": 1}})"},
      {.creative = R"({"api": [5]})", .imp = R"({"banner": {"api": [3, 5]}})"},
      {.expected = Reason::api, .creative = R"({"api": [5, 6]})", .imp = R"({"banner": {"api": [3, 5]}})"},
      {.expected = Reason::api, .creative = R"({"api": [5]})"},
  };
}

}  // namespace bidwell::bidding::testing
