// Axes, lines, bars and labels.
#include "replay/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "replay/words.h"

namespace bidwell::replay {
namespace {

constexpr double kTop = 30, kBottom = 44, kLeft = 62, kRight = 66, kLabelHeight = 15;

}  // namespace

double Scale::place(double value) const noexcept {
  const auto along = [this](double v) { return logarithmic ? std::log10(std::max(v, low)) : v; };
  const double share = (along(value) - along(low)) / (along(high) - along(low));
  return from + (to - from) * std::clamp(share, 0.0, 1.0);
}

std::vector<double> round_ticks(double most, int wanted) {
  if (!(most > 0)) most = 1;
  const double rough = most / wanted, power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double round : {5.0, 2.5, 2.0, 1.0}) {
    if (round * power >= rough) step = round * power;
  }
  std::vector<double> out;
  for (int i = 0; out.empty() || out.back() < most; ++i) out.push_back(i * step);
  return out;
}

std::vector<double> decades(double low, double high) {
  const double first = std::floor(std::log10(std::max(low, 1e-9)) + 1e-9);
  const double last = std::max(std::ceil(std::log10(std::max(high, 1e-9)) - 1e-9), first + 1);
  std::vector<double> out;
  for (double power = first; power <= last; ++power) out.push_back(std::pow(10, power));
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : plain(text, 20'000)) {
    switch (letter) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += letter;
    }
  }
  return out;
}

Plot::Plot(ChartSize size, std::string_view label) : size_(size) {
  x_.from = kLeft, x_.to = size.width - kRight;
  y_.from = size.height - kBottom, y_.to = kTop;
  svg_ = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", size.width, size.height,
                     escaped(label));
}

void Plot::text(double x, double y, std::string_view type, std::string_view words) {
  fmt::format_to(std::back_inserter(svg_), "<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, type,
                 escaped(words));
}

void Plot::title(std::string_view words) {
  text(4, 14, "axis", words);
}

void Plot::x_title(std::string_view words) {
  text((x_.from + x_.to) / 2, size_.height - 6, "axis mid", words);
}

void Plot::y_tick(double value, std::string_view words) {
  const double y = y_.place(value);
  fmt::format_to(std::back_inserter(svg_), "<path class=\"grid\" d=\"M{} {:.1f}H{}\"/>\n", x_.from, y, x_.to);
  text(x_.from - 7, y + 4, "end", words);
}

void Plot::x_tick(double value, std::string_view words, bool line) {
  const double x = x_.place(value);
  if (line) fmt::format_to(std::back_inserter(svg_), "<path class=\"grid\" d=\"M{:.1f} {}V{}\"/>\n", x, y_.from, y_.to);
  text(x, y_.from + 17, "mid", words);
}

void Plot::line(std::string_view type, std::string_view name, const Points& points) {
  std::string path;
  bool drawing = false;
  std::optional<double> end;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& [x, y] = points[i];
    if (!y) {
      drawing = false;
      continue;
    }
    end = y_.place(*y);
    fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", drawing ? "L" : "M", x_.place(x), *end);
    // One point alone: its round end makes it a dot.
    if (!drawing && (i + 1 == points.size() || !points[i + 1].second)) path += "h0";
    drawing = true;
  }
  if (!end) return;
  fmt::format_to(std::back_inserter(svg_), "<path class=\"line {}\" d=\"{}\"/>\n", type, path);
  labels_.push_back({*end, std::string(type), std::string(name)});
}

void Plot::area(std::string_view type, const Points& points) {
  if (points.empty()) return;
  std::string path = fmt::format("M{:.1f} {:.1f}", x_.place(points.front().first), y_.from);
  for (const auto& [x, y] : points) {
    fmt::format_to(std::back_inserter(path), "L{:.1f} {:.1f}", x_.place(x), y_.place(y.value_or(y_.low)));
  }
  fmt::format_to(std::back_inserter(svg_), "<path class=\"{}\" d=\"{}V{:.1f}Z\"/>\n", type, path, y_.from);
}

void Plot::bar(std::string_view type, double x_from, double x_to, double y, std::string_view tip) {
  const double left = x_.place(x_from), top = y_.place(y);
  fmt::format_to(std::back_inserter(svg_),
                 "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">"
                 "<title>{}</title></rect>\n",
                 type, left, top, std::max(x_.place(x_to) - left - 1, 0.5), y_.from - top, escaped(tip));
}

void Plot::tip(double x_from, double x_to, std::string_view words) {
  const double left = x_.place(x_from);
  fmt::format_to(std::back_inserter(svg_),
                 "<rect class=\"tip\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"><title>{}</title></rect>\n",
                 left, y_.to, std::max(x_.place(x_to) - left, 0.5), y_.from - y_.to, escaped(words));
}

void Plot::note(std::string_view words) {
  text((x_.from + x_.to) / 2, (y_.from + y_.to) / 2, "axis mid", words);
}

std::string Plot::take() {
  // Names at the lines' ends, pushed apart where lines end together.
  std::ranges::sort(labels_, {}, &Label::y);
  double free = y_.to;
  for (Label& label : labels_) free = (label.y = std::max(label.y, free)) + kLabelHeight;
  double most = y_.from;
  for (auto label = labels_.rbegin(); label != labels_.rend(); ++label) {
    most = (label->y = std::min(label->y, most)) - kLabelHeight;
  }
  for (const Label& label : labels_) text(x_.to + 6, label.y + 4, "name " + label.type, label.name);
  return std::move(svg_) + "</svg>\n";
}

}  // namespace bidwell::replay
