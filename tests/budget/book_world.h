// Holders, bids and notices as they really are, beside the ledger that is told of them: what it says is held against
// what happened, after every step. The rules are worked out here a second time, bid by bid.
#pragma once

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bidwell/budget/book.h"

namespace bidwell::budget {

// The ledger as the world calls it; a control breaks it.
class BookUnderTest {
 public:
  explicit BookUnderTest(const LedgerOptions& options) : book(options) {}
  virtual ~BookUnderTest() = default;
  virtual Standing settle(std::string_view holder, const Statement& statement, std::int64_t now_ms) {
    return book.settle(holder, statement, now_ms);
  }
  virtual void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances, std::int64_t now_ms) {
    book.confirm(resolved, advances, now_ms);
  }
  Book book;
};

class BookWorld {
 public:
  BookWorld(BookUnderTest& ledger, const LedgerOptions& options, std::uint64_t seed)
      : ledger_(ledger), options_(options), random_(seed), campaigns_(kCampaigns), holders_(kHolders) {
    for (unsigned i = 0; i < kCampaigns; ++i) {
      campaigns_[i].name = fmt::format("campaign-{}", i);
      campaigns_[i].stated = some_limits();
    }
    for (unsigned i = 0; i < kHolders; ++i) holders_[i].name = fmt::format("holder-{}", i);
    now_ms_ += below(86'400'000);
  }

  // The first that was wrong, or nothing.
  const std::string& wrong() const { return wrong_; }
  // What the sequence came across, so that a test can tell that all of it was tried.
  const std::map<std::string, std::uint64_t>& seen() const { return seen_; }

  void step();
  // Everything has its time; then only what was spent is left.
  void end();

 private:
  static constexpr unsigned kCampaigns = 2, kHolders = 4, kJournals = 3;
  static constexpr Nanos kUnit = 1'000;

  struct Bid {
    std::string id;
    unsigned campaign = 0;
    std::int32_t day = 0;
    std::int64_t at = 0;  // Unix seconds
    Nanos reserved = 0, cost = 0;
    bool billed = false, resolved = false;
    std::optional<std::int64_t> bucket;  // in which the ledger has it open; none: still leased
  };
  struct Holding {
    std::uint64_t lease = 0;
    std::int32_t day = 0;
    Nanos granted = 0;         // as the holder knows
    Nanos ledger_granted = 0;  // as the ledger said, if the holder heard it or not
    Nanos used = 0, stated = 0, offered = 0;
    std::int64_t until_ms = 0;  // as the holder knows
    std::int64_t expires_ms = 0;
    std::vector<std::size_t> unstated;
  };
  struct Holder {
    std::string name;
    std::uint64_t leases = 0;
    std::map<unsigned, Holding> holdings;
  };
  struct Campaign {
    std::string name;
    Limits stated, by_hand, told;  // told: stated by a holder
    Nanos spent = 0;
    std::map<std::int32_t, Nanos> days;
    Cells cells;
    std::int32_t latest = 0;
    Nanos real = 0;                         // after the last step
    std::map<std::int32_t, Nanos> real_by;  // day
    Nanos rise = 0;                         // that this step may bring, beyond the budget
  };

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  Limits some_limits();
  std::int32_t today() const { return static_cast<std::int32_t>(now_ms_ / 86'400'000); }
  std::int64_t bucket() const { return now_ms_ / 1000 / kBucketSeconds; }
  bool over(std::int64_t bucket, std::chrono::seconds kept) const {
    return (bucket + 1) * kBucketSeconds + kept.count() <= now_ms_ / 1000;
  }
  static Limits in_force(const Campaign& campaign) {
    return {campaign.by_hand.total ? campaign.by_hand.total : campaign.told.total,
            campaign.by_hand.daily ? campaign.by_hand.daily : campaign.told.daily};
  }
  template <typename... Args>
  void expect(bool right, fmt::format_string<Args...> what, Args&&... args) {
    if (!right && wrong_.empty()) wrong_ = fmt::format(what, std::forward<Args>(args)...);
  }

