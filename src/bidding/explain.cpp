#include "bidwell/bidding/explain.h"

#include <algorithm>
#include <memory>

#include "bidding/matcher.h"
#include "bidding/money.h"
#include "bidwell/core/hash.h"

namespace bidwell::bidding {
namespace {

bool is_offered(const Offer& offer, catalog::Format format) {
  const auto formats = offer.formats();
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

// Which cap is full, of a campaign that was refused for one.
void find_cap(Verdict& verdict, const Seen& seen, const Offer& offer) {
  Seen::Full full = seen.full(*verdict.campaign);
  for (const catalog::Line* line : verdict.campaign->lines) {
    if (!is_offered(offer, line->format)) continue;
    for (const catalog::CompiledCreative* creative : line->creatives) {
      if (full.cap == nullptr) full = seen.full(*verdict.campaign, creative);
    }
  }
  verdict.cap = full.cap;
  verdict.seen = full.times;
}

// The best of the campaign's lines; if none bids, why the last one that got anywhere did not.
Verdict judge(const catalog::CompiledCampaign& campaign, const Matcher& matcher, const Offer& offer, const Money& money,
              std::uint64_t lots) {
  Verdict verdict;
  verdict.campaign = &campaign;
  verdict.reason = matcher.check_campaign(campaign, offer);
  if (verdict.reason != Reason::none) return verdict;
  verdict.reason = Reason::format;
  for (const catalog::Line* line : campaign.lines) {
    if (!is_offered(offer, line->format)) continue;
    Choice choice;
    verdict.reason = matcher.check_line(*line, offer, choice);
    if (verdict.reason == Reason::none) verdict.reason = money.ask(choice, lots);
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
  std::vector<Choice> made;  // before the impression that is looked at
  const Seen seen(user, moment, made);
  const Money money(request, wallet, moment, made);
  const Matcher matcher(request, terms, *currency, snapshot, facts, seen, moment);
  for (const openrtb::Imp& imp : request.imp) {
    ImpExplanation& out = explanation.imps.emplace_back();
    out.imp = &imp;
    Offer offer;
    out.reason = offer.prepare(imp, *terms.currencies, *currency, snapshot);
    if (out.reason != Reason::none) continue;
    facts.set_deals(imp);
    const std::uint64_t lots = mix(moment.seed, static_cast<std::uint64_t>(&imp - request.imp.data()));
    for (const catalog::CompiledCampaign& campaign : snapshot.campaigns()) {
      Verdict& verdict = out.verdicts.emplace_back(judge(campaign, matcher, offer, money, lots));
      if (verdict.reason == Reason::capped) find_cap(verdict, seen, offer);
    }
    const auto winner = std::find_if(decision.choices.begin(), decision.choices.end(),
                                     [&](const Choice& choice) { return choice.imp == &imp; });
    rank(out.verdicts, winner == decision.choices.end() ? nullptr : &*winner);
    if (winner != decision.choices.end()) made.push_back(*winner);
  }
  return explanation;
}

}  // namespace bidwell::bidding
