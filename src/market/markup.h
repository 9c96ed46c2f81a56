// Finds in an ad's markup what a browser would call when the ad is shown and clicked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bidwell::market {

struct Trackers {
  std::vector<std::string> impressions, clicks;  // paths with their query: "/imp/TOKEN?x=1"
};

// Every http(s) URL in HTML, VAST or a native answer whose path begins with /imp/ or /click/, once each, in order;
// whatever its host. Those that stand within another URL are that one's matter.
Trackers find_trackers(std::string_view markup);

// "/win/TOKEN?p=1" of "https://host:1/win/TOKEN?p=1#x"; empty: it is no http(s) URL.
std::string path_of(std::string_view url);

}  // namespace bidwell::market
