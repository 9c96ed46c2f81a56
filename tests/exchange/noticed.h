// What the tests of notices share: exchanges of each price form, a creative that can be clicked, and its tokens.
#pragma once

#include <deque>
#include <string>

#include "tests/exchange/bid_records.h"
#include "tests/exchange/bidder.h"
#include "tests/exchange/tokens.h"

namespace bidwell::exchange::testing {

inline constexpr char kClickable[] = R"({"campaigns": [{
  "id": "tide", "advertiser": "tide", "seat": "house", "bid": {"model": "cpm", "price": 2},
  "creatives": [
    {"id": "tide-300x250", "media": "banner", "w": 300, "h": 250, "markup": "<a href=\"{{click_url}}\">Tide</a>",
     "landing_page": "https://tide.example/?b={{bid_id}}&i={{imp_id}}&t={{timestamp}}&c={{creative_id}}",
     "adomain": ["tide.example"]},
    {"id": "random", "media": "banner", "w": 300, "h": 250, "markup": "<a href=\"{{click_url}}\">Tide</a>",
     "landing_page": "https://tide.example/{{random}}", "adomain": ["tide.example"]},
    {"id": "unlinked", "media": "banner", "w": 300, "h": 250, "markup": "<p>Tide</p>",
     "adomain": ["tide.example"]}]}]})";

// demo, base64 and google, by their price's form.
inline std::deque<Exchange> exchanges_of_each_form(const CurrencyTable& currencies) {
  std::deque<Exchange> exchanges;
  ExchangeOptions demo, base64, google;
  demo.name = "demo";
  base64.name = "base64";
  base64.price_format = PriceFormat::base64;
  google.name = "google";
  google.price_format = PriceFormat::google;
  google.google_price_keys = {parse_price_key("skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o=").value(),
                              parse_price_key("arO23ykdNqUQ5LEoQ0FVmPkBd7xB5CO89PDZlSjpFxo=").value()};
  for (const ExchangeOptions& options : {demo, base64, google}) exchanges.emplace_back(options, currencies);
  return exchanges;
}

inline Audience audience_of(events::Kind kind) {
  return kind == events::Kind::imp || kind == events::Kind::click ? Audience::browser : Audience::exchange;
}

inline constexpr events::Kind kNoticeKinds[] = {events::Kind::win, events::Kind::bill, events::Kind::loss,
                                                events::Kind::imp, events::Kind::click};

}  // namespace bidwell::exchange::testing
