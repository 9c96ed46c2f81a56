// Any bytes as a segment's records, and as a whole segment file: what is read is in order and within them, and the
// reader comes to the end. And any damage to good records: those that it does not touch are found.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "events/chain.h"
#include "events/record.h"

namespace bidwell::fuzz {
namespace {

using namespace bidwell::events;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// Exactly as long as the room, so that a byte too far is seen.
class Memory {
 public:
  explicit Memory(std::string_view bytes) : size_(bytes.size() / 8 * 8), words_(new std::uint64_t[size_ / 8]) {
    std::memcpy(words_.get(), bytes.data(), size_);
  }
  char* bytes() { return reinterpret_cast<char*>(words_.get()); }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::unique_ptr<std::uint64_t[]> words_;
};

void check_room(const Room& room) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < room.size; at += 8) {
    const Found found = look(room, at);
    if (found.place != Place::record) continue;
    require(found.size > 0 && found.size <= Journal::kRecordBytesMax, "a size that cannot be");
    require(at + record_room(found.size) <= room.size, "beyond the room");
    require(find_record(room, at) == at, "not found where it stands");
    end = at + record_room(found.size);
  }
  require(end_of_records(room) <= room.size, "an end beyond the room");
  require(end != 0 || end_of_records(room) == 0, "an end without a record");
}

// A mapping that is none: nothing may unmap it.
struct Borrowed {
  explicit Borrowed(char* bytes, std::size_t size, const SegmentHeader& header) {
    segment->map = bytes;
    segment->mapped_bytes = size;
    segment->header = header;
    segment->sealed = true;
  }
  ~Borrowed() { segment->map = nullptr; }
  SegmentPtr segment = std::make_shared<Segment>();
};

// As the last segment of a dead run.
void check_chain(Memory& memory, std::uint64_t room) {
  if (memory.size() < kSegmentHeader) return;
  SegmentHeader header;
  header.number = 3;
  header.room = room;
  header.salt = 7;
  const Borrowed borrowed(memory.bytes(), memory.size(), header);
  const Segment& segment = *borrowed.segment;
  ChainView view;
  view.segments = {borrowed.segment};
  view.end = segment.end();
  for (const std::size_t bite : {std::size_t{1}, std::size_t{1} << 30}) {
    std::uint64_t position = 0;
    for (;;) {
      std::vector<Journals::Record> records;
      std::vector<Gap> gaps;
      const std::uint64_t next = read_chain(view, position, bite, records, gaps);
      require(next >= position, "went back");
      std::uint64_t at = position;
      for (const Journals::Record& record : records) {
        require(record.position >= at && record.next == record.position + record_room(record.bytes.size()), "order");
        require(record.bytes.data() >= memory.bytes() &&
                    record.bytes.data() + record.bytes.size() <= memory.bytes() + memory.size(),
                "beyond the file");
        at = record.next;
      }
      for (const Gap& gap : gaps) require(gap.from < gap.to, "an empty gap");
      if (next == position) break;
      position = next;
    }
    require(position == segment.end(), "did not come to the end");
  }
}

void check(std::string_view bytes) {
  {
    Memory memory(bytes);
    check_room({memory.bytes(), memory.size(), 0, 0});
    check_room({memory.bytes(), memory.size(), 3 * 4096, 7});
  }
  if (bytes.size() > kSegmentHeader) {
    Memory memory(bytes);
    check_chain(memory, 4096);                            // the file is cut, or longer than its room
    check_chain(memory, memory.size() - kSegmentHeader);  // as long as it says
  }
  (void)SegmentHeader::parse(bytes);
}

// The bytes' first half are the records' sizes, the second half says what is damaged.
void check_damage(std::string_view bytes) {
  std::vector<std::uint64_t> words(512);
  char* const room_bytes = reinterpret_cast<char*>(words.data());
  const Room room{room_bytes, words.size() * 8, 0, 7};
  std::vector<std::pair<std::size_t, std::size_t>> good;
  std::size_t at = 0;
  for (const char byte : bytes.substr(0, bytes.size() / 2)) {
    const std::size_t size = 1 + static_cast<std::uint8_t>(byte);
    if (at + record_room(size) > room.size) break;
    std::memset(room_bytes + at + kRecordHead, byte, size);
    const auto length = static_cast<std::uint32_t>(size);
    const std::uint32_t crc = record_crc(room.salt, at, room_bytes + at + kRecordHead, size);
    std::memcpy(room_bytes + at, &length, 4);
    std::memcpy(room_bytes + at + 4, &crc, 4);
    good.emplace_back(at, size);
    at += record_room(size);
  }
  const std::vector<std::uint64_t> before = words;
  const std::string_view harm = bytes.substr(bytes.size() / 2);
  for (std::size_t i = 0; i + 3 <= harm.size(); i += 3) {
    std::uint16_t where;
    std::memcpy(&where, harm.data() + i, 2);
    room_bytes[where % room.size] ^= harm[i + 2];
  }
  const char* const old = reinterpret_cast<const char*>(before.data());
  for (const auto& [offset, size] : good) {
    const bool whole = std::memcmp(room_bytes + offset, old + offset, kRecordHead + size) == 0;
    const Found found = look(room, offset);
    require(!whole || (found.place == Place::record && found.size == size), "a good record is lost");
    require(!whole || find_record(room, offset) == offset, "a good record is not found");
  }
}

}  // namespace
}  // namespace bidwell::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bidwell::fuzz::check(bytes);
  bidwell::fuzz::check_damage(bytes);
  return 0;
}
