// A file is blocks, each with its length before and behind it; numbers are in the byte order that the section states.
#include "replay/pcapng.h"

#include <pcap/dlt.h>

#include <algorithm>
#include <cstring>

namespace bidwell::replay {
namespace {

constexpr std::uint32_t kSection = 0x0a0d0d0a, kInterface = 1, kOldPacket = 2, kSimplePacket = 3, kPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
constexpr std::uint32_t kBlockBytesMin = 12, kBlockBytesMax = 16 << 20;
constexpr std::size_t kInterfacesMax = 65'536;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsMax = INT64_MAX / kNsPerSecond - 1000;
constexpr std::string_view kBreaksOff = "the file breaks off inside a block";

std::uint64_t power_of_ten(unsigned digits) noexcept {
  std::uint64_t power = 1;
  while (digits-- > 0) power *= 10;
  return power;
}

template <class T>
T number_at(const std::uint8_t* bytes) noexcept {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// LINKTYPE_, which files hold, is DLT_ where this is of interest to us, but for raw IP.
int dlt_of(unsigned linktype) noexcept {
  return linktype == 101 ? DLT_RAW : static_cast<int>(linktype);
}

}  // namespace

bool Pcapng::is(std::string_view first_bytes) noexcept {
  return first_bytes.starts_with("\x0a\x0d\x0d\x0a");
}

Pcapng::Pcapng(std::FILE* stream) : stream_(stream) {
  Packet none;
  while (interfaces_.empty() && read_block()) {
    if (type_ == kInterface && !interface()) return;
    if (type_ == kPacket || type_ == kOldPacket || type_ == kSimplePacket) {
      packet(none);
      return;
    }
  }
}

bool Pcapng::next(Packet& out) {
  while (fault_.empty() && read_block()) {
    switch (type_) {
      case kInterface:
        if (!interface()) return false;
        break;
      case kPacket:
      case kOldPacket: return packet(out);
      case kSimplePacket: return simple_packet(out);
      default: break;  // names, statistics, secrets: nothing for us
    }
  }
  return false;
}

bool Pcapng::read_block() {
  std::uint8_t head[8];
  const std::size_t got = ::fread_unlocked(head, 1, sizeof head, stream_);
  if (got == 0) return false;
  if (got < sizeof head) return broken(kBreaksOff);
  type_ = number_at<std::uint32_t>(head);
  const bool begins_section = type_ == kSection;  // the same in both orders
  if (begins_section) {
    // What follows its length says in which order that is.
    block_.resize(4);
    if (::fread_unlocked(block_.data(), 1, 4, stream_) < 4) return broken(kBreaksOff);
    const auto order = number_at<std::uint32_t>(block_.data());
    swapped_ = order == __builtin_bswap32(kByteOrder);
    if (!swapped_ && order != kByteOrder) return broken("a section without a byte order");
  }
  if (swapped_) type_ = __builtin_bswap32(type_);
  auto length = number_at<std::uint32_t>(head + 4);
  if (swapped_) length = __builtin_bswap32(length);
  if (length < kBlockBytesMin + (begins_section ? 16 : 0) || length > kBlockBytesMax || length % 4 != 0) {
    return broken("a block of an impossible length");
  }
  if (!read_body(begins_section ? 4 : 0, length - sizeof head)) return broken(kBreaksOff);
  if (u32(block_.size() - 4) != length) return broken("a block whose two lengths differ");
  block_.resize(block_.size() - 4);
  return !begins_section || section();
}

// In parts, so that memory is taken for what is there, not for what is claimed.
bool Pcapng::read_body(std::size_t have, std::size_t size) {
  constexpr std::size_t kPart = 256 << 10;
  while (have < size) {
    const std::size_t part = std::min(kPart, size - have);
    block_.resize(have + part);
    if (::fread_unlocked(block_.data() + have, 1, part, stream_) < part) return false;
    have += part;
  }
  return true;
}

bool Pcapng::section() {
  if (u16(4) != 1) return broken("a section of an unknown version");
  interfaces_.clear();
  return true;
}

bool Pcapng::interface() {
  if (block_.size() < 8) return broken("an interface's block that is too short");
  if (interfaces_.size() == kInterfacesMax) return broken("too many interfaces");
  Interface added{.link = dlt_of(u16(0)), .snaplen = u32(4)};
  for (std::size_t at = 8; at + 4 <= block_.size();) {
    const unsigned code = u16(at), size = u16(at + 2);
    at += 4;
    if (code == 0) break;
    if (size > block_.size() - at) return broken("an option longer than its block");
    if (!interface_option(added, code, at, size)) return false;
    at += (size + 3u) / 4 * 4;
  }
  interfaces_.push_back(added);
  return true;
}

bool Pcapng::interface_option(Interface& of, unsigned code, std::size_t at, std::size_t size) {
  constexpr unsigned kResolution = 9, kOffset = 14;
  if (code == kResolution && size == 1) {
    of.binary = (block_[at] & 0x80) != 0;
    of.digits = block_[at] & 0x7f;
    if (of.digits > (of.binary ? 63 : 19)) return broken("an interface with an impossible unit of time");
  }
  if (code == kOffset && size == 8) of.offset_s = static_cast<std::int64_t>(u64(at));
  return true;
}

bool Pcapng::packet(Packet& out) {
  constexpr std::size_t kHead = 20;
  if (block_.size() < kHead) return broken("a packet's block that is too short");
  const std::size_t number = type_ == kOldPacket ? u16(0) : u32(0);
  const std::uint32_t captured = u32(12);
  if (number >= interfaces_.size()) return broken("a packet of an interface that is not described");
  if (captured > block_.size() - kHead) return broken("a packet longer than its block");
  const Interface& by = interfaces_[number];
  out = {.at_ns = time_of(by, std::uint64_t{u32(4)} << 32 | u32(8)),
         .bytes = {block_.data() + kHead, captured},
         .wire_bytes = std::max(captured, u32(16)),
         .link = by.link};
  return true;
}

bool Pcapng::simple_packet(Packet& out) {
  if (block_.size() < 4 || interfaces_.empty()) return broken("a simple packet's block without a length or interface");
  const Interface& by = interfaces_.front();
  std::size_t captured = std::min<std::size_t>(u32(0), block_.size() - 4);
  if (by.snaplen != 0) captured = std::min<std::size_t>(captured, by.snaplen);
  out = {.at_ns = 0, .bytes = {block_.data() + 4, captured}, .wire_bytes = u32(0), .link = by.link};
  return true;
}

std::int64_t Pcapng::time_of(const Interface& of, std::uint64_t units) {
  std::uint64_t seconds = 0, fraction = 0;
  if (of.binary) {
    seconds = units >> of.digits;
    fraction = units & ((std::uint64_t{1} << of.digits) - 1);
    constexpr unsigned kBits = 34;  // as many as can be multiplied by 10^9, and finer than a nanosecond
    const unsigned digits = std::min(of.digits, kBits);
    fraction = (fraction >> (of.digits - digits)) * kNsPerSecond >> digits;
  } else {
    const std::uint64_t unit = power_of_ten(of.digits);
    seconds = units / unit;
    fraction = of.digits <= 9 ? units % unit * power_of_ten(9 - of.digits) : units % unit / power_of_ten(of.digits - 9);
  }
  // What is past the range of nanoseconds is nonsense that must not overflow.
  const auto limited = [](std::int64_t value) { return std::clamp(value, -kSecondsMax, kSecondsMax); };
  const std::int64_t sum = limited(static_cast<std::int64_t>(seconds & INT64_MAX)) + limited(of.offset_s);
  return std::clamp<std::int64_t>(sum, 0, kSecondsMax) * kNsPerSecond + static_cast<std::int64_t>(fraction);
}

bool Pcapng::broken(std::string_view why) {
  fault_ = why;
  return false;
}

std::uint16_t Pcapng::u16(std::size_t at) const noexcept {
  const auto value = number_at<std::uint16_t>(block_.data() + at);
  return swapped_ ? __builtin_bswap16(value) : value;
}

std::uint32_t Pcapng::u32(std::size_t at) const noexcept {
  const auto value = number_at<std::uint32_t>(block_.data() + at);
  return swapped_ ? __builtin_bswap32(value) : value;
}

std::uint64_t Pcapng::u64(std::size_t at) const noexcept {
  const auto value = number_at<std::uint64_t>(block_.data() + at);
  return swapped_ ? __builtin_bswap64(value) : value;
}

}  // namespace bidwell::replay
