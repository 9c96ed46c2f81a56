#include "profile/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "bidwell/core/hash.h"

namespace bidwell::profile {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is read as it stands in memory");

std::runtime_error fault(const std::string& path, std::string_view what) {
  return std::runtime_error(fmt::format("{}: {}", path, what));
}

bool before(const FileEntry& entry, const cache::Key& key) noexcept {
  return entry.key < key;
}

}  // namespace

std::uint64_t checksum_of(const FileHeader& header, std::span<const FileEntry> index) noexcept {
  const std::uint64_t seed = hash64({reinterpret_cast<const char*>(&header), offsetof(FileHeader, checksum)});
  return hash64({reinterpret_cast<const char*>(index.data()), index.size_bytes()}, seed);
}

FileStamp stamp_of(const struct stat& status) noexcept {
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

MappedFile::MappedFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  try {
    struct stat status {};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0) throw fault(path, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) throw fault(path, "not a regular file");
    stamp_ = stamp_of(status);
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ < sizeof(FileHeader)) throw fault(path, "too short for a profile file");
    void* map = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_, 0);
    if (map == MAP_FAILED) throw fault(path, std::strerror(errno));
    map_ = static_cast<const char*>(map);
    check(path);
    ::madvise(map, size_, MADV_RANDOM);  // users come in no order
  } catch (...) {
    if (map_ != nullptr) ::munmap(const_cast<char*>(map_), size_);
    if (fd_ >= 0) ::close(fd_);
    throw;
  }
}

MappedFile::~MappedFile() {
  ::munmap(const_cast<char*>(map_), size_);
  ::close(fd_);
}

void MappedFile::check(const std::string& path) {
  FileHeader header;
  std::memcpy(&header, map_, sizeof header);
  if (std::memcmp(header.magic, FileHeader{}.magic, sizeof header.magic) != 0) throw fault(path, "not a profile file");
  if (header.format != FileHeader{}.format) {
    throw fault(path, fmt::format("has format {}; this program reads format {}", header.format, FileHeader{}.format));
  }
  const std::uint64_t body = size_ - sizeof header;
  if (header.data_bytes > body || header.data_bytes % 8 != 0 || header.count > body / sizeof(FileEntry) ||
      header.data_bytes + header.count * sizeof(FileEntry) != body) {
    throw fault(path, fmt::format("truncated or corrupt: {} bytes do not fit {} profiles in {} bytes of data", size_,
                                  header.count, header.data_bytes));
  }
  data_ = {map_ + sizeof header, header.data_bytes};
  index_ = {reinterpret_cast<const FileEntry*>(data_.data() + data_.size()), header.count};
  if (checksum_of(header, index_) != header.checksum) throw fault(path, "corrupt: its checksum is wrong");
}

bool MappedFile::intact() const noexcept {
  struct stat status {};
  return ::fstat(fd_, &status) == 0 && stamp_of(status) == stamp_;
}

std::optional<std::string_view> MappedFile::bytes_of(const FileEntry& entry) const noexcept {
  if (entry.offset() > data_.size() || entry.size() > data_.size() - entry.offset()) return std::nullopt;
  return data_.substr(entry.offset(), entry.size());
}

// Keys are hashes, evenly spread: a key stands within some sqrt(n) entries of where its value says, so the search
// begins there and doubles its steps until it has passed the key. Two or three pages are touched, where a binary search
// from the middle touches one for each halving.
std::optional<std::string_view> MappedFile::find(const cache::Key& key) const noexcept {
  if (index_.empty()) return std::nullopt;
  const std::size_t count = index_.size();
  const double share = std::ldexp(static_cast<double>(key.high), -64);
  const std::size_t guess = std::min(count - 1, static_cast<std::size_t>(share * static_cast<double>(count)));
  std::size_t from = guess, to = guess;  // the key's place is in [from, to]
  std::size_t step = 16;
  if (before(index_[guess], key)) {
    for (; to < count && before(index_[to], key); step *= 2) from = to, to = std::min(count, to + step);
  } else {
    for (; from > 0 && !before(index_[from - 1], key); step *= 2) to = from, from -= std::min(from, step);
  }
  const auto at = std::lower_bound(index_.begin() + static_cast<std::ptrdiff_t>(from),
                                   index_.begin() + static_cast<std::ptrdiff_t>(to), key, before);
  if (at == index_.end() || at->key != key) return std::nullopt;
  return bytes_of(*at);
}

}  // namespace bidwell::profile