  void pass(std::int64_t ms);
  void bid();
  void state();
  void close_day(Holder& holder, unsigned number);
  Standing tell(Holder& holder, unsigned number, Statement& statement);
  void became_open(Holding& holding, std::int64_t bucket);
  void confirm();
  void confirm_twice(std::span<const Resolved> resolved, std::span<const Advance> advances);
  void note(Bid& bid, bool bill);
  void add_spent(Campaign& campaign, std::int32_t day, std::int64_t cell, Nanos amount);
  void change_limits();
  void mend();
  void save();
  void check();
  void check_account(Campaign& campaign, unsigned number, const AccountState* state);
  Nanos real(unsigned number, std::optional<std::int32_t> day, Nanos& leased) const;

  BookUnderTest& ledger_;
  const LedgerOptions options_;
  std::mt19937_64 random_;
  std::vector<Campaign> campaigns_;
  std::vector<Holder> holders_;
  std::vector<Bid> bids_;
  std::vector<std::size_t> pending_;  // bids that may be real money yet
  std::uint64_t journals_[kJournals] = {};
  std::int64_t now_ms_ = 1'700'000'000'000;
  std::unique_ptr<Book> shadow_;  // loaded from what was saved, asked the same, and never told to forget
  std::string wrong_;
  std::map<std::string, std::uint64_t> seen_;
};

inline Limits BookWorld::some_limits() {
  Limits limits;
  if (!one_in(4)) limits.total = static_cast<Nanos>(below(400)) * kUnit;
  if (!one_in(4)) limits.daily = static_cast<Nanos>(below(200)) * kUnit;
  return limits;
}

inline void BookWorld::step() {
  for (Campaign& campaign : campaigns_) campaign.rise = 0;
  switch (below(16)) {
    case 0:
    case 1:
    case 2:
      pass(static_cast<std::int64_t>(one_in(40) ? below(50'000'000) : one_in(6) ? below(90'000) : below(3'000)));
      break;
    case 3:
    case 4:
    case 5:
    case 6: bid(); break;
    case 7:
    case 8:
    case 9:
    case 10: state(); break;
    case 11:
    case 12:
    case 13: confirm(); break;
    case 14:
      if (one_in(3)) change_limits();
      break;
    default: one_in(2) ? mend() : save();
  }
  check();
}

inline void BookWorld::end() {
  for (Campaign& campaign : campaigns_) campaign.rise = 0;
  pass((options_.lease + options_.reserve + std::chrono::seconds(2 * kBucketSeconds)).count() * 1000);
  check();
  ledger_.book.forget(now_ms_);
  for (const AccountState& state : ledger_.book.accounts()) {
    const Standing& at = state.standing;
    expect(at.open == 0 && at.leased == 0 && at.open_today == 0 && at.leased_today == 0 && state.holders == 0,
           "{}: open {} leased {} holders {} when all is over", state.campaign, at.open, at.leased, state.holders);
  }
}

inline void BookWorld::pass(std::int64_t ms) {
  now_ms_ += ms;
  for (Holder& holder : holders_) {
    for (auto at = holder.holdings.begin(); at != holder.holdings.end();) {
      const auto holding = at++;
      if (holding->second.expires_ms > now_ms_) continue;
      became_open(holding->second, holding->second.expires_ms / 1000 / kBucketSeconds);
      ++seen_["expired"];
      if (one_in(2)) holder.holdings.erase(holding);  // else it does not know, and states its lost lease
    }
  }
}

inline void BookWorld::became_open(Holding& holding, std::int64_t bucket) {
  for (const std::size_t bid : holding.unstated) {
    if (!bids_[bid].bucket) bids_[bid].bucket = bucket;
  }
  holding.unstated.clear();
}

inline void BookWorld::bid() {
  const auto number = static_cast<unsigned>(below(kCampaigns));
  Holder& holder = holders_[below(kHolders)];
  const auto at = holder.holdings.find(number);
  if (at == holder.holdings.end()) return;
  Holding& holding = at->second;
  for (auto count = below(5); count > 0; --count) {
    const Nanos reserved = static_cast<Nanos>(1 + below(10)) * kUnit;
    holding.offered += reserved;
    if (now_ms_ >= holding.until_ms || holding.granted - holding.used < reserved) continue;
    holding.used += reserved;
    Bid bid;
    bid.id = fmt::format("{:012}", bids_.size());
    bid.campaign = number;
    bid.day = holding.day;
    bid.at = now_ms_ / 1000;
    bid.reserved = reserved;
    bid.cost = one_in(20) ? reserved + 7 : reserved * static_cast<Nanos>(60 + below(41)) / 100;
    holding.unstated.push_back(bids_.size());
    pending_.push_back(bids_.size());
    bids_.push_back(std::move(bid));
    ++seen_["bid"];
  }
}

