// A segment: one preallocated, mapped file of a journal; and the names of such files in a run's folder.
//
//     0   8 bytes  "BWJOURNL"
//     8   u32      format, 1
//     12  u32      worker
//     16  u64      number: this is the worker's n-th segment, from 0
//     24  u64      room for records in bytes, a multiple of 8, the same in all segments of a run
//     32  u64      salt of the records' CRC, the same in all segments of a run
//     40  20 bytes 0
//     60  u32      CRC32C of the bytes before
//     64  the records
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/record.h"

namespace bidwell::events {

struct SegmentHeader {
  char magic[8] = {'B', 'W', 'J', 'O', 'U', 'R', 'N', 'L'};
  std::uint32_t format = 1;
  std::uint32_t worker = 0;
  std::uint64_t number = 0;
  std::uint64_t room = 0;
  std::uint64_t salt = 0;
  std::uint8_t zeros[20] = {};
  std::uint32_t crc = 0;

  std::uint32_t right_crc() const noexcept;
  // Nothing when these are no header, or a damaged one.
  static std::optional<SegmentHeader> parse(std::string_view bytes) noexcept;
};
inline constexpr std::size_t kSegmentHeader = 64;
static_assert(sizeof(SegmentHeader) == kSegmentHeader);

struct Segment {
  Segment() = default;
  ~Segment();  // unmaps and closes
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  // Constant once a reader can see it.
  SegmentHeader header;
  std::string path;
  int fd = -1;
  char* map = nullptr;
  std::size_t mapped_bytes = 0;  // the file's size when it was mapped

  std::size_t disk_bytes = 0;  // the file's size now; the keeper's

  std::atomic<bool> sealed{false};  // by the worker, which does not touch it any more

  std::uint64_t first() const noexcept { return header.number * header.room; }
  std::uint64_t end() const noexcept { return first() + header.room; }
  char* records() const noexcept { return map + kSegmentHeader; }
  Room room() const noexcept;
};
using SegmentPtr = std::shared_ptr<Segment>;

// A file of header.room and a header, its disk space reserved, mapped for writing, its first `prefault` bytes without a
// page fault to come. `sync`: on disk, as far as it says something. Throws std::system_error and leaves nothing behind.
SegmentPtr create_segment(const std::string& path, const SegmentHeader& header, bool sync, std::size_t prefault);

// Makes these of its bytes writable without a page fault, for a while: the kernel protects again what it has written
// to disk. May be called while the worker writes.
void keep_writable(const Segment& segment, std::size_t offset, std::size_t size) noexcept;

// Opens a dead run's segment for reading; `header` need not stand in it. Throws std::system_error.
SegmentPtr open_segment(const std::string& path, const SegmentHeader& header);

// Takes away what is behind `offset` of the records, but for some zeros. What is mapped behind them must not be read
// any more. Throws std::system_error.
void cut_segment(Segment& segment, std::size_t offset);

struct SegmentFile {
  std::uint32_t worker = 0;
  std::uint64_t number = 0;
  std::string path;
};
std::string segment_name(std::uint32_t worker, std::uint64_t number);
// By worker and number. Other files are left out. Throws std::system_error.
std::vector<SegmentFile> list_segments(const std::string& folder);

}  // namespace bidwell::events
