// What the validator looks at in a VAST or DAAST document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bidwell::openrtb::validation {

struct MediaFile {
  std::string type, api_framework;
};

struct Vast {
  std::string version;
  bool daast = false;
  bool wrapper = false;
  std::vector<std::string> durations;  // as written
  std::vector<MediaFile> media_files;
  std::vector<std::string> fetched;  // texts and attributes, but for landing pages and XML namespaces
};

// Empty when it is not well-formed XML or its root is another.
std::optional<Vast> read_vast(std::string_view markup);

// "HH:MM:SS" or "HH:MM:SS.mmm" as seconds.
std::optional<double> parse_duration(std::string_view text);

// The values of AdCOM's "Creative Subtypes - Audio/Video" that fit: the document's own first, and
// for a wrapper then that of the inline kind, which stands for it in many lists.
std::vector<int> protocols_of(const Vast& vast);

}  // namespace bidwell::openrtb::validation
