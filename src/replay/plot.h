// An SVG picture with two axes, drawn piece by piece.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/chart.h"

namespace bidwell::replay {

// Values to places along an axis.
struct Scale {
  double low = 0, high = 1;  // values
  bool logarithmic = false;  // low is then more than 0
  double from = 0, to = 0;   // places

  double place(double value) const noexcept;
};

// Places for round values from 0 to `most` and a bit more: {0, 5000, 10000, ...}.
std::vector<double> round_ticks(double most, int wanted);
// 1, 10, 100 ... that hold both, at least two.
std::vector<double> decades(double low, double high);

class Plot {
 public:
  // `label` says what is seen, for those who do not see it.
  Plot(ChartSize size, std::string_view label);

  Scale& x() noexcept { return x_; }
  Scale& y() noexcept { return y_; }

  void title(std::string_view words);  // of the vertical axis, above it
  void x_title(std::string_view words);
  void y_tick(double value, std::string_view words);
  void x_tick(double value, std::string_view words, bool line = true);
  // Points without a value part the line. `type` is the style's class; its name stands at the line's end.
  using Points = std::vector<std::pair<double, std::optional<double>>>;
  void line(std::string_view type, std::string_view name, const Points& points);
  void area(std::string_view type, const Points& points);
  void bar(std::string_view type, double x_from, double x_to, double y, std::string_view tip);
  void tip(double x_from, double x_to, std::string_view words);  // over the whole height
  void note(std::string_view words);                             // in the middle, where there is nothing to draw

  std::string take();

 private:
  struct Label {
    double y;
    std::string type, name;
  };
  void text(double x, double y, std::string_view type, std::string_view words);

  const ChartSize size_;
  Scale x_, y_;
  std::string svg_;
  std::vector<Label> labels_;
};

std::string escaped(std::string_view text);  // for HTML and SVG, in attributes too; what is not UTF-8 is replaced

}  // namespace bidwell::replay
