// Checks an answer against its request by the thirty rules that make a bid response correct.
// Written from the rules alone: it shares no code with the parser, the decision or the writer, so
// that a fault of theirs is not also its own. For tests and the replayer; it allocates and is slow.
//
// The rules by number:
//
//    1 id is the request's            16 language, wlang
//    2 bids, or a form of no-bid      17 size
//    3 bid.id                         18 mtype
//    4 impid names one impression     19 mime, protocol, duration, API
//    5 price                          20 pods
//    6 cur                            21 secure: no http assets
//    7 floors                         22 markup, notices, native
//    8 dealid was offered             23 no private or unknown macro
//    9 private auctions               24 the DSA object
//   10 seats, deals' advertisers      25 group: can be won together
//   11 crid                           26 UTF-8, JSON, Content-Length
//   12 adomain, badv                  27 a 204 has no body
//   13 cat, bcat, acat                28 test never spends
//   14 attr, battr                    29 within tmax
//   15 bundle, bapp                   30 no bid id twice
//
// Nothing in one answer shows whether money was spent, so rule 28 never fires. Statuses: 200 and
// 204 are answers; 400 is one where the request has no string id or no list of impressions;
// whatever else came counts under rule 2. What a bid leaves unsaid is not guessed: a wrapper
// without a duration has no duration to check.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bidwell::openrtb {

struct Violation {
  int rule = 0;       // 1..30
  std::string where;  // JSON path in the response ("seatbid[0].bid[1].price"), "" for the whole
  std::string what;   // one line for people
};

// The currencies that prices may be compared in: units of the currency for one US dollar. USD is
// always 1. A floor in a currency that is not among them, other than the answer's own, counts as
// not met.
struct ValidatorOptions {
  std::vector<std::pair<std::string, double>> rates = {{"USD", 1.0}};
};

// What the answer was, as HTTP saw it.
struct Answer {
  unsigned status = 0;
  std::string_view body;
  double elapsed_ms = -1;            // < 0: not measured, rule 29 is not checked
  std::int64_t content_length = -1;  // < 0: not given
};

// An empty list: correct. A request that is not a JSON object makes only rules 2, 26 and 27
// checkable. Thread-safe; never throws but for want of memory.
std::vector<Violation> validate(std::string_view request, const Answer& answer, const ValidatorOptions& options = {});

}  // namespace bidwell::openrtb
