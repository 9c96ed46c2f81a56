// The report's pictures as SVG: colours come from the page's style (html_style.cpp), each picture in a size for a desk
// and one for a phone.
#pragma once

#include <string>
#include <vector>

#include "bidwell/replay/measure.h"

namespace bidwell::replay {

struct ChartSize {
  double width, height;
  bool hover;  // a tip for each point in time; phones have none
};
inline constexpr ChartSize kDesk{860, 330, true}, kPhone{380, 290, false};

// What a share of requests did not exceed; the axis gives each further nine as much room.
std::string percentile_chart(const Hdr& latency, const Hdr& service, ChartSize size);
std::string latency_chart(const std::vector<Interval>& intervals, ChartSize size);
std::string rate_chart(const std::vector<Interval>& intervals, ChartSize size);
std::string price_chart(const Hdr& price, ChartSize size);

// At most `points` lines, each the sum or the worst of several.
std::vector<Interval> coarser(const std::vector<Interval>& intervals, std::size_t points);

}  // namespace bidwell::replay
