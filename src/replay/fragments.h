// Puts the fragments of IP packets together. Bounded in packets, bytes and time; what overlaps or contradicts is
// dropped as RFC 5722 asks, for IPv4 too.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "bidwell/replay/losses.h"

namespace bidwell::replay {

struct FragmentKey {
  std::array<std::uint8_t, 16> from{}, to{};
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;  // IPv4's; IPv6 does not tell packets apart by it
  std::uint8_t version = 0;
  friend bool operator==(const FragmentKey&, const FragmentKey&) = default;
};

struct Fragment {
  std::uint32_t offset = 0;
  bool more = false;  // others follow behind it
  std::uint8_t protocol = 0;
  std::span<const std::uint8_t> bytes;
};

struct FragmentLimits {
  std::size_t packets_max = 4096;
  std::size_t bytes_max = 32 << 20;
  std::int64_t wait_ns_max = 30'000'000'000;  // capture time, from the first fragment
};

// Not thread-safe.
class Fragments {
 public:
  struct Whole {
    std::span<const std::uint8_t> bytes;  // lives until the next add()
    std::uint8_t protocol = 0;            // of the fragment at offset 0
  };

  explicit Fragments(Losses& losses, const FragmentLimits& limits = {}) : losses_(losses), limits_(limits) {}

  // The packet, where this was its last fragment to come.
  std::optional<Whole> add(const FragmentKey& key, const Fragment& fragment, std::int64_t at_ns);
  // Counts those that still wait.
  void finish();

 private:
  struct Range {
    std::uint32_t begin, end;
  };
  struct Entry {
    FragmentKey key;
    std::int64_t begun_ns;
    std::vector<std::uint8_t> bytes{};
    std::vector<Range> ranges{};
    std::uint32_t filled = 0, total = 0;  // total: 0 until the last fragment came
    std::uint8_t protocol = 0;
    // Waits no more, and is kept for the sake of late copies: those of a packet that is whole are not lost (a capture
    // may hold everything twice), those of one that was dropped must not begin another.
    bool over = false;
    std::int64_t over_until_ns = 0;
  };
  using Entries = std::list<Entry>;
  struct Hash {
    std::size_t operator()(const FragmentKey& key) const noexcept;
  };
  enum class Fit : std::uint8_t { fits, repeats, contradicts };

  Entry& entry_of(const FragmentKey& key, std::int64_t at_ns);
  static Fit fit(const Entry& entry, const Fragment& fragment);
  void insert(Entry& entry, const Fragment& fragment);
  void end(const FragmentKey& key, std::int64_t until_ns);
  void make_room(std::int64_t at_ns);
  void give_up_oldest();
  void forget(Entries& entries);

  Losses& losses_;
  const FragmentLimits limits_;
  Entries waiting_, over_;  // in the order they came
  std::unordered_map<FragmentKey, Entries::iterator, Hash> index_;
  std::size_t bytes_ = 0;
  std::vector<std::uint8_t> whole_;
};

}  // namespace bidwell::replay
