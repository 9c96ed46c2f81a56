// What the exchange and the publisher allow: impressions, currencies, seats, deals and floors.
#include "tests/bidding/rules.h"

namespace bidwell::bidding::testing {

std::vector<Rule> auction_rules() {
  return {
      // The currency of the answer (EUR at 0.5, JPY at 100 a dollar).
      {.request = R"({"cur": ["USD"]})"},
      {.request = R"({"cur": ["XTS", "JPY", "EUR"]})", .price = 100'000'000},
      {.request = R"({"cur": ["EUR", "USD"]})"},  // the exchange's own is preferred
      {.request = R"({"cur": "eur"})", .price = 500'000},
      {.expected = Reason::currency_not_accepted, .request = R"({"cur": ["XTS"]})"},

      // The impression.
      {.expected = Reason::imp_id_missing, .imp = R"({"id": null})"},
      {.expected = Reason::imp_id_repeated,
       .request = R"({"imp": [{"id": "1", "banner": {"w": 300, "h": 250}}, {"id": "1", "banner": {}}]})"},
      {.expected = Reason::nothing_offered, .imp = R"({"banner": null})"},
      {.expected = Reason::nothing_offered, .imp = R"({"banner": {"w": null, "h": null}})"},
      {.expected = Reason::nothing_offered, .imp = R"({"banner": {"w": 0}})"},
      {.expected = Reason::nothing_offered, .imp = R"({"native": {"request": "no JSON"}})", .media = "native"},
      {.expected = Reason::nothing_offered, .imp = R"({"native": {"request": null}})", .media = "native"},

      // Floors.
      {.imp = R"({"bidfloor": 1})"},
      {.imp = R"({"bidfloor": 0})"},
      {.imp = R"({"bidfloor": -5})"},
      {.imp = R"({"bidfloor": "1.0E0"})"},
      {.expected = Reason::below_floor, .imp = R"({"bidfloor": 1.000001})"},
      {.expected = Reason::below_floor, .imp = R"({"bidfloor": 1.0000001})"},  // rounded up
      {.expected = Reason::below_floor, .imp = R"({"bidfloor": 1e18})"},
      {.imp = R"({"bidfloor": 0.5, "bidfloorcur": "EUR"})"},
      {.expected = Reason::below_floor, .imp = R"({"bidfloor": 0.500001, "bidfloorcur": "EUR"})"},
      {.expected = Reason::below_floor,
       .request = R"({"cur": ["JPY"]})",
       .imp = R"({"bidfloor": 0.500001, "bidfloorcur": "EUR"})"},
      {.expected = Reason::floor_unreadable, .imp = R"({"bidfloor": "much"})"},
      {.expected = Reason::floor_unreadable, .imp = R"({"bidfloor": true})"},
      {.expected = Reason::floor_currency_unknown, .imp = R"({"bidfloor": 0.5, "bidfloorcur": "XTS"})"},
      {.request = R"({"at": 1})", .imp = R"({"bidfloor": 0.5})"},  // first and second price bid alike
      {.request = R"({"at": 2})", .imp = R"({"bidfloor": 0.5})"},
      {.campaign = R"({"bid": {"model": "cpc", "price": 0.25, "expected_ctr": 0.01}})", .price = 2'500'000},
      {.campaign = R"({"currency": "JPY", "bid": {"price": 250}})", .price = 2'500'000},
      // Worth nothing in the answer's currency: there is no bid of zero.
      {.expected = Reason::below_floor, .campaign = R"({"currency": "JPY", "bid": {"price": 0.00001}})"},

      // Seats.
      {.request = R"({"wseat": ["other", "s1"]})"},
      {.expected = Reason::seat, .request = R"({"wseat": ["other"]})"},
      {.expected = Reason::seat, .request = R"({"wseat": ["S1"]})"},  // the exchange's own identifiers
      {.request = R"({"bseat": ["other"]})"},
      {.expected = Reason::seat, .request = R"({"bseat": ["other", "s1"]})"},

      // Deals.
      {.imp = R"({"pmp": {"private_auction": 0, "deals": [{"id": "d1", "bidfloor": 50}]}})"},
      {.expected = Reason::private_auction, .imp = R"({"pmp": {"private_auction": 1, "deals": [{"id": "d1"}]}})"},
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"private_auction": 1, "deals": [{"id": "d0"}, {"id": "d1"}]}})"},
      {.campaign = R"({"targeting": {"deal": ["*"]}})", .imp = R"({"pmp": {"deals": [{"id": "d7"}]}})"},
      {Reason::deal, R"({"targeting": {"deal": ["*"]}})"},
      {.expected = Reason::deal,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "D1"}]}})"},
      {.expected = Reason::deal,
       .campaign = R"({"targeting": {"deal": ["*"]}})",
       .imp = R"({"pmp": {"deals": [{"bidfloor": 1}]}})"},
      {.expected = Reason::deal,
       .campaign = R"({"targeting": {"deal": {"exclude": ["d1"]}}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1"}]}})"},
      {.campaign = R"({"targeting": {"deal": {"include": ["*"], "exclude": ["d1"]}}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "at": 3, "bidfloor": 0.1}, {"id": "d2"}]}})"},
      {.expected = Reason::deal,
       .campaign = R"({"targeting": {"deal": {"include": ["*"], "exclude": ["d1"]}}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1"}]}})"},
      {.campaign = R"({"targeting": {"deal": ["*"]}})",  // what has no id cannot be used
       .imp = R"({"pmp": {"deals": [{"bidfloor": 0.1, "at": 3}, {"id": "d2"}]}})"},
      // Its own floor is what counts for a deal, not the impression's.
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"bidfloor": 20, "pmp": {"deals": [{"id": "d1", "bidfloor": 1}]}})"},
      {.expected = Reason::below_floor,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 1.01}]}})"},
      {.campaign = R"({"targeting": {"deal": ["d1", "d2"]}})",  // the first it may use
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 9}, {"id": "d2", "bidfloor": 0.5, "at": 3}]}})",
       .price = 500'000},
      // At 3 the floor is the price.
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 0.7, "at": 3}]}})",
       .price = 700'000},
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 0.25, "bidfloorcur": "EUR", "at": 3}]}})",
       .price = 500'000},
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "at": 3}]}})"},  // no price agreed: the campaign's
                                                                  // own
      {.expected = Reason::below_floor,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 1.5, "at": 3}]}})"},
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 0.7, "at": 1}]}})"},
      {.expected = Reason::floor_unreadable,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": "x"}]}})"},
      {.expected = Reason::floor_currency_unknown,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "bidfloor": 0.1, "bidfloorcur": "XTS"}]}})"},
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "wseat": ["x", "s1"]}]}})"},
      {.expected = Reason::deal_seat,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "wseat": ["x"]}]}})"},
      {.campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "wadomain": ["x.example", "Brand.example"]}]}})"},
      {.expected = Reason::deal_advertiser,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "wadomain": ["x.example"]}]}})"},
      {.expected = Reason::deal_advertiser,
       .campaign = R"({"targeting": {"deal": ["d1"]}})",
       .creative = R"({"adomain": ["brand.example", "other.example"]})",
       .imp = R"({"pmp": {"deals": [{"id": "d1", "wadomain": ["brand.example"]}]}})"},

      // The Digital Services Act.
      {.request = R"({"regs": {"dsa": {"dsarequired": 1}}})"},
      {.expected = Reason::transparency, .request = R"({"regs": {"dsa": {"dsarequired": 2}}})"},
      {.expected = Reason::transparency, .request = R"({"regs": {"ext": {"dsa": {"dsarequired": 3}}}})"},
      {.campaign = R"({"dsa": {"behalf": "b", "paid": "p"}})", .request = R"({"regs": {"dsa": {"dsarequired": 3}}})"},
  };
}

}  // namespace bidwell::bidding::testing
