// What is known of a user, in the compact form that stands in every cache tier, and as views of it.
//
// The binary form, all integers as LEB128 varints (https://en.wikipedia.org/wiki/LEB128) unless it says otherwise:
//
//   byte    format, 1
//   sections, each: byte kind, varint size of what follows, and that:
//     1 segments    varint count; then the ids, sorted and distinct: the first, then each one's distance to the one
//     before 2 attributes  varint count; then for each: varint size, "name=value" (sorted, distinct names) 3 history
//     varint count; then for each, sorted by subject: 8 bytes little-endian hash of what was shown
//                   (core's hash64 of "campaign:<id>", "creative:<id>" or "advertiser:<id>"), varint times, varint
//                   minutes since 1970 of the last time
//
// A section may be left out where it is empty; one of an unknown kind is skipped, so that old readers survive new
// writers.
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
  std::vector<std::string> attributes;  // "name=value"
  std::vector<Shown> history;
  bool operator==(const Contents&) const = default;
};

// Sorts, removes repeats (the last attribute of a name and the last entry of a subject count), and encodes.
std::string encode(Contents contents);

// A decoded profile: a view of the bytes, checked once as a whole so that walking it needs no checks. Empty by default:
// a user of whom nothing is known.
class Profile {
 public:
  Profile() = default;

  // Nothing when the bytes are not as described above: truncated, not sorted, a size that runs over the end. They must
  // stay while the profile is used.
  static std::optional<Profile> parse(std::string_view bytes) noexcept;

  // Walk the sections in order: visit(std::uint32_t), visit(std::string_view), visit(const Shown&).
  template <class Visit>
  void each_segment(Visit&& visit) const;
  template <class Visit>
  void each_attribute(Visit&& visit) const;
  template <class Visit>
  void each_shown(Visit&& visit) const;

  std::size_t segments() const noexcept { return segments_.count; }
  bool empty() const noexcept { return segments_.count + attributes_.count + history_.count == 0; }

  // The value of an attribute; empty when there is none of that name.
  std::string_view attribute(std::string_view name) const noexcept;

 private:
  struct Section {
    const char* at = nullptr;
    std::uint32_t count = 0;
  };
  Section segments_, attributes_, history_;
};

}  // namespace bidwell::profile
