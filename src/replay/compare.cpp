// Two results side by side.
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bidwell/replay/report.h"
#include "replay/words.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

enum class Kind { rate, time, share, count };

struct Row {
  const char* name;
  const char* path;
  Kind kind;
};

constexpr Row kRows[] = {
    {"asked", "/asked_per_s", Kind::rate},
    {"achieved", "/achieved_per_s", Kind::rate},
    {"measured", "/requests/measured", Kind::count},
    {"errors", "/requests/errors_share", Kind::share},
    {"late", "/requests/late_share", Kind::share},
    {"with bids", "/bidding/with_bids_share", Kind::share},
    {"latency p50", "/latency_ns/p50", Kind::time},
    {"latency p90", "/latency_ns/p90", Kind::time},
    {"latency p99", "/latency_ns/p99", Kind::time},
    {"latency p99.9", "/latency_ns/p99.9", Kind::time},
    {"latency p99.99", "/latency_ns/p99.99", Kind::time},
    {"latency max", "/latency_ns/max", Kind::time},
    {"service p50", "/service_ns/p50", Kind::time},
    {"service p99", "/service_ns/p99", Kind::time},
    {"service p99.9", "/service_ns/p99.9", Kind::time},
    {"lateness p99", "/lateness_ns/p99", Kind::time},
};

void check(const Json& json, const char* which) {
  const auto* const schema =
      json.is_object() && json.contains("schema") ? json["schema"].get_ptr<const std::string*>() : nullptr;
  if (schema == nullptr || !schema->starts_with("bidwell-replay/")) {
    throw std::runtime_error(fmt::format("{} is no result of bidwell-replay (result.json of a report)", which));
  }
  if (*schema != kResultSchema) {
    throw std::runtime_error(fmt::format("{} is of {}, this program reads {}: make both with one version", which,
                                         plain(*schema, 60), kResultSchema));
  }
}

double number(const Json& json, const char* path, const char* which) {
  const Pointer pointer(path);
  if (!json.contains(pointer) || !json.at(pointer).is_number()) {
    throw std::runtime_error(fmt::format("{} has no number at {}", which, path));
  }
  return json.at(pointer).get<double>();
}

std::string text(Kind kind, double value) {
  switch (kind) {
    case Kind::rate: return rate_text(value) + "/s";
    case Kind::time: return time_text(value);
    case Kind::share: return share_text(value);
    case Kind::count: return count_text(static_cast<std::uint64_t>(std::max(value, 0.0)));
  }
  return "";
}

std::string change_text(Kind kind, double a, double b) {
  const char* const sign = b > a ? "+" : b < a ? "-" : "";
  if (kind == Kind::share) return fmt::format("{}{:.3f} points", sign, std::abs(100 * (b - a)));
  return sign + text(kind, std::abs(b - a));
}

std::string relative_text(double a, double b) {
  if (a == b) return "0 %";
  return a == 0 ? "new" : fmt::format("{:+.1f} %", 100 * (b - a) / a);
}

// Percentiles of so few values are one or two requests.
bool is_thin(const Row& row, double measured) {
  const std::string_view name = row.name;
  return (name.ends_with("p99") && measured < 1e3) || (name.ends_with("p99.9") && measured < 1e4) ||
         (name.ends_with("p99.99") && measured < 1e5);
}

std::string label(const Json& json) {
  const auto word = [&](const char* name) {
    return json.contains(name) && json[name].is_string() ? plain(json[name].get<std::string>(), 100) : "?";
  };
  return fmt::format("{}, {} to {}", word("started"), word("source"), word("target"));
}

}  // namespace

std::string compare_text(const Json& a, const Json& b) {
  check(a, "the first");
  check(b, "the second");
  std::string out = fmt::format("A  {}\nB  {}\n\n", label(a), label(b));
  const auto put = std::back_inserter(out);
  fmt::format_to(put, "{:<15}{:>12}{:>12}{:>16}{:>11}\n", "", "A", "B", "B - A", "relative");
  const double measured =
      std::min(number(a, "/requests/measured", "the first"), number(b, "/requests/measured", "the second"));
  bool thin = false;
  for (const Row& row : kRows) {
    const double of_a = number(a, row.path, "the first"), of_b = number(b, row.path, "the second");
    const bool few = is_thin(row, measured);
    thin = thin || few;
    fmt::format_to(put, "{:<15}{:>12}{:>12}{:>16}{:>11}{}\n", row.name, text(row.kind, of_a), text(row.kind, of_b),
                   change_text(row.kind, of_a, of_b), relative_text(of_a, of_b), few ? " *" : "");
  }
  if (thin) out += "\n* made of fewer than ten requests in one of them: not to be compared\n";
  for (const auto& [json, name] : {std::pair(&a, "A"), {&b, "B"}}) {
    const auto limits = json->find("client_limits");
    if (limits == json->end() || !limits->is_array() || limits->empty()) continue;
    fmt::format_to(put, "\nIn {} the client was the limit: it says little of the server.\n", name);
  }
  return out;
}

}  // namespace bidwell::replay
