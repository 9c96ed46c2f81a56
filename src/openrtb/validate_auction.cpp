// What the auction itself decides by: price, currency, floors, deals and seats (rules 5-10).
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "bidwell/core/text.h"
#include "openrtb/validate_rules.h"

namespace bidwell::openrtb::validation {
namespace {

using lenient::member;
using lenient::texts;

// Prices are decimals of doubles on both sides of a conversion.
constexpr double kTolerance = 1e-6;

bool contains(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

std::string or_usd(std::string currency) {
  return currency.empty() ? "USD" : currency;
}

std::optional<double> rate(const ValidatorOptions& options, std::string_view currency) {
  if (currency == "USD") return 1.0;
  for (const auto& [name, units] : options.rates) {
    if (name == currency && units > 0) return units;
  }
  return std::nullopt;
}

// Rule 5: more than nothing; nothing only with a deal.
void check_price(const Bid& bid, Findings& findings) {
  const Json& price = bid["price"];
  if (!price.is_number()) {
    findings.add(5, bid.at("price"), "price is missing or not a number");
  } else if (price < 0 || (price == 0 && !has_deal(bid.json))) {
    findings.add(5, bid.at("price"), fmt::format("price {}", price.dump()));
  }
}

// Rule 7: a deal's own floor counts for its bids, the impression's for all others.
void check_floors(const Bid& bid, const ValidatorOptions& options, Findings& findings) {
  const bool for_deal = has_deal(bid.json);
  if (for_deal && bid.deal.is_null()) return;
  const Json& owner = for_deal ? bid.deal : bid.imp;
  check_floor(7, bid, member(owner, "bidfloor"), member(owner, "bidfloorcur"), 1, options, findings);
}

// Rule 8: the deal was offered for this impression.
void check_deal(const Bid& bid, Findings& findings) {
  if (has_deal(bid.json) && bid.deal.is_null()) {
    findings.add(8, bid.at("dealid"), fmt::format("deal {} was not offered", bid["dealid"].dump()));
  }
}

// Rule 9: a private auction takes no open bids.
void check_private(const Bid& bid, Findings& findings) {
  if (has_deal(bid.json)) return;
  if (lenient::integer(member(member(bid.imp, "pmp"), "private_auction")) == 1) {
    findings.add(9, bid.path, "open bid in a private auction");
  }
}

// Rule 10: the buyers that a deal is for.
void check_deal_parties(const Bid& bid, Findings& findings) {
  const auto seats = texts(member(bid.deal, "wseat"));
  const std::string seat = lenient::text(member(bid.seatbid, "seat"));
  if (!seats.empty() && !contains(seats, seat)) {
    findings.add(10, bid.at("dealid"), fmt::format("seat \"{}\" is not among the deal's", seat));
  }
  const auto allowed = texts(member(bid.deal, "wadomain"));
  if (allowed.empty()) return;
  for (const std::string& domain : texts(bid["adomain"])) {
    if (std::ranges::none_of(allowed, [&](const auto& of) { return within_domain(domain, of); })) {
      findings.add(10, bid.at("adomain"), fmt::format("{} is not among the deal's", domain));
    }
  }
}

}  // namespace

std::string currency(const Json& response) {
  return or_usd(lenient::text(member(response, "cur")));
}

bool has_deal(const Json& bid) {
  const Json& id = member(bid, "dealid");
  return !id.is_null() && id != "";
}

// Rule 6: one of the request's currencies; absent means USD on either side.
void check_currency(const Json& request, const Json& response, Findings& findings) {
  const Json& given = member(response, "cur");
  if (!given.is_null() && !given.is_string()) return findings.add(6, "cur", "cur is not a string");
  auto wanted = texts(member(request, "cur"));
  if (wanted.empty()) wanted = {"USD"};
  if (!contains(wanted, currency(response))) {
    findings.add(6, "cur", fmt::format("{} was not asked for", currency(response)));
  }
}

// Rule 10: the request's lists of seats.
void check_seat(const Json& request, const Json& seatbid, const std::string& path, Findings& findings) {
  const std::string seat = lenient::text(member(seatbid, "seat"));
  const auto allowed = texts(member(request, "wseat"));
  if (!allowed.empty() && !contains(allowed, seat)) {
    findings.add(10, path + ".seat", fmt::format("seat \"{}\" is not in wseat", seat));
  }
  if (!seat.empty() && contains(texts(member(request, "bseat")), seat)) {
    findings.add(10, path + ".seat", fmt::format("seat \"{}\" is in bseat", seat));
  }
}

void check_floor(int rule, const Bid& bid, const Json& floor, const Json& floor_currency, double units,
                 const ValidatorOptions& options, Findings& findings) {
  if (floor.is_null() || !bid["price"].is_number()) return;
  const std::optional<double> amount = lenient::number(floor);
  if (!amount) return findings.add(rule, bid.at("price"), "the floor is not a number");
  if (*amount <= 0) return;

  const std::string from = or_usd(lenient::text(floor_currency));
  const std::string to = currency(bid.response);
  double least = *amount * units;
  if (from != to) {
    const auto from_rate = rate(options, from);
    const auto to_rate = rate(options, to);
    if (!from_rate || !to_rate) {
      return findings.add(rule, bid.at("price"), fmt::format("no rate from {} to {}", from, to));
    }
    least *= *to_rate / *from_rate;
  }
  const double price = bid["price"].get<double>();
  if (price < least * (1 - kTolerance)) {
    findings.add(rule, bid.at("price"), fmt::format("{} {} is below {}", price, to, least));
  }
}

void check_auction(const Bid& bid, const ValidatorOptions& options, Findings& findings) {
  check_price(bid, findings);
  check_floors(bid, options, findings);
  check_deal(bid, findings);
  check_private(bid, findings);
  check_deal_parties(bid, findings);
}

}  // namespace bidwell::openrtb::validation
