// Overlaps are cut to what is new before anything is kept.
#include "replay/stream_order.h"

#include <algorithm>

namespace bidwell::replay {
namespace {

// What a piece that waits costs beside its bytes, so that a stream of single bytes is bounded too.
constexpr std::size_t kPieceBytes = 128;

// A SYN that comes so little before where a connection seemed to begin is that connection's own, late.
constexpr std::int64_t kLateSynBytes = 64 << 10;

}  // namespace

void StreamOrder::open(std::uint32_t seq, Sink& sink) {
  if (started_) return;
  const std::uint32_t behind = seq + 1;
  next_ = first_ = known_ ? widen(behind) : behind;
  known_ = started_ = saw_syn_ = true;
  give_due(sink);
}

bool StreamOrder::opened_by(std::uint32_t seq) const noexcept {
  if (!known_) return true;
  if (saw_syn_) return static_cast<std::uint32_t>(first_) == seq + 1;
  const std::int64_t start = started_ || !waits() ? first_ : gap_end();
  const std::int64_t before = start - widen(seq + 1);
  return before >= 0 && before <= kLateSynBytes;
}

std::uint64_t StreamOrder::unseen_bytes(std::uint32_t seq, std::size_t size) const noexcept {
  const std::int64_t start = widen(seq), end = start + static_cast<std::int64_t>(size);
  if (!known_) return size;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, end - std::max(start, next_)) +
                                    std::max<std::int64_t>(0, std::min(end, first_) - start));
}

void StreamOrder::begin_near(std::uint32_t seq) {
  next_ = first_ = seq;
  known_ = true;
}

void StreamOrder::fin_at(std::int64_t position) noexcept {
  if (!fin_ && (!started_ || position >= next_)) fin_ = position;
}

void StreamOrder::take(std::int64_t position, std::string_view bytes, std::uint32_t missing, std::int64_t at_ns,
                       Sink& sink) {
  const std::int64_t end = position + static_cast<std::int64_t>(bytes.size() + missing);
  if (started_) {
    if (position < first_) late_bytes_ += static_cast<std::uint64_t>(std::min(end, first_) - position);
    if (end <= next_) return;
    if (position < next_) {
      const auto known = static_cast<std::size_t>(next_ - position);
      if (known > bytes.size()) missing -= static_cast<std::uint32_t>(known - bytes.size());
      bytes.remove_prefix(std::min(known, bytes.size()));
      position = next_;
    }
    // The common case: in order, and nothing waits.
    if (position == next_ && waiting_.empty()) {
      next_ = end;
      if (!bytes.empty()) sink.data(bytes, at_ns);
      if (missing > 0) sink.gap(missing, at_ns);
      return;
    }
  }
  keep(position, bytes, missing, at_ns);
  if (started_) give_due(sink);
}

void StreamOrder::keep(std::int64_t position, std::string_view bytes, std::uint64_t missing, std::int64_t at_ns) {
  const std::int64_t end = position + static_cast<std::int64_t>(bytes.size() + missing);
  auto next = waiting_.upper_bound(position);
  if (next != waiting_.begin()) {
    const auto& [start, chunk] = *std::prev(next);
    const std::int64_t covered = start + chunk.size() - position;
    if (covered > 0) {
      bytes.remove_prefix(std::min(static_cast<std::size_t>(covered), bytes.size()));
      position += covered;
    }
  }
  while (position < end) {
    const std::int64_t until = next == waiting_.end() ? end : std::min(end, next->first);
    keep_piece(position, until, bytes, at_ns);
    if (until >= end) return;
    const std::int64_t behind = until + next->second.size();
    bytes.remove_prefix(std::min(static_cast<std::size_t>(behind - position), bytes.size()));
    position = behind;
    ++next;
  }
}

// The part up to `end` of bytes, and of what is missing behind them.
void StreamOrder::keep_piece(std::int64_t position, std::int64_t end, std::string_view bytes, std::int64_t at_ns) {
  if (position >= end) return;
  const auto size = static_cast<std::uint64_t>(end - position);
  bytes = bytes.substr(0, size);
  if (!bytes.empty()) {
    waiting_.emplace(position, Chunk{std::string(bytes), 0, at_ns});
    waiting_bytes_ += bytes.size() + kPieceBytes;
  }
  if (bytes.size() < size) {
    waiting_.emplace(position + static_cast<std::int64_t>(bytes.size()), Chunk{{}, size - bytes.size(), at_ns});
    waiting_bytes_ += kPieceBytes;
  }
}

void StreamOrder::give_due(Sink& sink) {
  while (!waiting_.empty() && waiting_.begin()->first <= next_) {
    auto node = waiting_.extract(waiting_.begin());
    Chunk& chunk = node.mapped();
    waiting_bytes_ -= chunk.bytes.size() + kPieceBytes;
    const std::int64_t known = next_ - node.key();  // above 0 only where a SYN came late
    if (known >= chunk.size()) continue;
    next_ += chunk.size() - known;
    if (chunk.missing > 0) {
      sink.gap(chunk.missing - static_cast<std::uint64_t>(known), chunk.at_ns);
    } else {
      sink.data(std::string_view(chunk.bytes).substr(static_cast<std::size_t>(known)), chunk.at_ns);
    }
  }
}

std::uint64_t StreamOrder::give_up(std::int64_t now, Sink& sink) {
  if (!waits()) return 0;
  const std::int64_t at = gap_end();
  const std::int64_t at_ns = waiting_.empty() ? now : waiting_.begin()->second.at_ns;
  const std::uint64_t gap = started_ && at > next_ ? static_cast<std::uint64_t>(at - next_) : 0;
  if (gap > 0 || !started_) sink.gap(gap, at_ns);
  if (!started_) first_ = at;
  started_ = true;
  next_ = at;
  give_due(sink);
  return gap;
}

}  // namespace bidwell::replay
