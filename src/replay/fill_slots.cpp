// What of a request differs each time it is sent, written in place.
#include <algorithm>
#include <array>
#include <cstring>

#include "bidwell/replay/prepare.h"

namespace bidwell::replay {
namespace {

using Kind = Slot::Kind;

// All pairs of digits of a base, so that two are written by one division.
template <std::size_t Base>
constexpr auto pairs() {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::array<char, Base * Base * 2> out{};
  for (std::size_t i = 0; i < Base * Base; ++i) out[2 * i] = kDigits[i / Base], out[2 * i + 1] = kDigits[i % Base];
  return out;
}

template <std::size_t Base, std::size_t Width>
void write_digits(char* to, std::uint64_t value) noexcept {
  static constexpr auto kPairs = pairs<Base>();
  std::size_t at = Width;
  for (; at >= 2; at -= 2, value /= Base * Base) std::memcpy(to + at - 2, &kPairs[value % (Base * Base) * 2], 2);
  if (at == 1) to[0] = kPairs[value % Base * 2 + 1];
}

// 36^13 is more than 2^64. The upper seven digits and the lower six apart, so that their divisions need not wait for
// one another.
void write_unique(char* to, std::uint64_t value) noexcept {
  constexpr std::uint64_t k36To6 = 2'176'782'336;
  write_digits<36, 7>(to, value / k36To6);
  write_digits<36, 6>(to + 7, value);
}

// 2001 to 2286: their digits fill a slot, and no number begins with 0, which JSON forbids.
constexpr std::int64_t kLeastTime = 1'000'000'000'000'000, kMostTime = 9'999'999'999'999'999;

constexpr std::size_t width_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::unique:
    case Kind::unix_ms: return 13;
    case Kind::unix_s: return 10;
    case Kind::unix_us: return 16;
  }
  return 0;
}

}  // namespace

void fill_slots(std::string& bytes, const Prepared& prepared, std::uint64_t unique, std::int64_t now_us) noexcept {
  const auto us = static_cast<std::uint64_t>(std::clamp(now_us, kLeastTime, kMostTime));
  for (const Slot& slot : prepared.slots) {
    if (slot.offset + width_of(slot.kind) > bytes.size()) continue;  // no copy of prepared.bytes
    char* const to = bytes.data() + slot.offset;
    switch (slot.kind) {
      case Kind::unique: write_unique(to, unique); break;
      case Kind::unix_s: write_digits<10, 10>(to, us / 1'000'000); break;
      case Kind::unix_ms: write_digits<10, 13>(to, us / 1'000); break;
      case Kind::unix_us: write_digits<10, 16>(to, us); break;
    }
  }
}

}  // namespace bidwell::replay
