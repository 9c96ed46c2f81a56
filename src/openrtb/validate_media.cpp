// Whether an ad fits the place that was offered: rules 17-20.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>

#include "bidwell/core/text.h"
#include "openrtb/validate_rules.h"
#include "openrtb/vast.h"

namespace bidwell::openrtb::validation {
namespace {

using lenient::integer;
using lenient::integers;
using lenient::member;
using lenient::texts;

bool contains(const std::vector<std::int32_t>& list, int value) {
  return std::ranges::find(list, value) != list.end();
}

// What one dimension of a banner may be. Without wmin and wmax, w is exact; beside wmin alone it is
// the most.
struct Range {
  int least = 1;
  int most = 0;
  bool holds(int value) const { return value >= least && value <= most; }
};

Range range_of(const Json& banner, std::string_view exact, std::string_view least, std::string_view most) {
  const auto size = integer(member(banner, exact));
  const auto low = integer(member(banner, least));
  const auto high = integer(member(banner, most));
  if (!low && !high) return {size.value_or(0), size.value_or(0)};
  return {std::max(1, low.value_or(1)), high.value_or(size.value_or(std::numeric_limits<int>::max()))};
}

struct Size {
  int w, h;
  bool operator==(const Size&) const = default;
};

// Sizes that a banner offers: exact ones, by ratio, and by the deprecated ranges.
class Sizes {
 public:
  explicit Sizes(const Json& banner)
      : width_(range_of(banner, "w", "wmin", "wmax")), height_(range_of(banner, "h", "hmin", "hmax")) {
    add_exact(banner);
    for (const Json* format : lenient::objects(member(banner, "format"))) {
      add_exact(*format);
      const int w = integer(member(*format, "wratio")).value_or(0);
      const int h = integer(member(*format, "hratio")).value_or(0);
      if (w > 0 && h > 0) ratios_.push_back({w, h, integer(member(*format, "wmin")).value_or(0)});
    }
  }

  bool holds(Size size) const {
    if (std::ranges::find(exact_, size) != exact_.end()) return true;
    if (width_.holds(size.w) && height_.holds(size.h)) return true;
    return std::ranges::any_of(ratios_, [&](const Ratio& ratio) {
      // A height is rounded to a pixel.
      const double height = static_cast<double>(size.w) * ratio.h / ratio.w;
      return size.w >= ratio.wmin && std::abs(size.h - height) < 1;
    });
  }
  bool is_one() const {
    const bool ranges = width_.least != width_.most || height_.least != height_.most;
    return exact_.size() == 1 && ratios_.empty() && !ranges;
  }

 private:
  struct Ratio {
    int w, h, wmin;
  };
  void add_exact(const Json& from) {
    const Size size{integer(member(from, "w")).value_or(0), integer(member(from, "h")).value_or(0)};
    if (size.w <= 0 || size.h <= 0 || std::ranges::find(exact_, size) != exact_.end()) return;
    exact_.push_back(size);
  }

  std::vector<Size> exact_;
  std::vector<Ratio> ratios_;
  Range width_, height_;
};

// Rule 17, for banners: a player and a native layout scale what they show.
void check_size(const Bid& bid, Findings& findings) {
  if (bid.media != Media::banner) return;
  const Sizes offered(bid.offered());
  if (bid["w"].is_null() && bid["h"].is_null()) {
    if (!offered.is_one()) findings.add(17, bid.at("w"), "no size, where not just one was offered");
    return;
  }
  const Size size{integer(bid["w"]).value_or(0), integer(bid["h"]).value_or(0)};
  if (size.w <= 0 || size.h <= 0 || !offered.holds(size)) {
    findings.add(17, bid.at("w"), fmt::format("{}x{} was not offered", size.w, size.h));
  }
}

// Rule 18.
void check_type(const Bid& bid, Findings& findings) {
  if (bid["mtype"].is_null()) {
    int offered = 0;
    for (const std::string_view key : {"banner", "video", "audio", "native"}) {
      offered += member(bid.imp, key).is_object();
    }
    if (offered != 1) {
      findings.add(18, bid.at("mtype"), fmt::format("no mtype, where {} were offered", offered));
    }
  } else if (!bid.offered().is_object()) {
    findings.add(18, bid.at("mtype"), fmt::format("mtype {} was not offered", bid["mtype"].dump()));
  }
}

// What the markup and the bid itself say of a video or audio ad.
struct Stream {
  std::optional<Vast> vast;
  struct Duration {
    std::string where;
    std::optional<double> seconds;
  };
  std::vector<Duration> durations;

