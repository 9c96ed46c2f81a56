// Records of 20 bytes, and how many of them a cap counts.
#include "bidwell/profile/history.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace bidwell::profile {
namespace {

static_assert(std::endian::native == std::endian::little, "records are copied as they stand in memory");

constexpr std::int64_t kBegin = 1'577'836'800;  // 2020-01-01
constexpr std::int64_t kSecondsMax = 0x7fff'ffff;
constexpr std::size_t kWhen = 16;

std::uint32_t seconds_of(std::int64_t at) noexcept {
  return static_cast<std::uint32_t>(std::clamp(at, kBegin, kBegin + kSecondsMax) - kBegin);
}

std::uint32_t read_u32(const char* at) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

void encode(const Show& show, char* out) noexcept {
  const std::uint32_t when = seconds_of(show.at) << 1 | (show.kind == Showing::billing ? 1u : 0u);
  const std::uint32_t words[] = {show.bid, show.campaign, show.creative, show.advertiser, when};
  static_assert(sizeof words == kShowBytes);
  std::memcpy(out, words, sizeof words);
}

Show decode_show(const char* bytes) noexcept {
  const std::uint32_t when = read_u32(bytes + kWhen);
  Show show;
  show.bid = read_u32(bytes);
  show.campaign = read_u32(bytes + 4);
  show.creative = read_u32(bytes + 8);
  show.advertiser = read_u32(bytes + 12);
  show.at = kBegin + (when >> 1);
  show.kind = (when & 1) != 0 ? Showing::billing : Showing::impression;
  return show;
}

History History::of(std::string_view bytes) noexcept {
  History history;
  if (bytes.size() % kShowBytes != 0 || bytes.size() > kShowsMax * kShowBytes) return history;
  history.bytes_ = bytes;
  history.known_ = true;
  return history;
}

// All of them are looked at: they stand in the order in which they were remembered, which is not quite that of their
// times.
unsigned History::times(Subject what, std::uint32_t subject, Showing kind, std::int64_t since) const noexcept {
  const std::size_t place = static_cast<std::size_t>(what) * 4;
  const std::uint32_t from = seconds_of(since), billing = kind == Showing::billing ? 1 : 0;
  unsigned count = 0;
  for (std::size_t at = 0; at < bytes_.size(); at += kShowBytes) {
    const std::uint32_t when = read_u32(bytes_.data() + at + kWhen);
    const bool counts = read_u32(bytes_.data() + at + place) == subject && when >> 1 >= from && (when & 1) == billing;
    count += counts ? 1 : 0;
  }
  return count;
}

}  // namespace bidwell::profile
