// Notices seen lately, so that what an exchange sends again is stored once. Bounded: two generations, the older of
// which is forgotten when the younger is full.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <cstring>
#include <utility>

#include "bidwell/core/hash.h"
#include "bidwell/events/event.h"

namespace bidwell::events {

class Repeats {
 public:
  // 16 MiB each when full: notices of some hours.
  static constexpr std::size_t kGeneration = 1'000'000;

  explicit Repeats(std::size_t generation = kGeneration) : generation_(generation) {}

  // False: it was added before. What is added counts for good when it is kept: until then the sink may forget the
  // event itself, and must then take it when it comes again.
  bool add(const Event& event) {
    const Key key = key_of(event);
    return !young_.contains(key) && !old_.contains(key) && taken_.insert(key).second;
  }
  void keep() {
    if (young_.size() + taken_.size() > generation_) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert(taken_.begin(), taken_.end());
    taken_.clear();
  }
  void drop() { taken_.clear(); }

 private:
  struct Key {
    std::uint64_t high, low;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    using is_avalanching = void;  // mix() is, so the set need not mix again
    std::size_t operator()(const Key& key) const noexcept { return mix(key.high, key.low); }
  };
  static Key key_of(const Event& event) noexcept {
    static_assert(sizeof(BidId) == 12);
    Key key{0, static_cast<std::uint64_t>(event.kind) << 32};
    std::uint32_t rest = 0;
    std::memcpy(&key.high, event.bid_id.data(), 8);
    std::memcpy(&rest, event.bid_id.data() + 8, 4);
    key.low |= rest;
    return key;
  }

  const std::size_t generation_;
  boost::unordered_flat_set<Key, Hash> young_, old_, taken_;
};

}  // namespace bidwell::events