inline Standing BookWorld::tell(Holder& holder, unsigned number, Statement& statement) {
  Campaign& campaign = campaigns_[number];
  statement.campaign = campaign.name;
  statement.limits = campaign.stated;
  const Standing answer = ledger_.settle(holder.name, statement, now_ms_);
  if (shadow_) {
    expect(shadow_->settle(holder.name, statement, now_ms_) == answer, "the loaded book answers otherwise");
    ++seen_["statement to a loaded book"];
  }
  if (answer.lost) return answer;
  campaign.told = campaign.stated;
  campaign.latest = std::max(campaign.latest, statement.day);
  expect(answer.granted <= std::max(statement.wanted, statement.used), "granted {} of {}", answer.granted,
         statement.wanted);
  expect(answer.granted >= statement.used, "granted {} of {} that were used", answer.granted, statement.used);
  return answer;
}

inline void BookWorld::state() {
  const auto number = static_cast<unsigned>(below(kCampaigns));
  Holder& holder = holders_[below(kHolders)];
  auto at = holder.holdings.find(number);
  if (at != holder.holdings.end() && (at->second.day != today() || one_in(50))) {
    if (one_in(2)) close_day(holder, number);  // else a new lease while the old one stands
    if (at = holder.holdings.find(number); at != holder.holdings.end()) {
      if (at->second.expires_ms > now_ms_) became_open(at->second, bucket());
      holder.holdings.erase(at);
      ++seen_["replaced"];
    }
    at = holder.holdings.end();
  }
  if (at == holder.holdings.end()) {
    at = holder.holdings.emplace(number, Holding{}).first;
    at->second.lease = ++holder.leases;
    at->second.day = today();
  }
  Holding& holding = at->second;
  Statement statement;
  statement.day = holding.day;
  statement.lease = holding.lease;
  statement.used = holding.used;
  statement.offered = holding.offered;
  statement.wanted = holding.used + static_cast<Nanos>(below(60)) * kUnit;
  statement.least = 10 * kUnit;
  const bool was_over = holding.expires_ms != 0 && holding.expires_ms <= now_ms_;
  if (was_over) holding.granted = holding.ledger_granted = 0;
  holding.granted = std::min(holding.granted, std::max(holding.used, statement.wanted));  // before it is given back
  const bool unheard = one_in(8);
  Standing answer = tell(holder, number, statement);
  if (unheard && one_in(2)) answer = tell(holder, number, statement);
  if (was_over && holding.used == 0 && !answer.lost) ++seen_["began again"];
  expect(answer.lost == (was_over && holding.used != 0), "lost {} of a lease that is over {}", answer.lost, was_over);
  if (answer.lost) {
    ++seen_["lost"];
    holder.holdings.erase(at);
    return;
  }
  if (answer.granted > holding.ledger_granted) ++seen_["granted"];
  became_open(holding, bucket());
  holding.stated = holding.used;
  holding.ledger_granted = answer.granted;
  holding.expires_ms = now_ms_ + std::chrono::milliseconds(options_.lease).count();
  expect(holding.granted <= answer.granted, "granted {} only, though {} was promised", answer.granted, holding.granted);
  if (unheard) {
    ++seen_["answer lost"];
    return;
  }
  holding.granted = answer.granted;
  holding.until_ms = holding.expires_ms;
}

inline void BookWorld::close_day(Holder& holder, unsigned number) {
  Holding& holding = holder.holdings.at(number);
  Statement statement;
  statement.day = holding.day;
  statement.lease = holding.lease;
  statement.used = holding.used;
  statement.offered = holding.offered;
  statement.close = true;
  if (const Standing answer = tell(holder, number, statement); !answer.lost) {
    became_open(holding, bucket());
    ++seen_["closed"];
  }
  holder.holdings.erase(number);
}

