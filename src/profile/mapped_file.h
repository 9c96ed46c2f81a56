// The local profile file: immutable, memory-mapped, looked up in place. All integers little-endian:
//
//   0   8 bytes  "BWPROFIL"
//   8   u32      format, 1
//   12  u32      0
//   16  u64      n, the number of profiles
//   24  u64      size of the data in bytes, a multiple of 8
//   32  u64      checksum: XXH3 (64 bits, seed 0) of bytes 0 to 31, then XXH3 of the index with that as its seed
//   40  24 bytes 0
//   64  the data: profiles in their binary form (profile.h), in any order, with gaps; up to 7 zeros at the end
//   then the index, n times, sorted by key, keys distinct:
//       u64 high half of the key, u64 low half, u64 offset in the data * 2^24 + size
//
// The index comes last because a writer knows it last. A file is never changed in place, but replaced by rename().
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bidwell/cache/slot.h"

namespace bidwell::profile {

struct FileHeader {
  char magic[8] = {'B', 'W', 'P', 'R', 'O', 'F', 'I', 'L'};
  std::uint32_t format = 1;
  std::uint32_t zero = 0;
  std::uint64_t count = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t checksum = 0;
  std::uint64_t zeros[3] = {};
};
static_assert(sizeof(FileHeader) == 64);

struct FileEntry {
  static constexpr unsigned kSizeBits = 24;

  cache::Key key;
  std::uint64_t place = 0;

  std::uint64_t offset() const noexcept { return place >> kSizeBits; }
  std::uint64_t size() const noexcept { return place & ((1U << kSizeBits) - 1); }
};
static_assert(sizeof(FileEntry) == 24);

std::uint64_t checksum_of(const FileHeader& header, std::span<const FileEntry> index) noexcept;

// Which file a path names, and whether it was written to since.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0, seconds = 0, nanoseconds = 0;
  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const struct stat& status) noexcept;

// Constant after construction; any thread.
class MappedFile {
 public:
  // Throws std::runtime_error saying what is wrong: not there, not a profile file, another format, truncated, corrupt.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // A view into the file, or nothing. May read from the disk.
  std::optional<std::string_view> find(const cache::Key& key) const noexcept;

  std::span<const FileEntry> index() const noexcept { return index_; }
  // Nothing where the entry points out of the file.
  std::optional<std::string_view> bytes_of(const FileEntry& entry) const noexcept;

  const FileStamp& stamp() const noexcept { return stamp_; }
  // False once somebody has written to the file in place: what is mapped may be nonsense, and what was cut off must not
  // be touched.
  bool intact() const noexcept;

 private:
  void check(const std::string& path);

  int fd_ = -1;
  const char* map_ = nullptr;
  std::size_t size_ = 0;
  FileStamp stamp_;
  std::string_view data_;
  std::span<const FileEntry> index_;
};

}  // namespace bidwell::profile
