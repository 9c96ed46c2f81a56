// How a day's traffic is spread over its hours, learned from the days before, and the share of it that has come by a
// time. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "bidwell/budget/ledger.h"
#include "bidwell/core/time_zone.h"

namespace bidwell::budget {

struct Shape {
  // Of each quarter of an hour, counted from the day's end: so a clock that was changed at night moves no hour of the
  // day. Their sum is 1. Empty: no whole day is known, all are alike.
  std::vector<double> quarters;
  std::int64_t first = 0;  // Unix seconds: of the first offer ever, or of what was spent before that
};

// From what was offered on up to 14 days before `today`. Days without any are passed over, later ones weigh more.
Shape learn(const Cells& offered, const TimeZone& zone, const Day& today);

// A day's, of the part of it that is in [from, to): a campaign's flight. On a campaign's first day it begins with its
// first offer, so that it does not begin by making up for hours in which it was not there.
class Curve {
 public:
  Curve() = default;
  Curve(const Shape& shape, const Day& day, std::int64_t from, std::int64_t to);

  // 0 to 1.
  double share(double unix_seconds) const noexcept;
  double begin() const noexcept { return from_; }
  double end() const noexcept { return to_; }

 private:
  double weight_by(double unix_seconds) const noexcept;

  double day_begin_ = 0, from_ = 0, to_ = 0;
  double before_ = 0, whole_ = 0;   // the weight until from_, and from there to to_
  std::vector<double> until_{0.0};  // the weight by each quarter's begin, and of the day
};

}  // namespace bidwell::budget
