// The inverted index from a request to the campaigns that may want it.
//
// A posting list belongs to a *node* (a format and a country, or any country) and within it to one value of a selective
// dimension, or to none. Each campaign stands under the rarest value it requires, so a request walks only lists that
// its own format, country and values lead to; campaigns that cannot match are hardly ever seen. Lists are sorted by
// value, dearest first: whoever looks for the best bid takes the lists' heads in order of value and stops at the first
// that is worth less than what it has. (Posting by the rarest required value: Whang et al., "Indexing Boolean
// Expressions", VLDB 2009; stopping early in value order: Fagin's threshold algorithm.)
//
// An entry carries the campaign's trait word and a signature of its other requirements, so that nearly all mismatches
// cost two ANDs and no further memory.
#pragma once

#include <array>
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
  std::uint8_t media = 0;      // Media's number
  std::uint16_t w = 0, h = 0;  // banner only
  bool operator==(const Format&) const = default;

  std::uint64_t key() const noexcept {
    return static_cast<std::uint64_t>(media) << 32 | static_cast<std::uint64_t>(w) << 16 | h;
  }
};

// One of 64 bits for a token: a set of tokens becomes a word, and two sets whose words share no bit share no token
// (Bloom, 1970, with one hash function).
constexpr std::uint64_t bloom_bit(std::uint64_t token) noexcept {
  return std::uint64_t{1} << (token >> 58);
}

// The bloom words of a request's tokens, by dimension; the last is for entries that require nothing.
using BloomWords = std::array<std::uint64_t, kDimensions + 1>;
inline constexpr std::uint8_t kNoDimension = kDimensions;

struct Entry {
  std::uint64_t traits = 0;  // accepted values, as Targeting::traits
  Micros value_usd = 0;
  // Included values of two dimensions, the rarest but for the one the entry is posted under.
  std::array<std::uint64_t, 2> wanted = {~std::uint64_t{0}, ~std::uint64_t{0}};
  std::array<std::uint8_t, 2> wanted_of = {kNoDimension, kNoDimension};
  std::uint32_t line = 0;

  // Whether the campaign may want a request with these words; when not, which dimension says so.
  bool may_want(const BloomWords& words) const noexcept {
    return (words[wanted_of[0]] & wanted[0]) != 0 && (words[wanted_of[1]] & wanted[1]) != 0;
  }
  Dimension unwanted(const BloomWords& words) const noexcept {
    return static_cast<Dimension>((words[wanted_of[0]] & wanted[0]) == 0 ? wanted_of[0] : wanted_of[1]);
  }
};

class Index {
 public:
  struct Range {
    std::uint32_t first = 0, count = 0;
  };
  struct Node {
    Range plain;  // campaigns that are posted under no value
    std::uint64_t key = 0;
  };
  // A value that some campaign is posted under.
  struct Value {
    std::uint64_t nodes = 0;  // bloom word of the keys of the nodes that have a list for it
  };

  // Whether campaigns are ever posted under values of the dimension: only then it is worth asking value().
  static bool is_selective(Dimension dimension) noexcept;

  // Null: nobody is posted under it, in any node.
  const Value* value(std::uint64_t token) const noexcept {
    const auto at = values_.find(token);
    return at == values_.end() ? nullptr : &at->second;
  }
  // `country` is token(Dimension::country, ...), 0 for the campaigns of any country. Null: nobody.
  const Node* node(Format format, std::uint64_t country) const noexcept {
    const auto at = nodes_.find(node_key(format, country));
    return at == nodes_.end() ? nullptr : &at->second;
  }
  std::span<const Entry> plain(const Node& node) const noexcept { return entries(node.plain); }
  std::span<const Entry> under(const Node& node, const Value& value, std::uint64_t token) const noexcept {
    if ((value.nodes & bloom_bit(node.key)) == 0) return {};
    const auto at = lists_.find(mix(node.key, token));
    return at == lists_.end() ? std::span<const Entry>{} : entries(at->second);
  }

  std::size_t postings() const noexcept { return entries_.size(); }

 private:
  friend class IndexBuilder;

  static std::uint64_t node_key(Format format, std::uint64_t country) noexcept { return mix(format.key(), country); }
  std::span<const Entry> entries(Range range) const noexcept { return {entries_.data() + range.first, range.count}; }

  boost::unordered_flat_map<std::uint64_t, Node> nodes_;
  boost::unordered_flat_map<std::uint64_t, Value> values_;
  boost::unordered_flat_map<std::uint64_t, Range> lists_;
  std::vector<Entry> entries_;
};

}  // namespace bidwell::catalog
