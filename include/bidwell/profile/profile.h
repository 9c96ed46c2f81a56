// What is known of a user, in the compact form that stands in every cache tier, and as views of it.
//
// The binary form, all integers as LEB128 varints (https://en.wikipedia.org/wiki/LEB128) unless it says otherwise:
//
//   byte      format, 1
//   sections  each: byte kind, varint size of what follows, and that; in the order of their kinds, each at most once
//     1 segments    varint count; then the ids, sorted and distinct: the first, then each one's distance to the one
//                   before
//     2 attributes  varint count; then for each: varint size, "name=value" (sorted by name, distinct names, which are
//                   not empty)
//     3 history     varint count; then for each, sorted by subject and distinct: 8 bytes little-endian hash of what was
//                   shown (core's hash64 of "campaign:<id>", "creative:<id>" or "advertiser:<id>"), varint times,
//                   varint minutes since 1970 of the last time
//
// Varints are of the fewest bytes and below 2^32, so that equal profiles have equal bytes. An empty section is left
// out; one of an unknown kind is skipped, so that old readers survive new writers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bidwell::profile {

struct Shown {
  std::uint64_t subject = 0;
  std::uint32_t times = 0;
  std::uint32_t last_minute = 0;  // since 1970
  bool operator==(const Shown&) const = default;
};

// A profile to be encoded, as importers fill it.
struct Contents {
  std::vector<std::uint32_t> segments;
  std::vector<std::string> attributes;  // "name=value", the name ends at the first '='; others are not encoded
  std::vector<Shown> history;
  bool operator==(const Contents&) const = default;
};

// Sorts, removes repeats (the last attribute of a name and the last entry of a subject count), and encodes.
std::string encode(Contents contents);

// A decoded profile: a view of the bytes, checked once as a whole so that walking it needs no checks. Empty by default:
// a user of whom nothing is known.
class Profile {
 public:
  // A decision walks a profile from end to end: a longer one would hold up those behind it. Some 5,000 segments.
  static constexpr std::size_t kBytesMax = 16 * 1024;

  Profile() = default;

  // Nothing when the bytes are not as described above: truncated, not sorted, a size that runs over the end; nor when
  // they are more than kBytesMax. They must
  // stay while the profile is used. Nothing allocates, here or below.
  static std::optional<Profile> parse(std::string_view bytes) noexcept;

  // Walk the sections in order: visit(std::uint32_t), visit(std::string_view), visit(const Shown&).
  template <class Visit>
  void each_segment(Visit&& visit) const;
  template <class Visit>
  void each_attribute(Visit&& visit) const;
  template <class Visit>
  void each_shown(Visit&& visit) const;

  std::size_t segments() const noexcept { return segments_.count; }
  bool empty() const noexcept { return (segments_.count | attributes_.count | history_.count) == 0; }

  // The value of an attribute; empty when there is none of that name.
  std::string_view attribute(std::string_view name) const noexcept;

 private:
  // What follows the section's count.
  struct Section {
    const char* at = nullptr;
    std::uint32_t count = 0;
  };
  struct Checker;

  // Of bytes that parse() has checked.
  static std::uint32_t varint(const char*& at) noexcept {
    std::uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  static std::uint64_t fixed64(const char*& at) noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{static_cast<unsigned char>(at[i])} << 8 * i;
    at += 8;
    return value;
  }

  Section segments_, attributes_, history_;
};

template <class Visit>
void Profile::each_segment(Visit&& visit) const {
  const char* at = segments_.at;
  std::uint32_t id = 0;
  for (std::uint32_t i = 0; i < segments_.count; ++i) visit(id += varint(at));
}

template <class Visit>
void Profile::each_attribute(Visit&& visit) const {
  const char* at = attributes_.at;
  for (std::uint32_t i = 0; i < attributes_.count; ++i) {
    const std::uint32_t size = varint(at);
    visit(std::string_view(at, size));
    at += size;
  }
}

template <class Visit>
void Profile::each_shown(Visit&& visit) const {
  const char* at = history_.at;
  for (std::uint32_t i = 0; i < history_.count; ++i) {
    Shown shown;
    shown.subject = fixed64(at);
    shown.times = varint(at);
    shown.last_minute = varint(at);
    visit(static_cast<const Shown&>(shown));
  }
}

}  // namespace bidwell::profile
