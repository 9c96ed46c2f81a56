// The inverted index from a request to the campaigns that may want it.
//
// A posting list belongs to a *node* (a format and a country, or any country) and within it to one value of one
// more dimension, or to none. Each campaign stands under the most selective dimension it includes, so a request
// walks only lists that its own format, country and values lead to; campaigns that cannot match are never seen.
// Within a list the dearest come first: whoever looks for the best bid may stop at the first entry that is worth
// less than what it has. (Posting by the rarest required value: Whang et al., "Indexing Boolean Expressions",
// VLDB 2009; stopping early in value order: Fagin's threshold algorithm.)
//
// An entry carries the campaign's trait word, so that most mismatches cost one AND and no further memory.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "bidwell/catalog/targeting.h"
#include "bidwell/core/hash.h"
#include "bidwell/core/money.h"

namespace bidwell::catalog {

// What an impression offers and a creative fills: a banner of a size, or one of the other media.
struct Format {
  std::uint8_t media = 0;          // Media's number
  std::uint16_t w = 0, h = 0;      // banner only
  bool operator==(const Format&) const = default;

  std::uint64_t key() const noexcept {
    return static_cast<std::uint64_t>(media) << 32 | static_cast<std::uint64_t>(w) << 16 | h;
  }
};

struct Entry {
  std::uint64_t traits = 0;        // accepted values, as Targeting::traits
  Micros value_usd = 0;
  std::uint32_t line = 0;
};

class Index {
 public:
  struct Range {
    std::uint32_t first = 0, count = 0;
  };
  struct Node {
    Range plain;                   // campaigns that are posted under no further dimension
    std::uint32_t dimensions = 0;  // a bit for each dimension that some campaign here is posted under
    std::uint64_t key = 0;
  };

  // `country` is token(Dimension::country, ...), 0 for the campaigns of any country. Null: nobody.
  const Node* node(Format format, std::uint64_t country) const noexcept {
    const auto at = nodes_.find(node_key(format, country));
    return at == nodes_.end() ? nullptr : &at->second;
  }
  std::span<const Entry> plain(const Node& node) const noexcept { return entries(node.plain); }
  std::span<const Entry> under(const Node& node, std::uint64_t token) const noexcept {
    const auto at = lists_.find(mix(node.key, token));
    return at == lists_.end() ? std::span<const Entry>{} : entries(at->second);
  }

  std::size_t postings() const noexcept { return entries_.size(); }

 private:
  friend class IndexBuilder;

  static std::uint64_t node_key(Format format, std::uint64_t country) noexcept { return mix(format.key(), country); }
  std::span<const Entry> entries(Range range) const noexcept { return {entries_.data() + range.first, range.count}; }

  boost::unordered_flat_map<std::uint64_t, Node> nodes_;
  boost::unordered_flat_map<std::uint64_t, Range> lists_;
  std::vector<Entry> entries_;
};

}  // namespace bidwell::catalog
