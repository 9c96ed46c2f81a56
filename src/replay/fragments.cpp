// A packet's fragments are written into one buffer; the ranges that are filled tell what is missing.
#include "replay/fragments.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace bidwell::replay {
namespace {

constexpr std::uint32_t kPacketBytesMax = 65'535;
constexpr std::size_t kOverMax = 1024;
// How long copies of a whole packet's fragments may follow it. Short: at high rates IPv4's 16-bit ids come again soon.
constexpr std::int64_t kCopiesNs = 1'000'000'000;

}  // namespace

std::size_t Fragments::Hash::operator()(const FragmentKey& key) const noexcept {
  const auto text = [](const auto& bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const std::hash<std::string_view> hash;
  return (hash(text(key.from)) * 31 + hash(text(key.to))) * 31 + key.id * 0x9E3779B97F4A7C15ull + key.protocol;
}

std::optional<Fragments::Whole> Fragments::add(const FragmentKey& key, const Fragment& fragment, std::int64_t at_ns) {
  const std::size_t end_of = fragment.offset + fragment.bytes.size();
  if (fragment.bytes.empty() || end_of > kPacketBytesMax || (fragment.more && fragment.bytes.size() % 8 != 0)) {
    losses_.add(Loss::packet_malformed);
    return std::nullopt;
  }
  make_room(at_ns);
  Entry& entry = entry_of(key, at_ns);
  if (entry.over) return std::nullopt;
  switch (fit(entry, fragment)) {
    case Fit::repeats: return std::nullopt;
    case Fit::contradicts:
      losses_.add(Loss::fragment_missing);
      end(key, at_ns + limits_.wait_ns_max);
      return std::nullopt;
    case Fit::fits: break;
  }
  insert(entry, fragment);
  if (entry.total == 0 || entry.filled != entry.total) return std::nullopt;
  whole_ = std::move(entry.bytes);
  bytes_ -= whole_.size();
  entry.bytes.clear();
  const Whole whole{whole_, entry.protocol};
  end(key, at_ns + kCopiesNs);
  return whole;
}

void Fragments::finish() {
  losses_.add(Loss::fragment_missing, waiting_.size());
  waiting_.clear(), over_.clear(), index_.clear();
  bytes_ = 0;
}

Fragments::Entry& Fragments::entry_of(const FragmentKey& key, std::int64_t at_ns) {
  if (const auto found = index_.find(key); found != index_.end()) {
    Entry& entry = *found->second;
    if (!entry.over || at_ns <= entry.over_until_ns) return entry;
    over_.erase(found->second);
    index_.erase(found);
  }
  if (waiting_.size() >= limits_.packets_max) give_up_oldest();
  waiting_.push_back({.key = key, .begun_ns = at_ns});
  index_.emplace(key, std::prev(waiting_.end()));
  return waiting_.back();
}

Fragments::Fit Fragments::fit(const Entry& entry, const Fragment& fragment) {
  const std::uint32_t begin = fragment.offset;
  const std::uint32_t end = begin + static_cast<std::uint32_t>(fragment.bytes.size());
  for (const Range& range : entry.ranges) {
    if (end <= range.begin || begin >= range.end) continue;
    const bool same = range.begin == begin && range.end == end && fragment.more == (entry.total != end) &&
                      std::memcmp(entry.bytes.data() + begin, fragment.bytes.data(), fragment.bytes.size()) == 0;
    return same ? Fit::repeats : Fit::contradicts;
  }
  const std::uint32_t filled_to = static_cast<std::uint32_t>(entry.bytes.size());
  if (entry.total != 0 && (!fragment.more || end > entry.total)) return Fit::contradicts;
  if (!fragment.more && filled_to > end) return Fit::contradicts;
  return Fit::fits;
}

void Fragments::insert(Entry& entry, const Fragment& fragment) {
  const std::size_t end = fragment.offset + fragment.bytes.size();
  if (entry.bytes.size() < end) {
    bytes_ += end - entry.bytes.size();
    entry.bytes.resize(end);
  }
  std::memcpy(entry.bytes.data() + fragment.offset, fragment.bytes.data(), fragment.bytes.size());
  entry.ranges.push_back({fragment.offset, static_cast<std::uint32_t>(end)});
  entry.filled += static_cast<std::uint32_t>(fragment.bytes.size());
  if (!fragment.more) entry.total = static_cast<std::uint32_t>(end);
  if (fragment.offset == 0) entry.protocol = fragment.protocol;
}

void Fragments::end(const FragmentKey& key, std::int64_t until_ns) {
  const auto entry = index_.at(key);
  bytes_ -= entry->bytes.size();
  entry->bytes = {};
  entry->ranges = {};
  entry->over = true;
  entry->over_until_ns = until_ns;
  over_.splice(over_.end(), waiting_, entry);
  if (over_.size() > kOverMax) forget(over_);
}

void Fragments::make_room(std::int64_t at_ns) {
  while (!waiting_.empty() && (bytes_ > limits_.bytes_max || at_ns - waiting_.front().begun_ns > limits_.wait_ns_max)) {
    give_up_oldest();
  }
}

void Fragments::give_up_oldest() {
  losses_.add(Loss::fragment_missing);
  forget(waiting_);
}

void Fragments::forget(Entries& entries) {
  bytes_ -= entries.front().bytes.size();
  index_.erase(entries.front().key);
  entries.pop_front();
}

}  // namespace bidwell::replay
