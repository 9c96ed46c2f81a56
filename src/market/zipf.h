// Ranks by Zipf's law over any number of things, without a table: rejection-inversion (W. Hormann and G. Derflinger,
// "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996).
#pragma once

#include <cstdint>

#include "market/random.h"

namespace bidwell::market {

class Zipf {
 public:
  // Of `count` things (at least 1); rank k has a weight of k^-exponent; 0: all alike. Throws std::invalid_argument.
  Zipf(std::uint64_t count, double exponent);
  // From 1.
  std::uint64_t operator()(Random& random) const noexcept;

 private:
  double integral(double x) const noexcept;          // of x^-exponent
  double integral_inverse(double y) const noexcept;  // of that
  double weight(double x) const noexcept;

  double count_, exponent_;
  double from_ = 0, to_ = 0, sure_ = 0;
};

}  // namespace bidwell::market
