#include "budget/ledger_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "bidwell/budget/ledger.h"
#include "bidwell/core/hash.h"

namespace bidwell::budget {
namespace {

constexpr std::string_view kTag = "bidwell ledger 1\n";
constexpr std::uint64_t kLogBytesMin = 1 << 20;

struct RecordHead {
  std::uint64_t size, size_hash, hash;
};

std::uint64_t hash_of_size(std::uint64_t size, std::uint64_t at) {
  return hash64({reinterpret_cast<const char*>(&size), sizeof size}, at);
}

std::string record_of(std::string_view bytes, std::uint64_t at) {
  const RecordHead head{bytes.size(), hash_of_size(bytes.size(), at), hash64(bytes, at)};
  std::string record(reinterpret_cast<const char*>(&head), sizeof head);
  record.append(bytes);
  return record;
}

[[noreturn]] void fail(std::string_view what, const std::string& path) {
  throw std::runtime_error(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

OwnFd open_file(const std::string& path, int flags) {
  OwnFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (fd.get() < 0) fail("open", path);
  return fd;
}

std::string read_all(int fd, const std::string& path) {
  std::string all;
  std::array<char, 64 << 10> some;
  while (true) {
    const ssize_t size = ::read(fd, some.data(), some.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail("read", path);
    if (size == 0) return all;
    all.append(some.data(), static_cast<std::size_t>(size));
  }
}

// False: errno says why.
bool write_at(int fd, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

[[noreturn]] void fail_damaged(const std::string& path, std::uint64_t at, std::uint64_t size) {
  throw std::runtime_error(fmt::format(
      "the ledger {0} is damaged at byte {1} of {2}, so what was spent is not known. Put a copy in its place; "
      "or cut it off there (truncate -s {1} {0}): what notices told after that is read from the journals "
      "again, as far as they are still there",
      path, at, size));
}

}  // namespace

OwnFd::OwnFd(OwnFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
OwnFd& OwnFd::operator=(OwnFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
OwnFd::~OwnFd() {
  if (fd_ >= 0) ::close(fd_);
}

OwnFd lock_file(const std::string& path, const std::string& what) {
  std::error_code error;
  std::filesystem::create_directories(folder_of(path), error);
  if (error) throw std::runtime_error(fmt::format("cannot make the folder of {}: {}", path, error.message()));
  OwnFd fd = open_file(path, O_RDWR | O_CREAT);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail("lock", path);
    std::string holder = read_all(fd.get(), path);
    std::erase(holder, '\n');
    throw LedgerAway(fmt::format("{} is used by another process ({}): there can be one at a time", what,
                                 holder.empty() ? "of unknown id" : holder));
  }
  const std::string self = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || !write_at(fd.get(), self, 0)) fail("write", path);
  return fd;
}

LedgerFile::LedgerFile(std::string path, bool read_only, const std::string& first, const Each& each)
    : path_(std::move(path)) {
  const bool is_new = ::access(path_.c_str(), F_OK) != 0 && errno == ENOENT;
  if (is_new && !read_only) {
    put_in_place(first);
  } else {
    fd_ = open_file(path_, read_only ? O_RDONLY : O_RDWR);
  }
  read(each);
}

void LedgerFile::read(const Each& each) {
  const std::string all = read_all(fd_.get(), path_);
  if (!all.starts_with(kTag)) {
    throw std::runtime_error(fmt::format(
        "{} is no ledger of this version: it was left as it is; choose another path, or move it away", path_));
  }
  end_ = kTag.size();
  bool is_first = true;
  while (all.size() - end_ >= sizeof(RecordHead)) {
    RecordHead head;
    std::memcpy(&head, all.data() + end_, sizeof head);
    if (head.size_hash != hash_of_size(head.size, end_)) fail_damaged(path_, end_, all.size());
    if (head.size > all.size() - end_ - sizeof head) break;  // the last write was not finished
    const std::string_view bytes(all.data() + end_ + sizeof head, head.size);
    if (head.hash != hash64(bytes, end_)) fail_damaged(path_, end_, all.size());
    each(bytes);
    end_ += sizeof head + head.size;
    if (std::exchange(is_first, false)) replace_at_ = end_ + std::max(end_, kLogBytesMin);
  }
  if (is_first) fail_damaged(path_, end_, all.size());
  torn_ = end_ != all.size();
}

void LedgerFile::append(std::string_view record) {
  // Behind a shorter record the rest of a torn one would look like damage.
  if (torn_ && ::ftruncate(fd_.get(), static_cast<off_t>(end_)) != 0) {
    throw LedgerAway(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
  }
  const std::string bytes = record_of(record, end_);
  torn_ = !write_at(fd_.get(), bytes, end_);
  if (torn_) throw LedgerAway(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
  end_ += bytes.size();
}

void LedgerFile::replace(std::string_view first) {
  replace_at_ = end_ + kLogBytesMin;
  put_in_place(first);
}

void LedgerFile::put_in_place(std::string_view first) {
  const std::string made = path_ + ".new";
  OwnFd fd = open_file(made, O_RDWR | O_CREAT | O_TRUNC);
  const std::string bytes = std::string(kTag) + record_of(first, kTag.size());
  if (!write_at(fd.get(), bytes, 0) || ::fsync(fd.get()) != 0) fail("write", made);
  if (::rename(made.c_str(), path_.c_str()) != 0) fail("move into place", path_);
  fd_ = std::move(fd);
  end_ = bytes.size();
  torn_ = false;
  replace_at_ = end_ + std::max(end_, kLogBytesMin);
  if (::fsync(open_file(folder_of(path_), O_RDONLY | O_DIRECTORY).get()) != 0) fail("sync the folder of", path_);
}

}  // namespace bidwell::budget
