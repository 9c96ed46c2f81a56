// The validator's entry and the rules on an answer as a whole: 1-4, 25-27, 29 and 30. See the
// header.
#include "bidwell/openrtb/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bidwell/core/text.h"
#include "openrtb/validate_rules.h"

namespace bidwell::openrtb {
namespace validation {
namespace {

using lenient::member;

constexpr Media kMedia[] = {Media::banner, Media::video, Media::audio, Media::native};

// What the bid says; else the only one offered; else what its markup looks like.
Media medium_of(const Json& bid, const Json& imp) {
  if (const Json& stated = member(bid, "mtype"); !stated.is_null()) {
    const int value = lenient::integer(stated).value_or(0);
    return value >= 1 && value <= 4 ? static_cast<Media>(value) : Media::none;
  }
  const auto offers = [&](Media media) { return member(imp, name(media)).is_object(); };
  if (std::ranges::count_if(kMedia, offers) == 1) return *std::ranges::find_if(kMedia, offers);
  const std::string adm = lenient::text(member(bid, "adm"));
  if (adm.find("<VAST") != std::string::npos) return offers(Media::video) ? Media::video : Media::audio;
  if (trim(adm).starts_with('{')) return Media::native;
  return offers(Media::banner) ? Media::banner : Media::none;
}

// Both as text, or as the numbers that they are.
bool same_id(const Json& asked, const Json& answered) {
  if (asked.is_string()) return answered == asked;
  if (!asked.is_number()) return false;
  return lenient::text(answered) == lenient::text(asked) || lenient::number(answered) == asked.get<double>();
}

// Rule 1.
void check_id(const Json& request, const Json& response, Findings& findings) {
  if (!same_id(member(request, "id"), member(response, "id"))) {
    findings.add(1, "id", "id is not the request's");
  }
}

// Rule 2: a no-bid is {}, an empty seatbid, or a reason.
bool is_no_bid(const Json& response) {
  const Json& seats = member(response, "seatbid");
  if (!seats.is_null()) return seats.is_array() && seats.empty();
  return response.empty() || !member(response, "nbr").is_null();
}

// Rule 2: reasons are 0-17, or an exchange's own from 500 on.
void check_no_bid_reason(const Json& response, Findings& findings) {
  const Json& reason = member(response, "nbr");
  if (reason.is_null()) return;
  if (!reason.is_number_integer() || reason < 0 || (reason > 17 && reason < 500)) {
    findings.add(2, "nbr", fmt::format("{} is no reason", reason.dump()));
  }
}

// Rule 2. The bids are then those which can be checked.
void check_structure(const Json& response, Findings& findings) {
  const Json& seats = member(response, "seatbid");
  if (!seats.is_array()) return findings.add(2, "seatbid", "neither bids nor a form of no-bid");
  for (std::size_t s = 0; s < seats.size(); ++s) {
    const Json& bids = member(seats[s], "bid");
    if (!bids.is_array() || bids.empty()) {
      findings.add(2, fmt::format("seatbid[{}].bid", s), "no bids");
      continue;
    }
    for (std::size_t b = 0; b < bids.size(); ++b) {
      if (!bids[b].is_object()) findings.add(2, fmt::format("seatbid[{}].bid[{}]", s, b), "not an object");
    }
  }
}

// Rule 3.
void check_bid_id(const Bid& bid, Findings& findings) {
  if (bid.string("id").empty()) findings.add(3, bid.at("id"), "id is missing");
}

// Rule 4: of an impression, and of one only. That impression, or null.
const Json& find_impression(const Json& request, const Json& bid, const std::string& path, Findings& findings) {
  static const Json null;
  const Json* found = nullptr;
  int count = 0;
  for (const Json* imp : lenient::objects(member(request, "imp"))) {
    if (lenient::text(member(*imp, "id")).empty()) continue;
    if (!same_id(member(*imp, "id"), member(bid, "impid"))) continue;
    found = imp;
    ++count;
  }
  if (count == 1) return *found;
  findings.add(4, path + ".impid", fmt::format("{} impressions have this id", count));
  return null;
}

// Rule 25: a group is won or lost as one, which two bids on one impression cannot be.
void check_group(const Json& seatbid, const std::string& path, Findings& findings) {
  const Json& group = member(seatbid, "group");
  if (group.is_null()) return;
  if (group != 0 && group != 1) return findings.add(25, path + ".group", "group is neither 0 nor 1");
  if (group == 0) return;
  std::set<Json> impressions;
  for (const Json* bid : lenient::objects(member(seatbid, "bid"))) {
    if (!impressions.insert(member(*bid, "impid")).second) {
      findings.add(25, path + ".group", "two bids of a group are on one impression");
    }
  }
}

// Rule 30.
void check_unique(const Bid& bid, std::set<std::string, std::less<>>& ids, Findings& findings) {
  const std::string_view id = bid.string("id");
  if (!id.empty() && !ids.emplace(id).second) findings.add(30, bid.at("id"), fmt::format("{} is there twice", id));
}

const Json& offered_deal(const Json& imp, const Json& bid) {
  static const Json null;
  for (const Json* deal : lenient::objects(member(member(imp, "pmp"), "deals"))) {
    if (has_deal(bid) && same_id(member(*deal, "id"), member(bid, "dealid"))) return *deal;
  }
  return null;
}

void check_bids(const Json& request, const Json& response, const ValidatorOptions& options, Findings& findings) {
  std::set<std::string, std::less<>> ids;
  const Json& seats = response["seatbid"];
  for (std::size_t s = 0; s < seats.size(); ++s) {
    const std::string path = fmt::format("seatbid[{}]", s);
    const Json& bids = member(seats[s], "bid");
    if (!bids.is_array() || bids.empty()) continue;
    check_seat(request, seats[s], path, findings);
    check_group(seats[s], path, findings);
    for (std::size_t b = 0; b < bids.size(); ++b) {
      if (!bids[b].is_object()) continue;
      const std::string place = fmt::format("{}.bid[{}]", path, b);
      const Json& imp = find_impression(request, bids[b], place, findings);
      const Bid bid{request, response, seats[s], bids[b], imp, offered_deal(imp, bids[b]), medium_of(bids[b], imp),
                    place};
      check_bid_id(bid, findings);
      check_unique(bid, ids, findings);
      check_creative(bid, findings);
      check_markup(bid, findings);
      // The rest compares with the impression.
      if (imp.is_null()) continue;
      check_auction(bid, options, findings);
      check_media(bid, options, findings);
    }
  }
}

// Whether the request asks something: what does not may be refused.
bool is_answerable(const Json& request) {
  const Json& id = member(request, "id");
  const Json& imps = member(request, "imp");
  return id.is_string() && id != "" && imps.is_array() && !imps.empty() &&
         std::ranges::all_of(imps, [](const Json& imp) { return imp.is_object(); });
}

// Rule 26, on the body. JSON in UTF-8 as such has neither a byte order mark nor NUL, which nlohmann
// accepts.
Json parse_body(const Answer& answer, Findings& findings) {
  if (answer.content_length >= 0 && answer.content_length != static_cast<std::int64_t>(answer.body.size())) {
    findings.add(26, "", fmt::format("{} bytes, not {}", answer.body.size(), answer.content_length));
  }
  Json response = Json::parse(answer.body, nullptr, false);
  if (answer.body.starts_with("\xEF\xBB\xBF") || answer.body.find('\0') != std::string_view::npos ||
      !response.is_object()) {
    findings.add(26, "", "the body is not a JSON object in UTF-8");
    return {};
  }
  return response;
}

// Rule 29. tmax counts from the request's first byte to the answer's last.
void check_time(const Json& request, const Answer& answer, Findings& findings) {
  const auto most = lenient::integer(member(request, "tmax"));
  if (most && *most > 0 && answer.elapsed_ms > *most) {
    findings.add(29, "", fmt::format("{} ms, where tmax is {}", answer.elapsed_ms, *most));
  }
}

void check_body(const Json& request, const Answer& answer, const ValidatorOptions& options, Findings& findings) {
  const Json response = parse_body(answer, findings);
  if (!response.is_object()) return;
  const bool comparable = request.is_object();
  if (comparable && !response.empty()) check_id(request, response, findings);
  check_no_bid_reason(response, findings);
  if (is_no_bid(response)) return;
  check_structure(response, findings);
  if (!comparable || !member(response, "seatbid").is_array()) return;
  check_currency(request, response, findings);
  check_bids(request, response, options, findings);
}

}  // namespace

std::string_view name(Media media) {
  switch (media) {
    case Media::banner: return "banner";
    case Media::video: return "video";
    case Media::audio: return "audio";
    case Media::native: return "native";
    case Media::none: break;
  }
  return "";
}

std::string_view Bid::string(std::string_view key) const {
  const Json& value = (*this)[key];
  return value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view();
}

}  // namespace validation

std::vector<Violation> validate(std::string_view request_text, const Answer& answer, const ValidatorOptions& options) {
  using namespace validation;
  Findings findings;
  const Json request = Json::parse(request_text, nullptr, false);
  check_time(request, answer, findings);
  switch (answer.status) {
    case 200: check_body(request, answer, options, findings); break;
    case 204:
      if (!answer.body.empty()) findings.add(27, "", "a 204 with a body");
      break;
    case 400:
      if (is_answerable(request)) findings.add(2, "", "400 to a request that can be answered");
      break;
    default: findings.add(2, "", fmt::format("status {}", answer.status));
  }
  return findings.take();
}

}  // namespace bidwell::openrtb
