// The compiled catalog: everything a decision needs, immutable, shared by all workers. A reload compiles a new
// one off the hot path; each worker keeps its own shared pointer, and a request uses the one it began with.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bidwell/catalog/campaign.h"
#include "bidwell/catalog/index.h"
#include "bidwell/openrtb/response.h"

namespace bidwell::catalog {

struct CompiledTitle {
  std::int32_t length = 0;  // in characters (Unicode code points), as OpenRTB Native counts
  std::string text;         // see NativeAssetAnswer::text
};
struct CompiledImage {
  std::int32_t type = 0, w = 0, h = 0;
  std::string text;
};
struct CompiledData {
  std::int32_t type = 0, length = 0;
  std::string text;
};

struct CompiledCreative {
  const Creative* source = nullptr;  // without its markup
  std::string fixed;                 // openrtb::Bid::fixed
  std::unique_ptr<char[]> text;      // all of the text that `adm` and `landing` look into
  std::vector<openrtb::MarkupPart> adm;
  // The landing page as it stands in a Location header, neither JSON- nor HTML-escaped; empty: there is none.
  std::vector<openrtb::MarkupPart> landing;
  std::vector<std::string_view> cat;  // categories and their parents
  std::string language;               // primary subtag, empty: any
  std::uint32_t subject = 0;          // as which its showings are remembered: subject_of("creative:<id>")
  std::vector<CompiledTitle> titles;
  std::vector<CompiledImage> images;
  std::vector<CompiledData> data;
};

// "The request's values must (not) be among these". Tokens are sorted.
struct Predicate {
  enum class Kind : std::uint8_t { include, exclude, all };
  Dimension dimension = Dimension::exchange;
  Kind kind = Kind::include;
  std::vector<std::uint64_t> tokens;
};

struct CompiledCampaign;

// A campaign's creatives of one format: what a posting of the index leads to.
struct Line {
  Format format;
  const CompiledCampaign* campaign = nullptr;
  std::vector<const CompiledCreative*> creatives;
};

inline constexpr std::uint32_t kNoAccount = ~std::uint32_t{0};  // as budget's

// As what showings are remembered with users: the low half of core's hash64 of "campaign:<id>", "creative:<id>" or
// "advertiser:<id>".
inline std::uint32_t subject_of(std::string_view text) noexcept {
  return static_cast<std::uint32_t>(hash64(text));
}

struct CompiledCampaign {
  const Campaign* source = nullptr;
  Currency currency;
  Micros value = 0;      // CPM in `currency`
  Micros value_usd = 0;  // the same in USD, by which bids are ranked
  std::vector<Predicate> predicates;
  bool wants_deal = false;  // bids only through the deals it includes
  std::vector<CompiledCreative> creatives;
  std::vector<const Line*> lines;
  std::uint32_t account = kNoAccount;                 // CompileOptions::account
  std::uint32_t subject = 0, advertiser_subject = 0;  // subject_of()
  bool remembered = false;                            // some cap counts its showings: its own, or another campaign's of
                                                      // the same advertiser, or with a creative of the same id
  std::string dsa_by_publisher, dsa_by_advertiser;    // bid.ext by who renders the transparency; empty: none to show
};

struct CompileOptions {
  // The number of the account that a campaign's bids are paid from; null, or kNoAccount: it has
  // none, and does not bid if it has a budget.
  std::function<std::uint32_t(const Campaign&)> account = nullptr;
  bool notices = false;  // bids carry notice URLs (openrtb::Notices), so markup counts impressions and clicks
};

class Snapshot {
 public:
  // The campaigns must be free of faults (load.h). Throws std::length_error past 2^32 postings.
  static std::shared_ptr<const Snapshot> compile(std::vector<Campaign> campaigns, const CurrencyTable& currencies,
                                                 const CompileOptions& options = {});

  std::span<const CompiledCampaign> campaigns() const noexcept { return compiled_; }
  const Line& line(std::uint32_t number) const noexcept { return lines_[number]; }
  const Index& index() const noexcept { return index_; }

  // By the ids that a notice's token names; null: not, or no longer, in the catalog.
  const CompiledCreative* creative(std::string_view campaign_id, std::string_view creative_id) const noexcept {
    const auto at = creatives_.find({campaign_id, creative_id});
    return at == creatives_.end() ? nullptr : at->second;
  }

  // By id, for notices; null: not, or no longer, in the catalog.
  const CompiledCampaign* campaign(std::string_view id) const noexcept {
    const auto at = campaigns_by_id_.find(id);
    return at == campaigns_by_id_.end() ? nullptr : at->second;
  }

  // Whether any campaign has a cap: else nobody needs to know what users have seen.
  bool has_caps() const noexcept { return has_caps_; }

  // Every banner size that some creative has: what flexible sizes are matched against.
  std::span<const Format> banner_formats() const noexcept { return banner_formats_; }

  // The token of a segment that is named by a number, by its decimal text; 0 where no campaign asks for it. Spares long
  // profiles a hash of each text, and what they are known for in vain.
  std::uint64_t segment_token(std::uint32_t number) const noexcept {
    const auto at = numbered_segments_.find(number);
    return at == numbered_segments_.end() ? 0 : at->second;
  }

  // Which dimensions any campaign asks for: the others need not be looked at.
  bool uses(Dimension dimension) const noexcept { return (used_ >> static_cast<unsigned>(dimension) & 1) != 0; }

  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  // Views of the sources' ids.
  struct CreativeKey {
    std::string_view campaign, creative;
    bool operator==(const CreativeKey&) const = default;
  };
  struct CreativeKeyHash {
    using is_avalanching = void;
    std::size_t operator()(const CreativeKey& key) const noexcept {
      return mix(hash64(key.campaign), hash64(key.creative));
    }
  };

  Snapshot() = default;

  std::vector<Campaign> sources_;
  std::vector<CompiledCampaign> compiled_;
  std::deque<Line> lines_;
  std::vector<Format> banner_formats_;
  std::uint32_t used_ = 0;
  bool has_caps_ = false;
  boost::unordered_flat_map<std::string_view, const CompiledCampaign*> campaigns_by_id_;
  boost::unordered_flat_map<std::uint32_t, std::uint64_t> numbered_segments_;
  boost::unordered_flat_map<CreativeKey, const CompiledCreative*, CreativeKeyHash> creatives_;
  Index index_;
};

}  // namespace bidwell::catalog
