// Reads a journal over its segments and past its damages.
#include "events/chain.h"

#include <algorithm>

namespace bidwell::events {
namespace {

using Record = Journals::Record;

class Reading {
 public:
  Reading(const ChainView& view, std::uint64_t from, std::size_t bytes_max, std::vector<Record>& out,
          std::vector<Gap>& gaps)
      : view_(view), position_(from), bytes_left_(bytes_max), out_(out), gaps_(gaps) {}

  std::uint64_t run() {
    for (const SegmentPtr& segment : view_.segments) {
      position_ = std::max(position_, segment->first());
      if (!pass(*segment)) break;
    }
    return position_;
  }

 private:
  bool done() const { return bytes_left_ == 0 || (!view_.alive && position_ >= view_.end); }

  // True: the segment is read to its end.
  bool pass(const Segment& segment) {
    Room room = segment.room();
    // Behind a dead journal's end the file was cut, and its mapping must not be read.
    if (!view_.alive) room.size = std::min<std::uint64_t>(room.size, view_.end - room.first);
    while (position_ < segment.end()) {
      if (done()) return false;
      // Before looking: what is not there in a sealed segment or a dead journal never will be.
      const bool written = !view_.alive || segment.sealed.load(std::memory_order_acquire);
      const std::size_t offset = position_ - room.first;
      const Found found = look(room, offset);
      if (found.place == Place::record) {
        take(room, offset, found.size);
      } else if (found.place == Place::seal) {
        position_ = segment.end();
      } else if (!written && found.place == Place::nothing) {
        return false;
      } else if (!skip(segment, room, offset, written)) {
        return false;
      }
    }
    return true;
  }

  void take(const Room& room, std::size_t offset, std::size_t size) {
    const std::uint64_t next = position_ + record_room(size);
    out_.push_back({position_, next, {room.bytes + offset + kRecordHead, size}});
    bytes_left_ -= std::min(bytes_left_, record_room(size));
    position_ = next;
  }

  // Goes on behind a damage. False: what follows it is still to be written.
  bool skip(const Segment& segment, const Room& room, std::size_t offset, bool written) {
    const std::size_t next = find_record(room, offset + 8);
    if (next >= room.size && !written) return false;
    const std::uint64_t end = view_.alive ? segment.end() : std::min(segment.end(), view_.end);
    const std::uint64_t to = next >= room.size ? end : room.first + next;
    gaps_.push_back({position_, to, segment.path});
    position_ = to;
    return true;
  }

  const ChainView& view_;
  std::uint64_t position_;
  std::size_t bytes_left_;
  std::vector<Record>& out_;
  std::vector<Gap>& gaps_;
};

}  // namespace

std::uint64_t read_chain(const ChainView& view, std::uint64_t from, std::size_t bytes_max, std::vector<Record>& out,
                         std::vector<Gap>& gaps) {
  return Reading(view, from, bytes_max, out, gaps).run();
}

ChainView Chain::view(std::uint64_t from) const {
  ChainView view{{}, alive(), end};
  for (const SegmentPtr& segment : segments) {
    if (segment->end() > from) view.segments.push_back(segment);
  }
  return view;
}

std::vector<SegmentPtr> Chain::take_released() {
  std::vector<SegmentPtr> taken;
  if (released.empty()) return taken;
  const std::uint64_t all = *std::min_element(released.begin(), released.end());
  const auto over = [&](const Segment& segment) {
    if (alive()) return segment.sealed.load(std::memory_order_acquire) && all >= segment.end();
    return all >= std::min(end, segment.end());
  };
  while (!segments.empty() && over(*segments.front())) {
    taken.push_back(std::move(segments.front()));
    segments.pop_front();
  }
  return taken;
}

}  // namespace bidwell::events
