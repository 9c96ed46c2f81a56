// The picture of a simulated day.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bidwell/budget/simulate.h"

namespace bidwell::budget {
namespace {

constexpr double kLeft = 58, kRight = 802, kWidth = 860, kHeight = 520;
constexpr double kTop = 84, kMiddle = 316, kLower = 366, kBottom = 470;

// Colours that can be told apart by everybody, also without colour by their strokes (Okabe and Ito).
constexpr const char* kStyle = R"(<style>
svg{--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--back:#fff;--spent:#0072b2;--target:#d55e00;--traffic:#9fb4c7;--chance:#117a5b}
@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--soft:#9aa5b1;--line:#30363d;--back:#0d1117;--spent:#56b4e9;--target:#f0a35e;--traffic:#3b5268;--chance:#3ecf9b}}
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--soft)}
.title{font-size:16px;font-weight:600;fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}
.spent{fill:none;stroke:var(--spent);stroke-width:2.5}
.target{fill:none;stroke:var(--target);stroke-width:2;stroke-dasharray:6 5}
.traffic{fill:var(--traffic);stroke:none}
.chance{fill:none;stroke:var(--chance);stroke-width:1.8}
.end{text-anchor:end}.mid{text-anchor:middle}
</style>
)";

double x_of(double hour) {
  return kLeft + (kRight - kLeft) * hour / 24;
}

// From `low` at 0 up to `high` at `most`.
double y_of(double value, double most, double low, double high) {
  return low - (low - high) * std::clamp(value / most, 0.0, 1.0);
}

std::string text(double x, double y, const char* type, const std::string& words) {
  return fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"{}\">{}</text>\n", x, y, type, words);
}

template <class Value>
std::string line(const SimulationResult& result, const char* type, Value&& y) {
  std::string path;
  for (const SimulationPoint& point : result.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_of(point.hour), y(point));
  }
  return fmt::format("<path class=\"{}\" d=\"{}\"/>\n", type, path);
}

std::string grid(double low, double high, int steps, double most, const char* unit) {
  std::string out;
  for (int i = 0; i <= steps; ++i) {
    const double y = low - (low - high) * i / steps;
    out += fmt::format("<path class=\"grid\" d=\"M{} {:.1f}H{}\"/>\n", kLeft, y, kRight);
    out += text(kLeft - 8, y + 4, "end", fmt::format("{:.3g}{}", most * i / steps, unit));
  }
  for (int hour = 0; hour <= 24; hour += 3) {
    out += fmt::format("<path class=\"grid\" d=\"M{0:.1f} {1}V{2}\"/>\n", x_of(hour), low, high);
    out += text(x_of(hour), low + 18, "mid", fmt::format("{}:00", hour));
  }
  return out;
}

std::string upper(const SimulationResult& result) {
  const auto height = [](double share) { return y_of(share, 1, kMiddle, kTop); };
  std::string out = grid(kMiddle, kTop, 4, 100, " %");
  out += line(result, "spent", [&](const SimulationPoint& point) { return height(point.spent); });
  if (result.options.pacing == Pacing::even) {
    out += line(result, "target", [&](const SimulationPoint& point) { return height(point.target); });
  }
  out += text(kLeft, kTop - 10, "", "spent of the day's budget");
  out += "<path class=\"spent\" d=\"M560 70h26\"/>" + text(592, 74, "", "spent");
  if (result.options.pacing == Pacing::even) {
    out += "<path class=\"target\" d=\"M640 70h26\"/>" + text(672, 74, "", "target");
  }
  return out;
}

// Whole percents, so that the axis has round numbers.
double most_traffic(const SimulationResult& result) {
  double most = 0;
  for (const SimulationPoint& point : result.points) most = std::max(most, 100 * point.offered_rate);
  return std::max(4.0, 4 * std::ceil(most / 4));
}

std::string lower(const SimulationResult& result) {
  const double most = most_traffic(result);
  const auto traffic = [&](double rate) { return y_of(100 * rate, most, kBottom, kLower); };
  std::string area = fmt::format("M{} {}", kLeft, kBottom);
  for (const SimulationPoint& point : result.points) {
    area += fmt::format("L{:.1f} {:.1f}", x_of(point.hour), traffic(point.offered_rate));
  }
  std::string out = fmt::format("<path class=\"traffic\" d=\"{}V{}Z\"/>\n", area, kBottom);
  out += grid(kBottom, kLower, 2, most, " %");
  out += line(result, "chance", [](const SimulationPoint& point) { return y_of(point.chance, 1, kBottom, kLower); });
  for (const double chance : {0.0, 0.5, 1.0}) {
    out += text(kRight + 8, y_of(chance, 1, kBottom, kLower) + 4, "", fmt::format("{:.1f}", chance));
  }
  out += text(kLeft, kLower - 10, "", "traffic, of the day's, by the hour (left)");
  out += text(kRight, kLower - 10, "end", "chance to bid (right)");
  out += "<rect class=\"traffic\" x=\"300\" y=\"347\" width=\"26\" height=\"10\"/>\n";
  out += "<path class=\"chance\" d=\"M644 352h26\"/>\n";
  return out;
}

std::string figures(const SimulationResult& result) {
  std::string out =
      fmt::format("delivered {:.2f} %, overspent {:.3f} %", 100 * result.delivery, 100 * result.overspend);
  if (result.options.pacing == Pacing::even) {
    out += fmt::format(", farthest from target {:.2f} % at {:.0f}:{:02.0f}", 100 * result.worst_deviation,
                       std::floor(result.worst_deviation_at), std::floor(std::fmod(result.worst_deviation_at, 1) * 60));
  }
  return out + fmt::format(", {:.0f} ledger calls/s", result.ledger_calls_per_s);
}

std::string escaped(const std::string& words) {
  std::string out;
  for (const char letter : words) out += letter == '<' ? "&lt;" : letter == '&' ? "&amp;" : std::string(1, letter);
  return out;
}

}  // namespace

std::string chart(const SimulationResult& result) {
  const unsigned instances = result.options.instances;
  const std::string title =
      fmt::format("{}, {} instance{}", escaped(result.options.name), instances, instances == 1 ? "" : "s");
  std::string out =
      fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\">\n", kWidth, kHeight);
  out += fmt::format("<title>{}: {}</title>\n", title, figures(result)) + kStyle;
  out += fmt::format("<rect width=\"{}\" height=\"{}\" fill=\"var(--back)\"/>\n", kWidth, kHeight);
  out += text(kLeft, 28, "title", title) + text(kLeft, 48, "", figures(result)) + upper(result) + lower(result);
  out += text((kLeft + kRight) / 2, kHeight - 12, "mid", "time of day in the campaign's zone");
  return out + "</svg>\n";
}

}  // namespace bidwell::budget
