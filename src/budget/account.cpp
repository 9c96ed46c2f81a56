// See account.h.
#include "budget/account.h"

#include <algorithm>
#include <cmath>

#include "bidwell/core/hash.h"

namespace bidwell::budget {
namespace {

// A purse holds what its worker will use in this time: it is filled every second, and a call may take one.
constexpr double kNeedSeconds = 3;
// Or two bids' worth; one where two within a second are rare.
constexpr double kRareBids = 0.1;  // a second
constexpr double kRateOver = 10;
// A worker that bids less than once in so many ticks takes turns: it holds money in some of them, and bids with a
// greater chance in these. Else many workers' few bids' worth would lie idle, which is much of a small budget.
constexpr std::uint64_t kTurn = 5;
// An account that has nothing to say says so only now and then; a third of a lease at most.
constexpr std::chrono::milliseconds kIdle{5000};
// Before the lease ends in the ledger nothing more is bid: a decision that has begun must be over.
constexpr std::chrono::milliseconds kMargin{1000};
// What is leased, and the open bids of the last minute, most of which will be lost, stand in the way of a budget's last
// money. So an even campaign is run ahead by half more than that, growing with the day; more than this would be seen.
// Smoothed over an hour, as bidding less lowers it at once, which would make it bid less.
constexpr double kAheadMax = 0.04;
constexpr double kHeldOver = 3600;

}  // namespace

Account::Account(std::vector<Purse*> purses, AccountNumber number, std::uint64_t seed) : random_(mix(seed, number)) {
  for (Purse* purse : purses) {
    parts_.emplace_back().purse = purse;
    parts_.back().draw = next_draw();
  }
  ticks_ = number;
}

void Account::set_terms(std::optional<AccountTerms> terms) {
  open_ = terms.has_value();
  anything_new_ = true;
  if (!terms) return;
  if (!(terms->zone == terms_.zone)) day_ = {}, shape_day_ = -1;
  terms_ = *std::move(terms);
  terms_.bid = std::max<Nanos>(1, terms_.bid);
}

bool Account::may_bid(std::int64_t unix_seconds) const noexcept {
  return open_ && terms_.active && unix_seconds >= terms_.flight_start && unix_seconds < terms_.flight_end;
}

void Account::look_at_day(std::int64_t unix_seconds) {
  if (!day_.contains(unix_seconds)) day_ = terms_.zone.day_at(unix_seconds), curve_to_ = 0;
  const std::int64_t from = std::max(day_.begin, terms_.flight_start), to = std::min(day_.end, terms_.flight_end);
  if (from == curve_from_ && to == curve_to_) return;
  curve_from_ = from, curve_to_ = to;
  curve_ = Curve(shape_, day_, from, to);
}

bool Account::wants_shape() const noexcept {
  return leased_ && terms_.pacing == Pacing::even && shape_day_ != day_.number;
}

void Account::set_shape(Shape shape, const Now& now) {
  shape_ = std::move(shape);
  if (shape_.first == 0) shape_.first = now.unix_ms / 1000;
  shape_day_ = day_.number;
  curve_ = Curve(shape_, day_, curve_from_, curve_to_);
}

double Account::next_draw() noexcept {
  random_ = mix(random_, 1);
  return static_cast<double>(random_ >> 11) * 0x1p-53;
}

void Account::read(const Now& now) {
  const double seconds = std::chrono::duration<double>(now.steady - read_at_).count();
  const bool timed = read_at_ != Steady() && seconds > 0;
  read_at_ = now.steady;
  ++ticks_;
  for (Part& part : parts_) {
    const Nanos used = part.purse->used(), offered = part.purse->offered();
    anything_new_ = anything_new_ || used != part.used || offered != part.offered;
    if (timed) {
      part.offered_lately = static_cast<double>(offered - part.offered) / seconds;
      part.offered_rate.add(part.offered_lately * seconds, seconds, kRateOver);
    }
    part.used = used;
    part.offered = offered;
    if (ticks_ % kTurn == 0) part.draw = next_draw();
  }
}

// What each purse should hold, and with what chance its worker bids meanwhile.
void Account::set_needs() {
  const auto bid = static_cast<double>(terms_.bid);
  // More was dealt out than there is: everybody gives back his part of that.
  const Nanos over = std::max<Nanos>(0, -room(standing_));
  const double kept =
      standing_.leased > 0 ? std::max(0.0, 1 - static_cast<double>(over) / static_cast<double>(standing_.leased)) : 1;
  for (Part& part : parts_) {
    const double rate = std::max(part.offered_rate.value(), part.offered_lately);
    const double turns = std::min(1.0, chance_ * std::max(1.0, part.offered_rate.value() / bid * kTurn));
    const bool holds = part.draw < turns;
    const double bids = rate * chance_ / bid;
    const double need = std::max(bids < kRareBids ? bid : 2 * bid, rate * chance_ * kNeedSeconds);
    part.need = holds && known_ ? static_cast<Nanos>(std::min(need * kept, 1e18)) : 0;
    if (part.need < terms_.bid) part.need = 0;
    const double chance = turns > 0 ? std::min(1.0, chance_ / turns) : 0;
    const auto scaled = static_cast<std::uint64_t>(chance * static_cast<double>(Purse::kAlways));
    if (scaled == part.chance) continue;
    part.chance = scaled;
    part.purse->set_chance(scaled);
  }
}

Nanos Account::used() const noexcept {
  Nanos sum = 0;
  for (const Part& part : parts_) sum += part.used - part.base;
  return sum;
}

Nanos Account::held() const noexcept {
  Nanos sum = 0;
  for (const Part& part : parts_) sum += std::max(part.used, part.granted) - part.base;
  return sum;
}

void Account::shut() noexcept {
  for (Part& part : parts_) part.purse->shut();
}

std::optional<Statement> Account::state(const Now& now, const BankerOptions& options) {
  const std::int64_t at = now.unix_ms / 1000;
  read(now);
  const bool may = may_bid(at);
  if (may) look_at_day(at);
  if (leased_ && (!may || lease_day_ != day_.number)) return state_end();
  if (!may) return std::nullopt;
  if (!leased_) {
    ++lease_;
    leased_ = true, answered_ = false, closing_ = false;
    lease_day_ = day_.number;
    granted_ = 0;
    offered_base_ = offered_told_;
    for (Part& part : parts_) part.base = part.granted = part.used;
    return statement(false);
  }
  closing_ = false;  // it goes on, whether the ledger heard of its end or not
  set_needs();
  bool wanting = granted_ > held();
  for (const Part& part : parts_) {
    const Nanos left = part.granted - part.used;
    wanting = wanting || left < std::min(part.need, terms_.bid) || left > 2 * part.need;
  }
  const auto idle = std::min<std::chrono::milliseconds>(kIdle, options.ledger.lease / 3);
  if (answered_ && !anything_new_ && !wanting && now.steady - stated_at_ < idle) return std::nullopt;
  return statement(false);
}

std::optional<Statement> Account::state_end() {
  if (!leased_) return std::nullopt;
  shut();
  for (Part& part : parts_) part.used = part.purse->used(), part.offered = part.purse->offered();
  closing_ = true;
  return statement(true);
}

Statement Account::statement(bool close) {
  Statement out;
  out.campaign = terms_.campaign;
  out.limits = terms_.limits;
  out.day = lease_day_;
  out.lease = lease_;
  // A lease that was not answered yet may not be there, and would be refused with something used.
  out.used = answered_ ? used() : 0;
  offered_stated_ = 0;
  for (const Part& part : parts_) offered_stated_ += part.offered;
  out.offered = offered_stated_ - offered_base_;
  Nanos wanted = 0;
  for (const Part& part : parts_) wanted += std::max(part.granted, part.used + part.need) - part.base;
  out.wanted = std::max(out.used, wanted);
  out.least = terms_.bid;
  out.close = close;
  out.chance_ppm = known_ ? static_cast<std::uint32_t>(std::lround(chance_ * 1e6)) : 0;
  return out;
}

// What was used since the last statement, if anything, is of the next lease.
void Account::end_lease() noexcept {
  shut();
  leased_ = answered_ = closing_ = false;
}

void Account::take(const Standing& standing, const Now& now, const BankerOptions& options, BankerCounters& counters) {
  if (standing.lost) {
    if (!closing_) counters.lost.add();
    return end_lease();
  }
  offered_told_ = offered_stated_;
  const double passed = std::chrono::duration<double>(now.steady - stated_at_).count();
  stated_at_ = now.steady;
  anything_new_ = false;
  if (closing_) return end_lease();
  answered_ = true;
  granted_ = standing.granted;
  standing_ = standing;
  known_ = true;
  if (passed > 0) {
    const auto held = static_cast<double>(standing.open_today + standing.leased_today);
    held_by_all_.add(held * passed, passed, kHeldOver);
  }
  pacer_.observe(standing, std::chrono::duration<double>(now.steady.time_since_epoch()).count(), terms_.bid);
  chance_ = pacer_.chance(course(static_cast<double>(now.unix_ms) / 1000, options));
  set_needs();
  deal(now, options, counters);
}

void Account::deal(const Now& now, const BankerOptions& options, BankerCounters& counters) {
  const std::int64_t ends = std::min(day_.end, terms_.flight_end);
  const Steady until =
      now.steady + std::min<std::chrono::milliseconds>(options.ledger.lease - kMargin,
                                                       std::chrono::milliseconds(ends * 1000 - now.unix_ms));
  // The lease had expired with nothing used: this is a new one, and what the purses had is not theirs any more. They
  // have been over for a while.
  if (granted_ < held()) {
    for (Part& part : parts_) part.granted = part.used;
  }
  const Nanos free = granted_ - held();
  lower(until);
  if (raise(free, until) > 0) counters.refused.add();
}

void Account::lower(Steady until) {
  for (Part& part : parts_) {
    const Nanos left = part.granted - part.used;
    if (left > 2 * part.need) part.granted = part.used + part.need;
    part.purse->fill(part.granted, until);
  }
}

// By their needs; what is less than a bid is of no use to anybody, so that few bids' worth goes to few. Returns how
// many went without.
Nanos Account::raise(Nanos free, Steady until) {
  double wanted = 0;
  for (const Part& part : parts_)
    wanted += static_cast<double>(std::max<Nanos>(0, part.used + part.need - part.granted));
  if (wanted <= 0) return 0;
  const double share = std::min(1.0, static_cast<double>(free) / wanted);
  Nanos without = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[(first_part_ + i) % parts_.size()];
    const Nanos want = part.used + part.need - part.granted, left = part.granted - part.used;
    if (want <= 0) continue;
    const Nanos fair = static_cast<Nanos>(static_cast<double>(want) * share);
    const Nanos more = std::min({free, want, std::max(fair, terms_.bid - left)});
    if (more <= 0 || left + more < terms_.bid) {
      without += left < terms_.bid;
      continue;
    }
    free -= more;
    part.granted += more;
    part.purse->fill(part.granted, until);
  }
  first_part_ = (first_part_ + 1) % parts_.size();
  return without;
}

