// A bid handler for fuzz targets, and what holds for all of its answers.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "bidwell/catalog/load.h"
#include "bidwell/exchange/bid_handler.h"

namespace bidwell::fuzz {

inline void require(bool holds, const char* what, std::string_view text) {
  if (holds) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

class Bidder {
 public:
  explicit Bidder(std::string_view campaigns, bool notices = true) : notices_(notices) {
    currencies_.set("EUR", 0.92);
    exchange::ExchangeOptions options;
    options.name = "demo";
    exchanges_.emplace_back(options, currencies_);
    catalog::Loaded loaded = catalog::load_campaigns(campaigns, currencies_);
    for (const Fault& fault : loaded.faults) require(false, fault.where.c_str(), fault.what);
    exchange::BidHandler::Options handling;
    handling.limits.body_bytes_max = 64 * 1024;
    handling.limits.imps_max = 16;  // so that limits are met
    handling.limits.strings_max = 256;
    handling.limits.assets_max = 64;
    handling.clock.steady = [] { return std::chrono::steady_clock::time_point{}; };
    handling.clock.wall = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(1'715'774'400)); };
    if (notices) handling.keys = &keys_;
    handling.notice_url = "http://bid.example";
    handling.markup_url = "https://px.example";
    handler_ = std::make_unique<exchange::BidHandler>(exchanges_, compile(std::move(loaded.campaigns)), handling);
  }

  std::shared_ptr<const catalog::Snapshot> compile(std::vector<catalog::Campaign> campaigns) const {
    return catalog::Snapshot::compile(std::move(campaigns), currencies_, {.notices = notices_});
  }

  const CurrencyTable& currencies() const { return currencies_; }
  exchange::BidHandler& handler() { return *handler_; }

  // The status and the body.
  std::pair<unsigned, std::string> post(std::string_view body) {
    // Of exactly the size that is promised, so that a read beyond the padding is seen; and what the
    // padding holds must not matter.
    const std::size_t size = body.size() + http::kBodyPadding;
    const std::unique_ptr<char[]> padded(new char[size]);
    std::memset(padded.get(), '"', size);
    if (!body.empty()) std::memcpy(padded.get(), body.data(), body.size());
    OutputBuffer out(256 * 1024);
    http::Response response(out);
    http::Request request;
    request.method = http::Method::post;
    request.first_segment = "bid";
    request.rest = "demo";
    request.body = {padded.get(), body.size()};
    handler_->handle(request, response);
    require(!out.overflowed(), "overflowed", body);
    if (notices_ && response.status() == 200) check_notices(nlohmann::json::parse(out.view()));
    return {response.status(), std::string(out.view())};
  }

 private:
  // That each bid's URLs name it.
  void check_notices(const nlohmann::json& answer) const {
    for (const nlohmann::json& seat : answer.at("seatbid")) {
      for (const nlohmann::json& bid : seat.at("bid")) {
        check_notice(bid, "nurl", "http://bid.example/win/");
        check_notice(bid, "burl", "http://bid.example/bill/");
        check_notice(bid, "lurl", "http://bid.example/loss/");
        const auto markup = bid.at("adm").get<std::string>();
        require(markup.find("https://px.example/imp/") != std::string::npos, "nothing counts", markup);
      }
    }
  }
  void check_notice(const nlohmann::json& bid, const char* key, std::string_view begin) const {
    const auto url = bid.at(key).get<std::string>();
    require(url.starts_with(begin), "another URL", url);
    exchange::TokenKeys::Scratch scratch;
    exchange::BidToken token;
    const std::string text = url.substr(begin.size(), url.find('?') - begin.size());
    const auto error = keys_.verify(text, exchange::Audience::exchange, scratch, token);
    require(error == exchange::TokenError::none, "a token that is not ours", url);
    require(token.imp_id == bid.at("impid") && token.creative_id == bid.at("crid"), "another bid's token", url);
  }

  const bool notices_;
  const exchange::TokenKeys keys_{{{1, "a fuzzer's"}}};
  CurrencyTable currencies_;
  std::deque<exchange::Exchange> exchanges_;
  std::unique_ptr<exchange::BidHandler> handler_;
};

// That an answer is one: JSON, of the request's id and impressions. `request` is discarded where
// the reference parser does not take it.
inline void check_answer(const nlohmann::json& request, unsigned status, const std::string& body) {
  using Json = nlohmann::json;
  require(status == 200 || status == 204 || status == 400, "another status", body);
  require((status == 204) == body.empty(), "a 204 with a body, or none where one belongs", body);
  if (status == 204) return;
  const Json answer = Json::parse(body, nullptr, false);
  require(answer.is_object(), "an answer that is not JSON", body);
  if (status == 400) return;

  const bool known = request.is_object() && request.contains("id") && request["id"].is_string();
  if (known) require(answer.at("id") == request["id"], "another id", body);
  std::set<Json> imps;
  if (request.is_object() && request.contains("imp") && request["imp"].is_array()) {
    for (const Json& imp : request["imp"]) {
      if (imp.is_object() && imp.contains("id") && imp["id"].is_string()) imps.insert(imp["id"]);
    }
  }
  std::set<std::string> ids;
  for (const Json& seat : answer.at("seatbid")) {
    require(!seat.at("bid").empty(), "a seat without bids", body);
    for (const Json& bid : seat.at("bid")) {
      require(ids.insert(bid.at("id")).second, "a bid id twice", body);
      require(bid.at("price") > 0, "a price of nothing", body);
      if (!imps.empty()) require(imps.contains(bid.at("impid")), "an unknown impression", body);
      if (bid.at("mtype") == 4) {
        require(Json::accept(bid.at("adm").get<std::string>()), "native that is not JSON", body);
      }
    }
  }
  require(!ids.empty(), "no bids, and not a 204", body);
}

}  // namespace bidwell::fuzz
