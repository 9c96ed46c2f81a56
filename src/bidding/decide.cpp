#include "bidwell/bidding/decide.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "bidding/matcher.h"
#include "bidwell/core/hash.h"

namespace bidwell::bidding {
namespace {

using catalog::Dimension;

// Looks for the best bid on one impression.
class Search {
 public:
  Search(const catalog::Snapshot& snapshot, const Facts& facts, const Matcher& matcher, const Offer& offer,
         std::uint64_t seed, ReasonCounters& counters)
      : snapshot_(snapshot), facts_(facts), matcher_(matcher), offer_(offer),
        traits_(facts.traits() | offer.traits()), seed_(seed), counters_(counters) {}

  // Null: nobody bids.
  const Choice* run() {
    for (const catalog::Format& format : offer_.formats()) {
      if (facts_.country() != 0) visit(format, facts_.country());
      visit(format, 0);
    }
    return found_ ? &best_ : nullptr;
  }

 private:
  void visit(catalog::Format format, std::uint64_t country) {
    const catalog::Index& index = snapshot_.index();
    const catalog::Index::Node* node = index.node(format, country);
    if (node == nullptr) return;
    scan(index.plain(*node), offer_.floor_usd());
    for (std::uint32_t left = node->dimensions; left != 0; left &= left - 1) {
      const auto dimension = static_cast<Dimension>(std::countr_zero(left));
      // Deals have their own floors.
      const Micros least = dimension == Dimension::deal ? 0 : offer_.floor_usd();
      for (const std::uint64_t token : facts_.tokens(dimension)) scan(index.under(*node, token), least);
    }
  }

  // The list is sorted by value: whatever follows an entry that is worth too little is, too.
  void scan(std::span<const catalog::Entry> entries, Micros least) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const catalog::Entry& entry = entries[i];
      if (found_ && entry.value_usd < best_value_) return;
      if (entry.value_usd < least) {
        refuse(Reason::below_floor, entries.size() - i);
        return;
      }
      if ((entry.traits & traits_) != traits_) {
        refuse(Matcher::trait_reason(entry.traits, traits_));
        continue;
      }
      consider(entry);
    }
  }

  void consider(const catalog::Entry& entry) {
    if (found_ && entry.line == best_line_) return;  // more than one list led to it
    const catalog::Line& line = snapshot_.line(entry.line);
    Choice choice;
    Reason reason = matcher_.check_campaign(*line.campaign, offer_);
    if (reason == Reason::none) reason = matcher_.check_line(line, offer_, choice);
    if (reason != Reason::none) return refuse(reason);
    if (found_) refuse(Reason::outbid);
    // Among equals each campaign has the same chance, however many lists and formats lead to it: every one
    // draws a number that the seed alone decides, and the largest wins.
    const Draw draw = draw_of(line, entry.line);
    if (found_ && entry.value_usd == best_value_ && draw < best_draw_) return;
    best_ = choice;
    best_value_ = entry.value_usd;
    best_line_ = entry.line;
    best_draw_ = draw;
    found_ = true;
  }

  // The campaign's number, then the line's.
  using Draw = std::pair<std::uint64_t, std::uint64_t>;
  Draw draw_of(const catalog::Line& line, std::uint32_t line_number) const {
    const auto campaign = static_cast<std::uint64_t>(line.campaign - snapshot_.campaigns().data());
    return {mix(seed_, campaign), mix(~seed_, line_number)};
  }

  void refuse(Reason reason, std::uint64_t count = 1) { counters_.refused[static_cast<std::size_t>(reason)].add(count); }

  const catalog::Snapshot& snapshot_;
  const Facts& facts_;
  const Matcher& matcher_;
  const Offer& offer_;
  std::uint64_t traits_;
  std::uint64_t seed_;
  ReasonCounters& counters_;

  bool found_ = false;
  Choice best_;
  Micros best_value_ = 0;
  std::uint32_t best_line_ = 0;
  Draw best_draw_;
};

}  // namespace

// Room for the largest request that the parser lets through without growing in most cases; it grows to its bound once.
Workspace::Workspace() {
  tokens_.reserve(16'384);
  choices_.reserve(256);
}

Decision decide(const openrtb::BidRequest& request, const Terms& terms, const catalog::Snapshot& snapshot,
                Moment moment, Workspace& workspace, ReasonCounters& counters) {
  Decision decision;
  const auto count_no_bid = [&](Reason reason) {
    decision.no_bid = reason;
    counters.no_bid[static_cast<std::size_t>(reason)].add();
    return decision;
  };
  const Currency* currency = answer_currency(request, terms);
  if (currency == nullptr) return count_no_bid(Reason::currency_not_accepted);
  decision.currency = currency->text();

  Facts facts(request, terms, snapshot, moment, workspace);
  const Matcher matcher(request, terms, *currency, facts, moment);
  Offer offer;
  workspace.choices_.clear();
  for (std::size_t i = 0; i < request.imp.size(); ++i) {
    const openrtb::Imp& imp = request.imp[i];
    if (const Reason reason = offer.prepare(imp, *terms.currencies, *currency, snapshot); reason != Reason::none) {
      counters.refused[static_cast<std::size_t>(reason)].add();
      continue;
    }
    facts.set_deals(imp);
    Search search(snapshot, facts, matcher, offer, mix(moment.seed, i), counters);
    if (const Choice* choice = search.run()) workspace.choices_.push_back(*choice);
  }
  if (workspace.choices_.empty()) return count_no_bid(Reason::no_candidate);

  // Bids of one seat together; few bids, so an insertion sort, which also keeps the impressions' order.
  auto& choices = workspace.choices_;
  for (std::size_t i = 1; i < choices.size(); ++i) {
    for (std::size_t j = i; j > 0 && choices[j].seat < choices[j - 1].seat; --j) std::swap(choices[j], choices[j - 1]);
  }
  decision.choices = choices;
  return decision;
}

}  // namespace bidwell::bidding