// The day's limit, and of a total with an end an even share of what is left at the day's begin.
double Account::money_of_day() const noexcept {
  double money = std::numeric_limits<double>::infinity();
  if (standing_.limits.daily) money = static_cast<double>(*standing_.limits.daily);
  if (standing_.limits.total && terms_.flight_end != std::numeric_limits<std::int64_t>::max()) {
    const double left = static_cast<double>(*standing_.limits.total - standing_.spent + standing_.spent_today);
    const double remains = static_cast<double>(terms_.flight_end) - static_cast<double>(curve_from_);
    money = std::min(money, std::max(0.0, left) * static_cast<double>(curve_to_ - curve_from_) / remains);
  }
  return money;
}

double Account::target(double unix_seconds) const noexcept {
  return money_of_day() * curve_.share(unix_seconds);
}

Course Account::course(double unix_seconds, const BankerOptions& options) const noexcept {
  Course course;
  const double money = money_of_day();
  if (terms_.pacing == Pacing::asap || std::isinf(money)) return course;
  const double before = money > 0 ? std::min(kAheadMax, 1.5 * held_by_all_.value() / money) : 0;
  // Near the end what is behind is made up for ever sooner, as there is little time left to see whether it succeeds; in
  // a minute at least, as what was just bid is not billed yet.
  course.ahead = std::clamp((curve_.end() - unix_seconds) / 4, 60.0, static_cast<double>(options.catch_up.count()));
  course.target = money * std::min(1.0, curve_.share(unix_seconds + course.ahead) / (1 - before));
  return course;
}

void Account::show(AccountView& view, const Now& now) const {
  view.standing = standing_;
  view.answered = known_;
  view.chance = chance_;
  view.win_rate = pacer_.win_rate();
  const double target_now = target(static_cast<double>(now.unix_ms) / 1000);
  view.target_today = std::isfinite(target_now) ? static_cast<Nanos>(target_now) : 0;
}

}  // namespace bidwell::budget
