#include "bidwell/bidding/decide.h"

#include <algorithm>
#include <utility>

#include "bidding/matcher.h"
#include "bidding/money.h"
#include "bidwell/core/hash.h"

namespace bidwell::bidding {

// What is left of a posting list.
struct List {
  const catalog::Entry* at = nullptr;
  const catalog::Entry* end = nullptr;
  bool is_deal = false;
};

// A campaign that may bid, if it has the money.
struct Candidate {
  Choice choice;
  std::uint64_t repeats = 0;  // how often it was met again, by another of its formats
};

// Looks for the best bid on one impression: takes the lists' heads in order of value, so that the first that may bid
// is the best, and only those worth the same are looked at after it. One of these is drawn, and money is asked for it
// alone: the offers that are counted for pacing are then those that would have been bids.
class Search {
 public:
  Search(const catalog::Snapshot& snapshot, const Facts& facts, const Matcher& matcher, const Money& money,
         const Offer& offer, std::uint64_t seed, Workspace& workspace, ReasonCounters& counters)
      : snapshot_(snapshot),
        facts_(facts),
        matcher_(matcher),
        money_(money),
        offer_(offer),
        traits_(facts.traits() | offer.traits()),
        seed_(seed),
        lists_(workspace.lists_),
        tied_(workspace.tied_),
        counters_(counters) {
    lists_.clear();
    tied_.clear();
  }

  // Null: nobody bids.
  const Choice* run() {
    gather();
    while (!lists_.empty()) {
      List& list = *std::max_element(lists_.begin(), lists_.end(), worth_less);
      const catalog::Entry& entry = *list.at;
      if (!tied_.empty() && entry.value_usd < tied_value_) {
        if (const Choice* choice = draw()) return choice;
      }
      // Deals have floors of their own.
      if (!list.is_deal && entry.value_usd < offer_.floor_usd()) {
        refuse(Reason::below_floor, static_cast<std::uint64_t>(list.end - list.at));
        list.at = list.end;
      } else {
        look_at(entry);
        ++list.at;
      }
      if (!skip_mismatches(list)) {
        list = lists_.back();
        lists_.pop_back();
      }
    }
    return draw();
  }

 private:
  // Few entries are looked at in vain if those ahead that cannot match go first; but only so many, as the search may
  // end before it gets to them.
  static constexpr int kSkipAhead = 8;

  static bool worth_less(const List& a, const List& b) { return a.at->value_usd < b.at->value_usd; }

  // False when nothing is left.
  bool skip_mismatches(List& list) {
    for (int i = 0; i < kSkipAhead && list.at != list.end; ++i, ++list.at) {
      const Reason reason = mismatch(*list.at);
      if (reason == Reason::none) break;
      refuse(reason);
    }
    return list.at != list.end;
  }

  Reason mismatch(const catalog::Entry& entry) const {
    if ((entry.traits & traits_) != traits_) return Matcher::trait_reason(entry.traits, traits_);
    if (!entry.may_want(facts_.words())) return reason_of(entry.unwanted(facts_.words()));
    return Reason::none;
  }

  void gather() {
    for (const catalog::Format& format : offer_.formats()) {
      if (facts_.country() != 0) gather(format, facts_.country());
      gather(format, 0);
    }
  }

  void gather(catalog::Format format, std::uint64_t country) {
    const catalog::Index& index = snapshot_.index();
    const catalog::Index::Node* node = index.node(format, country);
    if (node == nullptr) return;
    if (const auto entries = index.plain(*node); !entries.empty()) add(entries, false);
    for (const Hit& hit : facts_.hits()) {
      const auto entries = index.under(*node, *hit.value, hit.token);
      if (!entries.empty()) add(entries, hit.is_deal);
    }
  }

  void add(std::span<const catalog::Entry> entries, bool is_deal) {
    if (offer_.imp().private_auction == 1 && !is_deal) return refuse(Reason::private_auction, entries.size());
    List list{entries.data(), entries.data() + entries.size(), is_deal};
    if (skip_mismatches(list)) lists_.push_back(list);
  }

