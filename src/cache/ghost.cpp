// Keeps the fingerprints; see ghost.h.
#include "cache/ghost.h"

#include <algorithm>

namespace bidwell::cache {

void Ghost::add(std::uint64_t hash, std::size_t wanted) {
  while (buckets_.empty() || buckets_.size() * kWays < wanted) grow();
  const std::uint32_t print = fingerprint(hash);
  Bucket& bucket = bucket_of(print);
  std::copy_backward(bucket.begin(), bucket.end() - 1, bucket.end());
  bucket.front() = print;
}

bool Ghost::take(std::uint64_t hash) noexcept {
  if (buckets_.empty()) return false;
  const std::uint32_t print = fingerprint(hash);
  Bucket& bucket = bucket_of(print);
  const auto found = std::find(bucket.begin(), bucket.end(), print);
  if (found == bucket.end()) return false;
  std::copy(found + 1, bucket.end(), found);
  bucket.back() = 0;
  return true;
}

void Ghost::grow() {
  const std::size_t size = buckets_.size();
  std::vector<Bucket> larger(size == 0 ? 1 : 2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    // A bucket's fingerprints go to two, by one more of their bits, in the same order.
    std::size_t low = 0, high = 0;
    for (const std::uint32_t print : buckets_[i]) {
      if (print == 0) break;
      if ((print & size) == 0) {
        larger[i][low++] = print;
      } else {
        larger[i + size][high++] = print;
      }
    }
  }
  buckets_ = std::move(larger);
}

}  // namespace bidwell::cache
