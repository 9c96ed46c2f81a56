// bidwell cache simulate: what the cache's eviction policy makes of a trace, beside LRU and beside the best there is.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "apps/commands.h"
#include "bidwell/cache/simulate.h"

namespace bidwell::apps {
namespace {

using OrderedJson = nlohmann::ordered_json;

// The disturbances that caches meet, each on its own and all at once.
constexpr std::string_view kSuite[] = {
    "zipf:0.7",
    "zipf:0.8",
    "zipf:0.9",
    "zipf:1.0",
    "zipf:1.1",
    "zipf:0.9:one_hit=0.2",
    "zipf:0.9:one_hit=0.5",
    "zipf:0.9:scan=0.1",
    "zipf:0.9:scan=0.3",
    "zipf:0.9:churn=0.02",
    "zipf:0.9:churn=0.2",
    "zipf:0.9:one_hit=0.2:scan=0.1:churn=0.02",
};
constexpr std::string_view kSuiteSize = ":keys=200000:requests=4000000";

struct Size {
  double share = 0;  // of the trace's distinct bytes; 0: `bytes` is meant
  std::uint64_t bytes = 0;
};

// "10%", "65536", "64K", "256M", "1G".
Size parse_size(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, fault] = std::from_chars(text.data(), end, value);
  const std::string_view unit(at, static_cast<std::size_t>(end - at));
  if (fault == std::errc() && std::isfinite(value) && value > 0) {
    if (unit == "%" && value <= 100) return {value / 100, 0};
    const int power = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
    if (power >= 0 && value < 1e9) return {0, static_cast<std::uint64_t>(std::ldexp(value, power))};
  }
  throw std::invalid_argument(
      fmt::format("--size \"{}\": a share such as 10% or bytes such as 65536, 64K, 256M, 1G", text));
}

cache::Simulated parse_policy(std::string_view text) {
  for (const auto policy : {cache::Simulated::s3_fifo, cache::Simulated::lru, cache::Simulated::belady}) {
    if (cache::name(policy) == text) return policy;
  }
  throw std::invalid_argument(fmt::format("--policies \"{}\": there are s3fifo, lru and belady", text));
}

// A line on standard error every second that a step takes, over itself on a terminal.
class Teller {
 public:
  cache::Progress on(std::string what) {
    return [this, what = std::move(what)](std::uint64_t done, std::uint64_t of) {
      const auto now = std::chrono::steady_clock::now();
      if (now - last_ < (terminal_ ? std::chrono::milliseconds(500) : std::chrono::seconds(10))) return;
      last_ = now;
      const double share = of == 0 ? 0 : 100 * static_cast<double>(done) / static_cast<double>(of);
      fmt::print(stderr, "{}{}: {:.0f} %{}", terminal_ ? "\r\033[K" : "", what, share, terminal_ ? "" : "\n");
    };
  }
  ~Teller() {
    if (terminal_) fmt::print(stderr, "\r\033[K");
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

struct Row {
  Size size;
  std::vector<cache::HitRatio> ratios;  // by policy
};
struct Result {
  std::string trace;
  std::size_t requests = 0;
  cache::Population population;
  std::vector<Row> rows;
};

struct Plan {
  std::vector<Size> sizes;
  std::vector<cache::Simulated> policies;
  cache::SimulateOptions options;
};

Result run(const cache::Trace& trace, const Plan& plan, Teller& teller) {
  Result result{trace.name, trace.requests.size(), cache::population_of(trace), {}};
  for (Size size : plan.sizes) {
    const auto all = static_cast<double>(result.population.bytes);
    if (size.share != 0) size.bytes = static_cast<std::uint64_t>(std::llround(size.share * all));
    size.share = static_cast<double>(size.bytes) / all;
    Row& row = result.rows.emplace_back(Row{size, {}});
    cache::SimulateOptions options = plan.options;
    options.bytes_max = size.bytes;
    for (const auto policy : plan.policies) {
      const std::string what = fmt::format("{}, {} of {} bytes", trace.name, cache::name(policy), size.bytes);
      row.ratios.push_back(cache::simulate(trace, policy, options, teller.on(what)));
    }
  }
  return result;
}

// Where both are there, the place of s3fifo and lru among the policies.
std::optional<std::pair<std::size_t, std::size_t>> rivals(const Plan& plan) {
  const auto place = [&](cache::Simulated policy) {
    return static_cast<std::size_t>(std::find(plan.policies.begin(), plan.policies.end(), policy) -
                                    plan.policies.begin());
  };
  const auto ours = place(cache::Simulated::s3_fifo), control = place(cache::Simulated::lru);
  if (ours == plan.policies.size() || control == plan.policies.size()) return std::nullopt;
  return std::pair(ours, control);
}

void print_table(const std::vector<Result>& results, const Plan& plan) {
  const auto compared = rivals(plan);
  unsigned rows = 0, losses = 0;
  for (const Result& result : results) {
    fmt::print("{}: {} requests for {} things of {} bytes\n", result.trace, result.requests, result.population.things,
               result.population.bytes);
    fmt::print("{:>8} {:>12} ", "share", "bytes");
    for (const std::string_view of : {"requests", "bytes"}) {
      for (const auto policy : plan.policies) fmt::print(" {:>15}", fmt::format("{} {}", cache::name(policy), of));
    }
    fmt::print("{}\n", compared ? "   s3fifo - lru" : "");
    for (const Row& row : result.rows) {
      fmt::print("{:>7.3g}% {:>12} ", 100 * row.size.share, row.size.bytes);
      for (const auto& ratio : row.ratios) fmt::print(" {:>13.2f} %", 100 * ratio.of_requests());
      for (const auto& ratio : row.ratios) fmt::print(" {:>13.2f} %", 100 * ratio.of_bytes());
      if (compared) {
        const double gain = row.ratios[compared->first].of_requests() - row.ratios[compared->second].of_requests();
        fmt::print("   {:>+7.2f}{}", 100 * gain, gain < 0 ? "  loses" : "");
        losses += gain < 0;
      }
      fmt::print("\n");
      ++rows;
    }
    fmt::print("\n");
  }
  if (compared) fmt::print("s3fifo hits less often than lru in {} of {}\n", losses, rows);
}

void print_json(const std::vector<Result>& results, const Plan& plan) {
  OrderedJson out = OrderedJson::array();
  for (const Result& result : results) {
    OrderedJson sizes = OrderedJson::array();
    for (const Row& row : result.rows) {
      OrderedJson policies;
      for (std::size_t i = 0; i < row.ratios.size(); ++i) {
        policies[std::string(cache::name(plan.policies[i]))] = {{"hit_ratio", row.ratios[i].of_requests()},
                                                                {"byte_hit_ratio", row.ratios[i].of_bytes()},
                                                                {"hits", row.ratios[i].hits}};
      }
      sizes.push_back({{"bytes", row.size.bytes}, {"share", row.size.share}, {"policies", std::move(policies)}});
    }
    out.push_back({{"trace", result.trace},
                   {"requests", result.requests},
                   {"things", result.population.things},
                   {"bytes", result.population.bytes},
                   {"sizes", std::move(sizes)}});
  }
  fmt::print("{}\n", out.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
}

cache::Trace generated(const std::string& text, std::uint64_t seed) {
  cache::Trace trace = cache::generate(cache::parse_generator(text), seed);
  trace.name = text;
  return trace;
}

cache::Trace read(const SimulateOptions& options, Teller& teller) {
  const auto format = options.format == "oracle" ? cache::TraceFormat::oracle_general
                      : options.format == "keys" ? cache::TraceFormat::keys
                                                 : cache::TraceFormat::automatic;
  const std::size_t requests_max =
      options.requests_max == 0 ? std::numeric_limits<std::size_t>::max() : options.requests_max;
  return cache::read_trace(options.trace, format, requests_max, teller.on("reading " + options.trace));
}

}  // namespace

int cache_simulate(const SimulateOptions& options) {
  if ((!options.trace.empty()) + (!options.generate.empty()) + options.suite != 1) {
    fmt::print(stderr, "bidwell cache simulate: give a TRACE, or --generate, or --suite\n");
    return 2;
  }
  Plan plan;
  for (const auto& size : options.sizes) plan.sizes.push_back(parse_size(size));
  for (const auto& policy : options.policies) plan.policies.push_back(parse_policy(policy));
  plan.options.small_share = options.small_share;
  plan.options.promote_uses = options.promote_uses;

  std::vector<Result> results;
  {
    Teller teller;
    if (options.suite) {
      for (const std::string_view text : kSuite) {
        cache::Trace trace = generated(std::string(text) += kSuiteSize, options.seed);
        trace.name = text;
        results.push_back(run(trace, plan, teller));
      }
    } else if (!options.generate.empty()) {
      results.push_back(run(generated(options.generate, options.seed), plan, teller));
    } else {
      results.push_back(run(read(options, teller), plan, teller));
    }
  }
  options.json ? print_json(results, plan) : print_table(results, plan);
  return 0;
}

}  // namespace bidwell::apps
