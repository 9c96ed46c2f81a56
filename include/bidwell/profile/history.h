// What a user was shown, and when: as it stands in the cache and in Redis, and what frequency caps ask of it.
//
// The binary form: one record of 20 bytes for each showing that was remembered, the oldest first, as five little-endian
// u32:
//
//   bid         low half of hash64 of the bid's id and of what was counted: makes a repeat known as one
//   campaign    catalog::subject_of() of each
//   creative
//   advertiser
//   when        seconds since 2020-01-01 (to 2088), times 2, plus 1 for a billing, 0 for an impression
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bidwell::profile {

inline constexpr std::size_t kShowBytes = 20;
inline constexpr std::size_t kShowIdBytes = 4;  // `bid`: who has it has remembered the showing
// Older ones are forgotten: more no cap may ask for, and a decision looks at each.
inline constexpr std::size_t kShowsMax = 128;

enum class Showing : std::uint8_t { impression, billing };

struct Show {
  std::uint32_t bid = 0, campaign = 0, creative = 0, advertiser = 0;
  std::int64_t at = 0;  // Unix seconds
  Showing kind = Showing::impression;
  bool operator==(const Show&) const = default;
};
// Into kShowBytes. Times that a record cannot hold become the nearest that it can.
void encode(const Show& show, char* out) noexcept;
Show decode_show(const char* bytes) noexcept;

// A view of the records, which must outlive it. Known and empty: the user was shown nothing. Nothing allocates.
class History {
 public:
  enum class Subject : std::uint8_t { campaign = 1, creative = 2, advertiser = 3 };  // its place in a record

  History() = default;  // not known
  // Not known when the bytes are no whole number of records, or more than kShowsMax.
  static History of(std::string_view bytes) noexcept;

  bool known() const noexcept { return known_; }
  // How often the subject was shown at `since` or later.
  unsigned times(Subject what, std::uint32_t subject, Showing kind, std::int64_t since) const noexcept;
  std::size_t size() const noexcept { return bytes_.size() / kShowBytes; }

 private:
  std::string_view bytes_;
  bool known_ = false;
};

}  // namespace bidwell::profile
