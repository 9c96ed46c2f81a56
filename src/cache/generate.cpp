// Generated traces: Zipf's law and its disturbances.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <random>
#include <stdexcept>

#include "bidwell/cache/trace.h"
#include "bidwell/core/hash.h"

namespace bidwell::cache {

Zipf::Zipf(std::uint64_t n, double alpha) : n_(static_cast<double>(n)), alpha_(alpha) {
  lower_ = integral(1.5) - 1;
  upper_ = integral(n_ + 0.5);
  shortcut_ = 2 - inverse(integral(2.5) - std::pow(2, -alpha_));
}

// Of x^-alpha, in a form that is exact near alpha = 1.
double Zipf::integral(double x) const {
  const double log_x = std::log(x);
  const double t = (1 - alpha_) * log_x;
  return std::abs(t) > 1e-8 ? std::expm1(t) / t * log_x : log_x * (1 + t / 2);
}

double Zipf::inverse(double x) const {
  const double t = std::max(-1.0, x * (1 - alpha_));
  return std::exp(std::abs(t) > 1e-8 ? std::log1p(t) / t * x : x * (1 - t / 2));
}

bool Zipf::accept(double u, std::uint64_t& rank) const {
  const double x = inverse(u);
  const double k = std::clamp(std::floor(x + 0.5), 1.0, n_);
  if (k - x > shortcut_ && u < integral(k + 0.5) - std::pow(k, -alpha_)) return false;
  rank = static_cast<std::uint64_t>(k) - 1;
  return true;
}

namespace {

[[noreturn]] void refuse(std::string_view what) {
  throw std::invalid_argument("the generator: " + std::string(what));
}

template <class Number>
Number number(std::string_view text, std::string_view of, double least, double most) {
  Number value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !(static_cast<double>(value) >= least) ||
      !(static_cast<double>(value) <= most)) {
    refuse(std::string(of) + " must not be \"" + std::string(text) + "\"");
  }
  return value;
}

void set(Generator& out, std::string_view name, std::string_view value) {
  constexpr double kMany = 4e9;
  if (name == "keys") {
    out.keys = number<std::size_t>(value, name, 1, kMany);
  } else if (name == "requests") {
    out.requests = number<std::size_t>(value, name, 1, kMany);
  } else if (name == "one_hit") {
    out.one_hit = number<double>(value, name, 0, 1);
  } else if (name == "scan") {
    out.scan = number<double>(value, name, 0, 1);
  } else if (name == "churn") {
    out.churn = number<double>(value, name, 0, 1);
  } else if (name == "size") {
    const std::size_t dash = value.find('-');
    out.size_min = number<std::uint32_t>(value.substr(0, dash), name, 1, 1e9);
    out.size_max = dash == value.npos ? out.size_min : number<std::uint32_t>(value.substr(dash + 1), name, 1, 1e9);
    if (out.size_max < out.size_min) refuse("size must be MIN-MAX");
  } else {
    refuse("there is no \"" + std::string(name) + "\"; there are keys, requests, one_hit, scan, churn and size");
  }
}

std::string_view next_part(std::string_view& text) {
  const std::size_t colon = text.find(':');
  const std::string_view part = text.substr(0, colon);
  text = colon == text.npos ? std::string_view() : text.substr(colon + 1);
  return part;
}

// One trace in the making.
class Making {
 public:
  Making(const Generator& generator, std::uint64_t seed)
      : generator_(generator),
        random_(seed),
        zipf_(generator.keys, generator.alpha),
        ids_(generator.keys),
        seed_(seed) {
    for (auto& id : ids_) id = fresh();
  }

  Request next() {
    if (chance(generator_.churn)) ids_[random_() % ids_.size()] = fresh();
    if (scan_left_ == 0 && generator_.scan > 0 && chance(scan_start())) scan_left_ = scan_length();
    if (scan_left_ != 0) {
      --scan_left_;
      scan_at_ = (scan_at_ + 1) % ids_.size();
      return request(ids_[scan_at_]);
    }
    if (chance(generator_.one_hit)) return request(fresh());
    return request(ids_[zipf_([this] { return uniform(); })]);
  }

 private:
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  bool chance(double share) { return share > 0 && uniform() < share; }
  std::uint64_t fresh() { return mix(++last_, seed_); }
  std::size_t scan_length() const { return std::max<std::size_t>(1, ids_.size() / 10); }
  // So that runs make up their share: other requests come between them, 1 / this on average.
  double scan_start() const {
    return generator_.scan / ((1 - generator_.scan) * static_cast<double>(scan_length()) + generator_.scan);
  }
  Request request(std::uint64_t id) const {
    const std::uint64_t sizes = std::uint64_t{generator_.size_max} - generator_.size_min + 1;
    return {id, generator_.size_min + static_cast<std::uint32_t>(mix(id, 1) % sizes)};
  }

  const Generator& generator_;
  std::mt19937_64 random_;
  Zipf zipf_;
  std::vector<std::uint64_t> ids_;  // by rank
  std::uint64_t seed_, last_ = 0;
  std::size_t scan_left_ = 0, scan_at_ = 0;
};

}  // namespace

Generator parse_generator(std::string_view text) {
  Generator out;
  if (next_part(text) != "zipf") refuse("it must begin with \"zipf:\"");
  out.alpha = number<double>(next_part(text), "zipf's exponent", 0, 10);
  while (!text.empty()) {
    const std::string_view part = next_part(text);
    const std::size_t equals = part.find('=');
    if (equals == part.npos) refuse("\"" + std::string(part) + "\" must be NAME=VALUE");
    set(out, part.substr(0, equals), part.substr(equals + 1));
  }
  return out;
}

Trace generate(const Generator& generator, std::uint64_t seed) {
  Trace trace;
  trace.requests.reserve(generator.requests);
  Making making(generator, seed);
  for (std::size_t i = 0; i < generator.requests; ++i) trace.requests.push_back(making.next());
  return trace;
}

}  // namespace bidwell::cache
