// The integral of x^-s from 1 is (x^(1-s) - 1) / (1 - s), and log x where s is 1: both by expm1 and log1p, which are
// exact near there.
#include "market/zipf.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bidwell::market {
namespace {

// (exp(x) - 1) / x and log(1 + x) / x, by their series where x is nothing.
double expm1_over(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2;
}
double log1p_over(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2;
}

}  // namespace

Zipf::Zipf(std::uint64_t count, double exponent) : count_(static_cast<double>(count)), exponent_(exponent) {
  if (count == 0 || !(exponent >= 0 && exponent <= 10)) {
    throw std::invalid_argument("Zipf's law needs one thing at least and an exponent from 0 to 10");
  }
  from_ = integral(1.5) - 1;
  to_ = integral(count_ + 0.5);
  sure_ = 2 - integral_inverse(integral(2.5) - weight(2));
}

std::uint64_t Zipf::operator()(Random& random) const noexcept {
  while (true) {
    const double u = to_ + random.uniform() * (from_ - to_);
    const double x = integral_inverse(u);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, count_);
    if (rank - x <= sure_ || u >= integral(rank + 0.5) - weight(rank)) return static_cast<std::uint64_t>(rank);
  }
}

double Zipf::integral(double x) const noexcept {
  const double log = std::log(x);
  return expm1_over((1 - exponent_) * log) * log;
}

double Zipf::integral_inverse(double y) const noexcept {
  const double t = std::max(-1.0, y * (1 - exponent_));
  return std::exp(log1p_over(t) * y);
}

double Zipf::weight(double x) const noexcept {
  return std::exp(-exponent_ * std::log(x));
}

}  // namespace bidwell::market
