// The vocabulary of targeting: what of a request a campaign may ask for, and how both are brought to numbers
// that compare cheaply. Two kinds:
//
// - A *trait* has a handful of values (device type, position, ...). All traits together fit one 64-bit word: a
//   request sets one bit per trait, a campaign the bits it accepts, and one AND checks them all.
// - A *dimension* has any number of values (bundle, city, segment, ...), kept as 64-bit tokens.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bidwell/core/hash.h"

namespace bidwell::catalog {

enum class Trait : std::uint8_t { inventory, device_type, os, connection, position, instl, rewarded, gender };
inline constexpr std::size_t kTraits = 8;

// A trait's bits within the word. Bit 0 of each means "unknown".
struct TraitInfo {
  Trait trait;
  std::string_view key;  // in the campaign file
  unsigned offset;
  std::span<const std::string_view> values;  // names of bits 0, 1, ...
  constexpr std::uint64_t mask() const { return ((std::uint64_t{1} << values.size()) - 1) << offset; }
};
const TraitInfo& info(Trait trait) noexcept;

// The trait that a word's bit belongs to.
Trait trait_of_bit(unsigned bit) noexcept;

// The bit of a value; values the trait does not know count as unknown (bit 0).
std::uint64_t trait_bit(Trait trait, std::int64_t value) noexcept;

// Operating systems as exchanges spell them ("iPhone OS", "Mac OS X", ...) to the `os` trait's value; 0 = unknown.
unsigned os_value(std::string_view name) noexcept;
// user.gender to the `gender` trait's value.
unsigned gender_value(std::string_view text) noexcept;

enum class Dimension : std::uint8_t {
  exchange,
  deal,
  bundle,
  domain,
  publisher,
  content_category,
  page_category,
  country,
  region,
  city,
  postal_code,
  make,
  model,
  language,
  carrier,
  segment,
};
inline constexpr std::size_t kDimensions = 16;
std::string_view key(Dimension dimension) noexcept;  // in the campaign file

// A value as a number: the same for a campaign's value and for what a request sends. 0 where the value
// cannot be one of the dimension's (a country that is none).
std::uint64_t token(Dimension dimension, std::string_view value) noexcept;

// Any value of the dimension at all; a campaign that includes it wants the dimension to be present.
inline constexpr std::string_view kAnyValue = "*";
constexpr std::uint64_t any_token(Dimension dimension) noexcept {
  return mix(static_cast<std::uint64_t>(dimension), '*');
}

// An IAB 1.0 category's parent ("IAB1-2" -> "IAB1"), empty for a top-level one or another taxonomy's.
std::string_view parent_category(std::string_view category) noexcept;

// "10.3.1" -> 10<<32 | 3<<16 | 1. `fill` stands for the parts that are not written.
std::optional<std::uint64_t> parse_version(std::string_view text, std::uint16_t fill) noexcept;

}  // namespace bidwell::catalog