inline void BookWorld::note(Bid& bid, bool bill) {
  Campaign& campaign = campaigns_[bid.campaign];
  const bool is_repeat = bid.billed && !over(bid.at / kBucketSeconds, options_.repeats);
  if (is_repeat) ++seen_["repeat"];
  if (!bill) {
    if (!bid.billed) bid.resolved = true;
    return;
  }
  if (is_repeat) return;
  const bool reserved = !bid.resolved && !(bid.bucket && over(*bid.bucket, options_.reserve));
  if (!reserved) ++seen_["late"];
  campaign.rise += reserved ? std::max<Nanos>(0, bid.cost - bid.reserved) : bid.cost;
  add_spent(campaign, bid.day, bid.at / kCellSeconds, bid.cost);
  if (!bid.bucket) ++seen_["billed before its use was stated"];
  bid.billed = bid.resolved = true;
}

inline void BookWorld::add_spent(Campaign& campaign, std::int32_t day, std::int64_t cell, Nanos amount) {
  campaign.latest = std::max(campaign.latest, day);
  campaign.spent += amount;
  campaign.days[day] += amount;
  campaign.cells[cell] += amount;
}

inline void BookWorld::confirm() {
  if (bids_.empty()) return;
  std::vector<Resolved> resolved;
  const auto recent = std::min<std::uint64_t>(bids_.size(), 30);
  for (auto count = below(4); count > 0; --count) {
    Bid& bid = bids_[bids_.size() - 1 - below(one_in(8) ? bids_.size() : recent)];
    const bool bill = !one_in(3);
    resolved.push_back({bid.id, campaigns_[bid.campaign].name, bid.day, bid.at, bid.reserved,
                        bill ? std::optional(bid.cost) : std::nullopt});
    note(bid, bill);
  }
  const auto journal = below(kJournals);
  const Advance advance{fmt::format("journal-{}", journal), journals_[journal], journals_[journal] + 1 + below(100)};
  journals_[journal] = advance.to;
  confirm_twice(resolved, {&advance, 1});
}

inline void BookWorld::confirm_twice(std::span<const Resolved> resolved, std::span<const Advance> advances) {
  ledger_.confirm(resolved, advances, now_ms_);
  if (shadow_) shadow_->confirm(resolved, advances, now_ms_);
  if (!one_in(4)) return;
  try {  // as somebody would who did not hear the answer
    ledger_.confirm(resolved, advances, now_ms_);
    expect(false, "a journal was confirmed twice");
  } catch (const JournalMoved&) {
    ++seen_["confirmed again"];
  }
}

inline void BookWorld::change_limits() {
  Campaign& campaign = campaigns_[below(kCampaigns)];
  if (one_in(2)) {
    campaign.stated = some_limits();
  } else {
    campaign.by_hand = one_in(2) ? Limits{} : some_limits();
    ledger_.book.set_limits(campaign.name, campaign.by_hand);
    if (shadow_) shadow_->set_limits(campaign.name, campaign.by_hand);
  }
  ++seen_["limits"];
}

inline void BookWorld::mend() {
  Campaign& campaign = campaigns_[below(kCampaigns)];
  const std::int64_t cell = now_ms_ / 1000 / kCellSeconds;
  const Nanos expected = campaign.cells.contains(cell) ? campaign.cells.at(cell) : 0;
  const Nanos difference = static_cast<Nanos>(below(20)) - 10;
  ledger_.book.forget(now_ms_);  // mend() goes by the time of the last call
  if (shadow_) shadow_->forget(now_ms_);
  for (const Nanos shown : {expected + 1, expected}) {
    const bool done = ledger_.book.mend(campaign.name, cell, today(), shown, difference);
    expect(done == (shown == expected), "mended {} though {}", shown, expected);
    if (shadow_) shadow_->mend(campaign.name, cell, today(), shown, difference);
  }
  campaign.rise += std::max<Nanos>(0, difference);
  add_spent(campaign, today(), cell, difference);
}

inline void BookWorld::save() {
  shadow_ = std::make_unique<Book>(options_);
  shadow_->load(ledger_.book.save());
  if (one_in(2)) std::swap(*shadow_, ledger_.book);
  ++seen_["saved"];
}

