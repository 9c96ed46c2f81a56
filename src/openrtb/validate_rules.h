// The validator's parts: each checks the rules named beside it on one bid and reports what it
// finds.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bidwell/openrtb/validate.h"
#include "openrtb/lenient.h"

namespace bidwell::openrtb::validation {

using lenient::Json;

// What a bid is an ad for; the values are those of `mtype`.
enum class Media { none = 0, banner = 1, video = 2, audio = 3, native = 4 };

// The medium's key in an impression.
std::string_view name(Media media);

// One bid and what it answers. All references are to the two documents; what does not exist is a
// null value.
struct Bid {
  const Json& request;
  const Json& response;
  const Json& seatbid;
  const Json& json;
  const Json& imp;
  const Json& deal;  // the one that dealid names, if it was offered
  Media media;       // none: it does not say and cannot be told
  std::string path;  // "seatbid[0].bid[1]"

  const Json& operator[](std::string_view key) const { return lenient::member(json, key); }
  const Json& offered() const { return lenient::member(imp, name(media)); }
  std::string at(std::string_view key) const { return path + "." + std::string(key); }
  // A string member's value; empty for anything else, for the answer may not be untidy.
  std::string_view string(std::string_view key) const;
};

class Findings {
 public:
  // `what` may quote markup; it stays one line.
  void add(int rule, std::string where, std::string what) {
    std::ranges::replace_if(
        what, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    found_.push_back({rule, std::move(where), std::move(what)});
  }
  std::vector<Violation> take() { return std::move(found_); }

 private:
  std::vector<Violation> found_;
};

// The currency of every price in the answer.
std::string currency(const Json& response);
bool has_deal(const Json& bid);

void check_currency(const Json& request, const Json& response, Findings& findings);  // 6
void check_seat(const Json& request, const Json& seatbid, const std::string& path,
                Findings& findings);                                                      // 10
void check_auction(const Bid& bid, const ValidatorOptions& options, Findings& findings);  // 5, 7-10
void check_creative(const Bid& bid, Findings& findings);                                  // 11-16, 24
void check_media(const Bid& bid, const ValidatorOptions& options, Findings& findings);    // 17-20
void check_markup(const Bid& bid, Findings& findings);                                    // 21-23
void check_native_markup(const Bid& bid, Findings& findings);                             // 22 of native ads

// Whether `price`, in the answer's currency, is at least `floor` times `units`. An amount that is
// not a number or cannot be compared is reported as not met.
void check_floor(int rule, const Bid& bid, const Json& floor, const Json& floor_currency, double units,
                 const ValidatorOptions& options, Findings& findings);

}  // namespace bidwell::openrtb::validation
