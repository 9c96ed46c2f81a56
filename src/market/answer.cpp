#include "market/answer.h"

#include <nlohmann/json.hpp>

namespace bidwell::market {
namespace {

using Json = nlohmann::json;

std::string text(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

const Json* list(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(key);
  return at != object.end() && at->is_array() ? &*at : nullptr;
}

std::optional<OfferedBid> read_bid(const Json& bid, const std::string& seat) {
  if (!bid.is_object()) return std::nullopt;
  const auto price = bid.find("price");
  if (price == bid.end() || !price->is_number()) return std::nullopt;
  // As short as it can be written: the decimals that the bidder wrote, not those of a double.
  const std::optional<Micros> micros = parse_micros(price->dump(), Rounding::down);
  OfferedBid out;
  out.id = text(bid, "id");
  if (out.id.empty() || !micros || *micros < 0) return std::nullopt;
  out.price = *micros;
  out.seat = seat;
  out.imp = text(bid, "impid"), out.campaign = text(bid, "cid"), out.ad = text(bid, "adid");
  out.deal = text(bid, "dealid");
  out.nurl = text(bid, "nurl"), out.burl = text(bid, "burl"), out.lurl = text(bid, "lurl");
  out.markup = text(bid, "adm");
  return out;
}

}  // namespace

std::optional<Offers> read_answer(std::string_view body) {
  const Json answer = Json::parse(body, nullptr, false);
  if (!answer.is_object()) return std::nullopt;
  Offers offers;
  offers.bid_id = text(answer, "bidid");
  if (std::string currency = text(answer, "cur"); !currency.empty()) offers.currency = std::move(currency);
  const Json* const seats = list(answer, "seatbid");
  if (seats == nullptr) return offers;
  for (const Json& seat : *seats) {
    const Json* const bids = list(seat, "bid");
    if (bids == nullptr) continue;
    const std::string name = text(seat, "seat");
    for (const Json& bid : *bids) {
      if (std::optional<OfferedBid> read = read_bid(bid, name)) offers.bids.push_back(std::move(*read));
    }
  }
  return offers;
}

}  // namespace bidwell::market
