// An auction in a few lines: a catalog, a request as JSON, the decision and its explanation.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bidwell/bidding/decide.h"
#include "bidwell/bidding/explain.h"
#include "bidwell/openrtb/parse.h"
#include "bidwell/openrtb/privacy.h"
#include "tests/catalog/sample.h"

namespace bidwell::bidding::testing {

using catalog::testing::campaign;
using catalog::testing::creative;

// Wednesday, 14 January 2026, 12:00 UTC.
inline constexpr Moment kNow{1'768'392'000, {}, 1};

// A request with one impression of a medium, which the sample creative of that medium fills.
inline Json request(std::string_view media = "banner", std::string_view patch = "{}") {
  static constexpr std::string_view kOffers = R"({
    "banner": {"w": 300, "h": 250},
    "video": {"mimes": ["video/mp4"], "protocols": [2, 3, 7], "minduration": 5, "maxduration": 30},
    "audio": {"mimes": ["video/mp4"], "protocols": [2, 3, 7], "minduration": 5, "maxduration": 30},
    "native": {"request": {"assets": [{"id": 1, "required": 1, "title": {"len": 25}}]}}})";
  Json json = Json::parse(R"({"id": "r", "imp": [{"id": "1"}], "site": {"domain": "news.example"}})");
  json["imp"][0][media] = Json::parse(kOffers)[media];
  json.merge_patch(Json::parse(patch));
  return json;
}

// One catalog, to which one request after another is put as serving would.
class Market {
 public:
  explicit Market(const std::vector<Json>& campaigns)
      : currencies_(catalog::testing::currencies()),
        snapshot_(catalog::testing::compile(campaigns, {.account = [this](const catalog::Campaign& campaign) {
                                              if (!campaign.budget) return budget::kNoAccount;
                                              wallet_.make_room(accounts_);
                                              wallet_.purse(accounts_).fill(kPlenty, kForever);
                                              return accounts_++;
                                            }})) {
    terms.exchange = catalog::token(catalog::Dimension::exchange, "demo");
    terms.currencies = &currencies_;
  }
  Market(std::initializer_list<Json> campaigns) : Market(std::vector<Json>(campaigns)) {}
  Market(const Market&) = delete;
  Market& operator=(const Market&) = delete;

  // Parsed and scrubbed; stays until the next.
  openrtb::PrivacyBasis put(const Json& request) {
    const std::string text = request.dump();
    body_.assign(text.size() + openrtb::Parser::kPadding, '\0');
    std::memcpy(body_.data(), text.data(), text.size());
    const auto error = parser_.parse({body_.data(), text.size()}, bid_request);
    EXPECT_EQ(error, openrtb::ParseError::none) << text;
    return openrtb::scrub(bid_request);
  }

  // What is known of the users of all that follow.
  void know(profile::Contents contents) {
    known_ = profile::encode(std::move(contents));
    user_.profile = profile::Profile::parse(known_).value();
  }

  // What they have seen; until then that is not known.
  void show(const std::vector<profile::Show>& shown) {
    shown_.resize(shown.size() * profile::kShowBytes);
    for (std::size_t i = 0; i < shown.size(); ++i) profile::encode(shown[i], shown_.data() + i * profile::kShowBytes);
    user_.history = profile::History::of(shown_);
  }

  void forget() { user_.history = {}; }

  // Of the campaign of this number, which has a budget; by default it has plenty.
  static constexpr Nanos kPlenty = Nanos{1} << 60;
  static constexpr budget::Steady kForever = budget::Steady::max();
  budget::Purse& purse(std::size_t number = 0) { return wallet_.purse(snapshot_->campaigns()[number].account); }

  Decision decide(Moment moment = kNow) {
    return bidding::decide(bid_request, user_, terms, *snapshot_, wallet, moment, workspace_, *counters);
  }
  Explanation explain(Moment moment = kNow) const {
    return bidding::explain(bid_request, user_, terms, *snapshot_, wallet, moment);
  }

  // For the first impression: who wins it, "" if nobody.
  std::string winner(Moment moment = kNow) {
    const Decision decision = decide(moment);
    return decision.choices.empty() ? "" : decision.choices[0].campaign->source->id;
  }
  // The winning price; -1 if nobody bids.
  Micros price(Moment moment = kNow) {
    const Decision decision = decide(moment);
    return decision.choices.empty() ? -1 : decision.choices[0].price;
  }
  // Why the campaign of this number does not bid on the first impression; none if it does.
  Reason reason(std::size_t number = 0, Moment moment = kNow) const {
    const Explanation explanation = explain(moment);
    if (explanation.imps.empty()) return explanation.reason;
    const ImpExplanation& imp = explanation.imps[0];
    for (const Verdict& verdict : imp.verdicts) {
      if (verdict.campaign == &snapshot_->campaigns()[number]) return verdict.reason;
    }
    return imp.reason;
  }

  const catalog::Snapshot& snapshot() const { return *snapshot_; }
  const CurrencyTable& currencies() const { return currencies_; }

  Terms terms;
  openrtb::BidRequest bid_request;
  budget::Wallet* wallet = &wallet_;
  std::unique_ptr<ReasonCounters> counters = std::make_unique<ReasonCounters>();

 private:
  budget::Wallet wallet_;
  budget::AccountNumber accounts_ = 0;
  CurrencyTable currencies_;
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  openrtb::Parser parser_;
  std::vector<char> body_;
  std::string known_, shown_;
  User user_;
  Workspace workspace_;
};

}  // namespace bidwell::bidding::testing

namespace bidwell::bidding {
inline void PrintTo(Reason reason, std::ostream* out) {
  *out << name(reason);
}
}  // namespace bidwell::bidding
