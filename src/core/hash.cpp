#include "bidwell/core/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bidwell/core/text.h"

namespace bidwell {

std::uint64_t hash64(std::string_view text, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

std::uint64_t hash64_lower(std::string_view text, std::uint64_t seed) noexcept {
  char lower[256];
  if (text.size() > sizeof lower) return hash64(text, seed);
  for (std::size_t i = 0; i < text.size(); ++i) lower[i] = ascii_lower(text[i]);
  return hash64({lower, text.size()}, seed);
}

}  // namespace bidwell
