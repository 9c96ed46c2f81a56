#include "bidwell/catalog/targeting.h"

#include <charconv>

#include "bidwell/core/country.h"
#include "bidwell/core/hash.h"
#include "bidwell/core/text.h"

namespace bidwell::catalog {
namespace {

using Names = std::string_view;
// The order is the value's number in OpenRTB where it has one.
constexpr Names kInventory[] = {"unknown", "site", "app", "dooh"};
constexpr Names kDeviceType[] = {"unknown", "mobile", "pc", "tv", "phone", "tablet", "connected", "set_top_box", "ooh"};
constexpr Names kOs[] = {"unknown",  "ios",  "android", "windows", "macos", "linux",
                         "chromeos", "tvos", "roku",    "tizen",   "webos", "fireos"};
constexpr Names kConnection[] = {"unknown", "ethernet", "wifi", "cellular", "2g", "3g", "4g", "5g"};
constexpr Names kPosition[] = {"unknown", "above_fold", "locked",  "below_fold",
                               "header",  "footer",     "sidebar", "fullscreen"};
constexpr Names kInstl[] = {"no", "yes"};
constexpr Names kGender[] = {"unknown", "male", "female", "other"};

constexpr TraitInfo kInfos[kTraits] = {
    {Trait::inventory, "inventory", 0, kInventory},
    {Trait::device_type, "device_type", 4, kDeviceType},
    {Trait::os, "os", 13, kOs},
    {Trait::connection, "connection", 25, kConnection},
    {Trait::position, "position", 33, kPosition},
    {Trait::instl, "interstitial", 41, kInstl},
    {Trait::rewarded, "rewarded", 43, kInstl},
    {Trait::gender, "gender", 45, kGender},
};

constexpr bool tiled() {
  unsigned next = 0;
  for (const TraitInfo& trait : kInfos) {
    if (trait.offset != next) return false;
    next += static_cast<unsigned>(trait.values.size());
  }
  return next <= 64;
}
static_assert(tiled(), "each trait's bits follow the one before");

struct TraitOfBit {
  std::array<Trait, 64> table{};

  constexpr TraitOfBit() {
    for (const TraitInfo& trait : kInfos) {
      for (std::size_t i = 0; i < trait.values.size(); ++i) table[trait.offset + i] = trait.trait;
    }
  }
};
constexpr TraitOfBit kTraitOfBit;

constexpr std::string_view kDimensionKeys[kDimensions] = {
    "exchange", "deal", "bundle",      "domain", "publisher", "content_category", "page_category", "country",
    "region",   "city", "postal_code", "make",   "model",     "language",         "carrier",       "segment"};

struct OsName {
  std::string_view prefix;
  unsigned value;
};
// Longer prefixes before their own beginnings.
constexpr OsName kOsNames[] = {
    {"ios", 1},    {"iphone", 1}, {"ipad", 1},    {"android", 2}, {"windows", 3},  {"win", 3},
    {"macos", 4},  {"mac os", 4}, {"os x", 4},    {"osx", 4},     {"mac", 4},      {"linux", 5},
    {"ubuntu", 5}, {"chrome", 6}, {"cros", 6},    {"tvos", 7},    {"apple tv", 7}, {"roku", 8},
    {"tizen", 9},  {"webos", 10}, {"web os", 10}, {"fire", 11},
};

}  // namespace

const TraitInfo& info(Trait trait) noexcept {
  return kInfos[static_cast<std::size_t>(trait)];
}

Trait trait_of_bit(unsigned bit) noexcept {
  return kTraitOfBit.table[bit];
}

std::uint64_t trait_bit(Trait trait, std::int64_t value) noexcept {
  const TraitInfo& known = info(trait);
  if (value < 0 || value >= static_cast<std::int64_t>(known.values.size())) value = 0;
  return std::uint64_t{1} << (known.offset + static_cast<unsigned>(value));
}

unsigned os_value(std::string_view name) noexcept {
  for (const OsName& known : kOsNames) {
    if (name.size() >= known.prefix.size() && ascii_iequal(name.substr(0, known.prefix.size()), known.prefix)) {
      return known.value;
    }
  }
  return 0;
}

unsigned gender_value(std::string_view text) noexcept {
  if (text.empty()) return 0;
  switch (ascii_lower(text[0])) {
    case 'm': return 1;
    case 'f': return 2;
    case 'o': return 3;
    default: return 0;
  }
}

std::string_view key(Dimension dimension) noexcept {
  return kDimensionKeys[static_cast<std::size_t>(dimension)];
}

std::uint64_t token(Dimension dimension, std::string_view value) noexcept {
  if (value.empty()) return 0;
  if (value == kAnyValue) return any_token(dimension);
  switch (dimension) {
    case Dimension::country: {
      const CountryCode code = country_code(value);
      return code == 0 ? 0 : mix(static_cast<std::uint64_t>(dimension), std::uint64_t{code} << 8);
    }
    // Deals are the exchange's own identifiers: their case counts.
    case Dimension::deal: return hash64(value, static_cast<std::uint64_t>(dimension));
    case Dimension::language: value = value.substr(0, value.find_first_of("-_")); break;
    default: break;
  }
  return hash64_lower(value, static_cast<std::uint64_t>(dimension));
}

std::string_view parent_category(std::string_view category) noexcept {
  const std::size_t dash = category.find('-');
  if (dash == std::string_view::npos || category.size() < 3 || !ascii_iequal(category.substr(0, 3), "IAB")) return {};
  return category.substr(0, dash);
}

std::optional<std::uint64_t> parse_version(std::string_view text, std::uint16_t fill) noexcept {
  std::uint64_t version = 0;
  bool ended = false;
  for (int part = 0; part < 3; ++part) {
    std::uint16_t number = fill;
    if (!ended) {
      const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{}) {
        if (part == 0) return std::nullopt;
        number = fill;
        ended = true;
      } else {
        text.remove_prefix(static_cast<std::size_t>(after - text.data()));
        if (!text.empty() && (text[0] == '.' || text[0] == '_')) {
          text.remove_prefix(1);
        } else {
          ended = true;
        }
      }
    }
    version = version << 16 | number;
  }
  return version;
}

}  // namespace bidwell::catalog
