// The keys of values that were evicted a while ago, as 32-bit fingerprints: whoever comes back is worth keeping. A
// table of buckets of 16 (one cache line), each a queue of its own, which together come close to one queue and need no
// links. Two keys are taken for one about once in 2^28 / buckets look-ups.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bidwell::cache {

class Ghost {
 public:
  // Remembers a key's hash and forgets an older one of its bucket. `wanted`: how many to remember about; the table
  // grows to it, and is never larger than twice that.
  void add(std::uint64_t hash, std::size_t wanted);
  // Forgets it; returns whether it was known.
  bool take(std::uint64_t hash) noexcept;

  std::size_t bytes() const noexcept { return buckets_.capacity() * sizeof(Bucket); }

 private:
  static constexpr std::size_t kWays = 16;
  using Bucket = std::array<std::uint32_t, kWays>;  // newest first; 0: free

  static std::uint32_t fingerprint(std::uint64_t hash) noexcept {
    // Not the top bits, which are the same in a whole shard.
    const auto bits = static_cast<std::uint32_t>(hash >> 16);
    return bits == 0 ? 1 : bits;
  }
  Bucket& bucket_of(std::uint32_t print) noexcept { return buckets_[print & (buckets_.size() - 1)]; }
  void grow();

  std::vector<Bucket> buckets_;
};

}  // namespace bidwell::cache
