// Makes, maps and cuts segment files.
#include "events/segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace bidwell::events {
namespace {

constexpr std::size_t kPage = 4096;  // the least there is; a larger one is touched more than once

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

std::system_error failed(int error, const std::string& path, const char* what) {
  return {error, std::generic_category(), fmt::format("{}: {}", path, what)};
}

// False: the kernel (before 5.14) does not know how.
bool populate(char* map, std::size_t from, std::size_t to) noexcept {
#ifdef MADV_POPULATE_WRITE
  constexpr int kPopulateWrite = MADV_POPULATE_WRITE;
#else
  constexpr int kPopulateWrite = 23;
#endif
  from = from / kPage * kPage;
  return ::madvise(map + from, to - from, kPopulateWrite) == 0;
}

// While nobody else writes there.
void touch(char* map, std::size_t bytes) noexcept {
  for (std::size_t at = 0; at < bytes; at += kPage) {
    volatile char* const byte = map + at;
    *byte = *byte;
  }
}

void reserve_disk(Segment& segment) {
  int error;
  do error = ::posix_fallocate(segment.fd, 0, static_cast<off_t>(segment.disk_bytes));
  while (error == EINTR);
  if (error != 0) throw failed(error, segment.path, "reserve its disk space");
}

void map_file(Segment& segment, int protection) {
  void* const map = ::mmap(nullptr, segment.disk_bytes, protection, MAP_SHARED, segment.fd, 0);
  if (map == MAP_FAILED) throw failed(errno, segment.path, "map it");
  segment.map = static_cast<char*>(map);
  segment.mapped_bytes = segment.disk_bytes;
}

}  // namespace

std::uint32_t SegmentHeader::right_crc() const noexcept {
  return record_crc(0, 0, reinterpret_cast<const char*>(this), offsetof(SegmentHeader, crc));
}

std::optional<SegmentHeader> SegmentHeader::parse(std::string_view bytes) noexcept {
  SegmentHeader header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
  const SegmentHeader model;
  if (std::memcmp(header.magic, model.magic, sizeof model.magic) != 0) return std::nullopt;
  if (header.format != model.format || header.crc != header.right_crc()) return std::nullopt;
  if (header.room == 0 || header.room % 8 != 0) return std::nullopt;
  return header;
}

Segment::~Segment() {
  if (map != nullptr) ::munmap(map, mapped_bytes);
  if (fd >= 0) ::close(fd);
}

Room Segment::room() const noexcept {
  const std::size_t there = std::max(mapped_bytes, kSegmentHeader) - kSegmentHeader;
  return {records(), std::min<std::size_t>(header.room, there / 8 * 8), first(), header.salt};
}

SegmentPtr create_segment(const std::string& path, const SegmentHeader& header, bool sync, std::size_t prefault) {
  auto segment = std::make_shared<Segment>();
  segment->path = path;
  segment->header = header;
  segment->header.crc = segment->header.right_crc();
  segment->disk_bytes = kSegmentHeader + header.room;
  segment->fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (segment->fd < 0) throw failed(errno, path, "create it");
  try {
    reserve_disk(*segment);
    map_file(*segment, PROT_READ | PROT_WRITE);
    std::memcpy(segment->map, &segment->header, sizeof segment->header);
    if (sync && ::fdatasync(segment->fd) != 0) throw failed(errno, path, "write it to disk");
    prefault = std::min(prefault, segment->disk_bytes);
    if (!populate(segment->map, 0, prefault)) touch(segment->map, prefault);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  return segment;
}

void keep_writable(const Segment& segment, std::size_t offset, std::size_t size) noexcept {
  const std::size_t from = std::min(kSegmentHeader + offset, segment.mapped_bytes);
  populate(segment.map, from, std::min(from + size, segment.mapped_bytes));
}

SegmentPtr open_segment(const std::string& path, const SegmentHeader& header) {
  auto segment = std::make_shared<Segment>();
  segment->path = path;
  segment->header = header;
  segment->sealed = true;
  segment->fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  struct stat status {};
  if (segment->fd < 0 || ::fstat(segment->fd, &status) != 0) throw failed(errno, path, "open it");
  segment->disk_bytes = static_cast<std::size_t>(status.st_size);
  if (segment->disk_bytes > 0) map_file(*segment, PROT_READ);
  return segment;
}

// The file goes on to the page's end, so that who looks for a record behind the last one finds that there is none.
void cut_segment(Segment& segment, std::size_t offset) {
  const std::size_t end = kSegmentHeader + offset;
  const std::size_t bytes = std::min(whole_pages(end + kRecordHead), segment.disk_bytes);
  if (::ftruncate(segment.fd, static_cast<off_t>(end)) != 0 ||
      ::ftruncate(segment.fd, static_cast<off_t>(bytes)) != 0) {
    throw failed(errno, segment.path, "cut it");
  }
  segment.disk_bytes = bytes;
}

}  // namespace bidwell::events