  void look_at(const catalog::Entry& entry) {
    const catalog::Line& line = snapshot_.line(entry.line);
    Choice choice;
    Reason reason = mismatch(entry);
    if (reason == Reason::none) reason = matcher_.check_campaign(*line.campaign, offer_);
    if (reason == Reason::none) reason = matcher_.check_line(line, offer_, choice);
    if (reason != Reason::none) return refuse(reason);
    const auto known = std::find_if(tied_.begin(), tied_.end(), [&](const Candidate& candidate) {
      return candidate.choice.campaign == line.campaign;
    });
    if (known != tied_.end()) return take_turns(*known, choice);
    tied_.push_back({choice});
    tied_value_ = entry.value_usd;
  }

  // A campaign that several lists lead to, by its formats, has one chance among its equals, and the formats one each:
  // the n-th replaces the one before with probability 1/n (reservoir sampling, Vitter 1985).
  void take_turns(Candidate& candidate, const Choice& choice) {
    const std::uint64_t count = ++candidate.repeats + 1;
    if (mix(~seed_, count - 1) % count == 0) candidate.choice = choice;
  }

  // One of those worth the same, each with the same chance, that has the money; null: none has, and none is left.
  const Choice* draw() {
    while (!tied_.empty()) {
      const std::size_t count = tied_.size();
      Candidate& drawn = tied_[count == 1 ? 0 : mix(seed_, count) % count];
      const Reason reason = money_.draw(drawn.choice, seed_);
      if (reason == Reason::none) {
        refuse(Reason::outbid, count - 1);
        return &drawn.choice;
      }
      refuse(reason);
      drawn = tied_.back();
      tied_.pop_back();
    }
    return nullptr;
  }

  void refuse(Reason reason, std::uint64_t count = 1) {
    counters_.refused[static_cast<std::size_t>(reason)].add(count);
  }

  const catalog::Snapshot& snapshot_;
  const Facts& facts_;
  const Matcher& matcher_;
  const Money& money_;
  const Offer& offer_;
  std::uint64_t traits_;
  std::uint64_t seed_;
  std::vector<List>& lists_;
  std::vector<Candidate>& tied_;  // the best so far
  Micros tied_value_ = 0;
  ReasonCounters& counters_;
};

// Room for the largest request that the parser lets through without growing in most cases; it grows to its bound once.
Workspace::Workspace() {
  tokens_.reserve(16'384);
  hits_.reserve(4'096);
  lists_.reserve(4'096);
  tied_.reserve(1'024);
  choices_.reserve(256);
}
Workspace::~Workspace() = default;

Decision decide(const openrtb::BidRequest& request, const User& user, const Terms& terms,
                const catalog::Snapshot& snapshot, budget::Wallet* wallet, Moment moment, Workspace& workspace,
                ReasonCounters& counters) {
  Decision decision;
  const auto count_no_bid = [&](Reason reason) {
    decision.no_bid = reason;
    counters.no_bid[static_cast<std::size_t>(reason)].add();
    return decision;
  };
  const Currency* currency = answer_currency(request, terms);
  if (currency == nullptr) return count_no_bid(Reason::currency_not_accepted);
  decision.currency = currency->text();

  Facts facts(request, user.profile, terms, snapshot, moment, workspace);
  workspace.choices_.clear();
  const Seen seen(user, moment, workspace.choices_);
  const Money money(request, wallet, moment, workspace.choices_);
  const Matcher matcher(request, terms, *currency, snapshot, facts, seen, moment);
  Offer offer;
  for (std::size_t i = 0; i < request.imp.size(); ++i) {
    const openrtb::Imp& imp = request.imp[i];
    if (const Reason reason = offer.prepare(imp, *terms.currencies, *currency, snapshot); reason != Reason::none) {
      counters.refused[static_cast<std::size_t>(reason)].add();
      continue;
    }
    facts.set_deals(imp);
    Search search(snapshot, facts, matcher, money, offer, mix(moment.seed, i), workspace, counters);
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