// What may be billed yet, and could be bid yet, besides what was billed.
inline Nanos BookWorld::real(unsigned number, std::optional<std::int32_t> day, Nanos& leased) const {
  Nanos sum = 0;
  leased = 0;
  for (const std::size_t at : pending_) {
    const Bid& bid = bids_[at];
    if (bid.campaign != number || bid.resolved || (day && bid.day != *day)) continue;
    if (!bid.bucket || !over(*bid.bucket, options_.reserve)) sum += bid.reserved;
  }
  for (const Holder& holder : holders_) {
    const auto at = holder.holdings.find(number);
    if (at == holder.holdings.end() || at->second.expires_ms <= now_ms_) continue;
    const Holding& holding = at->second;
    if (day && holding.day != *day) continue;
    sum += holding.ledger_granted - holding.used;  // which the holder may yet hear of
    leased += holding.ledger_granted - holding.stated;
  }
  return sum;
}

inline void BookWorld::check() {
  std::erase_if(pending_, [&](std::size_t at) {
    const Bid& bid = bids_[at];
    return bid.resolved || (bid.bucket && over(*bid.bucket, options_.reserve));
  });
  ledger_.book.forget(now_ms_);
  const std::vector<AccountState> states = ledger_.book.accounts();
  for (unsigned number = 0; number < kCampaigns; ++number) {
    const AccountState* state = nullptr;
    for (const AccountState& one : states) {
      if (one.campaign == campaigns_[number].name) state = &one;
    }
    if (state != nullptr) check_account(campaigns_[number], number, state);
  }
}

inline void BookWorld::check_account(Campaign& campaign, unsigned number, const AccountState* state) {
  const Standing& at = state->standing;
  const Limits limits = in_force(campaign);
  expect(at.limits == limits, "{}: other limits", campaign.name);

  std::erase_if(campaign.days, [&](const auto& day) { return day.first <= campaign.latest - kDaysKept; });
  campaign.cells.erase(campaign.cells.begin(),
                       campaign.cells.upper_bound(now_ms_ / 1000 / kCellSeconds - kSpentCellsKept));
  const auto without_zeros = [](auto map) {
    std::erase_if(map, [](const auto& one) { return one.second == 0; });
    return map;
  };
  const Spent spent = ledger_.book.spent(campaign.name);
  expect(at.spent == campaign.spent && spent.in_all == campaign.spent, "{}: spent {}, not {}", campaign.name,
         campaign.spent, at.spent);
  expect(without_zeros(spent.cells) == without_zeros(campaign.cells), "{}: other cells", campaign.name);
  expect(without_zeros(spent.days) == without_zeros(campaign.days), "{}: other days", campaign.name);

  Nanos leased = 0;
  const Nanos before = campaign.real;
  campaign.real = campaign.spent + real(number, std::nullopt, leased);
  expect(at.leased == leased, "{}: leased {}, not {}", campaign.name, leased, at.leased);
  expect(at.spent + at.open + at.leased >= campaign.real, "{}: {} + {} + {} are not all of {}", campaign.name, at.spent,
         at.open, at.leased, campaign.real);
  const Nanos most = std::max(limits.total.value_or(std::numeric_limits<Nanos>::max()), before + campaign.rise);
  expect(campaign.real <= most, "{}: {} of {}", campaign.name, campaign.real, most);

  const std::int32_t day = state->day;
  if (day == 0) return;
  const Nanos day_before = campaign.real_by[day];
  const Nanos day_real = campaign.days[day] + real(number, day, leased);
  campaign.real_by = {{day, day_real}};
  expect(at.leased_today == leased, "{}: leased {} today, not {}", campaign.name, leased, at.leased_today);
  expect(at.spent_today + at.open_today + at.leased_today >= day_real, "{}: not all of today's", campaign.name);
  const Nanos day_most = std::max(limits.daily.value_or(std::numeric_limits<Nanos>::max()), day_before + campaign.rise);
  expect(day_real <= day_most, "{}: {} of {} today", campaign.name, day_real, day_most);
}

}  // namespace bidwell::budget
