// What a run promised: read, and judged.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "bidwell/core/text.h"
#include "bidwell/replay/report.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

struct Unit {
  std::string_view name;
  double ns;
};
constexpr Unit kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

// The number at the begin of `text`, which is left behind it.
std::optional<double> number(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && ((text[size] >= '0' && text[size] <= '9') || text[size] == '.')) ++size;
  const std::string digits(text.substr(0, size));
  std::size_t used = 0;
  if (std::ranges::count(digits, '.') > 1 || digits.find_first_of("0123456789") == std::string::npos) return {};
  const double value = std::stod(digits, &used);
  text = trim(text.substr(used));
  return value;
}

class BoundReader {
 public:
  explicit BoundReader(std::string_view text) : text_(trim(text)) {}

  Slo::Bound read() {
    const std::size_t equals = text_.find('=');
    if (equals == std::string_view::npos) fail("needs the form NAME=LIMIT, such as p99=5ms");
    Slo::Bound out;
    out.text = text_;
    out.name = trim(text_.substr(0, equals));
    const std::string_view limit = trim(text_.substr(equals + 1));
    if (out.name == "mean" || out.name == "max" || is_percentile(out.name)) {
      out.limit = time(limit);
    } else if (out.name == "errors" || out.name == "late" || out.name == "bids" || out.name == "rate") {
      out.limit = share(limit);
      out.at_least = out.name == "bids" || out.name == "rate";
    } else {
      fail("a name is a percentile such as p99 or p99.9, mean, max, errors, late, bids or rate");
    }
    return out;
  }

 private:
  [[noreturn]] void fail(std::string_view why) const { throw std::invalid_argument(fmt::format("{}: {}", text_, why)); }

  bool is_percentile(std::string_view name) const {
    if (name.size() < 2 || name[0] != 'p' || ((name[1] < '0' || name[1] > '9') && name[1] != '.')) return false;
    name.remove_prefix(1);
    const auto percent = number(name);
    if (!percent || !name.empty() || *percent <= 0 || *percent >= 100) {
      fail("a percentile is more than 0 and less than 100 (the largest is called max)");
    }
    return true;
  }

  double time(std::string_view text) const {
    const auto value = number(text);
    if (!value) fail("a time is a number and a unit, such as 5ms");
    for (const Unit& unit : kUnits) {
      if (text == unit.name) return *value * unit.ns;
    }
    if (text.empty()) fail(fmt::format("a time needs a unit, such as {}ms", *value));
    fail("units of time are ns, us, ms and s");
  }

  double share(std::string_view text) const {
    const auto value = number(text);
    if (!value || !(text.empty() || text == "%")) fail("a share is a number such as 0.1% or 0.001");
    const double out = text == "%" ? *value / 100 : *value;
    if (out > 1) {
      fail(text == "%" ? "a share is 100% at most"
                       : fmt::format("a share is 1 at most: for {0} percent write {0}%", *value));
    }
    return out;
  }

  const std::string_view text_;
};

double value_of(const std::string& name, const Result& result) {
  const Tally& tally = result.tally;
  if (name == "rate") return result.asked_rate > 0 ? result.achieved_rate / result.asked_rate : kNothing;
  if (tally.sent == 0) return kNothing;
  if (name == "mean") return tally.latency.mean();
  if (name == "max") return static_cast<double>(tally.latency.max());
  if (name == "errors") return share_of(tally.errors(), tally.sent);
  if (name == "late") return tally.with_tmax == 0 ? kNothing : share_of(tally.late, tally.with_tmax);
  if (name == "bids") return tally.answered == 0 ? kNothing : share_of(tally.with_bids, tally.answered);
  return static_cast<double>(tally.latency.quantile(std::stod(name.substr(1)) / 100));
}

}  // namespace

Slo parse_slo(const std::string& text) {
  Slo out;
  std::string_view rest = text;
  for (;;) {
    const std::size_t comma = rest.find(',');
    Slo::Bound bound = BoundReader(rest.substr(0, comma)).read();
    if (std::ranges::find(out.bounds, bound.name, &Slo::Bound::name) != out.bounds.end()) {
      throw std::invalid_argument(fmt::format("{}: {} has a limit already", bound.text, bound.name));
    }
    out.bounds.push_back(std::move(bound));
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<Verdict> judge(const Slo& slo, const Result& result) {
  std::vector<Verdict> out;
  for (const Slo::Bound& bound : slo.bounds) {
    Verdict verdict{.bound = bound, .value = value_of(bound.name, result)};
    // A comparison with nothing is false: what cannot be shown is not met.
    verdict.met = bound.at_least ? verdict.value >= bound.limit : verdict.value <= bound.limit;
    out.push_back(std::move(verdict));
  }
  return out;
}

}  // namespace bidwell::replay
