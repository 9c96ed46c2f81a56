// Finds a slot's shard, and makes readers.
#include "bidwell/cache/l1.h"

#include <bit>
#include <stdexcept>
#include <string>
#include <vector>

#include "cache/epoch.h"
#include "cache/shard.h"

namespace bidwell::cache {
namespace {

constexpr std::size_t kShardBytesMin = 8 * 1024;

void check(const L1Options& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("cache: " + what); };
  if (!std::has_single_bit(options.shards)) refuse("shards must be a power of two");
  if (options.shards > 65'536) refuse("shards must be at most 65536");
  if (options.bytes_max / options.shards < kShardBytesMin) {
    refuse("bytes_max must be at least " + std::to_string(kShardBytesMin) + " for each shard");
  }
  // Charges are 32 bits wide, and no value may be more than a quarter of a shard.
  if (options.bytes_max / options.shards > (std::size_t{1} << 33)) refuse("bytes_max needs more shards");
  if (options.readers_max == 0) refuse("readers_max must not be 0");
  if (!(options.small_share > 0 && options.small_share < 1)) refuse("small_share must be between 0 and 1");
  if (options.promote_uses < 1 || options.promote_uses > Node::kFrequencyMax) refuse("promote_uses must be 1 to 3");
}

const L1Options& checked(const L1Options& options) {
  check(options);
  return options;
}

}  // namespace

struct L1::Impl {
  explicit Impl(const L1Options& options)
      : seed(options.seed),
        shift(64 - static_cast<unsigned>(std::bit_width(options.shards) - 1)),
        epochs(options.readers_max),
        shards(options.shards) {
    for (auto& shard : shards) shard = std::make_unique<Shard>(options, epochs);
  }

  std::uint64_t hash(const Slot& slot) const noexcept { return hash_of(slot, seed); }
  // By the top bits; the index uses the low ones.
  Shard& shard(std::uint64_t hash) const noexcept { return *shards[shift == 64 ? 0 : hash >> shift]; }

  const std::uint64_t seed;
  const unsigned shift;
  Epochs epochs;
  std::vector<std::unique_ptr<Shard>> shards;
};

L1::L1(const L1Options& options) : impl_(std::make_unique<Impl>(checked(options))) {}
L1::~L1() = default;

L1::Reader::Reader(L1& l1) : l1_(l1), seat_(&l1.impl_->epochs.take_seat()) {}
L1::Reader::~Reader() {
  l1_.impl_->epochs.give_back(*seat_);
}

L1::Reader::Pin::Pin(Reader& reader) noexcept : reader_(reader) {
  reader_.l1_.impl_->epochs.pin(*reader_.seat_);
}
L1::Reader::Pin::~Pin() {
  reader_.l1_.impl_->epochs.unpin(*reader_.seat_);
}

const Entry* L1::Reader::find(const Slot& slot, unsigned hot_uses, bool* became_hot) noexcept {
  const Impl& impl = *l1_.impl_;
  const std::uint64_t hash = impl.hash(slot);
  return impl.shard(hash).find(hash, slot, hot_uses, became_hot);
}

PutResult L1::put(const Value& value, Time now) {
  const std::uint64_t hash = impl_->hash(value.slot);
  return impl_->shard(hash).put(hash, value, now);
}

void L1::set_refreshing_until(const Slot& slot, Time until) {
  const std::uint64_t hash = impl_->hash(slot);
  impl_->shard(hash).set_refreshing_until(hash, slot, until);
}

bool L1::expire(const Slot& slot, std::uint64_t version, Time from) {
  const std::uint64_t hash = impl_->hash(slot);
  return impl_->shard(hash).expire(hash, slot, version, from);
}

void L1::drop(const Slot& slot, std::uint64_t version, Time until, Time now) {
  const std::uint64_t hash = impl_->hash(slot);
  impl_->shard(hash).drop(hash, slot, version, until, now);
}

bool L1::peek(const Slot& slot, Peek& out) const {
  const std::uint64_t hash = impl_->hash(slot);
  return impl_->shard(hash).peek(hash, slot, out);
}

L1Stats L1::stats() {
  L1Stats stats;
  for (auto& shard : impl_->shards) {
    shard->collect();
    shard->add_to(stats);
  }
  return stats;
}

}  // namespace bidwell::cache
