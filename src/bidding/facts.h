// What a request says and what is known of its user, in the catalog's terms: trait bits and tokens, computed once per
// request and only for the dimensions that some campaign asks for.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "bidwell/bidding/decide.h"
#include "bidwell/catalog/index.h"

namespace bidwell::bidding {

// A value of the request that some campaign is posted under.
struct Hit {
  std::uint64_t token = 0;
  const catalog::Index::Value* value = nullptr;
  bool is_deal = false;
};

class Facts {
 public:
  Facts(const openrtb::BidRequest& request, const profile::Profile& profile, const Terms& terms,
        const catalog::Snapshot& snapshot, Moment moment, Workspace& workspace);

  // The deals belong to an impression; call before looking at another one.
  void set_deals(const openrtb::Imp& imp);

  std::span<const std::uint64_t> tokens(catalog::Dimension dimension) const noexcept {
    const Range range = ranges_[static_cast<std::size_t>(dimension)];
    return {tokens_.data() + range.first, range.count};
  }
  // The values that campaigns are posted under, the impression's deals among them.
  std::span<const Hit> hits() const noexcept { return hits_; }
  const catalog::BloomWords& words() const noexcept { return words_; }

  std::uint64_t country() const noexcept { return country_; }  // 0: unknown
  std::uint64_t traits() const noexcept { return traits_; }    // the request's own, without the impression's

  unsigned os() const noexcept { return os_; }
  // As catalog::parse_version; nothing when the version cannot be read.
  const std::optional<std::uint64_t>& os_version() const noexcept { return os_version_; }
  int hour_of_week() const noexcept { return hour_of_week_; }
  std::optional<int> age() const noexcept { return age_; }
  const openrtb::Geo& geo() const noexcept { return geo_; }

 private:
  struct Range {
    std::uint32_t first = 0, count = 0;
  };
  // `add` is called with what takes the dimension's tokens, 0 for values that no campaign asks for.
  template <class Add>
  void fill_tokens(catalog::Dimension dimension, Add&& add);
  // The same with the values' texts.
  template <class Add>
  void fill(catalog::Dimension dimension, Add&& add);
  void fill_segments(std::span<const openrtb::Segment> segments, const profile::Profile& profile);
  void look_up(catalog::Dimension dimension);

  const catalog::Snapshot& snapshot_;
  std::vector<std::uint64_t>& tokens_;
  std::vector<Hit>& hits_;
  catalog::BloomWords words_{};
  std::array<Range, catalog::kDimensions> ranges_{};
  std::size_t tokens_before_deals_ = 0, hits_before_deals_ = 0;
  std::uint64_t country_ = 0;
  std::uint64_t traits_ = 0;
  unsigned os_ = 0;
  std::optional<std::uint64_t> os_version_;
  int hour_of_week_ = 0;
  std::optional<int> age_;
  const openrtb::Geo& geo_;
};

// The traits of one impression.
std::uint64_t imp_traits(const openrtb::Imp& imp) noexcept;

}  // namespace bidwell::bidding
