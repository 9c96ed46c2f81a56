// See pacer.h.
#include "budget/pacer.h"

#include <algorithm>
#include <cmath>

namespace bidwell::budget {
namespace {

// The traffic: smoothed over the longer time, but what differs in the shorter one by more than chance is believed at
// once.
constexpr double kOfferedOver = 20, kOfferedLately = 3, kSigmas = 4;
// After a time without answers (the ledger was away) all instances tell at once what they have seen meanwhile: that is
// no rush of traffic.
constexpr double kGap = 8, kQuiet = 4;
// How old bids are when they are billed: an estimate, as what comes later is only counted a little late.
constexpr double kDelay = 10;
// What is billed of what is bid is learned over this time, but from no less than so many wins.
constexpr double kWinsOver = 600, kWinsLeast = 50;
// Nothing known: a middle guess that weighs as few bids, so that it is soon outvoted. What the account has from before
// weighs more.
constexpr double kGuess = 0.3, kGuessBids = 5, kKnownBids = 200;
constexpr double kWinRateLeast = 1e-4;
// Near its end a budget's last money lasts so many seconds, ever anew.
constexpr double kEase = 8;
// Before the traffic is known, which is for two answers.
constexpr double kFirstChance = 0.1;

double rest(const Standing& standing, Nanos leased, Nanos leased_today) noexcept {
  double least = std::numeric_limits<double>::infinity();
  const auto hold = [&](const std::optional<Nanos>& limit, Nanos spent, Nanos open, Nanos held) {
    if (!limit) return;
    least = std::min(least, static_cast<double>(*limit) - static_cast<double>(spent) -
                                static_cast<double>(std::max<Nanos>(0, open)) - static_cast<double>(held));
  };
  hold(standing.limits.total, standing.spent, standing.open, leased);
  hold(standing.limits.daily, standing.spent_today, standing.open_today, leased_today);
  return least;
}

}  // namespace

Nanos room(const Standing& standing) noexcept {
  const double least = rest(standing, standing.leased, standing.leased_today);
  return std::isinf(least) ? std::numeric_limits<Nanos>::max() : static_cast<Nanos>(least);
}

void Pacer::observe(const Standing& standing, double now, Nanos bid) noexcept {
  bid_ = static_cast<double>(std::max<Nanos>(1, bid));
  const Standing before = last_;
  last_ = standing;
  // A ledger that was made anew counts from the beginning.
  if (!seen_ || standing.used < before.used || standing.offered < before.offered) return begin(now);
  const double seconds = now - last_at_;
  if (seconds < 0.2) {
    last_.used = before.used, last_.offered = before.offered, last_.spent = before.spent;
    return;
  }
  last_at_ = now;
  if (seconds > kGap) quiet_until_ = now + kQuiet;
  if (now >= quiet_until_) observe_offered(before, seconds);
  observe_wins(before, now, seconds);
}

void Pacer::begin(double now) noexcept {
  seen_ = true;
  last_at_ = now;
  offered_ = offered_lately_ = Rate();
  used_.fill({now, last_.used});
  settled_ = last_.used;
  const bool known =
      last_.spent > 0 && last_.spent <= last_.used && static_cast<double>(last_.used) > kKnownBids * bid_;
  bid_money_ = (known ? kKnownBids : kGuessBids) * bid_;
  won_money_ = bid_money_ * (known ? static_cast<double>(last_.spent) / static_cast<double>(last_.used) : kGuess);
}

void Pacer::observe_offered(const Standing& before, double seconds) noexcept {
  const auto amount = static_cast<double>(last_.offered - before.offered);
  offered_.add(amount, seconds, kOfferedOver);
  offered_lately_.add(amount, seconds, kOfferedLately);
  const double noise = std::sqrt((offered_.value() + bid_ / kOfferedLately) * bid_ / kOfferedLately);
  if (std::abs(offered_lately_.value() - offered_.value()) > kSigmas * noise) offered_ = offered_lately_;
}

void Pacer::observe_wins(const Standing& before, double now, double seconds) noexcept {
  if (now - used_[newest_].at >= 0.8) {
    newest_ = (newest_ + 1) % used_.size();
    used_[newest_] = {now, last_.used};
  }
  const Nanos settled = std::max(settled_, used_by(now - kDelay));
  if (won_money_ > kWinsLeast * bid_) {
    const double kept = std::max(0.0, 1 - seconds / kWinsOver);
    bid_money_ *= kept;
    won_money_ *= kept;
  }
  bid_money_ += static_cast<double>(settled - settled_);
  won_money_ += static_cast<double>(std::max<Nanos>(0, last_.spent - before.spent));
  won_money_ = std::clamp(won_money_, kWinRateLeast * bid_money_, bid_money_);
  settled_ = settled;
}

// As it stood then, evenly between two answers; of times before what is remembered, at the oldest.
Nanos Pacer::used_by(double at) const noexcept {
  const Point* later = nullptr;
  for (std::size_t back = 0; back < used_.size(); ++back) {
    const Point& point = used_[(newest_ + used_.size() - back) % used_.size()];
    if (point.at <= at) {
      if (later == nullptr || later->at <= point.at) return point.used;
      const double part = (at - point.at) / (later->at - point.at);
      return point.used + static_cast<Nanos>(part * static_cast<double>(later->used - point.used));
    }
    later = &point;
  }
  return later->used;
}

double Pacer::chance(const Course& course) const noexcept {
  const bool even = !std::isinf(course.target);
  if (!offered_.known()) {
    if (last_.chance_ppm > 0) return std::min(1.0, last_.chance_ppm / 1e6);
    return even ? kFirstChance : 1;
  }
  const double offered = offered_.value();
  if (offered <= 0) return 1;
  double chance = rest(last_, 0, 0) / (kEase * offered);
  if (even) {
    // Of what was bid just now some is yet to be billed.
    const Nanos pending =
        std::clamp<Nanos>(last_.used - used_by(last_at_ - kDelay), 0, std::max<Nanos>(0, last_.open_today));
    const double committed = static_cast<double>(last_.spent_today) + win_rate() * static_cast<double>(pending);
    chance = std::min(chance, (course.target - committed) / course.ahead / (offered * win_rate()));
  }
  return std::clamp(chance, 0.0, 1.0);
}

}  // namespace bidwell::budget
