#include "catalog/index_builder.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace bidwell::catalog {
namespace {

// About how large a share of requests has a given value of the dimension. Only the order and rough size matter.
double share_of_requests(Dimension dimension) {
  switch (dimension) {
    case Dimension::postal_code: return 0.0005;
    case Dimension::deal: return 0.001;
    case Dimension::bundle: return 0.002;
    case Dimension::domain: return 0.002;
    case Dimension::city: return 0.003;
    case Dimension::publisher: return 0.005;
    case Dimension::model: return 0.01;
    case Dimension::segment: return 0.02;
    case Dimension::region: return 0.03;
    case Dimension::carrier: return 0.05;
    case Dimension::content_category: return 0.05;
    case Dimension::page_category: return 0.05;
    case Dimension::make: return 0.1;
    case Dimension::exchange: return 0.2;
    case Dimension::language: return 0.4;
    case Dimension::country: return 1;  // already in the node
  }
  return 1;
}

// A value that more requests have is not worth a look-up in every node: its campaigns are told apart by their entries.
constexpr double kSelective = 0.04;

// A campaign with more postings than this per format drops its countries from the key, and they are checked
// one by one instead: memory stays linear in what people write.
constexpr std::size_t kPostingsMax = 4096;

const Predicate* include_of(const CompiledCampaign& campaign, Dimension dimension) {
  for (const Predicate& predicate : campaign.predicates) {
    if (predicate.dimension == dimension && predicate.kind == Predicate::Kind::include) return &predicate;
  }
  return nullptr;
}

struct Access {
  Dimension dimension = Dimension::country;
  std::span<const std::uint64_t> tokens;  // empty: the plain list
};

bool has_any(std::span<const std::uint64_t> tokens, Dimension dimension) {
  return std::binary_search(tokens.begin(), tokens.end(), any_token(dimension));
}

// What a request needs at least one of, for the predicate to hold.
std::span<const std::uint64_t> needed(const Predicate& predicate) {
  const bool all = predicate.kind == Predicate::Kind::all;
  return {predicate.tokens.data(), all ? 1 : predicate.tokens.size()};
}

double share_of_requests(const Predicate& predicate) {
  if (has_any(needed(predicate), predicate.dimension)) return 0.9;
  return share_of_requests(predicate.dimension) * static_cast<double>(needed(predicate).size());
}

Access most_selective(const CompiledCampaign& campaign) {
  // Deals have floors of their own: kept out of the other lists, these may be left at the impression's floor.
  if (const Predicate* deals = include_of(campaign, Dimension::deal)) return {Dimension::deal, deals->tokens};
  Access best;
  double least = 1;
  for (const Predicate& predicate : campaign.predicates) {
    if (predicate.kind == Predicate::Kind::exclude || !Index::is_selective(predicate.dimension)) continue;
    if (has_any(needed(predicate), predicate.dimension) || share_of_requests(predicate) >= least) continue;
    least = share_of_requests(predicate);
    best = {predicate.dimension, needed(predicate)};
  }
  return best;
}

// The rarest requirements that the posting itself does not assure.
void sign(const CompiledCampaign& campaign, const Access& access, bool by_country, Entry& entry) {
  std::vector<const Predicate*> left;
  for (const Predicate& predicate : campaign.predicates) {
    const bool assured =
        (predicate.dimension == Dimension::country && by_country) || needed(predicate).data() == access.tokens.data();
    if (predicate.kind != Predicate::Kind::exclude && !assured) left.push_back(&predicate);
  }
  std::stable_sort(left.begin(), left.end(), [](const Predicate* a, const Predicate* b) {
    return share_of_requests(*a) < share_of_requests(*b);
  });
  for (std::size_t i = 0; i < left.size() && i < entry.wanted.size(); ++i) {
    entry.wanted[i] = 0;
    for (const std::uint64_t token : needed(*left[i])) entry.wanted[i] |= bloom_bit(token);
    entry.wanted_of[i] = static_cast<std::uint8_t>(left[i]->dimension);
  }
}

}  // namespace

bool Index::is_selective(Dimension dimension) noexcept {
  return share_of_requests(dimension) < kSelective;
}

void IndexBuilder::add(const CompiledCampaign& campaign, const Line& line, std::uint32_t line_number) {
  static constexpr std::uint64_t kAnyCountry[] = {0};
  const Access access = most_selective(campaign);
  std::span<const std::uint64_t> countries = kAnyCountry;
  if (const Predicate* predicate = include_of(campaign, Dimension::country)) {
    const std::size_t postings = predicate->tokens.size() * std::max<std::size_t>(access.tokens.size(), 1);
    if (postings <= kPostingsMax && !has_any(predicate->tokens, Dimension::country)) {
      countries = predicate->tokens;
    }
  }
  Posting posting;
  posting.entry.traits = campaign.source->targeting.traits;
  posting.entry.value_usd = campaign.value_usd;
  posting.entry.line = line_number;
  sign(campaign, access, countries.data() != kAnyCountry, posting.entry);
  for (const std::uint64_t country : countries) {
    posting.node = Index::node_key(line.format, country);
    if (access.tokens.empty()) {
      posting.list = posting.node;
      postings_.push_back(posting);
    }
    for (const std::uint64_t value : access.tokens) {
      posting.list = mix(posting.node, value);
      posting.value = value;
      postings_.push_back(posting);
    }
  }
}

Index IndexBuilder::build() && {
  if (postings_.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("the catalog needs more than 2^32 postings");
  }
  // Equal values keep the order of the file, so that the same catalog decides alike everywhere.
  std::stable_sort(postings_.begin(), postings_.end(), [](const Posting& a, const Posting& b) {
    if (a.list != b.list) return a.list < b.list;
    return a.entry.value_usd > b.entry.value_usd;
  });
  Index index;
  index.entries_.reserve(postings_.size());
  for (std::size_t i = 0; i < postings_.size();) {
    const Posting& first = postings_[i];
    Index::Range range{static_cast<std::uint32_t>(i), 0};
    for (; i < postings_.size() && postings_[i].list == first.list; ++i, ++range.count) {
      index.entries_.push_back(postings_[i].entry);
    }
    Index::Node& node = index.nodes_[first.node];
    node.key = first.node;
    if (first.list == first.node) {
      node.plain = range;
    } else {
      index.values_[first.value].nodes |= bloom_bit(first.node);
      index.lists_[first.list] = range;
    }
  }
  return index;
}

}  // namespace bidwell::catalog
