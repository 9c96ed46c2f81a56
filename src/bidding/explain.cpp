#include "bidwell/bidding/explain.h"

#include <algorithm>
#include <memory>

#include "bidding/matcher.h"

namespace bidwell::bidding {
namespace {

bool is_offered(const Offer& offer, catalog::Format format) {
  const auto formats = offer.formats();
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

// The best of the campaign's lines; if none bids, why the last one that got anywhere did not.
Verdict judge(const catalog::CompiledCampaign& campaign, const Matcher& matcher, const Offer& offer) {
  Verdict verdict{&campaign, matcher.check_campaign(campaign, offer), nullptr, nullptr, 0, 0};
  if (verdict.reason != Reason::none) return verdict;
  verdict.reason = Reason::format;
  for (const catalog::Line* line : campaign.lines) {
    if (!is_offered(offer, line->format)) continue;
    Choice choice;
    verdict.reason = matcher.check_line(*line, offer, choice);
    if (verdict.reason != Reason::none) continue;
    verdict.creative = choice.creative;
    verdict.deal = choice.deal;
    verdict.price = choice.price;
    break;
  }
  return verdict;
}

void rank(std::vector<Verdict>& verdicts, const Choice* winner) {
  const auto order = [&](const Verdict& verdict) -> Micros {
    if (verdict.reason != Reason::none) return -1;
    const bool won = winner != nullptr && verdict.campaign == winner->campaign;
    return 2 * verdict.campaign->value_usd + (won ? 1 : 0);
  };
  std::stable_sort(verdicts.begin(), verdicts.end(),
                   [&](const Verdict& a, const Verdict& b) { return order(a) > order(b); });
  int next = 1;
  for (Verdict& verdict : verdicts) {
    if (verdict.reason != Reason::none) break;
    verdict.rank = next++;
    if (verdict.rank == 1 && winner != nullptr) {
      verdict.creative = winner->creative;
      verdict.deal = winner->deal;
      verdict.price = winner->price;
    } else {
      verdict.reason = Reason::outbid;
    }
  }
}

}  // namespace

Explanation explain(const openrtb::BidRequest& request, const User& user, const Terms& terms,
                    const catalog::Snapshot& snapshot, budget::Wallet* wallet, Moment moment) {
  Explanation explanation;
  Workspace serving_workspace, workspace;
  const auto counters = std::make_unique<ReasonCounters>();
  const Decision decision = decide(request, user, terms, snapshot, wallet, moment, serving_workspace, *counters);
  explanation.reason = decision.no_bid;
  explanation.currency = decision.currency;
  const Currency* currency = answer_currency(request, terms);
  if (currency == nullptr) return explanation;

  Facts facts(request, user.profile, terms, snapshot, moment, workspace);
  const Matcher matcher(request, terms, *currency, facts, moment);
  for (const openrtb::Imp& imp : request.imp) {
    ImpExplanation& out = explanation.imps.emplace_back();
    out.imp = &imp;
    Offer offer;
    out.reason = offer.prepare(imp, *terms.currencies, *currency, snapshot);
    if (out.reason != Reason::none) continue;
    facts.set_deals(imp);
    for (const catalog::CompiledCampaign& campaign : snapshot.campaigns()) {
      out.verdicts.push_back(judge(campaign, matcher, offer));
    }
    const auto winner = std::find_if(decision.choices.begin(), decision.choices.end(),
                                     [&](const Choice& choice) { return choice.imp == &imp; });
    rank(out.verdicts, winner == decision.choices.end() ? nullptr : &*winner);
  }
  return explanation;
}

}  // namespace bidwell::bidding
