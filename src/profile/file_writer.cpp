#include "profile/file_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace bidwell::profile {
namespace {

constexpr std::uint64_t kSizeMax = (1U << FileEntry::kSizeBits) - 1;
constexpr std::size_t kBuffer = 1 << 20;

std::runtime_error failed(const std::string& path, std::string_view what) {
  return std::runtime_error(fmt::format("{}: cannot {}: {}", path, what, std::strerror(errno)));
}

// So that the rename outlives a power cut.
void sync_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

FileWriter::FileWriter(std::string path) : path_(std::move(path)), temporary_(path_ + ".XXXXXX") {
  const int fd = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (fd < 0) throw failed(path_, "make a temporary file beside it");
  file_ = ::fdopen(fd, "wb");
  std::setvbuf(file_, nullptr, _IOFBF, kBuffer);
  const FileHeader unfinished;
  write(&unfinished, sizeof unfinished);
}

FileWriter::~FileWriter() {
  if (file_ != nullptr) std::fclose(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void FileWriter::write(const void* bytes, std::size_t size) {
  if (size != 0 && std::fwrite(bytes, 1, size, file_) != size) throw failed(temporary_, "write");
}

void FileWriter::put(const cache::Key& key, std::string_view bytes) {
  if (bytes.size() > kSizeMax) throw std::runtime_error("a profile of more than 16 MiB");
  write(bytes.data(), bytes.size());
  index_.push_back({key, data_bytes_ << FileEntry::kSizeBits | bytes.size()});
  data_bytes_ += bytes.size();
}

void FileWriter::merge(const MappedFile& other, const cache::Key* left_out) {
  index_.reserve(index_.size() + other.index().size());
  for (const FileEntry& entry : other.index()) {
    if (left_out != nullptr && entry.key == *left_out) continue;
    if (const auto bytes = other.bytes_of(entry)) put(entry.key, *bytes);
  }
}

// Sorts, and keeps the last row of each key: offsets rise with the rows.
void FileWriter::settle() {
  std::sort(index_.begin(), index_.end(), [](const FileEntry& a, const FileEntry& b) {
    if (a.key != b.key) return a.key < b.key;
    return a.place < b.place;
  });
  auto out = index_.begin();
  for (auto at = index_.begin(); at != index_.end(); ++at) {
    if (at + 1 == index_.end() || (at + 1)->key != at->key) *out++ = *at;
  }
  index_.erase(out, index_.end());
}

std::size_t FileWriter::finish() {
  settle();
  constexpr std::array<char, 8> kZeros{};
  const std::size_t padding = (8 - data_bytes_ % 8) % 8;
  write(kZeros.data(), padding);
  write(index_.data(), index_.size() * sizeof(FileEntry));

  FileHeader header;
  header.count = index_.size();
  header.data_bytes = data_bytes_ + padding;
  header.checksum = checksum_of(header, index_);
  if (std::fseek(file_, 0, SEEK_SET) != 0) throw failed(temporary_, "seek");
  write(&header, sizeof header);
  if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) throw failed(temporary_, "write");
  // The bidder may run as another user: as the old file, or readable for all.
  struct stat old {};
  const mode_t mode = ::stat(path_.c_str(), &old) == 0 ? old.st_mode & 0777 : 0644;
  if (::fchmod(::fileno(file_), mode) != 0) throw failed(temporary_, "set its mode");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw failed(path_, "replace it");
  temporary_.clear();
  sync_folder(path_);
  return index_.size();
}

}  // namespace bidwell::profile