  explicit Stream(const Bid& bid) : vast(read_vast(bid.string("adm"))) {
    if (!bid["dur"].is_null()) durations.push_back({bid.at("dur"), lenient::number(bid["dur"])});
    if (!vast) return;
    for (const std::string& text : vast->durations) {
      durations.push_back({bid.at("adm"), parse_duration(text)});
    }
  }
};

// Rule 19: one of the files at least can be played.
void check_mimes(const Bid& bid, const Stream& stream, Findings& findings) {
  const auto mimes = texts(member(bid.offered(), "mimes"));
  if (mimes.empty() || !stream.vast || stream.vast->media_files.empty()) return;
  const auto playable = [&](const MediaFile& file) {
    const std::string_view type = trim(std::string_view(file.type).substr(0, file.type.find(';')));
    return std::ranges::any_of(mimes, [&](const auto& mime) { return ascii_iequal(trim(mime), type); });
  };
  if (std::ranges::none_of(stream.vast->media_files, playable)) {
    findings.add(19, bid.at("adm"), "no MediaFile's type is in mimes");
  }
}

// Rule 19. Durations required exactly take the place of the bounds (rule 20).
void check_duration(const Bid& bid, const Stream& stream, Findings& findings) {
  const auto least = integer(member(bid.offered(), "minduration"));
  const auto most = integer(member(bid.offered(), "maxduration"));
  const bool exact = !integers(member(bid.offered(), "rqddurs")).empty();
  for (const auto& [where, seconds] : stream.durations) {
    if (!seconds || *seconds < 0) {
      findings.add(19, where, "the duration cannot be read");
    } else if (!exact && ((least && *seconds < *least) || (most && *seconds > *most))) {
      findings.add(19, where, fmt::format("{} seconds were not offered", *seconds));
    }
  }
}

// Rule 19: as the bid says, else as the markup shows.
void check_protocol(const Bid& bid, const Stream& stream, Findings& findings) {
  auto offered = integers(member(bid.offered(), "protocols"));
  if (offered.empty()) offered = integers(member(bid.offered(), "protocol"));
  if (offered.empty()) return;
  std::vector<int> fitting;
  if (!bid["protocol"].is_null()) {
    fitting.push_back(integer(bid["protocol"]).value_or(-1));
  } else if (stream.vast) {
    fitting = protocols_of(*stream.vast);
    if (fitting.empty()) return;
  } else {
    return;
  }
  if (std::ranges::none_of(fitting, [&](int value) { return contains(offered, value); })) {
    findings.add(19, bid.at("protocol"), fmt::format("protocol {} was not offered", fitting.front()));
  }
}

// Rule 19. A player supports no API that it does not list; a banner's place that lists none leaves
// it open.
void check_apis(const Bid& bid, const std::optional<Vast>& vast, Findings& findings) {
  const auto offered = integers(member(bid.offered(), "api"));
  const bool player = bid.media == Media::video || bid.media == Media::audio;
  if (offered.empty() && !player) return;
  auto needed = integers(bid["apis"]);
  for (const std::int32_t api : integers(bid["api"])) needed.push_back(api);
  for (const int api : needed) {
    if (contains(offered, api)) continue;
    findings.add(19, bid.at("api"), fmt::format("API {} is not supported", api));
  }
  const auto vpaid = [](const MediaFile& file) { return ascii_iequal(file.api_framework, "VPAID"); };
  if (vast && !vast->media_files.empty() && std::ranges::all_of(vast->media_files, vpaid) && !contains(offered, 1) &&
      !contains(offered, 2)) {
    findings.add(19, bid.at("adm"), "VPAID is not supported");
  }
}

// Rule 20: durations required exactly, and one that the pod has room for.
void check_pod_durations(const Bid& bid, const Stream& stream, Findings& findings) {
  const auto required = integers(member(bid.offered(), "rqddurs"));
  const auto room = integer(member(bid.offered(), "poddur"));
  if (!required.empty() && stream.durations.empty()) {
    findings.add(20, bid.at("dur"), "no duration, where only some are allowed");
  }
  for (const auto& [where, seconds] : stream.durations) {
    if (!seconds) continue;
    const auto same = [&seconds = seconds](std::int32_t value) { return value == *seconds; };
    if (!required.empty() && std::ranges::none_of(required, same)) {
      findings.add(20, where, fmt::format("{} seconds are not in rqddurs", *seconds));
    }
    if (room && *seconds > *room) {
      findings.add(20, where, fmt::format("{} seconds do not fit into the pod", *seconds));
    }
  }
}

// Rule 20: only where the bidder may choose, which a place in a pod of fixed slots does not allow.
// 0 is any.
void check_slot(const Bid& bid, Findings& findings) {
  if (bid["slotinpod"].is_null() || bid["slotinpod"] == 0) return;
  if (!integer(member(bid.offered(), "poddur"))) {
    findings.add(20, bid.at("slotinpod"), "slotinpod outside of a dynamic pod");
  }
}

// Rule 20: the floor by seconds, in the impression's currency.
void check_second_price(const Bid& bid, const Stream& stream, const ValidatorOptions& options, Findings& findings) {
  const Json& floor = member(bid.offered(), "mincpmpersec");
  if (floor.is_null()) return;
  double longest = 0;
  for (const auto& duration : stream.durations) {
    longest = std::max(longest, duration.seconds.value_or(0));
  }
  if (longest <= 0) return findings.add(20, bid.at("dur"), "no duration, where the floor is by seconds");
  check_floor(20, bid, floor, member(bid.imp, "bidfloorcur"), longest, options, findings);
}

}  // namespace

void check_media(const Bid& bid, const ValidatorOptions& options, Findings& findings) {
  check_type(bid, findings);
  if (!bid.offered().is_object()) return;
  check_size(bid, findings);
  if (bid.media != Media::video && bid.media != Media::audio) {
    return check_apis(bid, std::nullopt, findings);
  }
  const Stream stream(bid);
  check_mimes(bid, stream, findings);
  check_duration(bid, stream, findings);
  check_protocol(bid, stream, findings);
  check_apis(bid, stream.vast, findings);
  check_pod_durations(bid, stream, findings);
  check_slot(bid, findings);
  check_second_price(bid, stream, options, findings);
}

}  // namespace bidwell::openrtb::validation
