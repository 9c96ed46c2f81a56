// Hashes of names. Targeting compares 64-bit hashes in place of strings: two of 10^6 names collide with a
// probability of 3e-8. XXH3 (github.com/Cyan4973/xxHash).
#pragma once

#include <cstdint>
#include <string_view>

namespace bidwell {

std::uint64_t hash64(std::string_view text, std::uint64_t seed = 0) noexcept;

// The same for "Example.COM" and "example.com" (ASCII letters only). Texts beyond 256 bytes are hashed as
// they stand.
std::uint64_t hash64_lower(std::string_view text, std::uint64_t seed = 0) noexcept;

// Two hashes into one; the order matters.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t x = a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2));
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace bidwell
